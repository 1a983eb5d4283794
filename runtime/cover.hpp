// Fewer, larger operations.
#pragma once

#include "runtime/program.hpp"

namespace netc {

// Merges operations into their readers where the readers stay within so many operands, so that the value in between is
// neither computed by itself nor stored.
void cover(netc_program &program, int operands);

}  // namespace netc
