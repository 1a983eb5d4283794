// Small AIG structures for every function of up to four variables.
//
// The 65,536 functions fall into 222 NPN classes (equal up to negating inputs, permuting inputs, negating the output).
// Each class gets up to 128 structures, found by dynamic programming over AND (one node) and XOR (three nodes): a
// function's cost is the least sum of the costs of two functions it is the AND or XOR of. Sub-functions that occur twice in
// a structure are built once. Structures of one AND more are among them, and the same ones with inputs exchanged that the
// function does not tell apart, since what they can share with a graph differs. Computed on first use, in some
// tens of milliseconds.
//
// What is exact is the cost of a tree. A structure that shares may be smaller than any that comes of a smallest tree, and
// of six classes (by their least member) smaller ones than the first here are known: 0x0696 of 7 ANDs, not 8; 0x067a,
// 0x06b0 and 0x06bd of 8, not 9; 0x0168 and 0x0690 of 9, not 10. Exact synthesis (exact.hpp) proves that the first is a
// smallest circuit of all 135 classes where it has at most seven ANDs; of those with more, most are open.
#pragma once

#include <cstdint>
#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/structures.hpp"

namespace netc {

// How a function is obtained from its class: f(x) = representative(y) ^ negate, y_i = x[permutation[i]] ^ phase bit i.
struct Transform {
    uint8_t permutation[4];
    uint8_t phase;
    bool negate;
};

struct FourInput {
    uint8_t class_of[65536];
    Transform transform_of[65536];
    std::vector<Structures> structures;  // by class; the first is the smallest

    static const FourInput &instance();

    // ANDs in the smallest structure known.
    size_t cost(uint16_t table) const { return structures[class_of[table]].list[0].num_gates(); }

    // Builds the first structure of the function over these literals, or one that is given.
    Lit build(Builder &builder, uint16_t table, const Lit inputs[4]) const {
        return build(builder, structures[class_of[table]].list[0], transform_of[table], inputs);
    }
    static Lit build(Builder &builder, const Structure &structure, const Transform &transform, const Lit inputs[4]);
};

}  // namespace netc
