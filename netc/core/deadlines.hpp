// Levels of a graph that changes in place, and the level by which each node has to be there so that the graph becomes no
// deeper. A node may be replaced by whatever arrives before its deadline; update() then moves both.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/graph.hpp"

namespace netc {

class Deadlines {
public:
    explicit Deadlines(const Graph &graph) : graph_(graph), arrival_(graph.levels()) {
        for (uint32_t level : arrival_) depth_ = std::max(depth_, level);
        for (size_t node = 0; node < arrival_.size(); node++) deadline_.push(depth_);
        Array<Node> order = graph.order();
        for (size_t i = order.size(); i-- > 0;) hurry_fanins(order[i], false);
    }

    uint32_t arrival(Node node) const { return arrival_[node]; }
    uint32_t deadline(Node node) const { return deadline_[node]; }

    // To be called after each replace().
    void update() {
        waiting_.assign(graph_.rewired().begin(), graph_.rewired().end());
        while (arrival_.size() < graph_.num_nodes()) {
            auto node = static_cast<Node>(arrival_.size());
            arrival_.push(0);
            deadline_.push(depth_);
            if (!graph_.is_alive(node)) continue;
            arrival_[node] = after_fanins(node);
            waiting_.push_back(node);
        }
        hurried_ = waiting_;
        while (!waiting_.empty()) {
            Node node = waiting_.back();
            waiting_.pop_back();
            if (!graph_.is_alive(node) || arrival_[node] == after_fanins(node)) continue;
            arrival_[node] = after_fanins(node);
            graph_.for_each_fanout(node, [&](Node user) { waiting_.push_back(user); });
        }
        while (!hurried_.empty()) {
            Node node = hurried_.back();
            hurried_.pop_back();
            if (graph_.is_alive(node)) hurry_fanins(node, true);
        }
    }

private:
    uint32_t after_fanins(Node node) const {
        return 1 + std::max(arrival_[node_of(graph_.fanin0(node))], arrival_[node_of(graph_.fanin1(node))]);
    }
    void hurry_fanins(Node node, bool follow) {
        for (Lit fanin : {graph_.fanin0(node), graph_.fanin1(node)}) {
            Node below = node_of(fanin);
            if (!graph_.is_and(below) || deadline_[below] < deadline_[node]) continue;
            deadline_[below] = deadline_[node] - 1;
            if (follow) hurried_.push_back(below);
        }
    }

    const Graph &graph_;
    Array<uint32_t> arrival_, deadline_;
    uint32_t depth_ = 0;
    std::vector<Node> waiting_, hurried_;
};

}  // namespace netc
