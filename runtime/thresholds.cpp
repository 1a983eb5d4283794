#include "runtime/thresholds.hpp"

#include <cmath>
#include <limits>
#include <memory>

#include "runtime/targets.hpp"
#include "runtime/tiles.hpp"

namespace netc {
namespace {

// Vectors of numbers at any address, of what comparing them gives, and of bytes for each.
template <class T>
struct Lanes;
template <>
struct Lanes<float> {
    typedef float Numbers __attribute__((vector_size(64), aligned(1), may_alias));
    typedef int32_t Outcomes __attribute__((vector_size(64)));
    typedef int8_t Narrow __attribute__((vector_size(16), aligned(1), may_alias));
};
template <>
struct Lanes<double> {
    typedef double Numbers __attribute__((vector_size(64), aligned(1), may_alias));
    typedef int64_t Outcomes __attribute__((vector_size(64)));
    typedef int8_t Narrow __attribute__((vector_size(8), aligned(1), may_alias));
};

struct Bytes {
    typedef uint8_t Number;
    static constexpr bool kHasNan = false;
    const uint8_t *least, *ever;
    bool above(uint8_t number, int64_t i) const { return (number >= least[i]) & ever[i]; }
};
template <class T, bool at_least>
struct Floats {
    typedef T Number;
    static constexpr bool kHasNan = true;
    const T *threshold;
    bool above(T number, int64_t i) const { return at_least ? number >= threshold[i] : number > threshold[i]; }
};

namespace portable {
#define NETC_TARGET
#include "runtime/thresholds_kernel.inc"
#undef NETC_TARGET
}  // namespace portable
#if defined(__x86_64__)
namespace avx2 {
#define NETC_TARGET NETC_TARGET_AVX2
#include "runtime/thresholds_kernel.inc"
#undef NETC_TARGET
}  // namespace avx2
namespace avx512 {
#define NETC_TARGET NETC_TARGET_AVX512
#include "runtime/thresholds_kernel.inc"
#undef NETC_TARGET
}  // namespace avx512
#endif

using Pack = bool (*)(const netc_thresholds &, int64_t, const uint8_t *, int64_t, int64_t, int64_t, const uint32_t *, int64_t,
                      Planes);

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

std::unique_ptr<netc_thresholds> prepare(int64_t inputs, const int32_t *feature, const double *threshold, bool at_least) {
    auto made = std::make_unique<netc_thresholds>();
    made->at_least = at_least;
    for (int64_t i = 0; i < inputs; i++) {
        double value = threshold[i], least = at_least ? std::ceil(value) : std::floor(value) + 1;
        made->feature.push(static_cast<uint32_t>(feature[i]));
        made->least.push(static_cast<uint8_t>(std::min(255.0, std::max(0.0, least))));
        made->ever.push(least <= 255);
        made->single.push(nearest(value, at_least));
        made->threshold.push(value);
    }
    return made;
}

}  // namespace

bool pack_features(const netc_thresholds &thresholds, int64_t form, const uint8_t *x, int64_t row_stride, int64_t column_stride,
                   int64_t rows, const uint32_t *reads, int64_t num_reads, Planes planes) {
    return choose(planes.set)(thresholds, form, x, row_stride, column_stride, rows, reads, num_reads, planes);
}

}  // namespace netc

using namespace netc;

extern "C" {

netc_thresholds *netc_thresholds_new(int64_t inputs, const int32_t *feature, const double *threshold, int64_t at_least) {
    netc_thresholds *made = nullptr;
    int64_t code = guard([&]() -> int64_t {
        made = prepare(inputs, feature, threshold, at_least != 0).release();
        return 0;
    });
    return code < 0 ? nullptr : made;
}

void netc_thresholds_free(netc_thresholds *thresholds) { delete thresholds; }
}
