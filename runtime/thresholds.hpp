// Features that become bits while they are packed.
#pragma once

#include "netc/core/array.hpp"
#include "runtime/planes.hpp"
#include "runtime/runner.hpp"

extern "C" {
#include "runtime/thresholds.h"
}

// The inputs that a layout reads, by feature: those of feature[i] are items first[i] .. first[i + 1] - 1, and item j is for
// plane[j]. A feature of each type is compared with a number of its own type, the nearest one on the threshold's side.
struct netc_thresholds {
    netc::Array<uint32_t> feature;  // ascending
    netc::Array<uint32_t> first, plane;
    int64_t most = 0;            // of one feature
    netc::Array<uint8_t> least;  // a byte is above the threshold if it is at least so large,
    netc::Array<uint8_t> ever;   // and this is 1
    netc::Array<float> single;
    netc::Array<double> threshold;
    bool at_least = false;
};

namespace netc {

// Packs `rows` rows of numbers of a form's type, at most a block, as pack_bytes does. Returns false if one of the features that
// are read is NaN, which is above no threshold.
bool pack_features(const netc_thresholds &thresholds, int64_t form, const uint8_t *x, int64_t row_stride, int64_t column_stride,
                   int64_t rows, Planes planes);

}  // namespace netc
