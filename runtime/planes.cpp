#include "runtime/planes.hpp"

#include <algorithm>

#include "runtime/targets.hpp"
#include "runtime/tiles.hpp"

namespace netc {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;

inline void load_columns(uint64_t *words, int64_t columns, Planes planes, const uint32_t *places, int64_t offset) {
    for (int64_t i = 0; i < 64; i++) {
        uint64_t *word = words + i % 8 * 8 + i / 8;
        *word = 0;
        if (i >= columns) continue;
        std::memcpy(word, planes[places[i] >> 1] + offset, 8);
        *word ^= -static_cast<uint64_t>(places[i] & 1);
    }
}
inline void transpose_lanes(const uint64_t *from, uint64_t *to) {
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) to[8 * i + j] = from[8 * j + i];
}

namespace portable {
#define NETC_TARGET
#include "runtime/planes_kernel.inc"
#undef NETC_TARGET
}  // namespace portable
#if defined(__x86_64__)
namespace avx2 {
#define NETC_TARGET NETC_TARGET_AVX2
#include "runtime/planes_kernel.inc"
#undef NETC_TARGET
}  // namespace avx2
namespace avx512 {
#define NETC_TARGET NETC_TARGET_AVX512
#include "runtime/planes_kernel.inc"
#undef NETC_TARGET
}  // namespace avx512
#endif

struct Kernels {
    void (*unpack_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);
    void (*unpack_bit_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);
    void (*join_digits)(const uint8_t *, uint8_t *);
};

BestFirst<Kernels> there() {
    BestFirst<Kernels> made;
#if defined(__x86_64__)
    if (has_avx512()) made.add({avx512::unpack_rows, avx512::unpack_bit_rows, avx512::join_digits});
    if (has_avx2()) made.add({avx2::unpack_rows, avx2::unpack_bit_rows, avx2::join_digits});
#endif
    made.add({portable::unpack_rows, portable::unpack_bit_rows, portable::join_digits});
    return made;
}

const Kernels &kernels(Planes planes) {
    static const BestFirst<Kernels> made = there();
    return made[planes.set];
}

}  // namespace

void unpack_bytes(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride) {
    kernels(planes).unpack_rows(planes, rows, places, columns, out, row_stride);
}

void unpack_bits(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride) {
    kernels(planes).unpack_bit_rows(planes, rows, places, columns, out, row_stride);
}

void unpack_digits(Planes planes, uint8_t *values) { kernels(planes).join_digits(planes.base, values); }

}  // namespace netc
