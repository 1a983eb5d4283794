// A part of a graph exchanged for another with the same functions.
#pragma once

#include <vector>

#include "netc/core/graph.hpp"

namespace netc {

// A small graph that stands for itself.
struct Part {
    uint32_t leaves = 0;
    std::vector<Lit> ands, roots;

    uint32_t num_ands() const { return static_cast<uint32_t>(ands.size() / 2); }
    AigView view() const { return AigView(ands.data(), num_ands(), leaves, roots.data(), roots.size()); }
};

// Replaces outputs[i] by the part's root i over these leaves. No leaf may depend on an output. False, and nothing is
// changed, where an output that is to be replaced would be a piece of what replaces it.
bool exchange(Graph &graph, const std::vector<Node> &leaves, const Part &part, const std::vector<Node> &outputs);

}  // namespace netc
