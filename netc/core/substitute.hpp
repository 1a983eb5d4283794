// Substitution under don't-cares: a node may become any other signal that agrees with it wherever it is observable.
//
// A node's *window* is the part of its transitive fan-out nearest to it, read from outside through its *exits*. The node is observable in a pattern if complementing it changes
// an exit. If a signal outside the fan-out agrees with the node in all those patterns, it may take the node's place:
// then the exits and everything behind them keep their functions, and only nodes inside the window change theirs.
//
// Fault simulation of random patterns and of counterexamples proposes signals, SAT disposes: one copy of the window with
// the node complemented says when the node is observable, and each signal is then two questions about that copy.
// Constants and the node's own fan-ins are among the signals, so untestable stuck-at faults are the simplest case.
// After Muroga et al., The transduction method, 1989; Zhu et al., SAT sweeping with local observability don't-cares, 2006.
#pragma once

#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/cone_loader.hpp"
#include "netc/core/live_network.hpp"
#include "netc/core/patterns.hpp"
#include "netc/core/random.hpp"

namespace netc {

struct SubstituteOptions {
    bool fanins_only = false;     // only constants and own fan-ins: redundancy removal
    bool pairs = false;           // also the AND of two signals, where that frees two or more nodes
    bool wander = false;          // in every other round also pairs that free just one, drawn at random
    uint32_t window = 100;        // nodes of the fan-out that are looked at
    int64_t conflicts = 100;      // for each SAT query
    uint32_t signals = 60000;     // that are looked at for each node, those before it
    int64_t tries = 8;            // refuted signals for each node
    int64_t rounds = 4;           // over the whole graph, at most; fewer when a round changes nothing
    int64_t work = INT64_MAX;     // units after which it ends; the graph is good at any time
    int64_t reward = 0;           // further units for each AND that has gone: where much is found, it goes on
    int64_t exhaustive = 12;      // with at most so many leaves all patterns are simulated, and nothing is left to prove
    uint64_t seed = 1;
};

struct SubstituteCounts {
    int64_t constants = 0, fanins = 0, signals = 0, pairs = 0, moves = 0, queries = 0, refuted = 0, undecided = 0;
};

class Substituter : private LiveNetwork<Substituter> {
    friend class LiveNetwork<Substituter>;

public:
    Substituter(const AigView &aig, const SubstituteOptions &options, netc_context *context);

    void run();
    void finish(netc_step *step);
    const SubstituteCounts &counts() const { return counts_; }

private:
    struct Candidate {
        Lit lit;
        uint32_t gain;
    };

    struct Divisor {
        Lit lit;
        int excluded;  // patterns in which it makes an AND false that must be
    };
    struct Pair {
        Lit a, b;
        bool negate;
        uint32_t gain, order;
    };

    bool is_gate(Node node) const { return node > aig_.leaves; }
    static uint32_t num_inputs(Node) { return 2; }
    Node input(Node node, uint32_t i) const { return node_of(fanin_[2 * node + i]); }
    static uint32_t cost(Node) { return 1; }
    uint64_t *row(size_t word) { return by_word_.data() + (options_.fanins_only ? 0 : word * aig_.num_nodes()); }
    uint64_t *values(Node node) { return values_.data() + static_cast<size_t>(node) * words_; }

    // ---- the graph ----
    void replace(Node node, Lit by, bool same);
    void rebuild(Node node, const Pair &pair);
    void simplify();
    void sort_nodes();
    void connect(Node user, int side, Lit to);
    void release(Node node) { gone_ += LiveNetwork::release(node); }
    uint32_t freed_whole(Node node, Node kept, Node kept_too = 0);
    bool reaches(Node from, Node target);

    // ---- simulation ----
    void simulate_all();
    void simulate_word(size_t word);
    void resimulate_window();
    bool learn_counterexample();

    // ---- one node ----
    void observe(Node node);
    bool improve(Node node);
    void choose_words(const std::vector<uint64_t> &care);
    void propose(Node node);
    void find_matches(Node node, Node begin, Node end);
    void propose_pairs(Node node);
    bool improve_by_pair(Node node);
    void taint_window();
    // Signals that are looked at for a node: those before it, by index, or the first where there are few.
    Node first_scanned(Node node) const {
        return node > options_.signals ? node - options_.signals : 1;
    }
    bool is_fanin_pair(Node node, const Pair &pair) const {
        Lit a = fanin_[2 * node], b = fanin_[2 * node + 1];
        return !pair.negate && ((a == pair.a && b == pair.b) || (a == pair.b && b == pair.a));
    }
    bool agrees(Node node, Lit lit);
    bool agrees(Node node, const Pair &pair);

    // ---- proofs ----
    sat::Literal literal_for(Lit lit);
    void copy_window(Node node);
    sat::Answer ask(const sat::Literal *assumptions, size_t count);
    sat::Answer prove(Node node, Lit lit);
    sat::Answer prove(Node node, const Pair &pair);

    AigView aig_;
    SubstituteOptions options_;
    netc_context *context_;
    Random random_;
    SubstituteCounts counts_;

    std::vector<Lit> fanin_;                   // [node][2]
    int64_t gone_ = 0;                         // ANDs taken out
    std::vector<Node> simplify_;               // ANDs whose fan-ins have changed
    std::vector<Node> order_;                  // by level
    std::vector<uint32_t> position_;
    bool order_valid_ = false;

    // What became of a node: its function has changed so many times; where it was replaced by an equal one, which.
    struct Alias {
        Lit lit;
        uint32_t version;
    };
    std::vector<uint32_t> version_;
    std::vector<Alias> alias_;

    bool exhaustive_ = false;
    size_t words_ = 0, random_words_ = 0, next_word_ = 0;
    std::vector<uint64_t> values_;             // [node][word]
    std::vector<uint64_t> by_word_;            // the same, [word][node]; one word at a time where only fan-ins are asked
    std::vector<uint64_t> flipped_;            // [place in the window][word]: values when the node is complemented
    std::vector<uint64_t> observable_;         // [word]
    std::vector<size_t> observed_;             // words in which it is not 0

    FanoutWindow window_;
    std::vector<Candidate> candidates_;
    std::vector<Pair> pairs_;
    std::vector<size_t> telling_;              // words of patterns
    std::vector<Lit> matches_;                 // signals that these do not refuse
    std::vector<uint8_t> alike_;               // signals in the first of them
    bool wander_ = false;                      // in this round

    ConeLoader cones_;
    size_t copied_vars_ = 0;
    int64_t skip_ = 0, hard_ = 0;              // nodes to pass over, and how many it were when proofs last were too hard
    Node copied_ = kNone;                      // the node whose window the solver holds a copy of
    sat::Literal differs_ = 0;
    std::vector<uint8_t> pattern_;             // by leaf: the last counterexample
    SharedWord pending_;                       // counterexamples not yet simulated
};

}  // namespace netc
