// Gates, and how values pass through them and through clauses.
#include "netc/core/sat.hpp"

namespace netc::sat {

Var Solver::new_gate(Literal a, Literal b, int32_t name, const Proof::Id *ids) {
    Var var = new_var(name);
    Literal out = 2 * var;
    Proof::Id id[] = {ids ? ids[0] : 0, ids ? ids[1] : 0, ids ? ids[2] : 0};
    if (var_of(a) == var_of(b) || value(a) >= 0 || value(b) >= 0) {  // a constant or one literal: nothing to justify
        Literal first[] = {negation(out), a}, second[] = {negation(out), b}, third[] = {out, negation(a), negation(b)};
        add_clause(first, 2, id[0]);
        add_clause(second, 2, id[1]);
        add_clause(third, 3, id[2]);
        return var;
    }
    gate_[var] = {a, b};
    uses_.push(var_of(a), {4 * var + (a & 1), b});
    uses_.push(var_of(b), {4 * var + 2 + (b & 1), a});
    if (log_) log_->gate[var] = {id[0], id[1], id[2]};
    return var;
}

Solver::Clause Solver::clause_of_gate(Ref ref) {
    Var var = (ref & ~kOfGate) >> 2;
    const Gate &gate = gate_[var];
    switch (ref & 3) {
    case 0: of_gate_ = {2 * var + 1, gate.a}; return {of_gate_.data(), 2};
    case 1: of_gate_ = {2 * var + 1, gate.b}; return {of_gate_.data(), 2};
    default: of_gate_ = {2 * var, negation(gate.a), negation(gate.b)}; return {of_gate_.data(), 3};
    }
}

void Solver::assign(Literal lit, Ref reason) {
    Var var = var_of(lit);
    value_[lit] = 1;
    value_[negation(lit)] = 0;
    level_of_[var] = static_cast<uint32_t>(level());
    reason_[var] = reason;
    trail_.push_back(lit);
}

// Returns the clause that became false, or kNoReason.
Solver::Ref Solver::propagate() {
    while (propagated_ < trail_.size()) {
        Literal lit = trail_[propagated_++];
        propagations_++;
        Ref conflict = through_gates(lit);
        if (conflict == kNoReason) conflict = through_clauses(lit);
        if (conflict == kNoReason) continue;
        propagated_ = trail_.size();
        return conflict;
    }
    return kNoReason;
}

// What a true literal means for the gate that it is the output of, and for those that read it.
Solver::Ref Solver::through_gates(Literal lit) {
    const Var var = var_of(lit);
    if (const Gate &own = gate_[var]; own.a != kNoGate) {
        const int a = value(own.a), b = value(own.b);
        ticks_ += kTicksOfGate;
        if (!(lit & 1)) {
            if (a == 0) return of_gate(var, 0);
            if (b == 0) return of_gate(var, 1);
            if (a < 0) assign(own.a, of_gate(var, 0));
            if (b < 0) assign(own.b, of_gate(var, 1));
        } else if (a == 1) {
            if (b == 1) return of_gate(var, 2);
            if (b < 0) assign(negation(own.b), of_gate(var, 2));
        } else if (b == 1 && a < 0) {
            assign(negation(own.a), of_gate(var, 2));
        }
    }
    const Use *const uses = uses_.begin(var);
    const uint32_t count = uses_.size(var);
    ticks_ += count * kTicksOfGate;
    for (uint32_t i = 0; i < count; i++) {
        const Use use = uses[i];
        const Literal gate = 2 * use.gate();
        const int out = value(gate);
        if (((use.code ^ lit) & 1) != 0) {  // a fan-in is false
            if (out < 0) assign(gate + 1, of_gate(use.gate(), use.side()));
            else if (out == 1) return of_gate(use.gate(), use.side());
            continue;
        }
        if (out == 1) continue;
        const int other = value(use.other);
        if (other == 1) {
            if (out == 0) return of_gate(use.gate(), 2);
            assign(gate, of_gate(use.gate(), 2));
        } else if (other < 0 && out == 0) {
            assign(negation(use.other), of_gate(use.gate(), 2));
        }
    }
    return kNoReason;
}

// What a true literal means for the clauses that watch its negation.
Solver::Ref Solver::through_clauses(Literal lit) {
    const Literal falsified = negation(lit);
    const uint32_t of = watches_.size(falsified);
    if (of == 0) return kNoReason;
    Watch *watches = watches_.begin(falsified);
    ticks_ += kTicksOfList + of;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < of; i++) {
        Watch watch = watches[i];
        if (value(watch.blocker) == 1) {
            watches[kept++] = watch;
            continue;
        }
        ticks_ += kTicksOfClause;
        Literal *lits = literals(watch.clause);
        if (lits[0] == falsified) std::swap(lits[0], lits[1]);
        Literal first = lits[0];
        if (first != watch.blocker && value(first) == 1) {
            watches[kept++] = {watch.clause, first};
            continue;
        }
        uint32_t count = size(watch.clause), next = 2;
        while (next < count && value(lits[next]) == 0) next++;
        ticks_ += next;
        if (next < count) {
            std::swap(lits[1], lits[next]);
            watches_.push(lits[1], {watch.clause, first});
            watches = watches_.begin(falsified);
            continue;
        }
        watches[kept++] = {watch.clause, first};
        if (value(first) == 0) {  // a conflict: keep the watches not looked at
            while (++i < of) watches[kept++] = watches[i];
            watches_.truncate(falsified, kept);
            return watch.clause;
        }
        assign(first, watch.clause);
    }
    watches_.truncate(falsified, kept);
    return kNoReason;
}

}  // namespace netc::sat
