// Functions that calculate: digits of a product, a square, a square root, a quotient or a remainder, whichever digits they
// are, and whichever inputs are the digits of the operands, complemented or not. Decision diagrams and covers of such
// functions are large, while a row of adders a digit is enough.
//
// For each operation and each split of the variables into operands, the functions are matched with the operation's digits
// (spectrum.hpp). Sums, differences and comparisons are not among them: their diagrams are small.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/tables.hpp"

namespace netc {

// The functions' literals over those of their variables; none where no operation makes all of them. Adds the words
// looked at to `work`.
std::vector<Lit> build_by_arithmetic(Builder &builder, const std::vector<Table> &functions, const Lit *variables,
                                     int64_t &work);

}  // namespace netc
