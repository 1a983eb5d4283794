#include "netc/core/parity_proof.hpp"

#include <stdexcept>

namespace netc {
namespace {

constexpr int32_t kFalseVariable = 1;

}  // namespace

// Of the four clauses that forbid an odd number of true ones among a, b and c the one that forbids a, b, c or all; false if
// it has nothing to say.
bool ParityProof::clause(size_t which, int32_t a, int32_t b, int32_t c, Clause *clause) {
    clause->clear();
    const int32_t variables[] = {a, b, c};
    for (size_t i = 0; i < 3; i++) {
        int32_t lit = which == 3 || which == i ? -variables[i] : variables[i];
        if (lit == -kFalseVariable || std::find(clause->begin(), clause->end(), -lit) != clause->end()) return false;
        if (lit != kFalseVariable && std::find(clause->begin(), clause->end(), lit) == clause->end()) clause->push_back(lit);
    }
    return true;
}

int32_t ParityProof::variable(uint32_t chain) {
    if (chain == 0) return kFalseVariable;
    if (parity_[chain].rest == 0) return names_.literal(make_lit(parity_[chain].operand));
    auto known = definitions_.find(chain);
    if (known != definitions_.end()) return known->second.variable;

    // The whole chain, from its beginning.
    std::vector<uint32_t> open;
    uint32_t at = chain;
    for (; parity_[at].rest != 0 && !definitions_.count(at); at = parity_[at].rest) open.push_back(at);
    int32_t before = parity_[at].rest ? definitions_[at].variable : names_.literal(make_lit(parity_[at].operand));
    for (size_t i = open.size(); i-- > 0;) {
        int32_t own = next_variable_++;
        int32_t last = names_.literal(make_lit(parity_[open[i]].operand));
        Ids ids{};
        Clause made;
        for (size_t which : {1, 2, 0, 3}) {  // those with the variable itself, which its negation has to face
            clause(which, own, before, last, &made);
            ids[which] = proof_.define(made.data(), made.size(), ids.data() + 1, which == 0 || which == 3 ? 2 : 0);
        }
        definitions_[open[i]] = {own, ids};
        before = own;
    }
    return before;
}

// The literal that a literal of the graph is the sum as.
int32_t ParityProof::sum_literal(Lit lit) {
    Lit sum = parity_.sum(lit);
    int32_t own = variable(node_of(sum));
    return is_complemented(sum) ? -own : own;
}

void ParityProof::start_offers() {
    derive_.clear();
    derive_.offer(kFalseVariable, -kFalseVariable);  // the formula's first clause
}

void ParityProof::offer_triple(const Ids &ids, int32_t a, int32_t b, int32_t c) {
    Clause made;
    for (size_t which = 0; which < 4; which++)
        if (ids[which] && clause(which, a, b, c, &made)) derive_.offer(ids[which], made);
}

void ParityProof::offer_chain(uint32_t chain) {
    if (chain == 0 || parity_[chain].rest == 0) return;
    int32_t own = variable(chain);
    offer_triple(definitions_[chain].ids, own, variable(parity_[chain].rest), names_.literal(make_lit(parity_[chain].operand)));
}

void ParityProof::offer_sum(Lit lit) {
    auto known = sums_.find(node_of(lit));
    if (known == sums_.end() || !known->second.forth) return;
    int32_t own = names_.literal(make_lit(node_of(lit))), sum = sum_literal(make_lit(node_of(lit)));
    derive_.offer(known->second.forth, -own, sum);
    derive_.offer(known->second.back, own, -sum);
}

// A clause from what is offered: where propagation alone does not give it, the goal or one of these literals follows first.
ParityProof::Id ParityProof::derived(const Clause &goal, const Clause &splits) {
    steps_++;
    if (Id id = derive_.derive(goal)) return id;
    for (int32_t split : splits) {
        auto is_split = [&](int32_t lit) { return lit == split || lit == -split; };
        if (std::any_of(goal.begin(), goal.end(), is_split)) continue;
        Clause wider = goal, others;
        wider.push_back(split);
        for (int32_t other : splits)
            if (other != split) others.push_back(other);
        derive_.offer(derived(wider, others), wider);
        if (Id id = derive_.derive(goal)) return id;
    }
    throw std::logic_error("a sum does not follow from shorter ones");
}

ParityProof::Pair ParityProof::shorter(Pair pair) const {
    const auto &x = parity_[pair.first], &y = parity_[pair.second];
    return {x.operand >= y.operand ? x.rest : pair.first, y.operand >= x.operand ? y.rest : pair.second};
}

// The XOR of two chains, and that it is.
ParityProof::Sum ParityProof::add(uint32_t x, uint32_t y) {
    std::vector<Pair> pairs;
    uint32_t whole = parity_.add(x, y, &pairs);
    Ids ids{};
    if (pairs.empty()) return {whole, ids};
    auto key = [](Pair pair) { return static_cast<uint64_t>(pair.first) << 32 | pair.second; };
    Pair last = shorter(pairs.back());
    uint32_t sum = last.first == last.second ? 0 : last.first | last.second;
    for (size_t i = pairs.size(); i-- > 0;) {
        Pair now = pairs[i], before = shorter(now);
        Node p = parity_[now.first].operand, q = parity_[now.second].operand;
        uint32_t shorter_sum = sum;
        if (p != q) sum = parity_.chain(sum, std::max(p, q));
        auto known = added_.find(key(now));
        if (known != added_.end()) {
            ids = known->second;
            continue;
        }
        int32_t a = variable(now.first), b = variable(now.second), c = variable(sum);
        int32_t split = names_.literal(make_lit(std::max(p, q)));
        Ids made{};
        Clause goal;
        for (size_t which = 0; which < 4; which++) {
            if (!clause(which, a, b, c, &goal)) continue;
            start_offers();
            offer_triple(ids, variable(before.first), variable(before.second), variable(shorter_sum));
            offer_chain(now.first);
            offer_chain(now.second);
            offer_chain(sum);
            made[which] = derived(goal, {split});
        }
        ids = added_[key(now)] = made;
    }
    return {whole, ids};
}

// That an XOR is its sum, and all XORs below it.
void ParityProof::sum_up(Node top) {
    stack_.assign(1, top);
    while (!stack_.empty()) {
        Node node = stack_.back();
        auto of = xors_.find(node);
        if (!of || sums_.count(node)) {
            stack_.pop_back();
            continue;
        }
        bool ready = true;
        for (Lit operand : {of->a, of->b, of->c}) {
            if (!xors_.find(node_of(operand)) || sums_.count(node_of(operand))) continue;
            stack_.push_back(node_of(operand));
            ready = false;
        }
        if (!ready) continue;
        stack_.pop_back();
        int32_t own = names_.literal(make_lit(node)), sum = sum_literal(make_lit(node));
        if (own == sum) {  // there were too many chains: it is its own operand
            sums_[node] = {};
            continue;
        }
        uint32_t a = node_of(parity_.sum(of->a)), b = node_of(parity_.sum(of->b)), c = node_of(parity_.sum(of->c));
        Sum both = add(a, b), all = add(both.chain, c);
        Id found[2];
        for (int back = 0; back < 2; back++) {
            start_offers();
            offer_triple(both.ids, variable(a), variable(b), variable(both.chain));
            offer_triple(all.ids, variable(both.chain), variable(c), variable(all.chain));
            for (Lit operand : {of->a, of->b, of->c}) offer_sum(operand);
            if (of->is_and) {
                names_.offer_and(node);
                names_.offer_and(node_of(of->c == kFalse ? of->b : of->c));
            } else {
                names_.offer_xor(node);
            }
            Clause goal = back ? Clause{own, -sum} : Clause{-own, sum};
            found[back] = derived(goal, {names_.literal(of->a), names_.literal(of->b)});
        }
        sums_[node] = {found[0], found[1]};
    }
}

bool ParityProof::equal(Lit a, Lit b, Id *forth, Id *back) {
    if (!parity_.equal(a, b)) return false;
    sum_up(node_of(a));
    sum_up(node_of(b));
    start_offers();
    offer_sum(a);
    offer_sum(b);
    int32_t x = names_.literal(a), y = names_.literal(b);
    *forth = derive_.derive({-x, y});
    *back = derive_.derive({x, -y});
    if (!*forth || !*back) throw std::logic_error("equal sums do not prove their nodes equal");
    return true;
}

}  // namespace netc
