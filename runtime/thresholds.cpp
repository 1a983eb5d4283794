// Numbers into planes. A number is read once: 64 samples of a feature lie side by side, whether the caller's array has them so
// or rows were transposed, and are compared with all thresholds of the feature, each of which gives 64 bits of a plane. Only
// rows of bytes with few thresholds are compared as they lie, and packed as bytes of bits are (pack.cpp).
#include "runtime/thresholds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "runtime/lanes.hpp"

namespace netc {
namespace {

constexpr int64_t kSamples = 64;
constexpr int64_t kFewThresholds = 4;  // of a feature

struct ByteThresholds {
    typedef uint8_t Number;
    typedef uint8_t Element;  // what is moved about
    const uint8_t *threshold, *ever_above;
    uint64_t ever(int64_t item) const { return -static_cast<uint64_t>(ever_above[item]); }
};
template <class T, class Unsigned, bool at_least>
struct FloatThresholds {
    typedef T Number;
    typedef Unsigned Element;
    const T *threshold;
    uint64_t ever(int64_t) const { return ~uint64_t{0}; }
};
template <bool at_least>
using Singles = FloatThresholds<float, uint32_t, at_least>;
template <bool at_least>
using Doubles = FloatThresholds<double, uint64_t, at_least>;

#define NETC_KERNEL "runtime/thresholds_kernel.inc"
#include "runtime/each_target.inc"
#undef NETC_KERNEL

using Pack = bool (*)(const netc_thresholds &, int64_t, const uint8_t *, int64_t, int64_t, int64_t, Planes);

BestFirst<Pack> there() {
    BestFirst<Pack> made;
#if defined(__x86_64__)
    if (has_avx512()) made.add(avx512::pack_form);
    if (has_avx2()) made.add(avx2::pack_form);
#endif
    made.add(portable::pack_form);
    return made;
}

Pack choose(int64_t set) {
    static const BestFirst<Pack> made = there();
    return made[set];
}

// The largest float that is no larger, or with `up` the smallest that is no smaller.
float nearest(double value, bool up) {
    float single = static_cast<float>(value);
    float bound = up ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
    bool beyond = up ? static_cast<double>(single) < value : static_cast<double>(single) > value;
    return beyond ? std::nextafter(single, bound) : single;
}

std::unique_ptr<netc_thresholds> prepare(const netc_layout &layout, const int32_t *feature, const double *threshold,
                                         bool at_least) {
    auto made = std::make_unique<netc_thresholds>();
    made->at_least = at_least;
    for (int64_t i = 0; i < layout.num_reads; i++) made->plane.push(static_cast<uint32_t>(i));
    auto feature_of = [&](uint32_t plane) { return static_cast<uint32_t>(feature[layout.reads[plane]]); };
    std::stable_sort(made->plane.begin(), made->plane.end(),
                     [&](uint32_t a, uint32_t b) { return feature_of(a) < feature_of(b); });
    for (uint32_t plane : made->plane) {
        uint32_t its = feature_of(plane);
        if (made->feature.empty() || made->feature.back() != its) {
            made->feature.push(its);
            made->first.push(static_cast<uint32_t>(made->threshold.size()));
        }
        double value = threshold[layout.reads[plane]], least = at_least ? std::ceil(value) : std::floor(value) + 1;
        made->least.push(static_cast<uint8_t>(std::min(255.0, std::max(0.0, least))));
        made->ever.push(least <= 255);
        made->single.push(nearest(value, at_least));
        made->threshold.push(value);
    }
    made->first.push(static_cast<uint32_t>(made->threshold.size()));
    for (size_t i = 0; i < made->feature.size(); i++)
        made->most = std::max<int64_t>(made->most, made->first[i + 1] - made->first[i]);
    return made;
}

}  // namespace

bool pack_features(const netc_thresholds &thresholds, int64_t form, const uint8_t *x, int64_t row_stride, int64_t column_stride,
                   int64_t rows, Planes planes) {
    return choose(planes.set)(thresholds, form, x, row_stride, column_stride, rows, planes);
}

}  // namespace netc

using namespace netc;

extern "C" {

netc_thresholds *netc_thresholds_new(const netc_layout *layout, const int32_t *feature, const double *threshold,
                                     int64_t at_least) {
    netc_thresholds *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = prepare(*layout, feature, threshold, at_least != 0).release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_thresholds_free(netc_thresholds *thresholds) { delete thresholds; }
}
