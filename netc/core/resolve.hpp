// A LUT network without what costs nothing: constants, wires and inverters fold into the tables of their readers, a
// fan-in that is read twice is read once, and LUTs that no root depends on are gone. What remains reads at least two
// nodes.
#pragma once

#include <cstdint>

#include "netc/core/array.hpp"

namespace netc {

struct LutView {
    const uint32_t *fanins;  // [num_luts][k], node indices; node 0 is constant false, then leaves, then LUTs
    const uint64_t *tables;
    int64_t num_luts, k, leaves;
    const uint32_t *roots;  // literals
    int64_t num_roots;
};

struct Resolved {
    Array<uint32_t> fanins;  // [luts][k]; a LUT's own fan-ins come first, the rest are node 0
    Array<uint64_t> tables;  // repeated to fill the word (truth.hpp)
    Array<uint32_t> roots;
};

Resolved resolve(const LutView &network);

}  // namespace netc
