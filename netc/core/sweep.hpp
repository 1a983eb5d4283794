// SAT sweeping: finds the nodes of a graph that compute the same function, up to complement.
//
// Random simulation gives every node a signature; nodes with equal signatures are candidates. The graph is then rebuilt
// through a hash table in topological order, so that by the time a candidate pair is reached its cones have already been
// merged below it: node by node, which keeps the order of the nodes, or level by level, where the pairs of a level do not
// wait for each other, and two provers answer some at a time. A pair is proved by the truth table of a small window that
// contains the difference, else by SAT in both directions within a budget of conflicts, else by parity. A counterexample
// is kept with some near neighbours, and when enough are collected all nodes are simulated under them and signatures
// refined.
// After Kuehlmann et al. 2002 and Mishchenko et al., FRAIGs, 2005; the order of proofs as in ABC's fraig.
#pragma once

#include <memory>
#include <vector>

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
    // `told`: the patterns that an earlier sweeper over the same leaves found; see take_patterns(). `partners`: by node,
    // an earlier one that it may equal, or kNone; while nothing tells the two apart they are compared first.
    Sweeper(const AigView &aig, const SweepOptions &options, netc_context *context, std::vector<uint64_t> told = {},
            const Node *partners = nullptr);

    // Rebuilds the graph, merging what is proved equal. Stops merging, but not rebuilding, when the context says so.
    void run();

    // The same by two provers, in two threads if the context has them: the new graph comes level by level, and a class
    // becomes one of its lowest nodes.
    void run_by_levels();

    // Whether two literals of the *new* graph are equal; `different` leaves the leaves' values in counterexample().
    Verdict prove(Lit a, Lit b, int64_t conflicts) { return prover_.prove(a, b, conflicts); }

    // Answers questions about the new graph, after run_by_levels(); see ProverPair.
    bool answer(std::vector<Question> &questions, int64_t conflicts) { return provers_->answer(questions, conflicts); }

    const uint8_t *counterexample() { return prover_.pattern().data(); }
    // The leaves' values in a simulated pattern in which two old literals differ; false if none was seen.
    bool find_difference(Lit a, Lit b);

    // Counterexamples and their neighbours, a word a leaf, again and again.
    std::vector<uint64_t> take_patterns() { return std::move(told_); }

    uint32_t *image() { return image_.data(); }
    Array<uint32_t> take_image() { return std::move(image_); }
    Builder &made() { return made_; }
    const SweepCounts &counts() const { return counts_; }

private:
    Lit rebuild(Node node);
    void simulate_random();
    void simulate_told();
    void simulate_values();
    void remember_patterns();
    void refine(const uint64_t *words, size_t count, bool first);
    void group();
    void learn_counterexample();
    void flush_patterns();
    void sort_by_level();
    bool prove_some(std::vector<Node> &open);
    void simulate_refutations();

    AigView aig_;
    SweepOptions options_;
    netc_context *context_;
    Random random_;
    const Node *partners_;
    Builder made_;
    Xors xors_{made_};
    Prover prover_;
    Array<uint32_t> image_;
    Array<uint64_t> signature_;  // by old node: a hash of its values in all patterns, in its phase
    Array<uint8_t> phase_;       // by old node: its value in the first pattern
    Array<Node> candidate_;      // by old node: its partner or the first node, of those with its signature, or itself
    Array<uint8_t> shared_;      // by old node: some other node has its signature
    Array<Node> active_;         // the old nodes that share their signature
    Array<uint64_t> values_;     // [nodes][1] while patterns are simulated
    Array<uint64_t> pending_;    // by leaf: counterexamples not yet simulated, one a bit
    size_t num_pending_ = 0, flush_at_ = 1;
    std::vector<uint64_t> told_;
    SweepCounts counts_;

    // Of run_by_levels() alone.
    std::unique_ptr<ProverPair> provers_;
    std::vector<uint32_t> level_;                    // by old node
    std::vector<Node> order_;                        // the old nodes by level
    std::vector<uint32_t> asked_;                    // by old node: the last batch with a question about its class
    std::vector<std::vector<uint8_t>> refutations_;  // counterexamples not yet simulated
    uint32_t batch_ = 0;
};

}  // namespace netc
