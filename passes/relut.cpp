// Restructuring through LUTs. The graph is covered with LUTs, each LUT's function is made of ANDs anew, and what comes out
// is hashed: other cuts, other structures, other sharing than before. Rounds after the first cover the graph and the
// last round's result at once: sweeping proves which nodes of the two are equal, and a node may then be covered in either
// structure (choices). A LUT costs what ANDs its function takes, in some rounds one, and covers are varied at random.
// Rows of a LUT that no pattern of the inputs reaches are don't-cares.
// After Chatterjee, Mishchenko, Brayton, Wang, Kam: Reducing structural bias in technology mapping, ICCAD 2005.
#include <algorithm>
#include <memory>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "netc/core/abi.hpp"
#include "netc/core/diagram.hpp"
#include "netc/core/exchange.hpp"
#include "netc/core/four.hpp"
#include "netc/core/lut_maker.hpp"
#include "netc/core/mapper.hpp"
#include "netc/core/simulate.hpp"
#include "netc/core/sweep.hpp"
#include "netc/core/synthesis.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "passes/relut.h"
}

using namespace netc;

namespace {

constexpr size_t kWords = 16;        // of random patterns that show which rows of a LUT are reached
constexpr size_t kMoreWords = 16;    // beside those, of patterns that SAT has found, and some near them
constexpr int64_t kAskWork = 200;    // a node in a round that may go into asking which rows are reached
constexpr size_t kLargestCone = 24;  // nodes of a LUT's old structure that are looked at
constexpr size_t kMostCost = 200;
constexpr int kMapWork = 8;          // units of work a node in one round of covering

struct Options {
    int k;
    int64_t rounds;
    bool choices, dont_cares, diagrams;
    int64_t conflicts;
    uint64_t grow, seed;
};

// A hashed graph without dead nodes, and what each node of a builder became in it.
Part without_dead(const Builder &made, const std::vector<Lit> &roots, std::vector<Lit> &place) {
    place.assign(made.num_nodes(), kNone);
    for (Lit root : roots) place[node_of(root)] = kTrue;  // any mark
    for (Node node = made.num_nodes(); node-- > made.first_and();)
        if (place[node] != kNone)
            for (Lit fanin : {made.fanin0(node), made.fanin1(node)}) place[node_of(fanin)] = kTrue;
    Part part{made.leaves(), {}, {}};
    for (Node node = 0; node < made.num_nodes(); node++) {
        if (node < made.first_and()) {
            place[node] = make_lit(node);
        } else if (place[node] != kNone) {
            part.ands.push_back(mapped(place.data(), made.fanin0(node)));
            part.ands.push_back(mapped(place.data(), made.fanin1(node)));
            place[node] = make_lit(part.leaves + part.num_ands());
        }
    }
    for (Lit root : roots) part.roots.push_back(mapped(place.data(), root));
    return part;
}

class Relut {
public:
    Relut(const AigView &aig, netc_context *context, const Options &options)
        : aig_(aig), context_(context), options_(options), random_{options.seed} {
        Builder made(aig.leaves, aig.num_ands);
        Array<uint32_t> image = new_image(aig);
        for (Node node = aig.first_and(); node < aig.num_nodes(); node++)
            image[node] = made.and_(mapped(image.data(), aig.fanin0(node)), mapped(image.data(), aig.fanin1(node)));
        Array<Lit> roots = mapped_roots(aig, image.data());
        std::vector<Lit> place;
        best_ = without_dead(made, {roots.begin(), roots.end()}, place);
        image_.assign(image.begin(), image.end());
        follow(image_, place);
        context_->work += aig.num_nodes();
    }

    void run(netc_step *step) {
        uint32_t most = best_.num_ands() + static_cast<uint32_t>(best_.num_ands() * options_.grow / 100);
        Part now = best_, last;
        std::vector<Lit> image = image_;
        for (int64_t i = 0; i < options_.rounds; i++) {
            progress(context_, i, options_.rounds);
            std::vector<Lit> became;
            if (!round(now, last, became)) break;
            follow(image, became);
            last = std::move(now);
            now = std::move(made_);
            bool end = i + 1 == options_.rounds && now.num_ands() <= most;
            if (now.num_ands() <= best_.num_ands() || end) best_ = now, image_ = image;
        }
        finish_step(step);
    }

private:
    static void follow(std::vector<Lit> &image, const std::vector<Lit> &became) {
        for (Lit &lit : image)
            if (lit != kNone) {
                Lit to = became[node_of(lit)];
                lit = to == kNone ? kNone : complement_if(to, is_complemented(lit));
            }
    }

    // The nodes of two graphs merged where they are equal, and the structures that this leaves beside each other.
    struct Merged {
        Part graph;
        Choices choices;
        std::vector<Node> original;  // by node: the sweeper's
    };

    // One graph behind the other, over the same leaves.
    static Part joined(const Part &a, const Part &b) {
        Part both = a;
        auto moved = [&](Lit lit) { return node_of(lit) > b.leaves ? lit + 2 * a.num_ands() : lit; };
        for (Lit lit : b.ands) both.ands.push_back(moved(lit));
        return both;
    }

    // Nodes that only the second graph has, from `second` on, come right after the last of the first that they are made
    // of, so that structures of both are choices for the nodes above. `place`: what became of the sweeper's nodes.
    Merged merged(const Part &both, Node second, const uint32_t *image, const Builder &swept, std::vector<Lit> &place) {
        size_t nodes = swept.num_nodes();
        AigView view = both.view();
        std::vector<Node> key(nodes, kNone), order;
        for (Node node = 0; node < view.num_nodes(); node++) {
            Node own = node_of(image[node]);
            if (key[own] != kNone) continue;
            bool is_new = swept.is_and(own) && node >= second;
            key[own] = is_new ? std::max(key[node_of(swept.fanin0(own))], key[node_of(swept.fanin1(own))]) : own;
            order.push_back(own);
        }
        std::stable_sort(order.begin(), order.end(), [&](Node a, Node b) { return key[a] < key[b]; });
        Merged made{{both.leaves, {}, {}}, {}, {}};
        place.assign(nodes, kNone);
        for (Node own = 0; own <= both.leaves; own++) place[own] = make_lit(own), made.original.push_back(own);
        for (Node own : order) {
            if (!swept.is_and(own)) continue;
            place[own] = make_lit(static_cast<Node>(made.original.size()));
            made.original.push_back(own);
        }
        for (Node own : made.original) {
            if (!swept.is_and(own)) continue;
            made.graph.ands.push_back(mapped(place.data(), swept.fanin0(own)));
            made.graph.ands.push_back(mapped(place.data(), swept.fanin1(own)));
        }
        for (Lit root : both.roots) made.graph.roots.push_back(mapped(place.data(), mapped(image, root)));
        collect_choices(view, image, place, made);
        return made;
    }

    void collect_choices(const AigView &both, const uint32_t *image, const std::vector<Lit> &place, Merged &made) {
        std::vector<std::pair<Node, Choice>> found;
        AigView graph = made.graph.view();
        for (Node node = both.first_and(); node < both.num_nodes(); node++) {
            Lit to = mapped(place.data(), image[node]);
            Lit a = mapped(place.data(), mapped(image, both.fanin0(node)));
            Lit b = mapped(place.data(), mapped(image, both.fanin1(node)));
            if (a < b) std::swap(a, b);
            Node own = node_of(to);
            if (node_of(a) >= own || node_of(b) == 0 || node_of(a) == node_of(b)) continue;
            Lit x = std::max(graph.fanin0(own), graph.fanin1(own)), y = std::min(graph.fanin0(own), graph.fanin1(own));
            if (a == x && b == y) continue;
            found.push_back({own, {a, b, is_complemented(to)}});
        }
        std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        made.choices.first.assign(graph.num_nodes() + 1, 0);
        for (const auto &[own, choice] : found) {
            made.choices.first[own + 1]++;
            made.choices.list.push_back(choice);
        }
        std::partial_sum(made.choices.first.begin(), made.choices.first.end(), made.choices.first.begin());
    }

    // Makes made_ of `now`, with `last` for choices; false where the budget ended first.
    bool round(const Part &now, const Part &last, std::vector<Lit> &became) {
        if (stop(context_, 1)) return false;
        Part both = options_.choices ? joined(now, last) : now;
        Sweeper sweeper(both.view(), {options_.conflicts, options_.seed}, context_);
        sweeper.run();
        if (stop(context_, 1)) return false;
        std::vector<Lit> place;
        Merged graph = merged(both, now.view().num_nodes(), sweeper.image(), sweeper.made(), place);

        int k = 3 + static_cast<int>(random_.next() % static_cast<uint64_t>(options_.k - 2));
        if (options_.diagrams) k = options_.k;
        MapOptions map;
        map.choices = &graph.choices;
        map.seed = random_.next() | 1;
        if (random_.next() % 3 != 0 && !options_.diagrams) map.cost = [&](uint64_t table, int size) { return cost(table, size); };
        int64_t before = synthesis_.work();
        Cover cover = cover_by_luts(graph.graph.view(), context_, k, map);
        context_->work += kMapWork * static_cast<int64_t>(graph.graph.num_ands());
        bool whole = build(graph, cover, sweeper);
        context_->work += (synthesis_.work() - before) / 64;
        if (!whole || stop(context_, 1)) return false;

        std::vector<Lit> roots, compacted;
        for (Lit root : graph.graph.roots) roots.push_back(mapped(built_.data(), root));
        made_ = without_dead(*builder_, roots, compacted);
        became.assign(now.view().num_nodes(), kNone);
        for (Node node = 0; node < became.size(); node++) {
            Lit lit = mapped(place.data(), sweeper.image()[node]);
            if (built_[node_of(lit)] != kNone) became[node] = mapped(built_.data(), lit);
        }
        follow(became, compacted);
        return true;
    }

    uint8_t cost(uint64_t table, int size) {
        if (size <= 4) return static_cast<uint8_t>(FourInput::instance().cost(static_cast<uint16_t>(table)));
        auto found = costs_.find(table);
        if (found != costs_.end()) return found->second;
        uint8_t cost = static_cast<uint8_t>(std::min(synthesis_.circuit(of_word(table, size)).num_gates(), kMostCost));
        costs_.emplace(table, cost);
        return cost;
    }

    static Table of_word(uint64_t word, int size) {
        Table table(size);
        table[0] = word;
        return table;
    }

    // Makes built_[node] for every node of the cover; false where the budget ended.
    bool build(const Merged &graph, const Cover &cover, Sweeper &sweeper) {
        AigView view = graph.graph.view();
        if (options_.dont_cares) {
            values_.resize(kWords * view.num_nodes());
            more_.resize(kMoreWords * view.num_nodes());
            more_words_ = 0;
            asks_until_ = context_->work + kAskWork * view.num_ands;
            Random random{options_.seed};
            for (size_t i = 0; i < kWords * view.leaves; i++) values_[kWords + i] = random.next();
            simulate(view, values_.data(), kWords);
            context_->work += static_cast<int64_t>(kWords * view.num_nodes() / 8);
        }
        builder_ = std::make_unique<Builder>(view.leaves, view.num_ands);
        built_.assign(view.num_nodes(), kNone);
        for (Node node = 0; node <= view.leaves; node++) built_[node] = make_lit(node);
        uses_.assign(view.num_nodes(), 0);
        for (const Cover::Lut &lut : cover.luts)
            for (uint32_t i = 0; i < lut.size; i++) uses_[lut.leaves[i]]++;
        for (const Cover::Lut &lut : cover.luts) {
            if (stop(context_, 1)) return false;
            uint64_t upper = lut.table, lower = lut.table;
            if (options_.dont_cares && lut.size > 1) {
                uint64_t care = reached(graph, lut, sweeper);
                lower &= care;
                upper |= ~care;
            }
            built_[lut.node] = make(view, lut, lower, upper);
        }
        return true;
    }

    // The rows of a LUT that some pattern reaches, or that are not known to be reached by none; repeated to fill the word.
    uint64_t reached(const Merged &graph, const Cover::Lut &lut, Sweeper &sweeper) {
        uint64_t rows = 0;
        auto seen = [&](uint32_t row, auto word) {
            uint64_t all = ~uint64_t{0};
            for (int i = 0; i < lut.size; i++) all &= word(lut.leaves[i]) ^ (row >> i & 1 ? 0 : ~uint64_t{0});
            return all != 0;
        };
        for (uint32_t row = 0; row < 1u << lut.size; row++) {
            bool met = false, unreached = false;
            for (size_t w = 0; w < kWords && !met; w++) met = seen(row, [&](Node node) { return values_[kWords * node + w]; });
            size_t more = std::min(more_words_, kMoreWords), nodes = graph.original.size();
            for (size_t w = 0; w < more && !met; w++) met = seen(row, [&](Node node) { return more_[nodes * w + node]; });
            if (!met && context_->stopped_at < 0 && context_->work < asks_until_) {
                Lit all = kTrue;
                for (int i = 0; i < lut.size; i++)
                    all = sweeper.made().and_(all, make_lit(graph.original[lut.leaves[i]], !(row >> i & 1)));
                Verdict verdict = sweeper.prove(all, kFalse, options_.conflicts);
                if (verdict == Verdict::different) learn(graph.graph.view(), sweeper.counterexample());
                unreached = verdict == Verdict::equal;
            }
            rows |= uint64_t{!unreached} << row;
        }
        return replicate(rows, lut.size);
    }

    // Simulates a pattern, and 63 that differ from it in one leaf of sixteen: rows of other LUTs are reached as well.
    void learn(const AigView &view, const uint8_t *pattern) {
        uint64_t *values = &more_[view.num_nodes() * (more_words_++ % kMoreWords)];
        for (Node leaf = 1; leaf <= view.leaves; leaf++) {
            uint64_t flips = random_.sparse() & ~uint64_t{1};
            values[leaf] = -static_cast<uint64_t>(pattern[leaf - 1]) ^ flips;
        }
        simulate(view, values, 1);
        context_->work += 1 + view.num_nodes() / 64;
    }

    Lit make(const AigView &view, const Cover::Lut &lut, uint64_t lower, uint64_t upper) {
        Lit leaves[6] = {};
        for (int i = 0; i < lut.size; i++) leaves[i] = built_[lut.leaves[i]];
        if (options_.diagrams) return decided(lut).build(leaves, *builder_);
        return maker_.make(*builder_, leaves, lut.size, lower, upper, [&](auto &&offer) { offer_old(view, lut, offer); });
    }

    // Decisions, first by the inputs that most LUTs read: LUTs of common selectors then share multiplexers.
    Circuit decided(const Cover::Lut &lut) const {
        std::vector<int> order(lut.size);
        std::iota(order.begin(), order.end(), 0);
        auto uses = [&](int i) { return uses_[lut.leaves[i]]; };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return uses(a) < uses(b); });
        Table table(static_cast<int>(lut.size));  // its variable i is the LUT's order[i]
        for (size_t row = 0; row < size_t{1} << lut.size; row++) {
            size_t of_lut = 0;
            for (size_t i = 0; i < lut.size; i++) of_lut |= (row >> i & 1) << order[i];
            if (lut.table >> of_lut & 1) table.set(row);
        }
        std::vector<Lit> variables;
        for (int i : order) variables.push_back(make_lit(static_cast<Node>(1 + i)));
        Builder builder(lut.size);
        Lit root = build_diagram(builder, {Table::of(table.data(), table.num_vars())}, variables.data())[0];
        return Circuit::of(builder, root);
    }

    // The structure that the graph has between the node and the leaves, where there is one.
    template <class Offer>
    void offer_old(const AigView &view, const Cover::Lut &lut, Offer &&offer) {
        Builder builder(lut.size);
        std::unordered_map<Node, Lit> local{{0, kFalse}};
        for (uint32_t i = 0; i < lut.size; i++) local[lut.leaves[i]] = make_lit(1 + i);
        std::vector<Node> stack{lut.node};
        while (!stack.empty()) {
            Node node = stack.back();
            if (!view.is_and(node) || local.size() > kLargestCone) return;
            Lit fanins[2] = {view.fanin0(node), view.fanin1(node)};
            size_t before = stack.size();
            for (Lit &fanin : fanins) {
                auto known = local.find(node_of(fanin));
                if (known == local.end()) stack.push_back(node_of(fanin));
                else fanin = complement_if(known->second, is_complemented(fanin));
            }
            if (stack.size() > before) continue;
            stack.pop_back();
            local[node] = builder.and_(fanins[0], fanins[1]);
        }
        offer(Circuit::of(builder, local[lut.node]));
    }

    void finish_step(netc_step *step) {
        Array<Lit> ands, roots;
        for (size_t i = 0; i < best_.ands.size(); i += 2) {
            ands.push(std::max(best_.ands[i], best_.ands[i + 1]));
            ands.push(std::min(best_.ands[i], best_.ands[i + 1]));
        }
        for (Lit root : best_.roots) roots.push(root);
        Array<uint32_t> image(image_.size());
        std::copy(image_.begin(), image_.end(), image.begin());
        finish(step, std::move(ands), std::move(roots), std::move(image));
    }

    AigView aig_;
    netc_context *context_;
    Options options_;
    Random random_;
    Part best_, made_;
    std::vector<Lit> image_;  // by node of the given graph: its literal in best_
    Synthesis synthesis_;
    LutMaker maker_{synthesis_, random_};
    std::unordered_map<uint64_t, uint8_t> costs_;  // of functions of five and six variables
    Array<uint64_t> values_;  // [nodes][kWords]
    Array<uint64_t> more_;    // [kMoreWords][nodes]
    size_t more_words_ = 0;
    int64_t asks_until_ = 0;  // this much work, in a round
    std::vector<uint32_t> uses_;  // by node: the LUTs that read it
    std::unique_ptr<Builder> builder_;
    std::vector<Lit> built_;
};

}  // namespace

extern "C" int64_t netc_pass_relut(const netc_aig *graph, netc_context *context, int64_t k, int64_t rounds,
                                   int64_t choices, int64_t dontcares, int64_t diagrams, int64_t conflicts,
                                   int64_t grow, int64_t seed, netc_step *step) {
    return guard([&]() -> int64_t {
        Options options{static_cast<int>(k), rounds,    choices != 0, dontcares != 0,
                        diagrams != 0,       conflicts, static_cast<uint64_t>(grow), static_cast<uint64_t>(seed)};
        Relut(AigView(*graph), context, options).run(step);
        return 0;
    });
}
