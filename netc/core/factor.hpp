// Sums of products as ANDs, factored.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/isop.hpp"

namespace netc {

// The OR of cubes over literals: cubes[i * width + j] is '0', '1' or '-'. For any width; literal factoring.
Lit factor_cubes(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals);

// The OR of cubes over up to sixteen literals, divided algebraically: by kernels, or by literals alone.
enum class Divisors { kernels, literals };
Lit factor_cover(Builder &builder, const std::vector<Cube> &cubes, const Lit *literals, Divisors divisors);

}  // namespace netc
