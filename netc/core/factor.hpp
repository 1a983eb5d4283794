// Sums of products as ANDs, factored.
#pragma once

#include "netc/core/builder.hpp"

namespace netc {

// The OR of cubes over literals: cubes[i * width + j] is '0', '1' or '-'.
Lit factor_cubes(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals);

}  // namespace netc
