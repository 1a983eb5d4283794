// The adders of a graph, found by function and not by form: signals whose XOR and whose majority are there, somewhere.
#pragma once

#include <vector>

#include "netc/core/graph.hpp"

namespace netc {

// operands[0] + operands[1] + operands[2] = sum + 2 * carry.
struct Adder {
    Lit operands[3];  // the third is false in a half adder
    Lit sum;
    Lit carry;  // kNone where only the sum is there; false where the operands are never both true

    bool has_carry() const { return carry != kNone && carry != kFalse; }
};

// Adders that are proved, in a topological order of their sums and carries. No signal is a sum or a carry of two. The graph
// is as before afterwards.
std::vector<Adder> find_adders(Graph &graph, netc_context *context);

}  // namespace netc
