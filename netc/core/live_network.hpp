// What networks that change in place have in common, those of ANDs (substitute.hpp) and of LUTs (lut_network.hpp): who reads
// a node, what goes when nothing does any more, levels that follow, and the window of a node's fan-out.
#pragma once

#include <algorithm>
#include <queue>
#include <vector>

#include "netc/core/aig.hpp"

namespace netc {

// A network is a LiveNetwork of itself and says is_gate(node), num_inputs(gate), input(gate, i) and cost(gate).
template <class Network>
class LiveNetwork {
public:
    bool is_alive(Node node) const { return !self().is_gate(node) || uses_[node] > 0; }
    bool is_root(Node node) const { return root_uses_[node] > 0; }
    uint32_t level(Node node) const { return level_[node]; }
    // The gates that read the node.
    const std::vector<Node> &readers(Node node) const { return readers_[node]; }
    const std::vector<Lit> &roots() const { return roots_; }

    // What goes, in cost, when one use of the node ends and what is kept stays.
    uint32_t freed(Node node, Node kept = 0, Node kept_too = 0);
    // Whether `target` is in the cone of `from`; also when that is not found out within a limit. `visited`: nodes.
    bool reaches(Node from, Node target, uint32_t *visited = nullptr);

protected:
    explicit LiveNetwork(size_t nodes)
        : readers_(nodes), uses_(nodes, 0), root_uses_(nodes, 0), level_(nodes, 0), mark_(nodes, 0) {}

    void connect(Node user, Node input) {
        readers_[input].push_back(user);
        uses_[input]++;
    }
    void disconnect(Node user, Node input) {
        std::vector<Node> &users = readers_[input];
        *std::find(users.begin(), users.end(), user) = users.back();
        users.pop_back();
    }
    // One use less; gates that nothing uses any more are taken out. Their number.
    uint32_t release(Node node);
    void update_levels(Node node);

    std::vector<std::vector<Node>> readers_;
    std::vector<uint32_t> uses_, root_uses_;  // all uses, roots among them
    std::vector<uint32_t> level_;
    std::vector<Lit> roots_;
    std::vector<uint32_t> mark_;  // by node: the stamp of the last walk that met it
    uint32_t stamp_ = 0;

private:
    static constexpr uint32_t kReachNodes = 20000;

    const Network &self() const { return static_cast<const Network &>(*this); }

    std::vector<Node> stack_, touched_;
};

template <class Network>
uint32_t LiveNetwork<Network>::release(Node node) {
    uint32_t gone = 0;
    stack_.assign(1, node);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        if (--uses_[now] > 0 || !self().is_gate(now)) continue;
        gone++;
        for (uint32_t i = 0; i < self().num_inputs(now); i++) {
            disconnect(now, self().input(now, i));
            stack_.push_back(self().input(now, i));
        }
    }
    return gone;
}

template <class Network>
uint32_t LiveNetwork<Network>::freed(Node node, Node kept, Node kept_too) {
    uint32_t cost = 0;
    stack_.assign(1, node);
    touched_.clear();
    uses_[kept]++;
    uses_[kept_too]++;
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        touched_.push_back(now);
        if (--uses_[now] > 0 || !self().is_gate(now)) continue;
        cost += self().cost(now);
        for (uint32_t i = 0; i < self().num_inputs(now); i++) stack_.push_back(self().input(now, i));
    }
    for (Node now : touched_) uses_[now]++;
    uses_[kept]--;
    uses_[kept_too]--;
    return cost;
}

template <class Network>
bool LiveNetwork<Network>::reaches(Node from, Node target, uint32_t *visited) {
    uint32_t count = 0;
    if (visited) *visited = 0;
    if (from == target) return true;
    if (level_[from] <= level_[target]) return false;
    stamp_++;
    stack_.assign(1, from);
    while (!stack_.empty()) {
        Node now = stack_.back();
        stack_.pop_back();
        if (now == target) return true;
        if (mark_[now] == stamp_ || level_[now] <= level_[target]) continue;
        mark_[now] = stamp_;
        if (++count > kReachNodes) return true;
        for (uint32_t i = 0; i < self().num_inputs(now); i++) stack_.push_back(self().input(now, i));
    }
    if (visited) *visited = count;
    return false;
}

template <class Network>
void LiveNetwork<Network>::update_levels(Node node) {
    using Entry = std::pair<uint32_t, Node>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    queue.push({level_[node], node});
    while (!queue.empty()) {
        Node now = queue.top().second;
        queue.pop();
        uint32_t level = 0;
        for (uint32_t i = 0; i < self().num_inputs(now); i++)
            level = std::max(level, 1 + level_[self().input(now, i)]);
        if (level == level_[now]) continue;
        level_[now] = level;
        for (Node user : readers_[now]) queue.push({level_[user], user});
    }
}

// The part of a node's transitive fan-out nearest to it: the node first, then the others by level. The *exits* are those
// through which it is read from outside; a node that is one itself is seen at once, and the window is the node alone.
class FanoutWindow {
public:
    explicit FanoutWindow(size_t nodes) : place_(nodes, kNone), mark_(nodes, 0) {}

    template <class Network>
    void open(const LiveNetwork<Network> &network, Node node, uint32_t most);

    size_t size() const { return nodes_.size(); }
    Node operator[](size_t place) const { return nodes_[place]; }
    std::vector<Node>::const_iterator begin() const { return nodes_.begin(); }
    std::vector<Node>::const_iterator end() const { return nodes_.end(); }
    bool is_exit(size_t place) const { return is_exit_[place]; }
    // The node's place in the window, or kNone.
    uint32_t place(Node node) const { return place_[node]; }

private:
    std::vector<Node> nodes_;
    std::vector<uint8_t> is_exit_;  // by place
    std::vector<uint32_t> place_, mark_;
    uint32_t stamp_ = 0;
};

template <class Network>
void FanoutWindow::open(const LiveNetwork<Network> &network, Node node, uint32_t most) {
    using Entry = std::pair<uint32_t, Node>;
    for (Node old : nodes_) place_[old] = kNone;
    nodes_.clear();
    is_exit_.clear();
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    stamp_++;
    queue.push({network.level(node), node});
    mark_[node] = stamp_;
    while (!queue.empty() && nodes_.size() < most) {
        Node now = queue.top().second;
        queue.pop();
        place_[now] = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back(now);
        if (network.is_root(now) || network.readers(now).size() > most) continue;
        for (Node user : network.readers(now)) {
            if (mark_[user] == stamp_) continue;
            mark_[user] = stamp_;
            queue.push({network.level(user), user});
        }
    }
    for (Node now : nodes_) {
        bool leaves = network.is_root(now);
        for (size_t i = 0; i < network.readers(now).size() && !leaves; i++)
            leaves = place_[network.readers(now)[i]] == kNone;
        is_exit_.push_back(leaves);
    }
    if (is_exit_[0]) {
        for (size_t i = 1; i < nodes_.size(); i++) place_[nodes_[i]] = kNone;
        nodes_.resize(1);
    }
}

}  // namespace netc
