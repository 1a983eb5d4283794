// A network of LUTs that changes in place: a LUT gets another function of other inputs, what nothing reads any more goes,
// and levels follow.
//
// Nodes are numbered as in a graph: 0 is constant false, 1..leaves are leaves, and the LUTs follow, at first in topological
// order. What a LUT costs is the ANDs of the circuit that synthesis makes of its table.
#pragma once

#include <unordered_map>
#include <vector>

#include "netc/core/mapper.hpp"
#include "netc/core/synthesis.hpp"

namespace netc {

class LutNetwork {
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
    bool is_lut(Node node) const { return node > leaves_; }
    bool is_alive(Node node) const { return uses_[node] > 0; }
    bool is_root(Node node) const { return root_uses_[node] > 0; }
    const Lut &lut(Node node) const { return luts_[node - leaves_ - 1]; }
    const std::vector<Node> &readers(Node node) const { return readers_[node]; }
    uint32_t level(Node node) const { return level_[node]; }
    const std::vector<Lit> &roots() const { return roots_; }
    // Living LUTs, each after its inputs.
    std::vector<Node> order() const;

    // The circuit of a function of `size` variables between the two.
    const Circuit &circuit(uint64_t lower, uint64_t upper, int size);
    // The LUT of a function between the two: without inputs that the circuit of it does not need.
    Lut made(const Node *inputs, int size, uint64_t lower, uint64_t upper);

    // What goes when one reader of a node reads it no more and `kept` stays: ANDs.
    uint32_t freed(Node node, Node kept = 0);
    // Whether `target` is in the cone of `from`; also when that is not found out within the limit.
    bool reaches(Node from, Node target);
    // The LUT becomes another; a constant or a wire is taken into those that read it.
    void become(Node node, const Lut &by);

private:
    void connect(Node user, Node input);
    void disconnect(Node user, Node input);
    void release(Node node);
    void exchange_inputs(Node node, const Lut &by);
    void absorb(Node node);
    void update_levels(Node node);

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
    std::vector<std::vector<Node>> readers_;   // LUTs that read the node
    std::vector<uint32_t> uses_, root_uses_;   // all uses, roots among them
    std::vector<uint32_t> level_;
    std::vector<Lit> roots_;
    std::vector<uint32_t> mark_;
    uint32_t stamp_ = 0;
    std::vector<Node> stack_, touched_;
};

}  // namespace netc
