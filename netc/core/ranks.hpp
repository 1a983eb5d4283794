// A topological numbering of a graph that changes in place: the rank of an AND is above those of its fan-ins. So a node
// whose rank is not above another's cannot depend on it, and most such questions need no walk. Ranks are spaced out, so that
// a replacement seldom has to raise more than its users.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/graph.hpp"

namespace netc {

class Ranks {
public:
    explicit Ranks(const Graph &graph) : graph_(graph), rank_(Array<uint64_t>::zeros(graph.num_nodes())) {
        for (Node node : graph.order()) rank_[node] = above_fanins(node, kSpacing);
    }

    uint64_t operator[](Node node) const { return rank_[node]; }

    // To be called when nodes were made, and after each replace().
    void add_new() {
        while (rank_.size() < graph_.num_nodes()) {
            rank_.push(0);
            Node node = static_cast<Node>(rank_.size() - 1);
            if (graph_.is_alive(node)) rank_[node] = above_fanins(node, 1);
        }
    }
    void raise() {
        stack_.assign(graph_.rewired().begin(), graph_.rewired().end());
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (!graph_.is_alive(node)) continue;
            uint64_t least = above_fanins(node, 1);
            if (rank_[node] >= least) continue;
            rank_[node] = least;
            graph_.for_each_fanout(node, [&](Node user) { stack_.push_back(user); });
        }
    }

    // Whether a node depends on another; `true` also when that takes more than `most` visits to refute.
    bool may_depend(Node node, Node other, size_t most) {
        if (node == other) return true;
        if (rank_[node] <= rank_[other]) return false;
        seen_.clear(graph_.num_nodes());
        stack_.assign(1, node);
        for (size_t visits = 0; !stack_.empty(); visits++) {
            if (visits == most) return true;
            Node now = stack_.back();
            stack_.pop_back();
            for (Lit fanin : {graph_.fanin0(now), graph_.fanin1(now)}) {
                Node below = node_of(fanin);
                if (below == other) return true;
                if (rank_[below] <= rank_[other] || seen_.has(below)) continue;
                seen_.add(below);
                stack_.push_back(below);
            }
        }
        return false;
    }

private:
    static constexpr uint64_t kSpacing = 1 << 20;

    uint64_t above_fanins(Node node, uint64_t by) const {
        return by + std::max(rank_[node_of(graph_.fanin0(node))], rank_[node_of(graph_.fanin1(node))]);
    }

    const Graph &graph_;
    Array<uint64_t> rank_;
    Marks seen_;
    std::vector<Node> stack_;
};

}  // namespace netc
