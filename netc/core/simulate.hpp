#pragma once

#include "netc/core/aig.hpp"
#include "netc/core/simd.hpp"

namespace netc {

// values: [nodes][words]; fills constant and ANDs from the leaves' rows.
void simulate(const AigView &aig, uint64_t *values, size_t words);

}  // namespace netc
