// Functions that only weigh: several functions of the same variables that together read one weighted sum of them, cut into
// steps of equal width, the first and the last of which are open (a neuron with a quantized, clamped output; a threshold
// function has two steps). The weights are found from the truth tables, rounded to few digits, and added up by adders.
//
// Where one function is unate in all variables, its correlations with them (Chow parameters) are nearly the weights. The
// steps are put in the order of their mean sums, and the weights corrected wherever a row falls into a wrong step (the
// relaxation method for linear inequalities, Agmon 1954). Everything is integer arithmetic, so results are the same
// everywhere.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

// The functions' literals over those of their variables; none where they do not weigh. How weights are rounded depends
// on the seed. Adds the words looked at to `work`.
std::vector<Lit> build_by_weighing(Builder &builder, const std::vector<Table> &functions, const Lit *variables,
                                   Synthesis &synthesis, uint64_t seed, int64_t &work);

}  // namespace netc
