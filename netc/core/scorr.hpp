// Signal correspondence: which nodes of a sequential circuit are equal, up to complement, in every reachable state.
//
// Simulation from reset proposes classes of nodes. k-induction keeps what it can prove of them: that the members agree in
// the first k steps, and that they agree in a step whenever all classes held in the k steps before. Where they are assumed
// to hold, a member is replaced by its representative, the class's first node, so that those steps share most of their
// logic. That the member's own function agrees too is required of the solver only after a counterexample that ignored it.
// A counterexample splits classes, and rounds follow until one splits none: only that last round proves anything, so a run
// that is cut short has proved nothing. After van Eijk, 2000; speculative reduction after Mony et al., 2005.
#pragma once

#include <vector>

#include "netc/core/prover.hpp"

extern "C" {
#include "netc/core/scorr.h"
}

namespace netc {

// A circuit with latches: its leaves are `inputs` inputs and then the latches, its roots begin with the next states.
struct MachineView {
    AigView aig;
    uint32_t inputs;
    const uint32_t *initial;  // by latch: 0, 1, or 2 + v for the v-th of the values that are free at reset
    uint32_t free;            // how many of those there are

    uint32_t latches() const { return aig.leaves - inputs; }
    Node latch(uint32_t index) const { return 1 + inputs + index; }
    Lit next(uint32_t index) const { return aig.roots[index]; }
};

inline MachineView machine_view(const netc_machine &machine) {
    return {AigView(machine.aig), static_cast<uint32_t>(machine.inputs), machine.initial,
            static_cast<uint32_t>(machine.free)};
}

struct CorrespondenceOptions {
    int64_t steps = 1;         // k of the induction
    int64_t conflicts = 1000;  // for each SAT query; a pair that is not proved within them is given up
    uint64_t seed = 1;
};

class Correspondence {
public:
    Correspondence(const MachineView &machine, const CorrespondenceOptions &options, netc_context *context);

    // False when the context stopped it; then nothing is proved.
    bool run();

    // The first node that is equal to this one, in the right phase; after run() has returned true.
    Lit representative(Node node) const {
        Node first = candidate_[node];
        return make_lit(first, phase_[first] != phase_[node]);
    }
    int64_t rounds() const { return rounds_; }

private:
    void simulate_from_reset();
    void start_frame(uint64_t *free, size_t words);
    void next_frame(size_t words);
    void refine(size_t words, uint64_t valid);
    void group();
    uint64_t near(uint8_t value);

    struct Round;
    bool prove_first_steps();
    bool prove_step(bool *split);
    bool settle(Node node, Lit lit, Round *round);
    bool learn_first_steps(Round *round);
    bool learn_step(Round *round);
    uint64_t simulate_assumed(size_t frame, Round *round);
    Lit build(Node node, const Array<Lit> &image, const Array<Lit> &state, size_t frame, Builder *made);

    MachineView machine_;
    const AigView &aig_;
    CorrespondenceOptions options_;
    netc_context *context_;
    Random random_;
    Array<uint64_t> signature_;  // by node: a hash of its values in all patterns, in its phase
    Array<uint8_t> phase_;       // by node: its value in the first pattern
    Array<Node> candidate_;      // by node: the first node with the same signature, or itself
    Array<Node> assumed_;        // the candidates at the start of the round
    Array<uint64_t> values_;     // [nodes][words] of the frame that is simulated
    Array<uint64_t> state_;      // [latches][words] between frames
    bool phases_known_ = false;
    int64_t rounds_ = 0;
};

}  // namespace netc
