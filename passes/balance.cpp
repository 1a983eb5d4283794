// Balancing: each tree of ANDs without complements or shared inner nodes is one wide AND; its operands are paired again,
// the two of lowest level first, so that the result is as shallow as this associativity allows (Huffman's argument).
// Among operands of the level of the second-lowest, one that already has an AND with the lowest is preferred.
#include <algorithm>
#include <vector>

#include "netc/core/builder.hpp"

extern "C" {
#include "passes/balance.h"
}

using namespace netc;

namespace {

class Balancer {
public:
    Balancer(const AigView &aig, netc_context *context) : aig_(aig), context_(context), made_(aig.leaves, aig.num_ands) {
        uses_ = Array<uint32_t>::zeros(aig.num_nodes());
        for (size_t i = 0; i < 2 * static_cast<size_t>(aig.num_ands); i++) {
            Lit lit = aig.ands[i];
            uses_[node_of(lit)] += 1 + kComplemented * is_complemented(lit);
        }
        for (size_t i = 0; i < aig.num_roots; i++) uses_[node_of(aig.roots[i])] += kComplemented;
        levels_.resize(aig.leaves + 1);
        std::fill(levels_.begin(), levels_.end(), 0);
    }

    void run(netc_step *step) {
        Array<uint32_t> image = new_image(aig_);
        bool stopped = false;
        for (Node node = aig_.first_and(); node < aig_.num_nodes(); node++) {
            if ((node & 4095) == 0) progress(context_, node, aig_.num_nodes());
            if (inner(node) && !stopped) continue;  // built as part of its only fan-out
            stopped = stopped || stop(context_, 1);
            operands_.clear();
            collect(node, image.data());
            image[node] = build();
        }
        Array<Lit> roots = mapped_roots(aig_, image.data());
        finish(step, std::move(made_.ands()), std::move(roots), std::move(image));
    }

private:
    static constexpr uint32_t kComplemented = 1u << 16;  // any use that ends a tree; counts stay below 2^16 where it matters

    bool inner(Node node) const { return aig_.is_and(node) && uses_[node] == 1; }

    // The operands of the wide AND at this node. Inner nodes that an earlier stop left built are operands themselves.
    void collect(Node top, const uint32_t *image) {
        stack_.assign(1, top);
        while (!stack_.empty()) {
            Node node = stack_.back();
            stack_.pop_back();
            for (Lit lit : {aig_.fanin0(node), aig_.fanin1(node)}) {
                if (!is_complemented(lit) && inner(node_of(lit)) && image[node_of(lit)] == kNone)
                    stack_.push_back(node_of(lit));
                else operands_.push_back(mapped(image, lit));
            }
        }
    }

    uint32_t level(Lit lit) const { return levels_[node_of(lit)]; }

    Lit combine(Lit a, Lit b) {
        Lit lit = made_.and_(a, b);
        if (node_of(lit) == levels_.size()) levels_.push(1 + std::max(level(a), level(b)));
        return lit;
    }

    Lit build() {
        // Highest level first, so that the two lowest are at the end; ties by literal, for one result everywhere.
        std::sort(operands_.begin(), operands_.end(), [&](Lit a, Lit b) {
            return level(a) != level(b) ? level(a) > level(b) : a > b;
        });
        operands_.erase(std::unique(operands_.begin(), operands_.end()), operands_.end());
        while (operands_.size() > 1) {
            size_t last = operands_.size() - 1, partner = last - 1;
            for (size_t i = partner; i + 1 > 0 && level(operands_[i]) == level(operands_[last - 1]) && last - i <= kLookback; i--) {
                if (made_.find(operands_[last], operands_[i]) != kNone) {
                    partner = i;
                    break;
                }
            }
            Lit lit = combine(operands_[last], operands_[partner]);
            operands_.pop_back();
            operands_.erase(operands_.begin() + static_cast<ptrdiff_t>(partner));
            if (lit == kFalse) return kFalse;
            auto at = std::lower_bound(operands_.begin(), operands_.end(), lit, [&](Lit a, Lit b) {
                return level(a) != level(b) ? level(a) > level(b) : a > b;
            });
            if (at == operands_.end() || *at != lit) operands_.insert(at, lit);
        }
        return operands_[0];
    }

    static constexpr size_t kLookback = 32;  // partners tried for a shared AND

    AigView aig_;
    netc_context *context_;
    Builder made_;
    Array<uint32_t> uses_;
    Array<uint32_t> levels_;  // by new node
    std::vector<Lit> operands_;
    std::vector<Node> stack_;
};

}  // namespace

extern "C" int64_t netc_pass_balance(const netc_aig *graph, netc_context *context, netc_step *step) {
    return guard([&]() -> int64_t {
        Balancer(AigView(*graph), context).run(step);
        return 0;
    });
}
