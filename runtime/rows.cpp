// Planes to rows of bytes or bits, and narrow rows to planes.
#include "runtime/rows.hpp"

#include <algorithm>

#include "runtime/lanes.hpp"

namespace netc {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
alignas(16) constexpr uint8_t kNothing[16] = {};  // a piece of a plane behind the last column

// Rows of `width` bytes, each as two pieces that overlap unless it is one: no byte beside them is read or written.
template <class Piece>
void copy_rows_by(uint8_t *to, int64_t to_stride, const uint8_t *from, int64_t from_stride, int64_t width, int64_t rows) {
    constexpr auto kSize = static_cast<int64_t>(sizeof(Piece));
    auto copy = [](uint8_t *target, const uint8_t *source) {
        Piece piece;
        std::memcpy(&piece, source, sizeof piece);
        std::memcpy(target, &piece, sizeof piece);
    };
    if (width == kSize) {
        for (int64_t r = 0; r < rows; r++) copy(to + r * to_stride, from + r * from_stride);
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        uint8_t *target = to + r * to_stride;
        const uint8_t *source = from + r * from_stride;
        copy(target, source);
        copy(target + width - kSize, source + width - kSize);
    }
}
// `width` is from 1 to 16.
void copy_rows(uint8_t *to, int64_t to_stride, const uint8_t *from, int64_t from_stride, int64_t width, int64_t rows) {
    if (width >= 8) copy_rows_by<uint64_t>(to, to_stride, from, from_stride, width, rows);
    else if (width >= 4) copy_rows_by<uint32_t>(to, to_stride, from, from_stride, width, rows);
    else if (width >= 2) copy_rows_by<uint16_t>(to, to_stride, from, from_stride, width, rows);
    else copy_rows_by<uint8_t>(to, to_stride, from, from_stride, width, rows);
}
// The same into rows that follow each other at a distance of `pitch`, with zeros where there is nothing.
void stage_rows(const uint8_t *from, int64_t from_stride, int64_t width, int64_t rows, int64_t pitch, int64_t most, uint8_t *to) {
    int64_t filled = width == pitch ? rows * pitch : 0;
    std::memset(to + filled, 0, static_cast<size_t>(most * pitch - filled));
    copy_rows(to, pitch, from, from_stride, width, rows);
}

// Pieces of `most`, the last of which overlaps the one before rather than be shorter: what is written twice is the same.
template <class Piece>
inline void each_piece(int64_t count, int64_t most, const Piece &piece) {
    for (int64_t at = 0; at < count; at += most) piece(std::max<int64_t>(0, std::min(at, count - most)), std::min(count, most));
}

// Bit c: whether column c is a complement.
inline uint64_t complements(const uint32_t *places, int64_t columns) {
    uint64_t bits = 0;
    for (int64_t c = 0; c < columns; c++) bits |= static_cast<uint64_t>(places[c] & 1) << c;
    return bits;
}

#define NETC_KERNEL "runtime/rows_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

struct Kernels {
    int64_t vector_bytes;
    uint64_t (*narrow_rows)(const uint8_t *, int64_t, int64_t, const uint32_t *, int64_t, Planes);
    void (*narrow_bit_rows)(const uint8_t *, int64_t, int64_t, const uint32_t *, int64_t, Planes);
    void (*unpack_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);
    void (*unpack_bit_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);
    void (*unpack_wide_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);
    void (*unpack_wide_bit_rows)(Planes, int64_t, const uint32_t *, int64_t, uint8_t *, int64_t);

    int64_t wide() const { return vector_bytes; }           // columns from which unpack_wide_rows takes them
    int64_t wide_bits() const { return 4 * vector_bytes; }  // and unpack_wide_bit_rows
};

BestFirst<Kernels> there() {
    BestFirst<Kernels> made;
#if defined(__x86_64__)
    if (has_avx512())
        made.add({64, avx512::pack_narrow_rows, avx512::pack_narrow_bits_of, avx512::unpack_rows, avx512::unpack_bit_rows,
                  avx512::unpack_wide_rows, avx512::unpack_wide_bit_rows});
    if (has_avx2()) made.add({32, avx2::pack_narrow_rows, avx2::pack_narrow_bits_of, avx2::unpack_rows, avx2::unpack_bit_rows,
                  avx2::unpack_wide_rows, avx2::unpack_wide_bit_rows});
#endif
    made.add({16, portable::pack_narrow_rows, portable::pack_narrow_bits_of, portable::unpack_rows, portable::unpack_bit_rows,
                  portable::unpack_wide_rows, portable::unpack_wide_bit_rows});
    return made;
}

const BestFirst<Kernels> &all() {
    static const BestFirst<Kernels> made = there();
    return made;
}
// The best whose vectors are no longer than a plane.
const Kernels &kernels(Planes planes) {
    int64_t set = planes.set;
    while (all()[set].vector_bytes > planes.bytes) set++;
    return all()[set];
}

}  // namespace

uint64_t pack_narrow_bytes(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads,
                           Planes planes) {
    return kernels(planes).narrow_rows(x, row_stride, rows, reads, num_reads, planes);
}

void pack_narrow_bits(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads,
                      Planes planes) {
    kernels(planes).narrow_bit_rows(x, row_stride, rows, reads, num_reads, planes);
}

void unpack_bytes(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride) {
    for (int64_t set = planes.set;; set++) {
        const Kernels &kernel = all()[set];
        if (columns >= kernel.wide()) return kernel.unpack_wide_rows(planes, rows, places, columns, out, row_stride);
        if (planes.bytes >= kernel.vector_bytes) return kernel.unpack_rows(planes, rows, places, columns, out, row_stride);
    }
}

void unpack_bits(Planes planes, int64_t rows, const uint32_t *places, int64_t columns, uint8_t *out, int64_t row_stride) {
    for (int64_t set = planes.set;; set++) {
        const Kernels &kernel = all()[set];
        if (columns >= kernel.wide_bits()) return kernel.unpack_wide_bit_rows(planes, rows, places, columns, out, row_stride);
        if (planes.bytes >= kernel.vector_bytes) return kernel.unpack_bit_rows(planes, rows, places, columns, out, row_stride);
    }
}

}  // namespace netc
