// Packing by itself, with every kernel of this processor: rows of all widths, bytes and bits, whole and in part, compared with one
// bit at a time. The rows end where their memory ends. Prints the kernels' names; ends with 1 at the first difference.
#include "runtime/pack.cpp"

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
    int drop;  // reads every so many'th column only
};

bool check(const Kernels &kernel, const Case &given) {
    std::vector<uint32_t> reads;
    for (int64_t column = 0; column < given.columns; column++)
        if (given.drop == 1 || draw() % static_cast<uint64_t>(given.drop) == 0) reads.push_back(static_cast<uint32_t>(column));
    auto count = static_cast<int64_t>(reads.size());
    std::vector<uint8_t> memory(static_cast<size_t>((count + 1) * given.plane_bytes + 64), 0xA5);
    uint8_t *base = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
    auto equal = [&](auto bit) {
        for (int64_t i = 0; i < count; i++)
            for (int64_t row = 0; row < 8 * given.plane_bytes; row++) {
                int found = base[i * given.plane_bytes + row / 8] >> row % 8 & 1;
                if (found != (row < given.rows && bit(row, static_cast<int64_t>(reads[static_cast<size_t>(i)])))) return false;
            }
        return true;
    };
    auto made = [&](int64_t width, uint64_t mask) {
        std::vector<uint8_t> x(static_cast<size_t>(given.rows ? (given.rows - 1) * (width + given.gap) + width : 0));
        for (uint8_t &byte : x) byte = static_cast<uint8_t>(draw() & mask);
        return x;
    };
    int64_t stride = given.columns + given.gap, bit_stride = (given.columns + 7) / 8 + given.gap;
    std::vector<uint8_t> bytes = made(given.columns, 1), bits = made((given.columns + 7) / 8, 0xFF);
    Planes planes{base, given.plane_bytes};
    uint64_t seen = kernel.rows(bytes.data(), stride, given.rows, reads.data(), count, planes);
    if (seen & kNotBits || !equal([&](int64_t row, int64_t column) { return bytes[static_cast<size_t>(row * stride + column)] != 0; }))
        return false;
    if (count && given.rows) {
        auto wrong = static_cast<size_t>((given.rows - 1) * stride + reads.back());
        bytes[wrong] = 2;
        if (!(kernel.rows(bytes.data(), stride, given.rows, reads.data(), count, planes) & kNotBits)) return false;
    }
    kernel.bit_rows(bits.data(), bit_stride, given.rows, reads.data(), count, planes);
    return equal([&](int64_t row, int64_t column) {
        return (bits[static_cast<size_t>(row * bit_stride + column / 8)] >> column % 8 & 1) != 0;
    });
}

bool check(const char *name, const Kernels &kernel) {
    std::printf("%s\n", name);
    for (int64_t columns : {1, 5, 63, 64, 65, 129, 300, 784, 1100})
        for (int64_t plane_bytes : {16, 32, 64, 128})
            for (int64_t rows : {int64_t{0}, int64_t{1}, int64_t{8}, int64_t{121}, 8 * plane_bytes - 1, 8 * plane_bytes})
                for (int drop : {1, 3, 40})
                    if (!check(kernel, {columns, rows, plane_bytes, static_cast<int64_t>(draw() % 2 * 3), drop})) {
                        std::printf("%lld columns, %lld rows, planes of %lld bytes, one of %d columns\n",
                                    static_cast<long long>(columns), static_cast<long long>(rows),
                                    static_cast<long long>(plane_bytes), drop);
                        return false;
                    }
    return true;
}

}  // namespace

int main() {
    Kernels kernel;
    kernel.rows = portable::pack_rows, kernel.bit_rows = portable::pack_bit_rows;
    if (!check("portable", kernel)) return 1;
#if defined(__x86_64__)
    kernel.rows = avx2::pack_rows, kernel.bit_rows = avx2::pack_bit_rows;
    if (has_avx2() && !check("avx2", kernel)) return 1;
    kernel.rows = avx512::pack_rows, kernel.bit_rows = avx512::pack_bit_rows;
    if (has_avx512() && !check("avx512", kernel)) return 1;
    kernel.rows = gfni::pack_rows, kernel.bit_rows = gfni::pack_bit_rows;
    if (has_avx512() && has_gfni() && !check("gfni", kernel)) return 1;
#endif
    return 0;
}
