// Making a sequential circuit smaller once nodes are known to be equal in every state that can be reached from reset: each
// is replaced by another, what folds or merges because of it follows, and gates and latches that no output or property
// depends on any more are gone. Replacements compose: a Reducer says at any time what the nodes it began with became.
#pragma once

#include "netc/core/builder.hpp"
#include "netc/core/scorr.hpp"

namespace netc {

class Reducer {
public:
    // Removes what is dead, folds and hashes; whatever the budget, so that it is a circuit like any other from then on.
    Reducer(const netc_machine &machine, netc_context *context);

    // The circuit as it is now; valid until the next replacement.
    MachineView view() const;
    uint32_t latches() const { return static_cast<uint32_t>(kept_.size()); }
    size_t num_ands() const { return ands_.size() / 2; }
    // Whether a latch may be given up: one that may start with any value never is.
    bool has_reset(uint32_t latch) const { return initial_[latch] < 2; }

    // target[node]: a literal of an earlier node that the node equals in every reachable state, or its own. The target of
    // a target is itself.
    void replace(const Array<Lit> &target);

    // Hands the circuit over, its roots with the next states first; kept: uint32[latches at the start], the latches at
    // the start that are left. Returns their number.
    int64_t finish(netc_step *step, uint32_t *kept);

private:
    void rebuild(const Lit *target);
    Array<uint8_t> reached(const Lit *target) const;

    netc_context *context_;
    uint32_t inputs_, free_;
    Array<Lit> ands_, roots_, image_;
    Array<uint32_t> initial_, kept_;
};

// For each node the constant that ternary simulation shows it to be in every reachable state, or kUnknown: inputs and
// latches without a reset value are unknown, a latch is when its next state may differ from its value at reset.
constexpr uint8_t kUnknown = 2;
Array<uint8_t> ternary_constants(const MachineView &machine);

}  // namespace netc
