// A small circuit with one output, as a value: what synthesis gives and what is then built into a graph.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

// Literals as in a graph: node 0 is constant false, 1..num_inputs the inputs, then the gates, two literals each. There
// are no dead gates and no two equal ones.
struct Circuit {
    uint32_t num_inputs = 0;
    std::vector<Lit> gates;
    Lit output = kFalse;

    size_t num_gates() const { return gates.size() / 2; }

    static Circuit of_literal(uint32_t num_inputs, Lit output) { return {num_inputs, {}, output}; }

    // Its output's word where inputs have these; `scratch` is for the words between.
    uint64_t word(const uint64_t *inputs, std::vector<uint64_t> &scratch) const {
        scratch.resize(1 + num_inputs + num_gates());
        scratch[0] = 0;
        std::copy(inputs, inputs + num_inputs, scratch.begin() + 1);
        auto value = [&](Lit lit) { return scratch[node_of(lit)] ^ -static_cast<uint64_t>(lit & 1); };
        for (size_t i = 0; i < num_gates(); i++)
            scratch[1 + num_inputs + i] = value(gates[2 * i]) & value(gates[2 * i + 1]);
        return value(output);
    }

    // What `output` of a builder over num_inputs leaves computes.
    static Circuit of(const Builder &builder, Lit output);

    // Its output over these literals, with and_(Lit, Lit) -> Lit making the gates.
    template <class And>
    Lit build(const Lit *inputs, And and_) const {
        std::vector<Lit> values(1 + num_inputs + num_gates());
        values[0] = kFalse;
        for (uint32_t i = 0; i < num_inputs; i++) values[1 + i] = inputs[i];
        for (size_t i = 0; i < num_gates(); i++)
            values[1 + num_inputs + i] = and_(mapped(values.data(), gates[2 * i]), mapped(values.data(), gates[2 * i + 1]));
        return mapped(values.data(), output);
    }
    Lit build(const Lit *inputs, Builder &builder) const {
        return build(inputs, [&](Lit a, Lit b) { return builder.and_(a, b); });
    }
};

inline Circuit Circuit::of(const Builder &builder, Lit output) {
    uint32_t leaves = builder.leaves();
    std::vector<Lit> place(builder.num_nodes(), kNone);
    for (Node node = 0; node <= leaves; node++) place[node] = make_lit(node);
    if (builder.is_and(node_of(output))) place[node_of(output)] = kTrue;  // any mark
    for (Node node = builder.num_nodes(); node-- > builder.first_and();)
        if (place[node] != kNone)
            for (Lit fanin : {builder.fanin0(node), builder.fanin1(node)})
                if (builder.is_and(node_of(fanin))) place[node_of(fanin)] = kTrue;
    Circuit circuit{leaves, {}, kFalse};
    for (Node node = builder.first_and(); node < builder.num_nodes(); node++) {
        if (place[node] == kNone) continue;
        place[node] = make_lit(builder.first_and() + static_cast<Node>(circuit.num_gates()));
        circuit.gates.push_back(mapped(place.data(), builder.fanin0(node)));
        circuit.gates.push_back(mapped(place.data(), builder.fanin1(node)));
    }
    circuit.output = mapped(place.data(), output);
    return circuit;
}

}  // namespace netc
