// Shorter paths by balanced sums of products.
//
// Every node has a few cuts of up to six leaves. A cut's function, or its complement, is a sum of products; its products,
// and then their sum, are built as trees in which the latest operand comes last. A tree over operands that arrive at
// a_1 … a_n is as shallow as ceil(log2(sum 2^a_i)) when the two earliest are always joined first (Kraft's inequality,
// Golumbic 1976), so the level of a cut is known from its leaves' levels without building anything.
//
// The first round takes the cut of lowest level for each node, and so finds how shallow the graph can be; later rounds
// take the cut of least area flow that is early enough. How late each node may be follows from the cover of the round
// before: if all leaves of a cut come later by what the cut has to spare, so does its output.
// After Mishchenko, Brayton, Jang, Kravets: Delay optimization using SOP balancing, ICCAD 2011.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "netc/core/builder.hpp"
#include "netc/core/cuts.hpp"
#include "netc/core/isop.hpp"
#include "netc/core/truth.hpp"

extern "C" {
#include "passes/shorten.h"
}

using namespace netc;

namespace {

constexpr int K = 6;
constexpr int kMaxCuts = 16;
constexpr uint32_t kAnyLevel = 0xFFFFFFFF;

// A level that is the sum of 2^level of what is below it, rounded up to a power: how shallow a tree can be.
class Kraft {
public:
    void add(uint32_t level) {
        if (sum_ == 0) base_ = level;
        if (level > base_) {  // keep the largest term at 2^kTop; what is far below it still counts as something
            uint32_t shift = std::min(level - base_, 63u);
            sum_ = (sum_ >> shift) + ((sum_ & ((uint64_t{1} << shift) - 1)) != 0);
            base_ = level;
        }
        uint32_t down = base_ - level;
        sum_ += down >= kTop ? 1 : uint64_t{1} << (kTop - down);
    }
    uint32_t level() const {
        if (sum_ == 0) return 0;
        int top = 63 - __builtin_clzll(sum_);
        bool exact = (sum_ & (sum_ - 1)) == 0;
        return base_ + static_cast<uint32_t>(top + !exact) - kTop;
    }

private:
    static constexpr uint32_t kTop = 40;
    uint64_t sum_ = 0;
    uint32_t base_ = 0;
};

struct Sums {
    struct Sum {
        std::vector<Cube> cubes;
        uint32_t area = 0;  // ANDs
    } of[2];                // of the function, of its complement
};

struct Cut {
    uint64_t table;
    Node leaves[K];
    uint32_t signature;
    uint32_t level;
    float flow;
    uint8_t size;
    uint8_t complemented;  // which polarity is built
};

class Shortener {
public:
    Shortener(const AigView &aig, netc_context *context, int cuts)
        : aig_(aig), context_(context), max_cuts_(cuts), made_(aig.leaves, aig.num_ands) {
        size_t nodes = aig.num_nodes();
        best_.resize(nodes);
        cuts_.resize(nodes);
        uses_ = Array<uint32_t>::zeros(nodes);
        required_ = Array<uint32_t>::filled(nodes, kAnyLevel);
        fanouts_ = Array<uint32_t>::zeros(nodes);
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) fanouts_[node_of(aig.ands[i])]++;
        estimate_.resize(nodes);
        for (size_t i = 0; i < nodes; i++) estimate_[i] = static_cast<float>(std::max(1u, fanouts_[i]));
        for (Node node = 0; node <= aig.leaves; node++) best_[node] = trivial(node);
    }

    void run(int64_t rounds, netc_step *step) {
        for (int64_t i = 0; i <= rounds && !stopped_; i++) round(i == 0);
        build(step);
    }

private:
    static Cut trivial(Node node) {
        Cut cut{};
        cut.size = node != 0;
        cut.table = node ? kVariable[0] : 0;
        cut.leaves[0] = node;
        cut.signature = node ? leaf_signature(node) : 0;
        return cut;
    }

    const Sums &sums_of(uint64_t table, int size) {
        auto [at, fresh] = sums_.try_emplace(table);
        if (!fresh) return at->second;
        for (int complemented = 0; complemented < 2; complemented++) {
            uint64_t word = complemented ? ~table : table;
            Sums::Sum &sum = at->second.of[complemented];
            Table function = Table::of(&word, size);
            isop(function, function, sum.cubes);
            for (const Cube &cube : sum.cubes) sum.area += static_cast<uint32_t>(std::max(1, cube.num_literals()));
            if (sum.area) sum.area--;
            context_->work += static_cast<int64_t>(sum.cubes.size());
        }
        return at->second;
    }

    static uint32_t level_of(const Sums::Sum &sum, const uint32_t *levels) {
        Kraft all;
        for (const Cube &cube : sum.cubes) {
            Kraft product;
            for (uint32_t care = cube.care; care; care &= care - 1) product.add(levels[__builtin_ctz(care)]);
            all.add(product.level());
        }
        return all.level();
    }

    void measure(Cut &cut) {
        uint32_t levels[K] = {};
        float flow = 0;
        for (int i = 0; i < cut.size; i++) {
            levels[i] = best_[cut.leaves[i]].level;
            flow += best_[cut.leaves[i]].flow;
        }
        const Sums &sums = sums_of(cut.table, cut.size);
        uint32_t positive = level_of(sums.of[0], levels), negative = level_of(sums.of[1], levels);
        bool second = negative != positive ? negative < positive : sums.of[1].area < sums.of[0].area;
        cut.complemented = second;
        cut.level = second ? negative : positive;
        cut.flow = flow + static_cast<float>(sums.of[second].area);
    }

    static bool better(const Cut &a, const Cut &b, bool by_level) {
        if (by_level && a.level != b.level) return a.level < b.level;
        if (a.flow != b.flow) return a.flow < b.flow;
        if (a.level != b.level) return a.level < b.level;
        return a.size < b.size;
    }

    static uint64_t stretched(const Cut &from, const Cut &to) {
        uint8_t position[K] = {};
        leaf_positions(from, to, position);
        return expand(from.table, position, from.size);
    }

    // Drops leaves that the table does not depend on.
    static void shrink(Cut &cut) {
        int kept = 0;
        cut.signature = 0;
        for (int i = 0; i < cut.size; i++) {
            if (!depends_on(cut.table, i)) continue;
            if (kept != i) {
                cut.table = swap_variables(cut.table, kept, i);
                cut.leaves[kept] = cut.leaves[i];
            }
            cut.signature |= leaf_signature(cut.leaves[kept++]);
        }
        cut.size = static_cast<uint8_t>(kept);
    }

    void round(bool by_level) {
        pending_.resize(aig_.num_nodes());
        std::copy(fanouts_.begin(), fanouts_.end(), pending_.begin());
        for (Node node = 0; node <= aig_.leaves; node++) cuts_[node].assign(1, trivial(node));
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if ((node & 1023) == 0) progress(context_, node, aig_.num_nodes());
            stopped_ = stopped_ || stop(context_, 1);
            choose(node, by_level);
        }
        require();
    }

    // For the nodes that a stopped round has not reached, the first one takes the AND itself and others leave the choice
    // of the round before.
    void choose(Node node, bool by_level) {
        if (stopped_ && !by_level) {
            measure(best_[node]);
            best_[node].flow /= estimate_[node];
            return;
        }
        Lit a = aig_.fanin0(node), b = aig_.fanin1(node);
        Cut set[kMaxCuts];
        int count = 0;
        auto insert = [&](const Cut &cut, bool needed) {
            if (cut.level > required_[node] && !needed) return;
            for (int i = 0; i < count; i++)
                if (dominates(set[i], cut) && !better(cut, set[i], by_level)) return;
            int kept = 0;
            for (int i = 0; i < count; i++)
                if (!(dominates(cut, set[i]) && !better(set[i], cut, by_level))) set[kept++] = set[i];
            count = kept;
            int at = count;
            while (at > 0 && better(cut, set[at - 1], by_level)) at--;
            if (at == max_cuts_) return;
            if (count == max_cuts_) count--;
            for (int i = count; i > at; i--) set[i] = set[i - 1];
            set[at] = cut;
            count++;
        };
        if (!by_level) {  // what the round before chose is early enough
            Cut cut = best_[node];
            measure(cut);
            insert(cut, true);
        }
        const std::vector<Cut> &left = cuts_[node_of(a)], &right = cuts_[node_of(b)];
        for (const Cut &x : left)
            for (const Cut &y : right) {
                if (stopped_ && (&x != &left.back() || &y != &right.back())) continue;
                Cut cut{};
                if (!merge_leaves<K>(x, y, cut)) continue;
                uint64_t tx = stretched(x, cut), ty = stretched(y, cut);
                cut.table = (is_complemented(a) ? ~tx : tx) & (is_complemented(b) ? ~ty : ty);
                shrink(cut);
                measure(cut);
                insert(cut, false);
            }
        context_->work += static_cast<int64_t>(left.size() * right.size());
        best_[node] = set[0];
        best_[node].flow /= estimate_[node];
        used(node_of(a));
        used(node_of(b));
        if (!pending_[node]) return;
        std::vector<Cut> &cuts = cuts_[node];
        cuts.assign(set, set + count);
        if (!(count == 1 && set[0].size <= 1)) cuts.push_back(trivial(node));
    }
    void used(Node node) {
        if (--pending_[node] == 0) std::vector<Cut>().swap(cuts_[node]);
    }

    // Uses in the cover, and the level that each node of it may have.
    void require() {
        std::fill(uses_.begin(), uses_.end(), 0);
        std::fill(required_.begin(), required_.end(), kAnyLevel);
        uint32_t depth = 0;
        for (size_t i = 0; i < aig_.num_roots; i++) depth = std::max(depth, best_[node_of(aig_.roots[i])].level);
        for (size_t i = 0; i < aig_.num_roots; i++) {
            uses_[node_of(aig_.roots[i])]++;
            required_[node_of(aig_.roots[i])] = depth;
        }
        for (Node node = aig_.num_nodes(); node-- > aig_.first_and();) {
            if (!uses_[node]) continue;
            const Cut &cut = best_[node];
            uint32_t spare = required_[node] - cut.level;
            for (int i = 0; i < cut.size; i++) {
                Node leaf = cut.leaves[i];
                uses_[leaf]++;
                required_[leaf] = std::min(required_[leaf], best_[leaf].level + spare);
            }
        }
        for (Node node = 0; node < aig_.num_nodes(); node++)
            estimate_[node] = std::max(1.0f, (estimate_[node] + 2 * static_cast<float>(uses_[node])) / 3);
    }

    // ---- the result ----

    uint32_t level(Lit lit) const { return levels_[node_of(lit)]; }

    Lit combine(Lit a, Lit b) {
        Lit lit = made_.and_(a, b);
        if (node_of(lit) == levels_.size()) levels_.push(1 + std::max(level(a), level(b)));
        return lit;
    }

    // The AND of the operands: of the earliest two again and again, where one that exists already is preferred.
    Lit tree(std::vector<Lit> &operands) {
        auto later = [&](Lit a, Lit b) { return level(a) != level(b) ? level(a) > level(b) : a > b; };
        std::sort(operands.begin(), operands.end(), later);
        operands.erase(std::unique(operands.begin(), operands.end()), operands.end());
        if (operands.empty()) return kTrue;
        while (operands.size() > 1) {
            Lit first = operands.back();
            operands.pop_back();
            size_t partner = operands.size() - 1;
            for (size_t i = partner + 1; i-- > 0 && level(operands[i]) == level(operands[partner]);)
                if (made_.find(first, operands[i]) != kNone) {
                    partner = i;
                    break;
                }
            Lit lit = combine(first, operands[partner]);
            operands.erase(operands.begin() + static_cast<ptrdiff_t>(partner));
            auto at = std::lower_bound(operands.begin(), operands.end(), lit, later);
            if (at == operands.end() || *at != lit) operands.insert(at, lit);
        }
        return operands[0];
    }

    Lit sum(const Cut &cut, const uint32_t *image) {
        const Sums::Sum &sum = sums_of(cut.table, cut.size).of[cut.complemented];
        std::vector<Lit> terms, product;
        for (const Cube &cube : sum.cubes) {
            product.clear();
            for (int i = 0; i < cut.size; i++)
                if (cube.care >> i & 1) product.push_back(complement_if(image[cut.leaves[i]], !(cube.value >> i & 1)));
            terms.push_back(complement(tree(product)));
        }
        return complement_if(complement(tree(terms)), cut.complemented);
    }

    void build(netc_step *step) {
        Array<uint32_t> image = new_image(aig_);
        levels_ = Array<uint32_t>::zeros(aig_.leaves + 1);
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++)
            if (uses_[node]) image[node] = sum(best_[node], image.data());
        Array<Lit> roots = mapped_roots(aig_, image.data());
        finish(step, std::move(made_.ands()), std::move(roots), std::move(image));
    }

    AigView aig_;
    netc_context *context_;
    int max_cuts_;
    bool stopped_ = false;
    Builder made_;
    std::vector<Cut> best_;               // by node: the cut that it is built from
    std::vector<std::vector<Cut>> cuts_;  // by node, until its last fan-out has been visited
    Array<uint32_t> uses_, required_, fanouts_, pending_;
    Array<float> estimate_;   // expected uses, what area flow divides by
    Array<uint32_t> levels_;  // by new node
    std::unordered_map<uint64_t, Sums> sums_;
};

}  // namespace

extern "C" int64_t netc_pass_shorten(const netc_aig *graph, netc_context *context, int64_t cuts, int64_t rounds,
                                     netc_step *step) {
    return guard([&]() -> int64_t {
        Shortener(AigView(*graph), context, static_cast<int>(cuts)).run(rounds, step);
        return 0;
    });
}
