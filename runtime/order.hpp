// An order that suits a cache.
#pragma once

#include "runtime/program.hpp"

namespace netc {

// Sorts operations by level, and within a level so that each shares an operand with the one before it where it can; if
// `grouped`, then by function within parts of a level. Operations name signals below `signals`, and
// are given in topological order.
void order(Array<netc_program::Operation> &operations, uint32_t signals, bool grouped);

}  // namespace netc
