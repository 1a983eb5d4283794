// Outputs of few inputs, derived anew. Roots are grouped while their supports together stay small; the truth tables of a
// group's roots are computed from its cone, several circuits are made of the tables and improved for a while by the
// Walker, and the smallest is put in where it has fewer ANDs than would go with the old one.
#include <algorithm>
#include <numeric>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/arithmetic.hpp"
#include "netc/core/counting.hpp"
#include "netc/core/diagram.hpp"
#include "netc/core/exchange.hpp"
#include "netc/core/walker.hpp"
#include "netc/core/weighing.hpp"

extern "C" {
#include "passes/collapse.h"
}

using namespace netc;

namespace {

constexpr uint64_t kRoundings = 4;        // of weights
constexpr int kSifts = 4;                 // rounds of sifting
constexpr size_t kMostWords = 1u << 24;   // of the truth tables of a cone; a larger one is left alone
constexpr uint32_t kWorthWalking = 3;     // candidates that start with more than this many times the least are dropped
constexpr uint32_t kFreeWalk = 3000;      // ANDs above which a candidate is not walked
constexpr int64_t kWorkUnit = 64;         // words looked at for one unit of work

struct Options {
    size_t support;
    int64_t orders, rounds;
    uint64_t seed;
};

class Collapser {
public:
    Collapser(const AigView &aig, netc_context *context, const Options &options)
        : graph_(aig, context), context_(context), options_(options) {}

    void run(netc_step *step) {
        find_groups();
        for (size_t i = 0; i < groups_.size(); i++) {
            progress(context_, static_cast<int64_t>(i), static_cast<int64_t>(groups_.size()));
            if (stop(context_, 1)) break;
            // An exchange may have merged an output of another group into something else.
            std::vector<Node> &outputs = groups_[i].outputs;
            outputs.erase(std::remove_if(outputs.begin(), outputs.end(),
                                         [&](Node node) { return !graph_.is_alive(node) || !graph_.drives_a_root(node); }),
                          outputs.end());
            if (!outputs.empty()) improve(groups_[i]);
        }
        graph_.finish(step);
    }

private:
    struct Group {
        std::vector<Node> leaves, outputs;
    };

    // The leaves that each node depends on, as long as they are few.
    void find_groups() {
        std::vector<std::vector<Node>> supports(graph_.num_nodes());
        std::vector<uint8_t> wide(graph_.num_nodes());
        for (Node leaf = 1; leaf <= graph_.leaves(); leaf++) supports[leaf] = {leaf};
        std::vector<Node> both;
        std::vector<Node> drivers;
        for (Node node : graph_.order()) {
            Node a = node_of(graph_.fanin0(node)), b = node_of(graph_.fanin1(node));
            both.clear();
            std::set_union(supports[a].begin(), supports[a].end(), supports[b].begin(), supports[b].end(),
                           std::back_inserter(both));
            wide[node] = wide[a] || wide[b] || both.size() > options_.support;
            if (!wide[node]) supports[node] = both;
            if (!wide[node] && graph_.drives_a_root(node)) drivers.push_back(node);
        }
        context_->work += graph_.num_ands();
        // The widest first; each joins the group that its support overlaps most.
        std::stable_sort(drivers.begin(), drivers.end(),
                         [&](Node a, Node b) { return supports[a].size() > supports[b].size(); });
        for (Node driver : drivers) {
            size_t best = SIZE_MAX, most = 0;
            for (size_t g = 0; g < groups_.size(); g++) {
                both.clear();
                const std::vector<Node> &leaves = groups_[g].leaves;
                std::set_union(leaves.begin(), leaves.end(), supports[driver].begin(), supports[driver].end(),
                               std::back_inserter(both));
                size_t shared = leaves.size() + supports[driver].size() - both.size();
                if (both.size() <= options_.support && shared > most) most = shared, best = g;
            }
            context_->work += static_cast<int64_t>(groups_.size() / 8);
            if (best == SIZE_MAX) {
                groups_.push_back({supports[driver], {driver}});
                continue;
            }
            both.clear();
            std::set_union(groups_[best].leaves.begin(), groups_[best].leaves.end(), supports[driver].begin(),
                           supports[driver].end(), std::back_inserter(both));
            groups_[best].leaves = both;
            groups_[best].outputs.push_back(driver);
        }
    }

    // The group's cone as a graph of its own, fan-ins first.
    Part cone_of(const Group &group) {
        std::vector<Lit> local(graph_.num_nodes(), kNone);
        Part part{static_cast<uint32_t>(group.leaves.size()), {}, {}};
        local[0] = kFalse;
        for (size_t i = 0; i < group.leaves.size(); i++) local[group.leaves[i]] = make_lit(static_cast<Node>(1 + i));
        std::vector<Node> stack;
        cone_.clear();
        for (Node output : group.outputs) {
            stack.push_back(output);
            while (!stack.empty()) {
                Node node = stack.back();
                if (local[node] != kNone) {
                    stack.pop_back();
                    continue;
                }
                if (!graph_.is_and(node)) return {};  // an exchange has brought in a leaf of another group
                Lit a = graph_.fanin0(node), b = graph_.fanin1(node);
                if (local[node_of(a)] == kNone) stack.push_back(node_of(a));
                if (local[node_of(b)] == kNone) stack.push_back(node_of(b));
                if (stack.back() != node) continue;
                stack.pop_back();
                a = mapped(local.data(), a);
                b = mapped(local.data(), b);
                local[node] = make_lit(1 + part.leaves + part.num_ands());
                cone_.push_back(node);
                part.ands.push_back(std::max(a, b));
                part.ands.push_back(std::min(a, b));
            }
            part.roots.push_back(local[output]);
        }
        return part;
    }

    // ANDs that go when nothing reads the outputs of the group: those of the cone that only such ANDs read.
    uint32_t freed(const Group &group) {
        std::vector<Node> ordered = cone_;  // fan-ins first
        Marks gone;
        gone.clear(graph_.num_nodes());
        for (Node output : group.outputs) gone.add(output);
        uint32_t count = 0;
        for (size_t i = ordered.size(); i-- > 0;) {
            Node node = ordered[i];
            bool goes = gone.has(node);
            if (!goes && !graph_.drives_a_root(node)) {
                goes = true;
                graph_.for_each_fanout(node, [&](Node user) { goes &= gone.has(user); });
            }
            if (goes) gone.add(node);
            count += goes;
        }
        return count;
    }

    static std::vector<Table> tables_of(const Part &part) {
        int n = static_cast<int>(part.leaves);
        std::vector<Table> values{Table(n)};
        for (int v = 0; v < n; v++) values.push_back(Table::variable(v, n));
        auto of = [&](Lit lit) { return is_complemented(lit) ? ~values[node_of(lit)] : values[node_of(lit)]; };
        for (size_t i = 0; i < part.ands.size(); i += 2) values.push_back(of(part.ands[i]) & of(part.ands[i + 1]));
        std::vector<Table> functions;
        for (Lit root : part.roots) functions.push_back(of(root));
        return functions;
    }

    // The group as it was goes first, so that ties leave it as it is.
    std::vector<Part> candidates(const Part &cone, const std::vector<Table> &functions) {
        std::vector<Part> parts{cone};
        int n = static_cast<int>(cone.leaves);
        std::vector<Lit> inputs;
        for (int v = 0; v < n; v++) inputs.push_back(make_lit(static_cast<Node>(1 + v)));
        auto add = [&](Builder &builder, std::vector<Lit> roots) {
            Part part{cone.leaves, {builder.ands().begin(), builder.ands().end()}, std::move(roots)};
            parts.push_back(std::move(part));
        };
        {
            Builder builder(cone.leaves);
            Synthesis synthesis(Effort::thorough);
            std::vector<Lit> roots;
            for (const Table &function : functions) {
                Circuit whole = synthesis.circuit(function);
                Builder counting(cone.leaves);
                Lit counted = build_by_counting(counting, function, inputs.data(), synthesis);
                if (counted != kNone) {
                    Circuit other = Circuit::of(counting, counted);
                    if (other.num_gates() < whole.num_gates()) whole = std::move(other);
                }
                roots.push_back(whole.build(inputs.data(), builder));
            }
            context_->work += synthesis.work() / kWorkUnit;
            add(builder, std::move(roots));
        }
        {
            Builder builder(cone.leaves);
            int64_t work = 0;
            std::vector<Lit> roots = arithmetic_.build(builder, functions, inputs.data(), work);
            context_->work += work / kWorkUnit;
            if (!roots.empty()) {
                add(builder, std::move(roots));
                parts.back() = Walker(parts.back().view(), context_, options_.seed).part();  // without digits that nothing reads
            }
        }
        for (uint64_t rounding = 0; rounding < kRoundings; rounding++) {
            Builder builder(cone.leaves);
            Synthesis synthesis;
            int64_t work = 0;
            uint64_t seed = kRoundings * options_.seed + rounding;
            std::vector<Lit> roots = build_by_weighing(builder, functions, inputs.data(), synthesis, seed, work);
            context_->work += work / kWorkUnit;
            if (roots.empty()) break;
            add(builder, std::move(roots));
        }
        Random random{options_.seed};
        for (int64_t order = 0; order < options_.orders && !stop(context_, 1); order++) {
            std::vector<Table> permuted = functions;
            std::vector<int> variables(static_cast<size_t>(n));
            std::iota(variables.begin(), variables.end(), 0);
            auto exchange = [&](int a, int b) {
                for (Table &function : permuted) function.swap(a, b);
                std::swap(variables[static_cast<size_t>(a)], variables[static_cast<size_t>(b)]);
            };
            if (order == 1)
                for (int v = 0; v < n / 2; v++) exchange(v, n - 1 - v);
            if (order > 1)
                for (int v = n - 1; v > 0; v--) exchange(v, static_cast<int>(random.next() % static_cast<uint64_t>(v + 1)));
            int64_t work = 0;
            sift(permuted, variables, kSifts, work);
            context_->work += work / kWorkUnit;
            std::vector<Lit> names;
            for (int v : variables) names.push_back(inputs[static_cast<size_t>(v)]);
            Builder builder(cone.leaves);
            std::vector<Lit> roots = build_diagram(builder, permuted, names.data());
            add(builder, std::move(roots));
        }
        return parts;
    }

    void improve(const Group &group) {
        Part cone = cone_of(group);
        if (cone.roots.size() != group.outputs.size()) return;
        if (cone.num_ands() * table_words(static_cast<int>(cone.leaves)) > kMostWords) return;
        uint32_t before = freed(group);
        std::vector<Part> parts = candidates(cone, tables_of(cone));
        context_->work += static_cast<int64_t>(cone.num_ands() * table_words(static_cast<int>(cone.leaves))) / kWorkUnit;
        uint32_t least = UINT32_MAX;
        for (const Part &part : parts) least = std::min(least, part.num_ands());
        // The smallest first, so that a budget which ends here has seen the best start.
        std::stable_sort(parts.begin(), parts.end(),
                         [](const Part &a, const Part &b) { return a.num_ands() < b.num_ands(); });
        Part chosen;
        uint32_t size = before;
        for (const Part &part : parts) {
            if (part.num_ands() > kWorthWalking * least) continue;
            Walker walker(part.view(), context_, options_.seed);
            if (part.num_ands() <= kFreeWalk) walker.run(options_.rounds, options_.rounds, true);
            if (walker.num_ands() >= size) continue;
            size = walker.num_ands();
            chosen = walker.part();
        }
        if (size < before) exchange(graph_, group.leaves, chosen, group.outputs);
    }

    Graph graph_;
    netc_context *context_;
    Options options_;
    std::vector<Group> groups_;
    std::vector<Node> cone_;
    Arithmetic arithmetic_;
};

}  // namespace

extern "C" int64_t netc_pass_collapse(const netc_aig *graph, netc_context *context, int64_t support, int64_t orders,
                                      int64_t rounds, int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        Options options{static_cast<size_t>(support), orders, rounds, static_cast<uint64_t>(seed)};
        Collapser(AigView(*graph), context, options).run(step);
        return 0;
    });
}
