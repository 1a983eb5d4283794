// Sums of signals of different weights.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

// The lowest `width` binary digits of a sum in which each literal of columns[i] counts 2^i, and of a constant: full adders,
// column after column, each reading its operands and then its sums in order. There are at most `width` columns.
std::vector<Lit> add_columns(Builder &builder, std::vector<std::vector<Lit>> columns, size_t width, int64_t constant = 0);

}  // namespace netc
