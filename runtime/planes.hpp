// Between rows of samples and planes of bits: a plane is one bit of 512 samples, eight words. The unit of work is a square of
// eight samples by eight bits, which fits one word and is transposed there.
#pragma once

#include <cstdint>
#include <cstring>

#include "netc/core/simd.hpp"

namespace netc {

constexpr int64_t kBlock = 512;       // samples a block
constexpr int64_t kPlaneBytes = 64;   // bytes a plane

inline uint64_t load8(const uint8_t *at) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    return word;
}
inline void store8(uint8_t *at, uint64_t word) { std::memcpy(at, &word, 8); }

// The transpose of an 8 x 8 bit matrix, row i in byte i (Knuth 7.1.3).
inline uint64_t transpose8(uint64_t x) {
    uint64_t t = (x ^ x >> 7) & 0x00AA00AA00AA00AAu;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000CCCC0000CCCCu;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000F0F0F0F0u;
    return x ^ t ^ t << 28;
}

// Packs `rows` <= 512 rows of bytes into planes[columns][64 bytes]; returns false if some byte is neither 0 nor 1.
bool pack_bytes(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, int64_t columns, uint8_t *planes);
// The same from rows of packed bits.
void pack_bits(const uint8_t *x, int64_t row_stride, int64_t rows, int64_t columns, uint8_t *planes);
// Back to rows of bytes 0 and 1, or of packed bits (bits past the last column are 0).
void unpack_bytes(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride);
void unpack_bits(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride);

}  // namespace netc
