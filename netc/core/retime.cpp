// Retiming forward: a gate of latches alone becomes a latch that starts with the gate's value at reset and whose next state
// is the gate of theirs. Circuits that differ by where latches stand between gates become more alike, so that their nodes
// correspond. Latches that may start with any value stay where they are.
#include <algorithm>

#include "netc/core/reduction.hpp"

namespace netc {
namespace {

struct Retimed {
    Array<Lit> ands, roots;
    Array<uint32_t> initial;
};

// Every gate whose leaves are all latches with a reset value, at once. The new latches follow the old ones.
Retimed retime(const MachineView &machine) {
    const AigView &aig = machine.aig;
    Array<uint8_t> value = Array<uint8_t>::filled(aig.num_nodes(), kUnknown);  // at reset, of what is made of such latches
    value[0] = 0;
    Retimed made;
    for (uint32_t latch = 0; latch < machine.latches(); latch++) {
        made.initial.push(machine.initial[latch]);
        if (machine.initial[latch] < 2) value[machine.latch(latch)] = static_cast<uint8_t>(machine.initial[latch]);
    }
    Array<Node> moved;
    for (Node node = aig.first_and(); node < aig.num_nodes(); node++) {
        Lit a = aig.fanin0(node), b = aig.fanin1(node);
        if (value[node_of(a)] == kUnknown || value[node_of(b)] == kUnknown) continue;
        value[node] = (value[node_of(a)] ^ (a & 1)) & (value[node_of(b)] ^ (b & 1));
        moved.push(node);
        made.initial.push(value[node]);
    }

    uint32_t leaves = aig.leaves + static_cast<uint32_t>(moved.size());
    Builder builder(leaves, aig.num_ands);
    Array<Lit> now(aig.num_nodes()), next = Array<Lit>::filled(aig.num_nodes(), kNone);
    Node latch = aig.first_and();
    for (Node node = 0; node < aig.num_nodes(); node++) {
        if (!aig.is_and(node)) now[node] = make_lit(node);
        else if (value[node] != kUnknown) now[node] = make_lit(latch++);
        else now[node] = builder.and_(mapped(now.data(), aig.fanin0(node)), mapped(now.data(), aig.fanin1(node)));
    }
    next[0] = kFalse;
    for (uint32_t i = 0; i < machine.latches(); i++) {
        next[machine.latch(i)] = mapped(now.data(), machine.next(i));
        made.roots.push(next[machine.latch(i)]);
    }
    for (Node node : moved) {
        next[node] = builder.and_(mapped(next.data(), aig.fanin0(node)), mapped(next.data(), aig.fanin1(node)));
        made.roots.push(next[node]);
    }
    for (size_t root = machine.latches(); root < aig.num_roots; root++) made.roots.push(mapped(now.data(), aig.roots[root]));
    made.ands = std::move(builder.ands());
    return made;
}

netc_machine struct_of(const Retimed &made, int64_t inputs, int64_t free) {
    netc_aig aig = {made.ands.data(), static_cast<int64_t>(made.ands.size() / 2),
                    inputs + static_cast<int64_t>(made.initial.size()), made.roots.data(),
                    static_cast<int64_t>(made.roots.size())};
    return {aig, inputs, made.initial.data(), free};
}

}  // namespace
}  // namespace netc

using namespace netc;

extern "C" int64_t netc_retime(const netc_machine *machine, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        context->work += 1 + machine->aig.leaves + machine->aig.num_ands;
        Retimed made = retime(machine_view(*machine));
        Reducer reducer(struct_of(made, machine->inputs, machine->free), context);
        MachineView view = reducer.view();
        Array<uint32_t> initial(view.latches());
        std::copy_n(view.initial, initial.size(), initial.begin());
        int64_t latches = view.latches();
        Array<uint32_t> kept(made.initial.size());
        reducer.finish(step, kept.data());
        netc_free(step->image);
        step->image = initial.release();
        return latches;
    });
}
