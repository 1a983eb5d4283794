// Rows of bytes or bits into planes: those that are not narrow (rows.hpp).
#include <algorithm>

#include "runtime/lanes.hpp"
#include "runtime/planes.hpp"
#include "runtime/rows.hpp"

namespace netc {
namespace {

constexpr uint64_t kNotBits = 0xFEFEFEFEFEFEFEFEu;

// So many columns that are packed together, and the plane of each.
template <int64_t width>
struct Strip {
    int64_t begin, end;  // of reads
    int64_t column;    
    unsigned used = 0;   // bit k: one of columns 128 l + 16 k .. 128 l + 16 k + 15 is read
    uint8_t *to[width];
    alignas(64) uint8_t nowhere[kMostPlaneBytes];  // columns that are not read go here, and nobody looks

    // Those from the next column on that is read, or earlier so as not to begin behind `most`. Returns the end.
    int64_t fill(const uint32_t *reads, int64_t num_reads, int64_t next, int64_t most, Planes planes) {
        begin = end = next;
        column = std::max<int64_t>(0, std::min<int64_t>(reads[next] / 8 * 8, most));
        if (num_reads - next >= width && reads[next] == column && reads[next + width - 1] == column + width - 1) {
            for (int64_t i = 0; i < width; i++) to[i] = planes[next + i];
            used = 0xFF;
            return end += width;
        }
        for (uint8_t *&place : to) place = nowhere;
        for (; end < num_reads && reads[end] < column + width; end++) {
            int64_t at = reads[end] - column;
            to[at] = planes[end];
            used |= 1u << at / 16 % 8;
        }
        return end;
    }
};

#define NETC_KERNEL "runtime/pack_kernel.inc"
#define NETC_GFNI 0
#include "runtime/each_target.inc"
#undef NETC_GFNI
#undef NETC_KERNEL
#if defined(__x86_64__)
namespace gfni {
#define NETC_TARGET NETC_TARGET_GFNI
#define NETC_VECTOR 64
#define NETC_GFNI 1
#include "runtime/pack_kernel.inc"
#undef NETC_TARGET
#undef NETC_VECTOR
#undef NETC_GFNI
}  // namespace gfni
#endif

struct Kernels {
    uint64_t (*rows)(const uint8_t *, int64_t, int64_t, const uint32_t *, int64_t, Planes);
    void (*bit_rows)(const uint8_t *, int64_t, int64_t, const uint32_t *, int64_t, Planes);
};

BestFirst<Kernels> there() {
    BestFirst<Kernels> made;
#if defined(__x86_64__)
    if (has_avx512()) {
        if (has_gfni()) made.add({gfni::pack_rows, gfni::pack_bit_rows});
        else made.add({avx512::pack_rows, avx512::pack_bit_rows});
    }
    if (has_avx2()) made.add({avx2::pack_rows, avx2::pack_bit_rows});
#endif
    made.add({portable::pack_rows, portable::pack_bit_rows});
    return made;
}

const Kernels &kernels(Planes planes) {
    static const BestFirst<Kernels> made = there();
    return made[planes.set];
}

// Columns of contiguous bytes, or any other strides: sample by sample.
uint64_t pack_strided(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, const uint32_t *reads,
                      int64_t num_reads, Planes planes) {
    uint64_t seen = 0;
    for (int64_t i = 0; i < num_reads; i++) {
        uint8_t *plane = planes[i];
        std::memset(plane, 0, static_cast<size_t>(planes.bytes));
        const uint8_t *column = x + reads[i] * column_stride;
        int64_t r = 0;
        if (row_stride == 1)
            for (; r + 8 <= rows; r += 8) {
                uint64_t bytes;
                std::memcpy(&bytes, column + r, 8);
                seen |= bytes;
                plane[r / 8] = static_cast<uint8_t>(bytes * 0x0102040810204080u >> 56);  // bit 0 of each byte
            }
        for (; r < rows; r++) {
            uint8_t value = column[r * row_stride];
            seen |= value;
            plane[r / 8] |= static_cast<uint8_t>((value & 1) << r % 8);
        }
    }
    return seen;
}

}  // namespace

bool pack_bytes(const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t rows, const uint32_t *reads,
                int64_t num_reads, Planes planes) {
    if (!num_reads) return true;
    uint64_t seen;
    if (column_stride != 1) seen = pack_strided(x, row_stride, column_stride, rows, reads, num_reads, planes);
    else if (reads[num_reads - 1] < kNarrowBytes) seen = pack_narrow_bytes(x, row_stride, rows, reads, num_reads, planes);
    else seen = kernels(planes).rows(x, row_stride, rows, reads, num_reads, planes);
    return !(seen & kNotBits);
}

void pack_bits(const uint8_t *x, int64_t row_stride, int64_t rows, const uint32_t *reads, int64_t num_reads, Planes planes) {
    if (!num_reads) return;
    if (reads[num_reads - 1] < kNarrowBits) pack_narrow_bits(x, row_stride, rows, reads, num_reads, planes);
    else kernels(planes).bit_rows(x, row_stride, rows, reads, num_reads, planes);
}

}  // namespace netc
