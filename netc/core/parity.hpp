// Parity reasoning: what a node is as a sum over GF(2), by the XORs that are known of a graph.
//
// XORs may be taken in any order, and operands that occur twice cancel out. SAT cannot see this: to prove two trees of the
// same thirty operands equal takes exponentially many resolution steps (Urquhart 1987). Here a tree of XORs is summed up
// once, over operands that are no XORs, into a chain in the order of their nodes; chains are hashed, so that two trees
// have equal sums exactly if they have the same chain.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "netc/core/aig.hpp"

namespace netc {

// The XORs of a graph, by node.
class Xors {
public:
    // Whether an AND of `aig` is NOT (p AND q) AND NOT (NOT p AND NOT q), which is p XOR q, in the literals that its nodes
    // have become: each AND as it is, or with one operand less one product, p AND NOT (p AND NOT q).
    static bool match(const AigView &aig, const Lit *image, Node node, Lit *p, Lit *q);

    // That `node`, which is later than all nodes so far, is a XOR b.
    void push(Node node, Lit a, Lit b) { list_.push_back({node, a, b}); }

    struct Xor {
        Node node;
        Lit a, b;
    };
    static constexpr size_t kNoXor = SIZE_MAX;
    size_t find(Node node) const;
    const Xor &operator[](size_t index) const { return list_[index]; }

private:
    std::vector<Xor> list_;
};

class Parity {
public:
    // More may be pushed while this is in use.
    explicit Parity(const Xors &xors) : xors_(xors), chains_(1) {}

    // Whether both have the same sum. False may be wrong, true is not.
    bool equal(Lit a, Lit b);

    // The sum of a literal: a chain, complemented or not.
    Lit sum(Lit lit);

    // A chain is the XOR of a shorter one, 0 being the empty one, and an operand, which is a later node than all of that.
    struct Chain {
        uint32_t rest;
        Node operand;
    };
    const Chain &operator[](uint32_t chain) const { return chains_[chain]; }
    // The XOR of two chains. Of its two operands the one with the later node goes first, until one is empty or both are
    // the same; `steps`, if asked for, gets the two at each of these steps.
    uint32_t add(uint32_t x, uint32_t y, std::vector<std::pair<uint32_t, uint32_t>> *steps = nullptr);
    // The chain of these two, which is there already if add() has made it.
    uint32_t chain(uint32_t rest, Node operand);

    int64_t take_work() { return std::exchange(work_, 0); }

private:
    static constexpr size_t kMostChains = 1 << 22;  // beyond them an XOR is taken for an operand

    const Xors &xors_;
    std::vector<Chain> chains_;
    std::unordered_map<uint64_t, uint32_t> chain_of_;  // by rest and operand
    std::unordered_map<Node, Lit> sum_of_;             // of XORs
    std::vector<Node> stack_, operands_;
    int64_t work_ = 0;
};

}  // namespace netc
