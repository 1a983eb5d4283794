// The kernels of the template engine, one for each instruction set, in the order of those of tables.
#include <utility>

#include "runtime/planes.hpp"
#include "runtime/targets.hpp"
#include "runtime/templates.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace netc {
namespace {

typedef uint64_t Wide __attribute__((vector_size(64)));   // 512 samples
typedef uint64_t Small __attribute__((vector_size(16)));  // 128 samples

struct Kernel {
    netc_eval wide, small;
};

#define NETC_KERNEL "runtime/templates_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

BestFirst<Kernel> there() {
    BestFirst<Kernel> made;
#if defined(__x86_64__)
    if (has_avx512()) made.add(avx512::kernel());
    if (has_avx2()) made.add(avx2::kernel());
#endif
    made.add(portable::kernel());
    return made;
}

const BestFirst<Kernel> &kernels() {
    static const BestFirst<Kernel> made = there();
    return made;
}

}  // namespace
}  // namespace netc

extern "C" netc_eval netc_templates_kernel(int64_t index, int64_t plane_bytes) {
    if (index < 0 || index >= netc::kernels().size()) return nullptr;
    const netc::Kernel &kernel = netc::kernels()[index];
    return plane_bytes == sizeof(netc::Wide) ? kernel.wide : plane_bytes == sizeof(netc::Small) ? kernel.small : nullptr;
}
