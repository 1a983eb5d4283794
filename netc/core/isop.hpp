// Irredundant sums of products of functions with don't-cares.
#pragma once

#include <cstdint>
#include <vector>

#include "netc/core/tables.hpp"

namespace netc {

// A product over up to 16 variables: those of `care`, complemented where `value` is 0.
struct Cube {
    uint16_t care, value;
    bool operator==(const Cube &other) const { return care == other.care && value == other.value; }
    bool operator<(const Cube &other) const {
        return care != other.care ? care < other.care : value < other.value;
    }
    int num_literals() const { return __builtin_popcount(care); }
};

// The cubes of a function between `lower` and `upper`, no more than `limit`; where they would be more, an empty list and
// false. `function`, if given, becomes the function chosen.
bool isop(const Table &lower, const Table &upper, std::vector<Cube> &cubes, size_t limit = SIZE_MAX,
          Table *function = nullptr);

}  // namespace netc
