// Every kernel of this processor that compares features with thresholds: numbers of every type in rows, in columns and
// scattered, against one comparison at a time. They end where their memory ends. Prints the kernels' names; ends with 1 at the
// first difference.
#include "runtime/thresholds.cpp"

#include <cstdio>
#include <vector>

#include "netc/core/random.hpp"

using namespace netc;

namespace {

Random stream{1};
uint64_t draw(uint64_t below) {
    return stream.next() % below;
}

struct Case {
    int64_t features, rows, plane_bytes;
    int drop;  // one of so many inputs is read
    enum { kRows, kBackwards, kColumns, kScattered } layout;
};

// Numbers are small, and so equal to thresholds often; some are what comparisons get wrong.
template <class Number>
Number number() {
    if (std::is_same<Number, uint8_t>::value) return static_cast<Number>(draw(4) ? draw(8) : 248 + draw(8));
    constexpr Number kInfinity = std::numeric_limits<Number>::infinity();
    const Number special[] = {kInfinity, static_cast<Number>(-kInfinity), Number(-0.0), Number(1e-30)};
    return draw(8) ? static_cast<Number>(draw(8)) : special[draw(4)];
}

template <class Number>
bool check(Pack kernel, int64_t form, const Case &given) {
    constexpr int64_t kSize = sizeof(Number);
    std::vector<int32_t> feature;
    std::vector<double> threshold;
    bool few = draw(2);  // thresholds a feature
    for (int64_t i = 0; i < given.features; i++)
        for (uint64_t count = few || draw(16) ? draw(4) : draw(20); count; count--) {
            int64_t other = static_cast<int64_t>(draw(static_cast<uint64_t>(given.features)));
            feature.push_back(static_cast<int32_t>(few || draw(3) ? i : other));
            const double special[] = {0.0, -0.0, 255, 256, -1, INFINITY, -INFINITY, 2.5};
            threshold.push_back(draw(4) ? static_cast<double>(draw(8)) : special[draw(8)]);
        }
    std::vector<uint32_t> reads;
    for (uint32_t i = 0; i < feature.size(); i++)
        if (draw(static_cast<uint64_t>(given.drop)) == 0) reads.push_back(i);
    netc_layout layout = {};
    layout.num_reads = static_cast<int64_t>(reads.size()), layout.reads = reads.data();
    bool at_least = draw(2);
    std::unique_ptr<netc_thresholds> thresholds = prepare(layout, feature.data(), threshold.data(), at_least);

    int64_t gap = static_cast<int64_t>(draw(2)) * 3, row_stride = given.features * kSize + gap, column_stride = kSize;
    if (given.layout == Case::kColumns) row_stride = kSize, column_stride = given.rows * kSize + gap;
    if (given.layout == Case::kScattered) row_stride *= 2, column_stride *= 2;
    int64_t span = given.rows ? (given.rows - 1) * row_stride + (given.features - 1) * column_stride + kSize : 0;
    std::vector<uint8_t> x(static_cast<size_t>(span));
    const uint8_t *begin = x.data();
    if (given.layout == Case::kBackwards) begin += std::max<int64_t>(0, given.rows - 1) * row_stride, row_stride = -row_stride;
    auto place = [&](int64_t row, int64_t column) {
        return const_cast<uint8_t *>(begin) + row * row_stride + column * column_stride;
    };
    std::vector<char> wanted(static_cast<size_t>(given.features));
    for (uint32_t input : reads) wanted[static_cast<size_t>(feature[input])] = 1;
    for (int64_t row = 0; row < given.rows; row++)
        for (int64_t column = 0; column < given.features; column++) {
            Number value = number<Number>();
            if (std::numeric_limits<Number>::has_quiet_NaN && !wanted[static_cast<size_t>(column)])
                value = std::numeric_limits<Number>::quiet_NaN();
            std::memcpy(place(row, column), &value, sizeof value);
        }

    std::vector<uint8_t> memory((reads.size() + 1) * static_cast<size_t>(given.plane_bytes) + 64, 0xA5);
    uint8_t *base = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
    auto run = [&] {
        return kernel(*thresholds, form, begin, row_stride, column_stride, given.rows, Planes{base, given.plane_bytes});
    };
    if (!run()) return false;
    for (size_t i = 0; i < reads.size(); i++)
        for (int64_t row = 0; row < 8 * given.plane_bytes; row++) {
            bool right = false;
            if (row < given.rows) {
                Number value;
                std::memcpy(&value, place(row, feature[reads[i]]), sizeof value);
                right = at_least ? value >= threshold[reads[i]] : value > threshold[reads[i]];
            }
            if ((base[static_cast<int64_t>(i) * given.plane_bytes + row / 8] >> row % 8 & 1) != right) return false;
        }
    if (!std::numeric_limits<Number>::has_quiet_NaN || reads.empty() || !given.rows) return true;
    Number nan = std::numeric_limits<Number>::quiet_NaN();
    uint32_t input = reads[draw(reads.size())];
    std::memcpy(place(static_cast<int64_t>(draw(static_cast<uint64_t>(given.rows))), feature[input]), &nan, sizeof nan);
    return !run();
}

bool check(const char *name, Pack kernel) {
    std::printf("%s\n", name);
    for (int64_t features : {1, 3, 15, 16, 17, 63, 64, 65, 150})
        for (int64_t plane_bytes : {16, 128})
            for (int64_t rows : {int64_t{0}, int64_t{1}, int64_t{17}, int64_t{63}, int64_t{64}, int64_t{65}, int64_t{121},
                                 8 * plane_bytes - 1, 8 * plane_bytes})
                for (int drop : {1, 20})
                    for (auto layout : {Case::kRows, Case::kBackwards, Case::kColumns, Case::kScattered}) {
                        Case given = {features, rows, plane_bytes, drop, layout};
                        if (check<uint8_t>(kernel, NETC_UINT8, given) && check<float>(kernel, NETC_FLOAT32, given) &&
                            check<double>(kernel, NETC_FLOAT64, given))
                            continue;
                        std::printf("%lld features, %lld rows, planes of %lld bytes, one of %d inputs, layout %d\n",
                                    static_cast<long long>(features), static_cast<long long>(rows),
                                    static_cast<long long>(plane_bytes), drop, static_cast<int>(layout));
                        return false;
                    }
    return true;
}

}  // namespace

int main() {
    if (!check("portable", portable::pack_form)) return 1;
#if defined(__x86_64__)
    if (has_avx2() && !check("avx2", avx2::pack_form)) return 1;
    if (has_avx512() && !check("avx512", avx512::pack_form)) return 1;
#endif
    return 0;
}
