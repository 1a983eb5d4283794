// A network of LUTs that changes in place: a LUT gets another function of other inputs, what nothing reads any more goes,
// and levels follow.
//
// Nodes are numbered as in a graph: 0 is constant false, 1..leaves are leaves, and the LUTs follow, at first in topological
// order. What a LUT costs is the ANDs of the circuit that synthesis makes of its table.
#pragma once

#include <unordered_map>
#include <vector>

#include "netc/core/live_network.hpp"
#include "netc/core/mapper.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

class LutNetwork : public LiveNetwork<LutNetwork> {
public:
    struct Lut {
        uint64_t table;          // repeated to fill the word; variable i is inputs[i]
        const Circuit *circuit;  // of the table, over `size` inputs
        Node inputs[6];          // different ones, all of which the table depends on
        uint8_t size;

        uint32_t cost() const { return static_cast<uint32_t>(circuit->num_gates()); }
    };

    LutNetwork(const AigView &graph, const Cover &cover, Synthesis &synthesis);

    uint32_t leaves() const { return leaves_; }
    Node num_nodes() const { return leaves_ + 1 + static_cast<Node>(luts_.size()); }
    const Lut &lut(Node node) const { return luts_[node - leaves_ - 1]; }
    bool is_gate(Node node) const { return node > leaves_; }
    uint32_t num_inputs(Node node) const { return lut(node).size; }
    Node input(Node node, uint32_t i) const { return lut(node).inputs[i]; }
    uint32_t cost(Node node) const { return lut(node).cost(); }
    // Living LUTs, each after its inputs.
    std::vector<Node> order() const;

    // The LUT of a function between the two: without inputs that the circuit of it does not need.
    Lut made(const Node *inputs, int size, uint64_t lower, uint64_t upper);

    // The LUT becomes another; a constant or a wire is taken into those that read it.
    void become(Node node, const Lut &by);

private:
    // The circuit of a function of `size` variables between the two.
    const Circuit &circuit(uint64_t lower, uint64_t upper, int size);
    void exchange_inputs(Node node, const Lut &by);
    void absorb(Node node);

    struct Key {
        uint64_t lower, upper;
        int size;
        bool operator==(const Key &other) const {
            return lower == other.lower && upper == other.upper && size == other.size;
        }
    };
    struct KeyHash {
        size_t operator()(const Key &key) const;
    };

    uint32_t leaves_;
    Synthesis &synthesis_;
    std::unordered_map<Key, Circuit, KeyHash> circuits_;
    std::vector<Lut> luts_;
    std::vector<uint64_t> scratch_;
};

}  // namespace netc
