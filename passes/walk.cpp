// Substitution in windows. A window grows from a node: first its fan-in cone, always by the leaf whose fan-ins add least,
// then whatever reads only what is inside; leaves are bounded, and what a leaf depends on stays outside, so that
// the window can be exchanged as a whole. It is copied, improved by the Walker, and built back where it has become
// smaller.
#include <algorithm>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/cone.hpp"
#include "netc/core/exchange.hpp"
#include "netc/core/walker.hpp"

extern "C" {
#include "passes/walk.h"
}

using namespace netc;

namespace {

struct Options {
    uint32_t leaves, nodes;
    int64_t rounds, patience;
    bool zero_gain;
    uint64_t seed;
};

class Windows {
public:
    Windows(const AigView &aig, netc_context *context, const Options &options)
        : graph_(aig, context), context_(context), options_(options) {}

    void run(netc_step *step) {
        order_.renew(graph_);
        std::vector<Node> seeds(order_.nodes().begin(), order_.nodes().end());
        Marks covered;  // windows overlap by half: a node that was in the inner part of one does not start another
        covered.clear(graph_.num_nodes());
        size_t left = seeds.size();
        for (size_t i = seeds.size(); i-- > 0;) {
            progress(context_, static_cast<int64_t>(seeds.size() - left), static_cast<int64_t>(seeds.size()));
            left--;
            Node seed = seeds[i];
            if (!graph_.is_alive(seed) || covered.has(seed)) continue;
            if (stop(context_, 1)) break;
            if (!grow(seed)) continue;
            for (size_t k = 0; k < inside_.size() && k < options_.nodes / 2; k++)
                if (inside_[k] < seeds.size() + graph_.first_and()) covered.add(inside_[k]);
            improve();
        }
        graph_.finish(step);
    }

private:
    bool has(Node node) const { return in_.has(node); }
    bool is_leaf(Node node) const { return std::find(leaves_.begin(), leaves_.end(), node) != leaves_.end(); }

    // Makes inside_ (fan-ins first) and leaves_; false when there is nothing worth looking at.
    bool grow(Node seed) {
        cone_.grow(graph_, seed, options_.leaves, options_.nodes, [&](Node a, Node b) { return order_[a] > order_[b]; });
        inside_ = cone_.inside;
        leaves_ = cone_.leaves;
        in_.clear(graph_.num_nodes());
        for (Node node : inside_) in_.add(node);
        widen();
        keep_out();
        return inside_.size() > 1 && leaves_.size() <= static_cast<size_t>(kMaxTableVars);
    }
    void add_leaf(Node node) {
        if (node != 0 && !has(node) && !is_leaf(node)) leaves_.push_back(node);
    }

    // Adds users of what is there, as long as both of their fan-ins are.
    void widen() {
        std::vector<Node> known = leaves_;
        known.insert(known.end(), inside_.begin(), inside_.end());
        for (size_t i = 0; i < known.size() && inside_.size() < options_.nodes; i++) {
            int users = 0;
            graph_.for_each_fanout(known[i], [&](Node user) {
                if (++users > 30 || has(user) || is_leaf(user) || inside_.size() >= options_.nodes) return;
                for (Lit fanin : {graph_.fanin0(user), graph_.fanin1(user)})
                    if (!has(node_of(fanin)) && !is_leaf(node_of(fanin))) return;
                in_.add(user);
                inside_.push_back(user);
                known.push_back(user);
            });
        }
    }

    // What a leaf depends on leaves the window; where others of the window read it, it becomes a leaf.
    void keep_out() {
        uint32_t first = UINT32_MAX;
        for (Node node : inside_) first = std::min(first, order_[node]);
        seen_.clear(graph_.num_nodes());
        stack_ = leaves_;
        bool any = false;
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            if (!graph_.is_and(node) || order_[node] < first || seen_.has(node)) continue;
            seen_.add(node);
            any |= has(node);
            stack_.push_back(node_of(graph_.fanin0(node)));
            stack_.push_back(node_of(graph_.fanin1(node)));
        }
        if (any) {
            inside_.erase(std::remove_if(inside_.begin(), inside_.end(), [&](Node node) { return seen_.has(node); }),
                          inside_.end());
            in_.clear(graph_.num_nodes());
            for (Node node : inside_) in_.add(node);
            leaves_.clear();
            for (Node node : inside_) {
                add_leaf(node_of(graph_.fanin0(node)));
                add_leaf(node_of(graph_.fanin1(node)));
            }
        }
        std::sort(inside_.begin(), inside_.end(), [&](Node a, Node b) { return order_[a] < order_[b]; });
    }

    void improve() {
        // The window as a graph of its own.
        local_.resize(graph_.num_nodes());
        local_[0] = kFalse;
        Part window{static_cast<uint32_t>(leaves_.size()), {}, {}};
        for (size_t i = 0; i < leaves_.size(); i++) local_[leaves_[i]] = make_lit(static_cast<Node>(1 + i));
        std::vector<Node> outputs;
        for (Node node : inside_) {
            local_[node] = make_lit(1 + window.leaves + window.num_ands());
            Lit a = mapped(local_.data(), graph_.fanin0(node)), b = mapped(local_.data(), graph_.fanin1(node));
            window.ands.push_back(std::max(a, b));
            window.ands.push_back(std::min(a, b));
            uint32_t inner = 0;
            graph_.for_each_fanout(node, [&](Node user) { inner += has(user); });
            if (inner == graph_.references(node)) continue;
            outputs.push_back(node);
            window.roots.push_back(local_[node]);
        }
        Walker walker(window.view(), context_, options_.seed);
        walker.run(options_.rounds, options_.patience, options_.zero_gain);
        if (walker.num_ands() >= inside_.size()) return;
        exchange(graph_, leaves_, walker.part(), outputs);
        order_.renew(graph_);
        context_->work += graph_.num_ands() / 64;
    }

    Graph graph_;
    netc_context *context_;
    Options options_;
    TopologicalOrder order_;
    Array<uint32_t> local_;
    Cone cone_;
    Marks in_, seen_;
    std::vector<Node> inside_, leaves_, stack_;
};

}  // namespace

extern "C" int64_t netc_pass_walk(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t nodes,
                                   int64_t rounds, int64_t patience, int64_t zero_gain, int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        AigView aig(*graph);
        Options options{static_cast<uint32_t>(leaves), static_cast<uint32_t>(nodes), rounds, patience, zero_gain != 0,
                        static_cast<uint64_t>(seed)};
        if (aig.leaves <= options.leaves) {
            Walker walker(aig, context, options.seed);
            walker.run(rounds, patience, options.zero_gain);
            walker.graph().finish(step);
        } else {
            Windows(aig, context, options).run(step);
        }
        return 0;
    });
}
