// Orders that suit a cache, and registers.
#pragma once

#include "runtime/program.hpp"

namespace netc {

// By level; within a level so that each operation shares an operand with the one before it where it can, and then by function
// within parts of a level, so that one loop with one function runs over many operations.
void order_by_function(netc_program &program);

// Each operation soon after its operands, so that many values are read while they are in registers.
void order_by_use(netc_program &program);

}  // namespace netc
