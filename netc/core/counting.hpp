// Functions that only count: variables that can be exchanged, as they are or complemented, are replaced by the number of
// them that are true, which adders make; the rest of the function reads that number, and never sees numbers that do not occur.
#pragma once

#include "netc/core/builder.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

// The function over these literals of its variables; kNone where no four variables can be exchanged.
Lit build_by_counting(Builder &builder, const Table &function, const Lit *variables, Synthesis &synthesis);

}  // namespace netc
