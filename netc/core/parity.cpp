#include "netc/core/parity.hpp"

#include <algorithm>

namespace netc {

std::optional<Xors::Operands> Xors::find(Node node) const {
    if (!graph_.is_and(node)) return {};
    auto at = std::lower_bound(list_.begin(), list_.end(), node, [](const Xor &entry, Node n) { return entry.node < n; });
    if (at != list_.end() && at->node == node) return Operands{at->a, at->b, kFalse, false};
    Lit x = graph_.fanin0(node), y = graph_.fanin1(node);
    Lit other = graph_.find(x, complement(y));
    if (other < make_lit(node)) return Operands{x, other, kFalse, true};
    other = graph_.find(complement(x), y);
    if (other < make_lit(node)) return Operands{y, other, kFalse, true};
    other = graph_.find(complement(x), complement(y));
    if (other < make_lit(node)) return Operands{x, y, complement(other), true};
    return {};
}

namespace {

struct Fanins {
    Lit a, b;
};

Fanins fanins(const AigView &aig, const Lit *image, Node node) {
    return {mapped(image, aig.fanin0(node)), mapped(image, aig.fanin1(node))};
}

// The operands of an AND; a AND NOT (a AND b) is a AND NOT b.
Fanins absorbed(const AigView &aig, const Lit *image, Node node) {
    Fanins own = fanins(aig, image, node);
    for (bool second : {false, true}) {
        Lit less = second ? aig.fanin1(node) : aig.fanin0(node), other = second ? own.a : own.b;
        if (!is_complemented(less) || !aig.is_and(node_of(less))) continue;
        Fanins product = fanins(aig, image, node_of(less));
        if (product.a == other) return {other, complement(product.b)};
        if (product.b == other) return {other, complement(product.a)};
    }
    return own;
}

}  // namespace

bool Xors::match(const AigView &aig, const Lit *image, Node node, Lit *p, Lit *q) {
    Lit u = aig.fanin0(node), v = aig.fanin1(node);
    if (!is_complemented(u) || !is_complemented(v) || !aig.is_and(node_of(u)) || !aig.is_and(node_of(v))) return false;
    Fanins x = absorbed(aig, image, node_of(u)), y = absorbed(aig, image, node_of(v));
    *p = x.a;
    *q = x.b;
    return (y.a == complement(*p) && y.b == complement(*q)) || (y.b == complement(*p) && y.a == complement(*q));
}

uint32_t Parity::chain(uint32_t rest, Node operand) {
    uint64_t key = static_cast<uint64_t>(rest) << 32 | operand;
    auto [at, is_new] = chain_of_.try_emplace(key, static_cast<uint32_t>(chains_.size()));
    if (is_new) chains_.push_back({rest, operand});
    return at->second;
}

uint32_t Parity::add(uint32_t x, uint32_t y, std::vector<std::pair<uint32_t, uint32_t>> *steps) {
    operands_.clear();
    while (x != y && x && y) {
        if (steps) steps->push_back({x, y});
        Node a = chains_[x].operand, b = chains_[y].operand;
        if (a != b) operands_.push_back(std::max(a, b));
        if (a >= b) x = chains_[x].rest;
        if (b >= a) y = chains_[y].rest;
        work_++;
    }
    uint32_t made = x == y ? 0 : x | y;  // one of them is empty
    while (!operands_.empty()) {
        made = chain(made, operands_.back());
        operands_.pop_back();
    }
    return made;
}

Lit Parity::sum(Lit lit) {
    auto known = [&](Lit of, Lit *sum) {
        Node node = node_of(of);
        auto at = sum_of_.find(node);
        if (at != sum_of_.end()) *sum = at->second;
        else if (node == 0) *sum = make_lit(0);
        else if (!xors_.find(node)) *sum = make_lit(chain(0, node));
        else return false;
        *sum ^= of & 1;
        return true;
    };
    Lit result;
    if (known(lit, &result)) return result;
    stack_.assign(1, node_of(lit));
    while (!stack_.empty()) {
        Node node = stack_.back();
        Xors::Operands of = *xors_.find(node);
        Lit a, b, c;
        bool ready = true;
        for (auto [operand, sum] : {std::pair(of.a, &a), std::pair(of.b, &b), std::pair(of.c, &c)}) {
            if (known(operand, sum)) continue;
            stack_.push_back(node_of(operand));
            ready = false;
        }
        if (!ready) continue;
        stack_.pop_back();
        bool full = chains_.size() >= kMostChains;
        uint32_t made = full ? chain(0, node) : add(add(node_of(a), node_of(b)), node_of(c));
        sum_of_[node] = make_lit(made, !full && ((a ^ b ^ c) & 1));
    }
    known(lit, &result);
    return result;
}

bool Parity::equal(Lit a, Lit b) {
    if (!xors_.find(node_of(a)) && !xors_.find(node_of(b))) return false;
    return sum(a) == sum(b);
}

}  // namespace netc
