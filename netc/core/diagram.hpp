// Circuits from shared decision diagrams of several functions of the same variables.
//
// A diagram is read off the truth tables: the last variable is decided first, and a function met before, or its complement, is shared.
// A node costs the ANDs it becomes: one where a branch is constant, two where one branch implies the other, three for a
// multiplexer or a parity. Orders of the variables are sifted (Rudell 1993) for the least cost.
#pragma once

#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/tables.hpp"

namespace netc {

// ANDs of a diagram in the given order, or more than `limit` as soon as it is known to be more.
size_t diagram_cost(const std::vector<Table> &functions, size_t limit = SIZE_MAX);

// The functions' literals, over the literals of the variables.
std::vector<Lit> build_diagram(Builder &builder, const std::vector<Table> &functions, const Lit *variables);

// Moves variables to where the cost is least, one after the other, `rounds` times or until nothing changes. variables[i] is
// what the functions' variable i was called; both are permuted alike. Returns the cost and adds the words read to `work`.
size_t sift(std::vector<Table> &functions, std::vector<int> &variables, int rounds, int64_t &work);

}  // namespace netc
