// Narrow rows into planes: what pack.cpp leaves to rows.cpp.
#pragma once

#include "runtime/planes.hpp"

namespace netc {

constexpr int64_t kNarrowBytes = 16, kNarrowBits = 64;  // columns of a row, of which the last is read

// Rows of bytes of which none is read from column kNarrowBytes on. Returns the bits that were seen in those that are read.
uint64_t pack_narrow_bytes(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads,
                           Planes planes);
// Rows of packed bits of which none is read from column kNarrowBits on.
void pack_narrow_bits(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads,
                      Planes planes);

}  // namespace netc
