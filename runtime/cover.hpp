// Fewer, larger operations.
#pragma once

#include "runtime/program.hpp"

namespace netc {

// Merges operations into their readers where the readers stay within three operands, so that the value in between is
// neither computed by itself nor stored. Operations name signals: 0 .. inputs - 1, then themselves in topological order, which
// they keep. `kept` holds 1 for signals that must stay.
void cover(Array<netc_program::Operation> &operations, uint32_t inputs, const Array<uint8_t> &kept);

}  // namespace netc
