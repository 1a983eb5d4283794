// Windowed Boolean resubstitution.
//
// For each node: a cut of up to K leaves that grows where paths reconverge; the window is the cone above it and every AND
// beside the cone whose fan-ins are in the window. Truth tables over the leaves say whether the node can be made from other
// nodes of the window, its divisors, with fewer ANDs than its cone has for itself (its MFFC). Nodes of the MFFC are divisors
// too, at the price of the part of it that they keep alive: so a redundant fan-in somewhere in the cone is found as well.
// The graph changes at once, and the next node sees the new one.
//
// With `levels`, the window goes on through the node's fan-outs: where no end of it tells the node from its complement, the
// node may be anything. Nodes between, whose functions change, are tainted.
#include <algorithm>
#include <optional>
#include <vector>

#include "netc/core/deadlines.hpp"
#include "netc/core/truth.hpp"
#include "netc/core/window.hpp"

extern "C" {
#include "passes/resub.h"
}

using namespace netc;

namespace {

constexpr size_t kConeNodes = 300;    // of a window, below the root
constexpr size_t kExtraLeaves = 2;    // for what the fan-outs need from outside
constexpr size_t kFanoutNodes = 24;   // of a window, above the root
constexpr uint32_t kFanouts = 8;      // uses of a node that may be followed
constexpr size_t kChain = 6;          // nodes between a window and a new leaf
constexpr size_t kDependVisits = 60;  // when a new leaf must not depend on the root
constexpr uint64_t kWorkUnit = 64;    // words for one unit of work
constexpr int64_t kNodeWork = 4;      // units for a node's window

struct Options {
    size_t leaves, divisors;
    int gates, levels;
    bool zero_gain, keep_depth;
};

class Resubstitution {
public:
    Resubstitution(const AigView &aig, netc_context *context, const Options &options)
        : context_(context), options_(options), window_(aig, context), graph_(window_.graph()) {
        place_above_ = Array<uint32_t>::zeros(graph_.num_nodes());
        if (options.keep_depth) deadlines_.emplace(graph_);
    }

    void run(netc_step *step) {
        Node end = graph_.num_nodes();
        for (Node node = graph_.first_and(); node < end; node++) {
            if (!graph_.is_alive(node)) continue;
            if ((node & 255) == 0) progress(context_, node, end);
            uint64_t words = resynthesis_.work;
            improve(node);
            if (stop(context_, kNodeWork + static_cast<int64_t>((resynthesis_.work - words) / kWorkUnit))) break;
        }
        graph_.finish(step);
    }

private:
    void improve(Node node) {
        window_.open(node, options_.leaves, kConeNodes);
        window_.add_side(options_.divisors);
        find_fanouts(node);
        simulate(node);
        find_care(node);
        for (int needed = 1; needed >= (options_.zero_gain ? 0 : 1); needed--) {  // no gain only where there is none
            auto accept = [&](const Expression &expression) {
                if (deadlines_ && arrival(expression) > deadlines_->deadline(node)) return false;
                if (window_.gain(expression) < needed) return false;
                taint(node);
                window_.replace_root(expression);
                if (deadlines_) deadlines_->update();
                return true;
            };
            if (resynthesis_.search(static_cast<int>(window_.mffc()) - needed, options_.gates, accept)) return;
        }
    }

    // The level of an expression over members of the window.
    uint32_t arrival(const Expression &expression) {
        levels_.clear();
        auto level = [&](uint32_t lit) {
            size_t i = lit >> 1;
            return i < window_.size() ? deadlines_->arrival(window_.member(i)) : levels_[i - window_.size()];
        };
        for (const Expression::Gate &gate : expression.gates)
            levels_.push_back(std::max(level(gate.a), level(gate.b)) + (gate.is_xor ? 2 : 1));
        return expression.is_constant() ? 0 : level(expression.output);
    }

    void simulate(Node root) {
        size_t words = window_.num_variables() <= 6 ? 1 : size_t{1} << (window_.num_variables() - 6);
        resynthesis_.begin(words);
        for (size_t i = 0; i < window_.size(); i++) {
            uint64_t *row = resynthesis_.add(window_.price(i));
            uint32_t v = window_.variable(i);
            if (v == kNone) conjunction(window_.member(i), row);
            else
                for (size_t w = 0; w < words; w++) row[w] = v < 6 ? kVariable[v] : -static_cast<uint64_t>(w >> (v - 6) & 1);
        }
        resynthesis_.work += window_.size() * words;
        uint64_t *on = resynthesis_.on(), *off = resynthesis_.off();
        conjunction(root, on);
        for (size_t w = 0; w < words; w++) off[w] = ~on[w];
    }
    void conjunction(Node node, uint64_t *row) {
        Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
        const uint64_t *x = resynthesis_.row(window_.place_of(node_of(a)));
        const uint64_t *y = resynthesis_.row(window_.place_of(node_of(b)));
        uint64_t flip_x = -static_cast<uint64_t>(a & 1), flip_y = -static_cast<uint64_t>(b & 1);
        for (size_t w = 0; w < resynthesis_.words(); w++) row[w] = (x[w] ^ flip_x) & (y[w] ^ flip_y);
    }

    // ---- observability ----

    // fanouts_ = ANDs above the root in topological order whose other fan-ins the window has, or has now as new leaves;
    // empty when the root can be seen at once.
    void find_fanouts(Node root) {
        fanouts_.clear();
        above_.clear(graph_.num_nodes());
        inner_.clear(graph_.num_nodes());
        if (options_.levels == 0) return;
        std::vector<Node> front{root}, next;
        for (int level = 0; level < options_.levels && !front.empty(); level++) {
            next.clear();
            for (Node node : front) {
                if (!follow(root, node, next)) continue;
                inner_.add(node);
            }
            front = next;
        }
        if (!inner_.has(root)) fanouts_.clear();
        std::sort(fanouts_.begin(), fanouts_.end(), [&](Node a, Node b) {
            return window_.ranks()[a] != window_.ranks()[b] ? window_.ranks()[a] < window_.ranks()[b] : a < b;
        });
    }
    // Adds all fan-outs of a node, or says that one cannot be.
    bool follow(Node root, Node node, std::vector<Node> &next) {
        if (graph_.drives_a_root(node) || graph_.references(node) > kFanouts) return false;
        users_.clear();
        graph_.for_each_fanout(node, [&](Node user) { users_.push_back(user); });
        if (fanouts_.size() + users_.size() > kFanoutNodes) return false;
        for (Node user : users_) above_.add(user);  // so that they may use each other
        size_t first = next.size();
        for (Node user : users_) {
            if (std::find(fanouts_.begin(), fanouts_.end(), user) != fanouts_.end()) continue;
            for (Lit fanin : {graph_.fanin0(user), graph_.fanin1(user)})
                if (node_of(fanin) != root && !above_.has(node_of(fanin)) && !bring(root, node_of(fanin))) {
                    for (Node other : users_)
                        if (std::find(fanouts_.begin(), fanouts_.end(), other) == fanouts_.end()) above_.remove(other);
                    next.resize(first);
                    return false;
                }
            next.push_back(user);
        }
        fanouts_.insert(fanouts_.end(), next.begin() + static_cast<std::ptrdiff_t>(first), next.end());
        return true;
    }
    // Brings a node that does not depend on the root into the window, over one new leaf.
    bool bring(Node root, Node node) {
        chain_.clear();
        while (!window_.has(node) && graph_.is_and(node) && chain_.size() < kChain) {
            Node a = node_of(graph_.fanin0(node)), b = node_of(graph_.fanin1(node));
            if (node == root || above_.has(node)) return false;
            if (!window_.has(a) && !window_.has(b)) break;
            chain_.push_back(node);
            node = window_.has(a) ? b : a;
        }
        if (!window_.has(node)) {
            if (window_.num_variables() == window_.cut_size() + kExtraLeaves ||
                window_.ranks().may_depend(node, root, kDependVisits)) return false;
            window_.join_leaf(node);
        }
        for (size_t i = chain_.size(); i-- > 0;) window_.join(chain_[i]);
        return true;
    }

    // Leaves in on-set and off-set only what some end of the window sees.
    void find_care(Node root) {
        partial_ = false;
        if (fanouts_.empty()) return;
        size_t words = resynthesis_.words();
        uint64_t *on = resynthesis_.on(), *off = resynthesis_.off();
        above_rows_.assign(2 * (fanouts_.size() + 1) * words, 0);  // with the root as it is, and complemented
        for (size_t w = 0; w < words; w++) {
            above_rows_[w] = on[w];
            above_rows_[words + w] = off[w];
        }
        care_.assign(words, 0);
        while (place_above_.size() < graph_.num_nodes()) place_above_.push(0);
        place_above_[root] = 0;
        for (size_t i = 0; i < fanouts_.size(); i++) place_above_[fanouts_[i]] = static_cast<uint32_t>(i + 1);
        for (size_t i = 0; i < fanouts_.size(); i++) {
            Lit a = graph_.fanin0(fanouts_[i]), b = graph_.fanin1(fanouts_[i]);
            uint64_t *row = above_rows_.data() + 2 * (i + 1) * words;
            for (size_t side : {0, 1}) {
                const uint64_t *x = row_above(root, node_of(a), side), *y = row_above(root, node_of(b), side);
                uint64_t flip_x = -static_cast<uint64_t>(a & 1), flip_y = -static_cast<uint64_t>(b & 1);
                for (size_t w = 0; w < words; w++) row[side * words + w] = (x[w] ^ flip_x) & (y[w] ^ flip_y);
            }
            if (inner_.has(fanouts_[i])) continue;
            for (size_t w = 0; w < words; w++) care_[w] |= row[w] ^ row[words + w];
        }
        resynthesis_.work += 4 * fanouts_.size() * words;
        for (size_t w = 0; w < words; w++) {
            partial_ |= care_[w] != ~uint64_t{0};
            on[w] &= care_[w];
            off[w] &= care_[w];
        }
    }
    const uint64_t *row_above(Node root, Node node, size_t side) {
        if (node == root || above_.has(node)) return above_rows_.data() + (2 * place_above_[node] + side) * resynthesis_.words();
        return resynthesis_.row(window_.place_of(node));
    }

    void taint(Node root) {
        if (!partial_) return;
        graph_.taint(root);
        for (Node node : fanouts_)
            if (inner_.has(node)) graph_.taint(node);
    }

    netc_context *context_;
    Options options_;
    Window window_;
    Graph &graph_;
    Resynthesis resynthesis_;
    std::optional<Deadlines> deadlines_;
    std::vector<uint32_t> levels_;  // of an expression's gates
    bool partial_ = false;  // some patterns are don't-cares
    Marks above_, inner_;
    Array<uint32_t> place_above_;  // by node above the root: its row
    std::vector<Node> fanouts_, users_, chain_;
    std::vector<uint64_t> above_rows_, care_;
};

}  // namespace

extern "C" int64_t netc_pass_resub(const netc_aig *graph, netc_context *context, int64_t leaves, int64_t gates,
                                   int64_t divisors, int64_t levels, int64_t zero_gain, int64_t keep_depth,
                                   netc_step *step) {
    return guard([&]() -> int64_t {
        Options options{static_cast<size_t>(leaves), static_cast<size_t>(divisors), static_cast<int>(gates),
                        static_cast<int>(levels), zero_gain != 0, keep_depth != 0};
        Resubstitution(AigView(*graph), context, options).run(step);
        return 0;
    });
}
