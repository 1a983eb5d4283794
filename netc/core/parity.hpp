// Parity reasoning: what a node is as a sum over GF(2), by the XORs that are known of a graph.
//
// XORs may be taken in any order, and operands that occur twice cancel out. SAT cannot see this: to prove two trees of the
// same thirty operands equal takes exponentially many resolution steps (Urquhart 1987). Here a tree of XORs is summed up
// once, over operands that are no XORs, into a chain in the order of their nodes; chains are hashed, so that two trees
// have equal sums exactly if they have the same chain. Of several ANDs over the same two nodes one is an operand, and the
// others sums with it: x AND NOT y is x XOR (x AND y).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

// What nodes of a graph are XORs of.
class Xors {
public:
    explicit Xors(const Builder &graph) : graph_(graph) {}

    // Whether an AND of `aig` is NOT (p AND q) AND NOT (NOT p AND NOT q), which is p XOR q, in the literals that its nodes
    // have become: each AND as it is, or with one operand less one product, p AND NOT (p AND NOT q).
    static bool match(const AigView &aig, const Lit *image, Node node, Lit *p, Lit *q);

    // That `node`, which is later than all nodes so far, is a XOR b.
    void push(Node node, Lit a, Lit b) { list_.push_back({node, a, b}); }

    // Earlier literals that a node is the XOR of; the third is false where there are two.
    struct Operands {
        Lit a, b, c;
        bool is_and;  // the node and that of the last operand are ANDs over the same nodes
    };
    std::optional<Operands> find(Node node) const;

private:
    struct Xor {
        Node node;
        Lit a, b;
    };
    const Builder &graph_;
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
