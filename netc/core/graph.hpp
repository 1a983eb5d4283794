// A graph that changes in place, for optimisers that replace one node at a time.
//
// Nodes keep their indices for life: those of the graph it was made from first, then new ANDs in the order they were
// made. After a replacement indices are therefore no longer a topological order; order() gives one. Every AND is hashed,
// no AND folds, and no AND is unused: the moment the last use of a node goes, so do the node and what only it used.
// (ANDs just made by and_() have no use yet; whoever makes one uses it, or gives it to release().)
//
// A replaced node forwards to the literal it became, which is how finish() tells what became of every old node. A caller
// that changes functions where no root can see it marks each node whose function changes with taint(): the image of a
// tainted node is none.
//
// Memory: 34 bytes an AND and 6 to 12 for the hash table.
#pragma once

#include <utility>
#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

class Graph {
public:
    // Hashes, folds, and drops what no root depends on; counts one unit of work for each node.
    Graph(const AigView &aig, netc_context *context);

    uint32_t leaves() const { return leaves_; }
    Node first_and() const { return leaves_ + 1; }
    // One past the largest index; many of those below may be gone.
    Node num_nodes() const { return static_cast<Node>(references_.size()); }
    uint32_t num_ands() const { return alive_; }
    bool is_and(Node node) const { return node > leaves_; }
    bool is_alive(Node node) const { return !is_and(node) || fanins_[2 * size_t{node} + 1] != kNone; }
    Lit fanin0(Node node) const { return fanins_[2 * size_t{node}]; }
    Lit fanin1(Node node) const { return fanins_[2 * size_t{node} + 1]; }

    // Uses by ANDs, by roots, and by hold().
    uint32_t references(Node node) const { return references_[node]; }
    // Calls visit(AND) for each AND that uses the node. The graph must not change meanwhile.
    template <class Visit>
    void for_each_fanout(Node node, Visit &&visit) const {
        for (uint32_t edge = head_[node]; edge != kNone; edge = next_[edge]) visit(static_cast<Node>(edge >> 1));
    }
    // The same with the user's other fan-in: visit(AND, literal).
    template <class Visit>
    void for_each_use(Node node, Visit &&visit) const {
        for (uint32_t edge = head_[node]; edge != kNone; edge = next_[edge])
            visit(static_cast<Node>(edge >> 1), fanins_[edge ^ 1]);
    }
    bool drives_a_root(Node node) const { return drives_root_[node]; }

    // The existing literal of a AND b, folded or hashed, or kNone.
    Lit find(Lit a, Lit b) const {
        Lit folded = Builder::fold(a, b);
        return folded != kNone ? folded : hashed(a, b);
    }
    Lit and_(Lit a, Lit b);
    Lit or_(Lit a, Lit b) { return complement(and_(complement(a), complement(b))); }
    Lit xor_(Lit a, Lit b) { return and_(or_(a, b), complement(and_(a, b))); }

    // Puts `lit` wherever the node is used, and whatever folds or merges because of it. The literal must not depend on
    // the node. Either it computes the node's function, or the node and all that change because of it are tainted.
    void replace(Node node, Lit lit);
    // The ANDs whose fan-ins the last replace() changed; some may be gone, some may be there twice.
    const std::vector<Node> &rewired() const { return rewired_; }
    // What a literal of this graph or of the one it was made from is now.
    Lit resolve(Lit lit);
    void taint(Node node);

    // A use from outside, which keeps a literal alive while other things change.
    void hold(Lit lit) { references_[node_of(lit)]++; }
    void release(Lit lit);  // ends a use; `drop` what has none
    void drop(Lit lit);     // removes an AND that has no use

    // Takes an AND's uses of its fan-ins away, and so on below while nothing else uses them: returns the number of ANDs that
    // exist for this one alone, itself included. Counts change, nothing else does; reference() undoes it. Nodes with a
    // hold() end the walk, so a caller can bound it by a cut.
    uint32_t dereference(Node node) { return dereference(node, [](Node) {}); }
    template <class Visit>
    uint32_t dereference(Node node, Visit &&visit) {
        uint32_t count = 0;
        stack_.assign(1, node);
        while (!stack_.empty()) {
            Node now = stack_.back();
            stack_.pop_back();
            count++;
            visit(now);
            for (Lit fanin : {fanin0(now), fanin1(now)})
                if (--references_[node_of(fanin)] == 0 && is_and(node_of(fanin))) stack_.push_back(node_of(fanin));
        }
        return count;
    }
    uint32_t reference(Node node);

    // The ANDs that are alive, fan-ins first; ascending where nothing was replaced.
    Array<Node> order() const;
    // By node: ANDs on the longest path from a leaf.
    Array<uint32_t> levels() const;
    // Whether `node` is in the cone of `lit`; visits the cone.
    bool depends(Lit lit, Node node) const;

    // Hands over the graph in topological order, its roots, and what each node of the first graph became.
    void finish(netc_step *step);

    // Whether every law above holds; for tests.
    bool check();

private:
    using Edge = uint32_t;  // 2 * user + which fan-in

    Node new_node(Lit a, Lit b);
    void link(Edge edge, Node fanin);
    void unlink(Edge edge);
    void remove(Node node, Lit forward);
    void remove_unused();
    void substitute(Node node, Lit lit);
    void settle(Node node);

    size_t hash(Lit a, Lit b) const {
        if (a < b) std::swap(a, b);
        uint64_t key = (static_cast<uint64_t>(a) << 32 | b) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
        return (key ^ key >> 32) & (slots_.size() - 1);
    }
    size_t slot_of(Lit a, Lit b) const;
    Lit hashed(Lit a, Lit b) const {
        Node node = slots_[slot_of(a, b)];
        return node ? make_lit(node) : kNone;
    }
    void insert(Node node);
    void erase(Node node);

    uint32_t leaves_;
    Node first_nodes_;  // the number of nodes of the first graph
    uint32_t alive_ = 0;
    Array<Lit> fanins_;  // [node][2]; {forward, kNone} once replaced, {kNone, kNone} once removed
    Array<uint32_t> references_;
    Array<Edge> head_;         // by node: the first of its uses by ANDs
    Array<Edge> next_, back_;  // by edge: the list of uses of one node, both ways
    Array<uint8_t> drives_root_, tainted_;
    Array<Node> slots_;  // open addressing, linear probing; 0 is free
    Array<Lit> roots_;
    std::vector<std::pair<Node, Lit>> waiting_;  // replacements that have to follow
    std::vector<Node> stack_, unused_, users_, rewired_;
};

// Sets of nodes that are emptied in constant time.
class Marks {
public:
    void clear(size_t nodes) {
        while (stamps_.size() < nodes) stamps_.push(0);
        if (++now_ == 0) {
            for (uint32_t &stamp : stamps_) stamp = 0;
            now_ = 1;
        }
    }
    void add(Node node) { stamps_[node] = now_; }
    void remove(Node node) { stamps_[node] = 0; }
    void set(Node node, bool in) { stamps_[node] = in ? now_ : 0; }
    bool has(Node node) const { return stamps_[node] == now_; }

private:
    Array<uint32_t> stamps_;
    uint32_t now_ = 0;
};

// The ANDs of a graph, fan-ins first, and where each stands among them: from 1, with leaves at 0. To be renewed when the graph
// has changed, or to follow one replacement.
class TopologicalOrder {
public:
    void renew(const Graph &graph);
    // After a replace() of `node`, where `above` is what depended on it (itself included) and ANDs from `first_new` on were
    // made for it: takes time for those alive. What stood between the node and what its users read now moves behind that, if
    // it depends on the node. Where two nodes became one, this may not do, and the order is renewed: false.
    bool follow(const Graph &graph, Node node, const Marks &above, Node first_new);

    const Array<Node> &nodes() const { return nodes_; }
    size_t size() const { return nodes_.size(); }
    uint32_t operator[](Node node) const { return place_[node]; }
    // What the last follow() found gone.
    const std::vector<Node> &gone() const { return gone_; }

private:
    bool holds(const Graph &graph) const;

    Array<Node> nodes_, before_;
    Array<uint32_t> place_;
    std::vector<Node> later_, gone_;
};

}  // namespace netc
