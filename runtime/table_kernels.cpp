// The kernels of the table engine, one for each instruction set that this build can make, and the choice among them.
#include <utility>

#include "runtime/table.hpp"
#include "runtime/targets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

typedef uint64_t Wide __attribute__((vector_size(64)));   // a cache line: 512 samples
typedef uint64_t Half __attribute__((vector_size(32)));   // 256 samples
typedef uint64_t Small __attribute__((vector_size(16)));  // 128 samples

struct Kernel {
    const char *name;
    netc_eval wide, half, small;
};

typedef void (*Loop)(const netc_table::Record *, uint32_t, void *planes);

// The tables that a netc_table holds.
constexpr bool is_made(unsigned table) { return !(table & 1) && netc::is_smallest(table); }

#define NETC_KERNEL "runtime/table_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

netc::BestFirst<Kernel> there() {
    netc::BestFirst<Kernel> made;
#if defined(__x86_64__)
    if (netc::has_avx512()) made.add(avx512::kernel("avx512"));
    if (netc::has_avx2()) made.add(avx2::kernel("avx2"));
    made.add(portable::kernel("sse2"));
#elif defined(__aarch64__)
    made.add(portable::kernel("neon"));
#else
    made.add(portable::kernel("portable"));
#endif
    return made;
}

const netc::BestFirst<Kernel> &kernels() {
    static const netc::BestFirst<Kernel> made = there();
    return made;
}

}  // namespace

extern "C" {

int64_t netc_table_num_kernels(void) { return kernels().size(); }

const char *netc_table_kernel_name(int64_t index) {
    return index >= 0 && index < kernels().size() ? kernels()[index].name : nullptr;
}

netc_eval netc_table_kernel(int64_t index, int64_t plane_bytes) {
    if (index < 0 || index >= kernels().size()) return nullptr;
    const Kernel &kernel = kernels()[index];
    switch (plane_bytes) {
        case sizeof(Wide): return kernel.wide;
        case sizeof(Half): return kernel.half;
        case sizeof(Small): return kernel.small;
        default: return nullptr;
    }
}
}
