// Between rows of samples and planes of bits: a plane is one bit of 512 samples, eight words.
#pragma once

#include <cstdint>
#include <cstring>

#include "netc/core/simd.hpp"

namespace netc {

constexpr int64_t kBlock = 512;      // samples a block
constexpr int64_t kPlaneBytes = 64;  // bytes a plane

// Packs `rows` <= 512 rows of bytes into planes[columns][64 bytes]; returns false if some byte is neither 0 nor 1.
bool pack_bytes(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, int64_t columns, uint8_t *planes);
// The same from rows of packed bits.
void pack_bits(const uint8_t *x, int64_t row_stride, int64_t rows, int64_t columns, uint8_t *planes);
// Back to rows of bytes 0 and 1, or of packed bits (bits past the last column are 0).
void unpack_bytes(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride);
void unpack_bits(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride);
// Eight planes of binary digits, the least significant first, as 512 bytes.
void unpack_digits(const uint8_t *planes, uint8_t *values);

}  // namespace netc
