// Covering a graph with LUTs, for passes that restructure through a cover: what a LUT costs is theirs to say, and a node
// may have *choices*, further pairs of literals whose AND is the same function.
#pragma once

#include <functional>
#include <vector>

#include "netc/core/aig.hpp"

namespace netc {

// The node, or its complement, is also a AND b; both are of smaller nodes.
struct Choice {
    Lit a, b;
    bool complemented;
};

struct Choices {
    std::vector<uint32_t> first;  // by node, and one more: where its choices begin
    std::vector<Choice> list;
};

struct MapOptions {
    int rounds = 2;                                // of area recovery, by flow and then exactly
    const Choices *choices = nullptr;              // none where there is no pointer
    std::function<uint8_t(uint64_t, int)> cost{};  // of a LUT of this table and size; one each where there is none
    uint64_t seed = 0;                             // other than 0: other covers, of about the same cost
};

// LUTs in topological order. A LUT's table is repeated to fill the word (truth.hpp); it may have no leaf, or one.
struct Cover {
    struct Lut {
        Node node;
        uint64_t table;
        Node leaves[6];
        uint8_t size;
    };
    std::vector<Lut> luts;
};

// k: 2 to 6.
Cover cover_by_luts(const AigView &aig, netc_context *context, int k, const MapOptions &options);

}  // namespace netc
