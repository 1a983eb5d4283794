#include "runtime/planes.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kNotBits = 0xFEFEFEFEFEFEFEFEu;

// Bytes of eight samples in one word, bits of one column: bit 0 of each byte, gathered into one byte.
inline uint8_t gather_bits(uint64_t bytes) { return static_cast<uint8_t>(bytes * 0x0102040810204080u >> 56); }

// A square of at most 8 x 8 bytes as one word: byte c holds column c, bit r of it sample r.
inline uint64_t square(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, int64_t columns,
                       uint64_t *seen) {
    uint64_t word = 0;
    if (columns == 8 && column_stride == 1) {
        for (int64_t r = 0; r < rows; r++) {
            uint64_t row = load8(x + r * row_stride);
            *seen |= row;
            word |= row << r;
        }
    } else if (rows == 8 && row_stride == 1) {
        for (int64_t c = 0; c < columns; c++) {
            uint64_t column = load8(x + c * column_stride);
            *seen |= column;
            word |= static_cast<uint64_t>(gather_bits(column)) << 8 * c;
        }
    } else {
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < columns; c++) {
                uint64_t value = x[r * row_stride + c * column_stride];
                *seen |= value;
                word |= value << (8 * c + r);
            }
    }
    return word;
}

// Calls square(row, column, rows, columns) for each 8 x 8 square; writes the word's bytes into the planes.
template <class Square>
void each_square(int64_t rows, int64_t columns, uint8_t *planes, Square square) {
    for (int64_t c = 0; c < columns; c += 8) {
        int64_t width = std::min<int64_t>(8, columns - c);
        uint8_t *to = planes + c * kPlaneBytes;
        for (int64_t r = 0; r < rows; r += 8) {
            uint64_t word = square(r, c, std::min<int64_t>(8, rows - r), width);
            for (int64_t i = 0; i < width; i++) to[i * kPlaneBytes + r / 8] = static_cast<uint8_t>(word >> 8 * i);
        }
        for (int64_t i = 0; i < width; i++)  // samples past the last are 0
            std::memset(to + i * kPlaneBytes + (rows + 7) / 8, 0, static_cast<size_t>(kPlaneBytes - (rows + 7) / 8));
    }
}

inline uint64_t planes_square(const uint8_t *planes, int64_t row, int64_t column, int64_t width) {
    uint64_t word = 0;
    for (int64_t i = 0; i < width; i++)
        word |= static_cast<uint64_t>(planes[(column + i) * kPlaneBytes + row / 8]) << 8 * i;
    return word;
}

}  // namespace

bool pack_bytes(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, int64_t columns,
                uint8_t *planes) {
    uint64_t seen = 0;
    each_square(rows, columns, planes, [&](int64_t r, int64_t c, int64_t height, int64_t width) {
        return square(x + r * row_stride + c * column_stride, row_stride, column_stride, height, width, &seen);
    });
    return !(seen & kNotBits);
}

void pack_bits(const uint8_t *x, int64_t row_stride, int64_t rows, int64_t columns, uint8_t *planes) {
    each_square(rows, columns, planes, [&](int64_t r, int64_t c, int64_t height, int64_t) {
        uint64_t word = 0;
        for (int64_t i = 0; i < height; i++) word |= static_cast<uint64_t>(x[(r + i) * row_stride + c / 8]) << 8 * i;
        return transpose8(word);
    });
}

void unpack_bytes(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride) {
    for (int64_t c = 0; c < columns; c += 8) {
        int64_t width = std::min<int64_t>(8, columns - c);
        for (int64_t r = 0; r < rows; r += 8) {
            uint64_t word = planes_square(planes, r, c, width);
            for (int64_t i = 0; i < std::min<int64_t>(8, rows - r); i++) {
                uint64_t row = word >> i & kOnes;
                uint8_t *to = out + (r + i) * row_stride + c;
                if (width == 8) store8(to, row);
                else for (int64_t j = 0; j < width; j++) to[j] = static_cast<uint8_t>(row >> 8 * j);
            }
        }
    }
}

void unpack_bits(const uint8_t *planes, int64_t rows, int64_t columns, uint8_t *out, int64_t row_stride) {
    for (int64_t c = 0; c < columns; c += 8)
        for (int64_t r = 0; r < rows; r += 8) {
            uint64_t word = transpose8(planes_square(planes, r, c, std::min<int64_t>(8, columns - c)));
            for (int64_t i = 0; i < std::min<int64_t>(8, rows - r); i++)
                out[(r + i) * row_stride + c / 8] = static_cast<uint8_t>(word >> 8 * i);
        }
}

}  // namespace netc
