// Proofs: a copy of the window with the node complemented, and questions about it.
#include "netc/core/substitute.hpp"

#include <algorithm>

namespace netc {
namespace {

constexpr size_t kSolverCopies = 1000;   // variables of old windows that the solver drags along, or half as many as others

}  // namespace

sat::Literal Substituter::literal_for(Lit lit) {
    struct {
        const Substituter &of;
        size_t num_nodes() const { return of.aig_.num_nodes(); }
        bool is_and(Node node) const { return of.is_gate(node); }
        Lit fanin0(Node node) const { return of.fanin_[2 * node]; }
        Lit fanin1(Node node) const { return of.fanin_[2 * node + 1]; }
    } graph{*this};
    size_t before = cones_.solver().num_vars();
    sat::Literal literal = cones_.literal(graph, lit);
    context_->work += static_cast<int64_t>(cones_.solver().num_vars() - before) / 4;
    return literal;
}

// A copy of the window in which the node is complemented; differs_ says that an exit tells the two apart.
void Substituter::copy_window(Node node) {
    if (copied_ == node) return;
    if (!cones_ || copied_vars_ > std::max(kSolverCopies, (cones_.solver().num_vars() - copied_vars_) / 2)) {
        cones_.restart();
        copied_vars_ = 0;
    }
    copied_ = node;
    if (window_.is_exit(0)) return;
    std::vector<sat::Literal> copy(window_.size());
    copy[0] = sat::negation(literal_for(make_lit(node)));
    size_t before = cones_.solver().num_vars();
    sat::Literal same = kNone;
    for (size_t i = 1; i < window_.size(); i++) {
        sat::Literal in[2];
        for (int side = 0; side < 2; side++) {
            Lit lit = fanin_[2 * window_[i] + side];
            uint32_t place = window_.place(node_of(lit));
            in[side] = place == kNone ? literal_for(lit) : copy[place] ^ (lit & 1);
        }
        copy[i] = 2 * cones_.solver().new_gate(in[0], in[1]);
        if (!window_.is_exit(i)) continue;
        sat::Literal now = literal_for(make_lit(window_[i])), then = copy[i];
        sat::Literal up = 2 * cones_.solver().new_gate(now, sat::negation(then));
        sat::Literal down = 2 * cones_.solver().new_gate(sat::negation(now), then);
        sat::Literal equal = 2 * cones_.solver().new_gate(sat::negation(up), sat::negation(down));
        same = same == kNone ? equal : 2 * cones_.solver().new_gate(same, equal);
    }
    differs_ = sat::negation(same);
    copied_vars_ += cones_.solver().num_vars() - before;
    context_->work += static_cast<int64_t>(cones_.solver().num_vars() - before) / 4;
}

sat::Answer Substituter::ask(const sat::Literal *assumptions, size_t count) {
    uint64_t before = cones_.solver().propagations();
    counts_.queries++;
    sat::Answer answer = cones_.solver().solve(assumptions, count, options_.conflicts);
    context_->work += 1 + static_cast<int64_t>(cones_.solver().propagations() - before) / 4;
    if (answer == sat::Answer::satisfiable) cones_.read_pattern(pattern_, random_);
    return answer;
}

// Whether the node may become `lit`: never observable and different.
sat::Answer Substituter::prove(Node node, Lit lit) {
    if (exhaustive_) return sat::Answer::unsatisfiable;
    copy_window(node);
    sat::Literal assumptions[3];
    size_t count = 0;
    if (!window_.is_exit(0)) assumptions[count++] = differs_;
    sat::Literal x = literal_for(make_lit(node));
    if (node_of(lit) == 0) {
        assumptions[count++] = lit == kFalse ? x : sat::negation(x);
        return ask(assumptions, count);
    }
    sat::Literal m = literal_for(lit);
    bool is_fanin = lit == fanin_[2 * node] || lit == fanin_[2 * node + 1];  // then the node implies it
    for (int value = is_fanin ? 0 : 1; value >= 0; value--) {
        assumptions[count] = value ? x : sat::negation(x);
        assumptions[count + 1] = value ? sat::negation(m) : m;
        sat::Answer answer = ask(assumptions, count + 2);
        if (answer != sat::Answer::unsatisfiable) return answer;
    }
    return sat::Answer::unsatisfiable;
}

// The same of the AND of two signals.
sat::Answer Substituter::prove(Node node, const Pair &pair) {
    if (exhaustive_) return sat::Answer::unsatisfiable;
    copy_window(node);
    sat::Literal assumptions[4];
    size_t count = 0;
    if (!window_.is_exit(0)) assumptions[count++] = differs_;
    sat::Literal x = literal_for(make_lit(node, pair.negate)), a = literal_for(pair.a), b = literal_for(pair.b);
    assumptions[count] = sat::negation(x);
    assumptions[count + 1] = a;
    assumptions[count + 2] = b;
    sat::Answer answer = ask(assumptions, count + 3);
    if (answer != sat::Answer::unsatisfiable) return answer;
    for (sat::Literal part : {a, b}) {
        assumptions[count] = x;
        assumptions[count + 1] = sat::negation(part);
        answer = ask(assumptions, count + 2);
        if (answer != sat::Answer::unsatisfiable) return answer;
    }
    return answer;
}

}  // namespace netc
