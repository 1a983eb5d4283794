// What can be said about latches in linear time: which are constant, by ternary simulation from reset, and which start
// alike and have the same next state. Merging two can make the next states of two others the same, so it goes in rounds.
#include <algorithm>
#include <vector>

#include "netc/core/reduction.hpp"

extern "C" {
#include "passes/latches.h"
}

using namespace netc;

namespace {

Array<Lit> identity(const MachineView &machine) {
    Array<Lit> target(machine.aig.num_nodes());
    for (Node node = 0; node < machine.aig.num_nodes(); node++) target[node] = make_lit(node);
    return target;
}

void replace_constants(Reducer *reducer) {
    MachineView machine = reducer->view();
    Array<uint8_t> value = ternary_constants(machine);
    Array<Lit> target = identity(machine);
    for (Node node = 0; node < machine.aig.num_nodes(); node++)
        if (value[node] != kUnknown) target[node] = value[node] ? kTrue : kFalse;
    reducer->replace(target);
}

// A latch with reset 1 is the complement of one with reset 0 and the complement of its next state.
void merge_duplicates(Reducer *reducer) {
    MachineView machine = reducer->view();
    std::vector<std::pair<Lit, uint32_t>> latches;  // (next state, latch), as if all were reset to 0
    for (uint32_t latch = 0; latch < machine.latches(); latch++)
        if (reducer->has_reset(latch)) latches.emplace_back(machine.next(latch) ^ machine.initial[latch], latch);
    std::sort(latches.begin(), latches.end());
    Array<Lit> target = identity(machine);
    uint32_t first = 0;
    for (size_t i = 0; i < latches.size(); i++) {
        uint32_t latch = latches[i].second;
        if (i == 0 || latches[i].first != latches[i - 1].first) first = latch;
        else target[machine.latch(latch)] = make_lit(machine.latch(first), machine.initial[first] != machine.initial[latch]);
    }
    reducer->replace(target);
}

}  // namespace

extern "C" int64_t netc_pass_latches(const netc_machine *machine, netc_context *context, int64_t rounds, netc_step *step,
                                     uint32_t *kept) {
    return guard([&]() -> int64_t {
        Reducer reducer(*machine, context);
        for (int64_t round = 0; round < rounds && !stop(context, 1); round++) {
            uint32_t before = reducer.latches();
            replace_constants(&reducer);
            merge_duplicates(&reducer);
            if (reducer.latches() == before) break;
        }
        return reducer.finish(step, kept);
    });
}
