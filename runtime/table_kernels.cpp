// The kernels of the table engine, one for each instruction set that this build can make, and the choice among them.
#include <array>
#include <utility>

#include "runtime/table.hpp"
#include "runtime/targets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

typedef uint64_t Plane __attribute__((vector_size(64)));  // 512 samples; every slot is one cache line

// The tables that Compiler leaves: smallest under permutations of the operands, dependent on at least two of them.
constexpr unsigned permuted(unsigned table, unsigned i, unsigned j, unsigned k) {
    unsigned result = 0;
    for (unsigned e = 0; e < 8; e++) result |= (table >> ((e & 1) << i | (e >> 1 & 1) << j | (e >> 2 & 1) << k) & 1) << e;
    return result;
}
constexpr bool is_canonical(unsigned t) {
    return t <= permuted(t, 0, 2, 1) && t <= permuted(t, 1, 0, 2) && t <= permuted(t, 1, 2, 0) &&
           t <= permuted(t, 2, 0, 1) && t <= permuted(t, 2, 1, 0);
}

#define NETC_LUT2(NETC_TARGET)                                                    \
    template <unsigned F>                                                         \
    NETC_TARGET static inline Plane lut2(Plane a, Plane b) {                      \
        if constexpr (F == 0x0) return Plane{};                                   \
        else if constexpr (F == 0xF) return ~Plane{};                             \
        else if constexpr (F == 0xA) return a;                                    \
        else if constexpr (F == 0xC) return b;                                    \
        else if constexpr (F == 0x5) return ~a;                                   \
        else if constexpr (F == 0x3) return ~b;                                   \
        else if constexpr (F == 0x8) return a & b;                                \
        else if constexpr (F == 0x2) return a & ~b;                               \
        else if constexpr (F == 0x4) return ~a & b;                               \
        else if constexpr (F == 0x1) return ~(a | b);                             \
        else if constexpr (F == 0xE) return a | b;                                \
        else if constexpr (F == 0xB) return a | ~b;                               \
        else if constexpr (F == 0xD) return ~a | b;                               \
        else if constexpr (F == 0x7) return ~(a & b);                             \
        else if constexpr (F == 0x6) return a ^ b;                                \
        else return ~(a ^ b);                                                     \
    }

namespace portable {
#define NETC_TARGET
#define NETC_TERNARY 0
NETC_LUT2(NETC_TARGET)
#include "runtime/table_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {
#define NETC_TARGET NETC_TARGET_AVX2
#define NETC_TERNARY 0
NETC_LUT2(NETC_TARGET)
#include "runtime/table_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace avx2

namespace avx512 {
#define NETC_TARGET NETC_TARGET_AVX512
#define NETC_TERNARY 1
#include "runtime/table_kernel.inc"
#undef NETC_TARGET
#undef NETC_TERNARY
}  // namespace avx512
#endif

struct Kernel {
    const char *name;
    netc_eval evaluate;
};

// Best first.
struct Kernels {
    std::array<Kernel, 3> list{};
    int64_t count = 0;

    Kernels() {
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx512f")) list[static_cast<size_t>(count++)] = {"avx512", avx512::evaluate};
        if (__builtin_cpu_supports("avx2")) list[static_cast<size_t>(count++)] = {"avx2", avx2::evaluate};
        list[static_cast<size_t>(count++)] = {"sse2", portable::evaluate};
#elif defined(__aarch64__)
        list[static_cast<size_t>(count++)] = {"neon", portable::evaluate};
#else
        list[static_cast<size_t>(count++)] = {"portable", portable::evaluate};
#endif
    }
};

const Kernels &kernels() {
    static const Kernels made;
    return made;
}

}  // namespace

extern "C" {

int64_t netc_table_num_kernels(void) { return kernels().count; }

const char *netc_table_kernel_name(int64_t index) {
    return index >= 0 && index < kernels().count ? kernels().list[static_cast<size_t>(index)].name : nullptr;
}

netc_eval netc_table_kernel(int64_t index, int64_t plane_bytes) {
    return index >= 0 && index < kernels().count && plane_bytes == 64 ? kernels().list[static_cast<size_t>(index)].evaluate : nullptr;
}
}
