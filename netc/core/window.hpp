// A window around one node of a graph that changes in place: a cut, the cone above it, and nodes beside the cone that
// depend on nothing but the cone and the cut. All but the node itself, its *root*, are divisors: none depends on the root.
#pragma once

#include <vector>

#include "netc/core/graph.hpp"
#include "netc/core/ranks.hpp"
#include "netc/core/resynthesis.hpp"

namespace netc {

class Window {
public:
    explicit Window(const AigView &aig, netc_context *context)
        : graph_(aig, context), ranks_(graph_), place_(Array<uint32_t>::zeros(graph_.num_nodes())) {}

    Graph &graph() { return graph_; }
    Ranks &ranks() { return ranks_; }

    // Starts anew: a cut of at most so many leaves that grows where paths reconverge, and the cone above it.
    void open(Node root, size_t leaves, size_t cone);
    // Joins ANDs beside the cone with both fan-ins in the window, until it has `most` members.
    void add_side(size_t most);
    // Joins a node that does not depend on the root: an AND with both fan-ins in the window, or a further leaf.
    void join(Node node) { place(node, kNone); }
    void join_leaf(Node node) { place(node, num_variables_++); }

    Node root() const { return root_; }
    size_t size() const { return members_.size(); }
    Node member(size_t i) const { return members_[i]; }
    // Members in topological order, leaves first; `variable` is which leaf a member is, or kNone.
    uint32_t variable(size_t i) const { return variables_[i]; }
    uint32_t num_variables() const { return num_variables_; }
    bool has(Node node) const { return placed_.has(node); }
    uint32_t place_of(Node node) const { return place_[node]; }
    size_t cut_size() const { return leaves_.size(); }

    // The ANDs above the cut that exist for the root alone.
    uint32_t mffc() const { return mffc_; }
    // How many of those a member keeps alive when the root is gone, itself included.
    uint32_t price(size_t i);

    // What an expression over the members saves, counted exactly: what exists already is free, unless only the root's
    // cone uses it. Negative when it is the root again.
    int gain(const Expression &expression);
    // Builds it, and puts it in the root's place.
    void replace_root(const Expression &expression);

private:
    void add_leaf(Node node);
    void place(Node node, uint32_t variable);
    void order_cone();
    void find_mffc();
    Lit value(uint32_t lit) const;
    struct XorForm {
        bool by_minterms;  // (a AND NOT b) OR (NOT a AND b), else (a OR b) AND NOT (a AND b)
        uint32_t missing;
    };
    XorForm xor_form(Lit a, Lit b) const;
    Lit build(const Expression &expression);

    Graph graph_;
    Ranks ranks_;
    Node root_ = 0;
    uint32_t mffc_ = 0, num_variables_ = 0;
    Array<uint32_t> place_;  // by node in the window: its place there
    Marks inside_, placed_, own_, kept_;
    std::vector<Node> leaves_, members_, stack_;
    std::vector<uint32_t> variables_;
    std::vector<Lit> values_, held_;
};

}  // namespace netc
