// Cones that grow where they reconverge: from a root, always by the leaf whose fan-ins add least to the leaves.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/graph.hpp"
#include "netc/core/tables.hpp"

namespace netc {

class Cone {
public:
    std::vector<Node> inside, leaves;  // fan-ins are not sorted before their users; see sort()

    bool has(Node node) const { return in_.has(node); }
    bool is_leaf(Node node) const { return std::find(leaves.begin(), leaves.end(), node) != leaves.end(); }

    // At most so many leaves and ANDs. Among leaves that add as much, prefer(a, b) says whether a goes before b.
    template <class Prefer>
    void grow(const Graph &graph, Node root, size_t most_leaves, size_t most_ands, Prefer prefer) {
        in_.clear(graph.num_nodes());
        inside.clear();
        leaves.clear();
        take_in(graph, root);
        while (inside.size() < most_ands) {
            size_t best = SIZE_MAX;
            int least = 2;
            for (size_t i = 0; i < leaves.size(); i++) {
                if (!graph.is_and(leaves[i])) continue;
                int more = -1;
                for (Lit fanin : {graph.fanin0(leaves[i]), graph.fanin1(leaves[i])}) more += !is_leaf(node_of(fanin));
                if (leaves.size() + static_cast<size_t>(more + 1) > most_leaves + 1) continue;
                if (more < least || (more == least && prefer(leaves[i], leaves[best]))) least = more, best = i;
            }
            if (best == SIZE_MAX) break;
            Node node = leaves[best];
            leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(best));
            take_in(graph, node);
        }
    }

    // Puts fan-ins before their users, where all of the inside is below `root`.
    void sort(const Graph &graph, Node root) {
        inside.clear();
        stack_.assign(1, root);
        while (!stack_.empty()) {
            Node node = stack_.back();
            bool ready = true;
            for (Lit fanin : {graph.fanin0(node), graph.fanin1(node)})
                if (in_.has(node_of(fanin))) stack_.push_back(node_of(fanin)), ready = false;
            if (!ready) continue;
            stack_.pop_back();
            if (!in_.has(node)) continue;
            in_.remove(node);  // so that it is met once; its mark comes back below
            inside.push_back(node);
        }
        for (Node node : inside) in_.add(node);
    }

    // The root's function of the leaves; after sort().
    Table function(const Graph &graph) {
        int n = static_cast<int>(leaves.size());
        place_.resize(graph.num_nodes());
        std::vector<Table> values{Table(n)};
        place_[0] = 0;
        for (int v = 0; v < n; v++) {
            place_[leaves[static_cast<size_t>(v)]] = static_cast<uint32_t>(values.size());
            values.push_back(Table::variable(v, n));
        }
        for (Node node : inside) {
            Lit a = graph.fanin0(node), b = graph.fanin1(node);
            const Table &x = values[place_[node_of(a)]], &y = values[place_[node_of(b)]];
            uint64_t mx = is_complemented(a) ? ~uint64_t{0} : 0, my = is_complemented(b) ? ~uint64_t{0} : 0;
            Table made(n);
            for (size_t w = 0; w < made.size(); w++) made[w] = (x[w] ^ mx) & (y[w] ^ my);
            place_[node] = static_cast<uint32_t>(values.size());
            values.push_back(std::move(made));
        }
        return values.back();
    }

private:
    void take_in(const Graph &graph, Node node) {
        in_.add(node);
        inside.push_back(node);
        for (Lit fanin : {graph.fanin0(node), graph.fanin1(node)})
            if (node_of(fanin) != 0 && !has(node_of(fanin)) && !is_leaf(node_of(fanin))) leaves.push_back(node_of(fanin));
    }

    Marks in_;
    Array<uint32_t> place_;
    std::vector<Node> stack_;
};

}  // namespace netc
