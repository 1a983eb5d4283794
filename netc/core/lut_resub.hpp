// Resubstitution in a network of LUTs under don't-cares: a LUT drops inputs, or reads another signal in place of one.
//
// A LUT's *window* is the part of its transitive fan-out nearest to it, read from outside through its *exits*. A row of the LUT's table matters if some pattern gives that row and complementing the LUT then
// changes an exit. Simulation shows rows that matter, SAT proves of the others that they do not, many at a time by the
// inputs that the proof needed. What is then known of the table says exactly which inputs the LUT can do without, and
// what is cheapest of the functions that are left. Where it cannot do without an input, rows that matter and differ in it
// alone say what another signal has to tell apart to take its place: all signals outside the fan-out are looked at.
// After Mishchenko, Brayton, Jiang, Jang: Scalable don't-care-based logic optimization and resynthesis, 2011.
#pragma once

#include <vector>

#include "netc/core/lut_network.hpp"
#include "netc/core/patterns.hpp"
#include "netc/core/sat.hpp"

namespace netc {

struct LutResubOptions {
    uint32_t window = 100;   // LUTs of the fan-out that are looked at
    uint32_t cone = 300;     // LUTs before the window that a proof may look at
    int64_t conflicts = 100; // for each SAT query
    int64_t tries = 8;       // refuted signals for each LUT
    int64_t work = INT64_MAX;
    uint64_t seed = 1;
};

class LutResub {
public:
    LutResub(LutNetwork &network, const LutResubOptions &options, netc_context *context);

    // Once over the network, from the roots on; the number of LUTs that changed. The network is good at any time.
    int64_t run();
    // Whether the node still has the function that it began with.
    bool is_same(Node node) const { return !changed_[node]; }

private:
    // A table in work, and what is known of its rows, all three repeated to fill their words.
    struct Rows {
        uint64_t table;
        uint64_t care;   // they matter, or it was not proved that they do not
        uint64_t never;  // they do not
        Node inputs[6];
        int size;
    };

    // ---- one LUT ----
    bool improve(Node node);
    bool simplify(Node node);
    bool drop(Node node, Rows &rows, int input);
    bool is_free(Node node, Rows &rows, uint32_t row);
    bool replace(Node node, int input);
    void see_values(const LutNetwork::Lut &lut, int input, const uint64_t *signal, uint64_t seen[2]) const;
    bool settle(Node node, const Node *inputs, int size, const uint64_t seen[2], uint64_t can[2]);
    void take(Node node, const LutNetwork::Lut &by);

    // ---- simulation ----
    uint64_t *values(Node node) { return values_.data() + static_cast<size_t>(node) * words_; }
    uint64_t *row(size_t word) { return by_word_.data() + word * network_.num_nodes(); }
    void simulate(const LutNetwork::Lut &lut, const uint64_t *const *inputs, uint64_t *out);
    void simulate_all();
    void simulate_word(size_t word);
    void resimulate_window();
    void learn_counterexample();
    void observe(Node node);
    bool is_seen(uint32_t row) const;
    void propose(Node node, int input);
    bool tells_apart(Node signal, Node node, int input);

    // ---- proofs ----
    sat::Literal literal_of(Node node);
    sat::Literal gate(sat::Literal a, sat::Literal b) { return 2 * solver_->new_gate(a, b); }
    sat::Literal loaded(const LutNetwork::Lut &lut, const sat::Literal *inputs);
    void mark_cone();
    void copy_window(Node node);
    sat::Answer ask(const sat::Literal *assumptions, size_t count);
    // Rows of these inputs, of which `row` is one, in which the node is never observable, or never observable with that
    // value; of no rows where the answer is another.
    sat::Answer never(Node node, const Node *inputs, int size, uint32_t row, int value, uint64_t &rows);

    LutNetwork &network_;
    LutResubOptions options_;
    netc_context *context_;
    Random random_;
    int64_t start_;

    size_t words_ = 0, random_words_ = 0, next_word_ = 0;
    std::vector<uint64_t> values_;      // [node][word]
    std::vector<uint64_t> by_word_;     // [word][node]
    std::vector<uint64_t> flipped_;     // [place in the window][word]: values when the LUT is complemented
    std::vector<uint64_t> observable_;  // [word]
    std::vector<uint64_t> seen_;        // [row of the table][word]: patterns that give it and in which it matters
    std::vector<uint64_t> gates_;       // of one LUT, [gate][word]
    std::vector<uint64_t> scratch_;     // of one LUT, one word
    std::vector<Node> order_;           // for simulation, and each one's place in it
    std::vector<uint32_t> position_;
    bool order_valid_ = false;
    bool stale_ = false;                // patterns are new, and the window has not been observed in them
    std::vector<uint8_t> changed_;      // by node

    FanoutWindow window_;
    struct Candidate {
        Node node;
        uint32_t freed;
    };
    std::vector<Candidate> candidates_;
    std::vector<Node> matches_;

    std::unique_ptr<sat::Solver> solver_;
    std::vector<sat::Literal> literal_;  // by node; kNone where the solver does not know it
    std::vector<Node> loaded_, stack_;   // nodes that the solver knows
    std::vector<uint32_t> in_cone_, mark_;  // by node: cone_stamp_, if it is, or was met on the way
    uint32_t cone_stamp_ = 0;
    bool is_whole_ = true;               // the cone reaches the leaves everywhere
    Node copied_ = kNone;
    sat::Literal differs_ = 0;
    std::vector<uint8_t> pattern_;       // by leaf: the last counterexample
    SharedWord pending_;                 // counterexamples not yet simulated
};

}  // namespace netc
