// Between rows of samples and planes of bits: a plane is one bit of every sample of a block.
#pragma once

#include <cstdint>
#include <cstring>

#include "netc/core/simd.hpp"

namespace netc {

constexpr int64_t kBlock = 512;      // samples a block where nothing else is said
constexpr int64_t kPlaneBytes = 64;  // bytes a plane of such a block

// Planes of a block, one after another.
struct Planes {
    uint8_t *base;
    int64_t bytes;    // a plane, at most kMostPlaneBytes; 8 times as many samples
    int64_t set = 0;  // the instruction set to use, as a number of targets.hpp's BestFirst

    uint8_t *operator[](int64_t plane) const { return base + plane * bytes; }
};
constexpr int64_t kMostPlaneBytes = 128;

// Packs `rows` rows of bytes, at most a block, into planes: plane i gets column reads[i], ascending, and 0 past the last row.
// Returns false if some byte of those columns is neither 0 nor 1.
bool pack_bytes(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, const uint32_t *reads,
                int64_t num_reads, Planes planes);
// The same from rows of packed bits.
void pack_bits(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads, Planes planes);
// Back to rows of bytes 0 and 1, or of packed bits (bits past the last column are 0). Column i is plane places[i] >> 1,
// complemented if places[i] & 1.
void unpack_bytes(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride);
void unpack_bits(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride);
// Planes become copies of others, in turn: `to` of place `from`, which is twice its plane, and 1 more for its complement.
struct PlaneMove {
    uint32_t to, from;
};
void move_planes(Planes to, const uint8_t *from, const PlaneMove *moves, int64_t count);
// Eight planes of binary digits for 512 samples, the least significant first, as 512 bytes.
void unpack_digits(Planes planes, uint8_t *values);

}  // namespace netc
