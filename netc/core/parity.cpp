#include "netc/core/parity.hpp"

#include <algorithm>

namespace netc {

size_t Xors::find(Node node) const {
    auto at = std::lower_bound(list_.begin(), list_.end(), node, [](const Xor &entry, Node n) { return entry.node < n; });
    return at == list_.end() || at->node != node ? kNoXor : static_cast<size_t>(at - list_.begin());
}

namespace {

struct Operands {
    Lit a, b;
};

Operands operands(const AigView &aig, const Lit *image, Node node) {
    return {mapped(image, aig.fanin0(node)), mapped(image, aig.fanin1(node))};
}

// The operands of an AND; a AND NOT (a AND b) is a AND NOT b.
Operands absorbed(const AigView &aig, const Lit *image, Node node) {
    Operands own = operands(aig, image, node);
    for (bool second : {false, true}) {
        Lit less = second ? aig.fanin1(node) : aig.fanin0(node), other = second ? own.a : own.b;
        if (!is_complemented(less) || !aig.is_and(node_of(less))) continue;
        Operands product = operands(aig, image, node_of(less));
        if (product.a == other) return {other, complement(product.b)};
        if (product.b == other) return {other, complement(product.a)};
    }
    return own;
}

}  // namespace

bool Xors::match(const AigView &aig, const Lit *image, Node node, Lit *p, Lit *q) {
    Lit u = aig.fanin0(node), v = aig.fanin1(node);
    if (!is_complemented(u) || !is_complemented(v) || !aig.is_and(node_of(u)) || !aig.is_and(node_of(v))) return false;
    Operands x = absorbed(aig, image, node_of(u)), y = absorbed(aig, image, node_of(v));
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
        else if (xors_.find(node) == Xors::kNoXor) *sum = make_lit(chain(0, node));
        else return false;
        *sum ^= of & 1;
        return true;
    };
    Lit result;
    if (known(lit, &result)) return result;
    stack_.assign(1, node_of(lit));
    while (!stack_.empty()) {
        Node node = stack_.back();
        const Xors::Xor &entry = xors_[xors_.find(node)];
        Lit a, b;
        bool ready_a = known(entry.a, &a), ready_b = known(entry.b, &b);
        if (ready_a && ready_b) {
            bool full = chains_.size() >= kMostChains;
            sum_of_[node] = full ? make_lit(chain(0, node)) : make_lit(add(node_of(a), node_of(b))) ^ ((a ^ b) & 1);
            stack_.pop_back();
            continue;
        }
        if (!ready_a) stack_.push_back(node_of(entry.a));
        if (!ready_b) stack_.push_back(node_of(entry.b));
    }
    known(lit, &result);
    return result;
}

bool Parity::equal(Lit a, Lit b) {
    if (xors_.find(node_of(a)) == Xors::kNoXor && xors_.find(node_of(b)) == Xors::kNoXor) return false;
    return sum(a) == sum(b);
}

}  // namespace netc
