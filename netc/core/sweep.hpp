// SAT sweeping: finds the nodes of a graph that compute the same function, up to complement.
//
// Random simulation gives every node a signature; nodes with equal signatures are candidates. The graph is then rebuilt
// through a hash table level by level, so that by the time a candidate pair is reached its cones have already been merged
// below it. Pairs of one level do not wait for each other: two provers answer them, some at a time. A pair is proved by the
// truth table of a small window that contains the difference, else by SAT in both directions within a budget of conflicts.
// Counterexamples are kept with some near neighbours, and when enough are collected all nodes are simulated under them and
// signatures refined.
// After Kuehlmann et al. 2002 and Mishchenko et al., FRAIGs, 2005; the order of proofs as in ABC's fraig.
#pragma once

#include "netc/core/prover_pair.hpp"

namespace netc {

struct SweepOptions {
    int64_t conflicts = 1000;  // for each SAT query; < 0 for no limit
    uint64_t seed = 1;
};

struct SweepCounts {
    int64_t refuted = 0, undecided = 0;
};

class Sweeper {
public:
    Sweeper(const AigView &aig, const SweepOptions &options, netc_context *context);

    // Rebuilds the graph, merging what is proved equal. Stops merging, but not rebuilding, when the context says so.
    void run();

    // Questions about literals of the *new* graph; see ProverPair.
    bool answer(std::vector<Question> &questions, int64_t conflicts) { return provers_.answer(questions, conflicts); }

    // The leaves' values in a simulated pattern in which two old literals differ; empty if none was seen.
    std::vector<uint8_t> find_difference(Lit a, Lit b);

    // The new graph with its nodes in the order of the old ones, and the image and roots that go with it.
    void finish(netc_step *step);

    uint32_t *image() { return image_.data(); }
    Builder &made() { return made_; }
    const SweepCounts &counts() const { return counts_; }

private:
    void simulate_random();
    void refine(const uint64_t *words, size_t count, bool first);
    void group();
    void sort_by_level();
    bool prove_some(std::vector<Node> &open);
    void flush_patterns();

    AigView aig_;
    SweepOptions options_;
    netc_context *context_;
    Random random_;
    Builder made_;
    ProverPair provers_;
    Array<uint32_t> image_;
    Array<uint32_t> level_;      // by old node
    Array<Node> order_;          // the old nodes by level
    Array<uint64_t> signature_;  // by old node: a hash of its values in all patterns, in its phase
    Array<uint8_t> phase_;       // by old node: its value in the first pattern
    Array<Node> candidate_;      // by old node: the first node with the same signature, or itself
    Array<uint8_t> shared_;      // by old node: some other node has its signature
    Array<Node> active_;         // the old nodes that share their signature
    Array<uint64_t> values_;     // [nodes][1] while patterns are simulated
    Array<uint32_t> asked_;      // by old node: the last batch with a question about its class
    uint32_t batch_ = 0;
    std::vector<std::vector<uint8_t>> pending_;  // counterexamples not yet simulated
    size_t flush_at_ = 1;
    SweepCounts counts_;
};

}  // namespace netc
