// Functions given as tables or cubes become ANDs in a builder.
#pragma once

#include "netc/core/builder.hpp"

namespace netc {

// A function of up to six literals. Constant, repeated and complementary inputs are folded into the table first.
Lit lower_table(Builder &builder, uint64_t table, const Lit *inputs, int k);

// A function of any number of literals; words of the table as in truth.hpp, the last variables selecting the word.
Lit lower_wide_table(Builder &builder, const uint64_t *words, const Lit *inputs, int k);

// The OR of cubes over literals: cubes[i * width + j] is '0', '1' or '-'.
Lit lower_cubes(Builder &builder, const uint8_t *cubes, int64_t num_cubes, int64_t width, const Lit *literals);

}  // namespace netc
