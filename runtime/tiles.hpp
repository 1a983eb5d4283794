// Parts of a block that are packed at once: 64 samples of 64 columns.
#pragma once

#include <algorithm>
#include <cstring>

#include "runtime/planes.hpp"

namespace netc {

typedef uint64_t Vector __attribute__((vector_size(64), may_alias));
typedef uint64_t Anywhere __attribute__((vector_size(64), aligned(1), may_alias));  // 64 bytes at any address

// The next 64 columns to pack, from the first that is wanted on; not beyond the last that is wanted, so the last tile may begin
// earlier, and only rows of less than 64 columns give a narrower one. Columns begin and end at a multiple of `step`.
struct Tile {
    const uint32_t *reads;
    int64_t num_reads, step, columns;
    int64_t begin = 0, end = 0;  // of reads
    int64_t column = 0, width = 0;

    Tile(const uint32_t *wanted, int64_t count, int64_t multiple = 1)
        : reads(wanted), num_reads(count), step(multiple), columns(count ? (wanted[count - 1] + step) / step * step : 0) {}
    bool next() {
        begin = end;
        if (begin == num_reads) return false;
        column = std::max<int64_t>(0, std::min(reads[begin] / step * step, columns - 64));
        width = std::min<int64_t>(64, columns - column);
        while (end < num_reads && reads[end] < column + 64) end++;
        return true;
    }
};

// A tile is 64 samples of 64 columns: those of column 8 q + j are word 8 j + q.
inline void store_columns(const uint64_t *words, const Tile &tile, Planes planes, int64_t offset) {
    for (int64_t i = tile.begin; i < tile.end; i++) {
        int64_t column = tile.reads[i] - tile.column;
        std::memcpy(planes[i] + offset, words + column % 8 * 8 + column / 8, 8);
    }
}
// What was seen in the columns that are wanted.
inline uint64_t wanted_bytes(const uint8_t *seen, const Tile &tile) {
    uint64_t any = 0;
    for (int64_t i = tile.begin; i < tile.end; i++) any |= seen[tile.reads[i] - tile.column];
    return any;
}

}  // namespace netc
