// Narrow rows into planes and planes into rows of all widths, with every kernel of this processor, compared with one bit at a
// time. Rows end where their memory ends, and what lies between them stays. Prints the kernels' names; ends with 1 at the first
// difference.
#include "runtime/rows.cpp"

#include <cstdio>
#include <vector>

#include "netc/core/random.hpp"

using namespace netc;

namespace {

Random stream{1};
uint64_t draw() {
    return stream.next();
}

struct Case {
    int64_t columns, rows, plane_bytes, gap;
    bool bits;  // packed, not bytes

    int64_t width() const { return bits ? (columns + 7) / 8 : columns; }
    int64_t stride() const { return width() + gap; }
    size_t size() const { return static_cast<size_t>(rows ? (rows - 1) * stride() + width() : 0); }
    bool bit(const uint8_t *x, int64_t row, int64_t column) const {
        const uint8_t *at = x + row * stride();
        return bits ? at[column / 8] >> column % 8 & 1 : at[column] != 0;
    }
};

// So many planes of noise, 64-byte aligned.
class Noise {
public:
    Noise(int64_t planes, int64_t bytes) : memory_(static_cast<size_t>(planes * bytes + 64)), bytes_(bytes) {
        for (uint8_t &byte : memory_) byte = static_cast<uint8_t>(draw());
    }
    Planes planes() { return {memory_.data() + (64 - reinterpret_cast<uintptr_t>(memory_.data()) % 64), bytes_}; }

private:
    std::vector<uint8_t> memory_;
    int64_t bytes_;
};
bool bit_of(const uint8_t *plane, int64_t row) { return plane[row / 8] >> row % 8 & 1; }

bool packs(const Kernels &kernel, const Case &given) {
    std::vector<uint32_t> reads;
    for (int64_t column = 0; column < given.columns; column++)
        if (column == given.columns - 1 || draw() % 4) reads.push_back(static_cast<uint32_t>(column));
    auto count = static_cast<int64_t>(reads.size());
    std::vector<uint8_t> x(given.size());
    for (uint8_t &byte : x) byte = static_cast<uint8_t>(draw() & (given.bits ? 0xFF : 1));
    Noise memory(count, given.plane_bytes);
    Planes planes = memory.planes();
    auto pack = given.bits ? nullptr : kernel.narrow_rows;
    if (given.bits) kernel.narrow_bit_rows(x.data(), given.stride(), given.rows, reads.data(), count, planes);
    else if (pack(x.data(), given.stride(), given.rows, reads.data(), count, planes) > 1) return false;
    for (int64_t i = 0; i < count; i++)
        for (int64_t row = 0; row < 8 * given.plane_bytes; row++)
            if (bit_of(planes[i], row) != (row < given.rows && given.bit(x.data(), row, reads[static_cast<size_t>(i)]))) return false;
    if (given.bits || !given.rows) return true;
    x[static_cast<size_t>(draw() % static_cast<uint64_t>(given.rows) * static_cast<uint64_t>(given.stride()) + reads.back())] |= 4;
    return pack(x.data(), given.stride(), given.rows, reads.data(), count, planes) >> 1 == 2;
}

bool unpacks(decltype(Kernels::unpack_rows) unpack, const Case &given) {
    Noise memory(given.columns, given.plane_bytes);
    Planes planes = memory.planes();
    std::vector<uint32_t> places;
    for (int64_t i = 0; i < given.columns; i++) places.push_back(static_cast<uint32_t>(draw() % static_cast<uint64_t>(2 * given.columns)));
    std::vector<uint8_t> out(given.size(), 0xA5);
    unpack(planes, given.rows, places.data(), given.columns, out.data(), given.stride());
    for (int64_t row = 0; row < given.rows; row++) {
        for (int64_t column = 0; column < 8 * given.width(); column++) {
            if (column >= given.columns && !given.bits) break;
            uint32_t place = column < given.columns ? places[static_cast<size_t>(column)] : 0;
            bool wanted = column < given.columns && bit_of(planes[place >> 1], row) != ((place & 1) == 1);
            if (given.bit(out.data(), row, column) != wanted) return false;
            if (!given.bits && out[static_cast<size_t>(row * given.stride() + column)] > 1) return false;
        }
        for (int64_t at = row * given.stride() + given.width(); at < (row + 1) * given.stride() && row + 1 < given.rows; at++)
            if (out[static_cast<size_t>(at)] != 0xA5) return false;
    }
    return true;
}

bool check(const char *name, const Kernels &kernel) {
    std::printf("%s\n", name);
    for (bool bits : {false, true})
        for (int64_t columns : {1, 2, 3, 5, 7, 8, 9, 11, 15, 16, 17, 24, 31, 32, 33, 40, 57, 63, 64, 65, 72, 100, 129, 150, 261})
            for (int64_t plane_bytes = 16; plane_bytes <= kMostPlaneBytes; plane_bytes *= 2)
                for (int64_t rows : {int64_t{0}, int64_t{1}, int64_t{9}, static_cast<int64_t>(draw() % static_cast<uint64_t>(8 * plane_bytes)), 8 * plane_bytes}) {
                    Case given{columns, rows, plane_bytes, static_cast<int64_t>(draw() % 2 * 3), bits};
                    bool fits = plane_bytes >= kernel.vector_bytes, narrow = columns <= (bits ? kNarrowBits : kNarrowBytes);
                    bool wide = columns >= (bits ? kernel.wide_bits() : kernel.wide());
                    if ((!fits || unpacks(bits ? kernel.unpack_bit_rows : kernel.unpack_rows, given)) &&
                        (!wide || unpacks(bits ? kernel.unpack_wide_bit_rows : kernel.unpack_wide_rows, given)) &&
                        (!fits || !narrow || packs(kernel, given)))
                        continue;
                    std::printf("%lld columns of %s, %lld rows, planes of %lld bytes\n", static_cast<long long>(columns),
                                bits ? "bits" : "bytes", static_cast<long long>(rows), static_cast<long long>(plane_bytes));
                    return false;
                }
    return true;
}

}  // namespace

int main() {
    const char *names[] = {"portable", "avx2", "avx512"};
    for (int64_t set = all().size(); set-- > 0;)
        if (!check(names[all()[set].vector_bytes / 32], all()[set])) return 1;
    return 0;
}
