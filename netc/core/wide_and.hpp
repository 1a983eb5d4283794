// Wide ANDs out of narrow ones: of the operands the two of lowest level are paired first, so that the result is as shallow
// as this associativity allows (Huffman's argument). Among operands of the level of the second-lowest, one that already
// has an AND with the lowest is preferred.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

class WideAnd {
public:
    // Only ANDs that this makes may be added to `made`.
    explicit WideAnd(Builder &made) : made_(made) { levels_ = Array<uint32_t>::zeros(made.leaves() + 1); }

    // The AND of all operands, at least one; they are used up.
    Lit of(std::vector<Lit> &operands) {
        // Highest level first, so that the two lowest are at the end; ties by literal, for one result everywhere.
        std::sort(operands.begin(), operands.end(), [&](Lit a, Lit b) { return deeper(a, b); });
        operands.erase(std::unique(operands.begin(), operands.end()), operands.end());
        while (operands.size() > 1) {
            size_t last = operands.size() - 1, partner = last - 1;
            for (size_t i = partner; i + 1 > 0 && level(operands[i]) == level(operands[last - 1]) && last - i <= kLookback; i--) {
                if (made_.find(operands[last], operands[i]) != kNone) {
                    partner = i;
                    break;
                }
            }
            Lit lit = combine(operands[last], operands[partner]);
            operands.pop_back();
            operands.erase(operands.begin() + static_cast<ptrdiff_t>(partner));
            if (lit == kFalse) return kFalse;
            auto at = std::lower_bound(operands.begin(), operands.end(), lit, [&](Lit a, Lit b) { return deeper(a, b); });
            if (at == operands.end() || *at != lit) operands.insert(at, lit);
        }
        return operands[0];
    }

private:
    static constexpr size_t kLookback = 32;  // partners tried for a shared AND

    uint32_t level(Lit lit) const { return levels_[node_of(lit)]; }
    bool deeper(Lit a, Lit b) const { return level(a) != level(b) ? level(a) > level(b) : a > b; }

    Lit combine(Lit a, Lit b) {
        Lit lit = made_.and_(a, b);
        if (node_of(lit) == levels_.size()) levels_.push(1 + std::max(level(a), level(b)));
        return lit;
    }

    Builder &made_;
    Array<uint32_t> levels_;  // by node
};

}  // namespace netc
