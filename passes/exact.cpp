// Small windows exchanged for smallest circuits. A window grows from a node, by fan-ins and by users, always by the one
// that leaves fewest leaves and outputs; no leaf depends on it. Its outputs are all that is read from outside, so its
// ANDs go when the outputs are exchanged, and the gain is at least the difference in size. What the outputs may be is a
// relation: the logic around the window is simulated with all patterns of its inputs, once with the outputs as they are
// and once with each vector of constants in their place.
#include <algorithm>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/exact.hpp"
#include "netc/core/exchange.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "passes/exact.h"
}

using namespace netc;

namespace {

constexpr size_t kUsers = 12;      // of a node that are looked at
constexpr size_t kVisits = 2000;   // in search of a leaf's dependence on the window
constexpr size_t kBelow = 60;      // ANDs below a window that are looked at for patterns of its leaves
constexpr size_t kAbove = 12;      // ANDs that read a window, in which a difference may die
constexpr size_t kLeast = 2;       // ANDs of a window
constexpr int64_t kWindowWork = 2;   // units
constexpr size_t kWordsInUnit = 1000;
constexpr uint32_t kNodesInUnit = 8;  // when they are put in order again

struct Options {
    size_t leaves, outputs, nodes, around;
    int64_t conflicts, work;
};

struct Shape {
    std::vector<Node> inside, leaves;

    bool has(Node node) const { return std::find(inside.begin(), inside.end(), node) != inside.end(); }
    bool is_leaf(Node node) const { return std::find(leaves.begin(), leaves.end(), node) != leaves.end(); }
};

class Windows {
public:
    Windows(const AigView &aig, netc_context *context, const Options &options)
        : graph_(aig, context), context_(context), options_(options), memory_(options.conflicts) {}

    void run(netc_step *step) {
        order_.renew(graph_);
        const std::vector<Node> seeds(order_.nodes().begin(), order_.nodes().end());
        const int64_t last = context_->work + options_.work;
        int64_t done = 0;
        for (size_t i = seeds.size(); i-- > 0;) {
            progress(context_, done++, static_cast<int64_t>(seeds.size()));
            while (graph_.is_alive(seeds[i])) {
                if (context_->work >= last || stop(context_, kWindowWork)) return graph_.finish(step);
                if (!improve_from(seeds[i])) break;
            }
        }
        graph_.finish(step);
    }

private:
    // Tries the windows that have few enough outputs, as they grow; whether one became smaller.
    bool improve_from(Node seed) {
        Shape shape;
        take(shape, seed);
        auto earlier = [&](Node a, Node b) { return order_[a] < order_[b]; };
        while (shape.inside.size() < options_.nodes) {
            candidates_.clear();
            for (Node node : shape.leaves) add_candidate(shape, node);
            const size_t leaves = candidates_.size();
            for (const auto *nodes : {&shape.inside, &shape.leaves})
                for (Node node : *nodes) {
                    size_t users = 0;
                    graph_.for_each_fanout(node, [&](Node user) {
                        if (++users <= kUsers && !shape.is_leaf(user)) add_candidate(shape, user);
                    });
                }
            Shape best;
            size_t least = SIZE_MAX;
            for (size_t i = 0; i < candidates_.size(); i++) {
                Shape next = shape;
                take(next, candidates_[i]);
                if (next.leaves.size() > options_.leaves) continue;
                size_t cost = 4 * (next.leaves.size() + count_outputs(next)) + (i >= leaves);
                if (cost >= least) continue;
                least = cost;
                best = std::move(next);
            }
            if (least == SIZE_MAX) break;
            shape = std::move(best);
            if (shape.inside.size() < kLeast || count_outputs(shape) > options_.outputs) continue;
            if (!stands_alone(shape)) continue;
            window_ = shape;
            std::sort(window_.inside.begin(), window_.inside.end(), earlier);
            if (improve()) return true;
        }
        return false;
    }
    void add_candidate(const Shape &shape, Node node) {
        if (!graph_.is_and(node) || shape.has(node)) return;
        if (std::find(candidates_.begin(), candidates_.end(), node) == candidates_.end()) candidates_.push_back(node);
    }
    void take(Shape &shape, Node node) {
        auto leaf = std::find(shape.leaves.begin(), shape.leaves.end(), node);
        if (leaf != shape.leaves.end()) shape.leaves.erase(leaf);
        shape.inside.push_back(node);
        for (Lit fanin : {graph_.fanin0(node), graph_.fanin1(node)})
            if (!shape.has(node_of(fanin)) && !shape.is_leaf(node_of(fanin))) shape.leaves.push_back(node_of(fanin));
    }

    bool is_output(const Shape &shape, Node node) const {
        uint32_t inner = 0;
        for (Node user : shape.inside)
            inner += node_of(graph_.fanin0(user)) == node || node_of(graph_.fanin1(user)) == node;
        return inner < graph_.references(node);
    }
    size_t count_outputs(const Shape &shape) const {
        size_t count = 0;
        for (Node node : shape.inside) count += is_output(shape, node);
        return count;
    }

    // Whether no leaf depends on what is inside.
    bool stands_alone(const Shape &shape) {
        uint32_t first = UINT32_MAX;
        for (Node node : shape.inside) first = std::min(first, order_[node]);
        seen_.clear(graph_.num_nodes());
        stack_ = shape.leaves;
        for (size_t visits = 0; !stack_.empty(); visits++) {
            if (visits == kVisits) return false;
            Node node = stack_.back();
            stack_.pop_back();
            if (!graph_.is_and(node) || order_[node] < first || seen_.has(node)) continue;
            if (shape.has(node)) return false;
            seen_.add(node);
            stack_.push_back(node_of(graph_.fanin0(node)));
            stack_.push_back(node_of(graph_.fanin1(node)));
        }
        return true;
    }

    // Whether the window was exchanged for a smaller one.
    bool improve() {
        const int inputs = static_cast<int>(window_.leaves.size());
        tables_.resize(graph_.num_nodes());
        tables_[0] = 0;
        for (size_t i = 0; i < window_.leaves.size(); i++) tables_[window_.leaves[i]] = kVariable[i];
        outputs_.clear();
        std::vector<uint64_t> functions;
        for (Node node : window_.inside) {
            evaluate(node);
            if (!is_output(window_, node)) continue;
            outputs_.push_back(node);
            functions.push_back(tables_[node]);
        }
        Relation relation(inputs, static_cast<int>(outputs_.size()));
        uint64_t met = ~uint64_t{0};  // patterns of the leaves that occur
        if (options_.around) {
            look_around();
            met = relate(relation);
        } else {
            relation = Relation::of(inputs, functions);
        }
        const uint64_t before = memory_.work();
        const Part *part = memory_.find(relation, static_cast<uint32_t>(window_.inside.size()) - 1);
        context_->work += static_cast<int64_t>(memory_.work() - before);
        if (!part) return false;
        bool done = differs(*part, functions, met) ? exchange_with_above(*part)
                                                   : exchange(graph_, window_.leaves, *part, outputs_);
        if (!done) return false;
        order_.renew(graph_);
        context_->work += graph_.num_ands() / kNodesInUnit;
        return true;
    }
    uint64_t table(Lit lit) const { return tables_[node_of(lit)] ^ (is_complemented(lit) ? ~uint64_t{0} : 0); }
    void evaluate(Node node) { tables_[node] = table(graph_.fanin0(node)) & table(graph_.fanin1(node)); }

    // Whether an output of the part is another function than before.
    static bool differs(const Part &part, const std::vector<uint64_t> &functions, uint64_t met) {
        AigView view = part.view();
        std::vector<uint64_t> tables(view.num_nodes(), 0);
        auto value = [&](Lit lit) { return tables[node_of(lit)] ^ (is_complemented(lit) ? ~uint64_t{0} : 0); };
        for (Node leaf = 1; leaf <= view.leaves; leaf++) tables[leaf] = kVariable[leaf - 1];
        for (Node node = view.first_and(); node < view.num_nodes(); node++)
            tables[node] = value(view.fanin0(node)) & value(view.fanin1(node));
        for (size_t i = 0; i < functions.size(); i++)
            if ((value(part.roots[i]) ^ functions[i]) & met) return true;
        return false;
    }

    // Where outputs become other functions, what is above them is made anew, and only exits are exchanged. Their
    // functions stay what they are, so that whatever merges on the way is right.
    bool exchange_with_above(Part part) {
        std::vector<Node> leaves = window_.leaves;
        local_.resize(graph_.num_nodes());
        for (Node node : beside_)
            if (std::find(leaves.begin(), leaves.end(), node) == leaves.end()) leaves.push_back(node);
        // Leaves that are added move the ANDs up.
        const uint32_t before = part.leaves, more = static_cast<uint32_t>(leaves.size()) - before;
        for (auto *lits : {&part.ands, &part.roots})
            for (Lit &lit : *lits)
                if (node_of(lit) > before) lit += 2 * more;
        part.leaves += more;
        for (uint32_t i = 0; i < part.leaves; i++) local_[leaves[i]] = make_lit(1 + i);
        for (size_t i = 0; i < outputs_.size(); i++) local_[outputs_[i]] = part.roots[i];
        for (Node node : above_) {
            Lit a = mapped(local_.data(), graph_.fanin0(node)), b = mapped(local_.data(), graph_.fanin1(node));
            local_[node] = make_lit(1 + part.leaves + part.num_ands());
            part.ands.push_back(std::max(a, b));
            part.ands.push_back(std::min(a, b));
        }
        part.roots.clear();
        for (Node node : exits_) part.roots.push_back(local_[node]);
        return exchange(graph_, leaves, part, exits_);
    }

    // Makes above_, ANDs that read the window or one another, and below_, the logic under all of these, so that few
    // inputs are left. What is in above_ and read by others, or is an output that others read, is an exit.
    void look_around() {
        auto earlier = [&](Node a, Node b) { return order_[a] < order_[b]; };
        below_.inside.clear();
        below_.leaves = window_.leaves;
        above_.clear();
        inner_ = window_;
        candidates_.clear();
        for (Node node : outputs_) add_users(node);
        while (!candidates_.empty() && above_.size() < kAbove) {
            auto first = std::min_element(candidates_.begin(), candidates_.end(), earlier);
            Node node = *first;
            candidates_.erase(first);
            std::vector<Node> others;
            for (Lit fanin : {graph_.fanin0(node), graph_.fanin1(node)})
                if (Node other = node_of(fanin); !inner_.has(other) && !below_.is_leaf(other)) others.push_back(other);
            if (below_.leaves.size() + others.size() > options_.around) continue;
            if (!others.empty() && !stands_alone({window_.inside, others})) continue;
            below_.leaves.insert(below_.leaves.end(), others.begin(), others.end());
            above_.push_back(node);
            inner_.inside.push_back(node);
            add_users(node);
        }
        beside_ = below_.leaves;
        exits_.clear();
        for (const auto *nodes : {&outputs_, &above_})
            for (Node node : *nodes)
                if (is_output(inner_, node)) exits_.push_back(node);

        while (below_.inside.size() < kBelow) {
            Node best = 0;
            size_t least = options_.around + 1;
            for (Node node : below_.leaves) {
                if (!graph_.is_and(node)) continue;
                size_t size = below_.leaves.size() - 1;
                for (Lit fanin : {graph_.fanin0(node), graph_.fanin1(node)})
                    size += !below_.is_leaf(node_of(fanin)) && !below_.has(node_of(fanin));
                if (size > least || (size == least && (best == 0 || order_[node] <= order_[best]))) continue;
                least = size;
                best = node;
            }
            if (best == 0) break;
            take(below_, best);
        }
        std::sort(below_.inside.begin(), below_.inside.end(), earlier);
    }
    void add_users(Node node) {
        size_t users = 0;
        graph_.for_each_fanout(node, [&](Node user) {
            if (++users <= kUsers && !inner_.has(user) &&
                std::find(candidates_.begin(), candidates_.end(), user) == candidates_.end())
                candidates_.push_back(user);
        });
    }

    // Values of the outputs that every exit takes for the right ones, whatever pattern of below_'s inputs is there; for
    // words of 64 patterns. Returns the patterns of the leaves that occur.
    uint64_t relate(Relation &relation) {
        const size_t variables = below_.leaves.size(), words = variables > 6 ? size_t{1} << (variables - 6) : 1;
        const uint32_t patterns = 1u << window_.leaves.size();
        uint64_t met = 0;
        std::fill(relation.allowed.begin(), relation.allowed.end(), ~uint64_t{0});
        std::vector<uint64_t> right, here(patterns);
        for (size_t w = 0; w < words; w++) {
            for (size_t v = 0; v < variables; v++)
                tables_[below_.leaves[v]] = v < 6 ? kVariable[v] : (w >> (v - 6) & 1 ? ~uint64_t{0} : 0);
            for (const auto *nodes : {&below_.inside, &window_.inside, &above_})
                for (Node node : *nodes) evaluate(node);
            right.clear();
            for (Node node : exits_) right.push_back(tables_[node]);
            for (uint32_t pattern = 0; pattern < patterns; pattern++) {
                here[pattern] = ~uint64_t{0};
                for (size_t i = 0; i < window_.leaves.size(); i++)
                    here[pattern] &= tables_[window_.leaves[i]] ^ (pattern >> i & 1 ? 0 : ~uint64_t{0});
                if (here[pattern]) met |= uint64_t{1} << pattern;
            }
            for (size_t vector = 0; vector < relation.allowed.size(); vector++) {
                for (size_t i = 0; i < outputs_.size(); i++) tables_[outputs_[i]] = vector >> i & 1 ? ~uint64_t{0} : 0;
                for (Node node : above_) evaluate(node);
                uint64_t wrong = 0;
                for (size_t i = 0; i < exits_.size(); i++) wrong |= tables_[exits_[i]] ^ right[i];
                for (uint32_t pattern = 0; pattern < patterns; pattern++)
                    if (wrong & here[pattern]) relation.allowed[vector] &= ~(uint64_t{1} << pattern);
            }
        }
        for (uint64_t &rows : relation.allowed) rows = replicate(rows, relation.inputs);
        const size_t visits = words * patterns * (relation.allowed.size() + window_.leaves.size());
        context_->work += static_cast<int64_t>(visits / kWordsInUnit);
        return replicate(met, relation.inputs);
    }

    Graph graph_;
    netc_context *context_;
    Options options_;
    ExactMemory memory_;
    TopologicalOrder order_;
    Array<uint32_t> local_;
    Array<uint64_t> tables_;  // by node, of the window at hand
    Marks seen_;
    Shape window_, below_, inner_;  // inner_: the window and above_
    std::vector<Node> candidates_, stack_, outputs_, above_, exits_;
    std::vector<Node> beside_;  // what above_ and the window read
};

}  // namespace

extern "C" int64_t netc_pass_exact(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t outputs,
                                   int64_t nodes, int64_t around, int64_t conflicts, int64_t work, netc_step *step) {
    return guard([&]() -> int64_t {
        Options options{static_cast<size_t>(leaves), static_cast<size_t>(outputs), static_cast<size_t>(nodes),
                        static_cast<size_t>(around), conflicts, work};
        Windows(AigView(*graph), context, options).run(step);
        return 0;
    });
}
