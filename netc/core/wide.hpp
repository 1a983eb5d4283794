// Wide ANDs and XORs out of narrow ones: of the operands the two of lowest level are paired first, so that the result is
// as shallow as this associativity allows (Huffman's argument). Among operands of the level of the second-lowest, one that
// already has such a gate with the lowest is preferred.
#pragma once

#include <algorithm>
#include <vector>

#include "netc/core/builder.hpp"

namespace netc {

class Wide {
public:
    explicit Wide(Builder &made) : made_(made) { levels_ = Array<uint32_t>::zeros(made.leaves() + 1); }

    // The AND of all operands; they are used up.
    Lit and_of(std::vector<Lit> &operands) {
        sort(operands);
        operands.erase(std::unique(operands.begin(), operands.end()), operands.end());
        while (operands.size() > 1) {
            Lit lit = next(operands, [&](Lit a, Lit b) { return made_.find(a, b) != kNone; },
                           [&](Lit a, Lit b) { return made_.and_(a, b); });
            if (lit == kFalse) return kFalse;
            auto at = place(operands, lit);
            if (at == operands.end() || *at != lit) operands.insert(at, lit);
        }
        return operands.empty() ? kTrue : operands[0];
    }

    // Their XOR: what is there twice cancels out.
    Lit xor_of(std::vector<Lit> &operands) {
        bool flip = false;
        for (Lit &lit : operands) {
            flip ^= is_complemented(lit);
            lit &= ~1u;
        }
        sort(operands);
        size_t kept = 0;
        for (Lit lit : operands) {
            if (kept && operands[kept - 1] == lit) kept--;
            else if (lit != kFalse) operands[kept++] = lit;
        }
        operands.resize(kept);
        while (operands.size() > 1) {
            Lit lit = next(operands, [&](Lit a, Lit b) { return made_.find(a, b) != kNone; },
                           [&](Lit a, Lit b) { return made_.xor_(a, b); });
            flip ^= is_complemented(lit);
            lit &= ~1u;
            auto at = place(operands, lit);
            if (at != operands.end() && *at == lit) operands.erase(at);
            else if (lit != kFalse) operands.insert(at, lit);
        }
        return complement_if(operands.empty() ? kFalse : operands[0], flip);
    }

private:
    static constexpr size_t kLookback = 32;  // partners tried for a shared gate

    // What was made since the last time has its levels here too.
    uint32_t level(Lit lit) {
        while (levels_.size() <= node_of(lit)) {
            Node node = static_cast<Node>(levels_.size());
            levels_.push(1 + std::max(levels_[node_of(made_.fanin0(node))], levels_[node_of(made_.fanin1(node))]));
        }
        return levels_[node_of(lit)];
    }
    bool deeper(Lit a, Lit b) { return level(a) != level(b) ? level(a) > level(b) : a > b; }

    // Highest level first, so that the two lowest are at the end; ties by literal, for one result everywhere.
    void sort(std::vector<Lit> &operands) {
        std::sort(operands.begin(), operands.end(), [&](Lit a, Lit b) { return deeper(a, b); });
    }
    std::vector<Lit>::iterator place(std::vector<Lit> &operands, Lit lit) {
        return std::lower_bound(operands.begin(), operands.end(), lit, [&](Lit a, Lit b) { return deeper(a, b); });
    }

    // Takes the two that are to be paired, and gives what they make.
    template <typename Known, typename Make>
    Lit next(std::vector<Lit> &operands, Known known, Make make) {
        size_t last = operands.size() - 1, partner = last - 1;
        uint32_t second = level(operands[partner]);
        for (size_t i = partner; i + 1 > 0 && level(operands[i]) == second && last - i <= kLookback; i--) {
            if (known(operands[last], operands[i])) {
                partner = i;
                break;
            }
        }
        Lit lit = make(operands[last], operands[partner]);
        operands.pop_back();
        operands.erase(operands.begin() + static_cast<ptrdiff_t>(partner));
        return lit;
    }

    Builder &made_;
    Array<uint32_t> levels_;  // by node
};

}  // namespace netc
