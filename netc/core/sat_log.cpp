// The steps that a solver with a proof writes to it.
#include <algorithm>

#include "netc/core/sat.hpp"

namespace netc::sat {

Proof::Id Solver::id_of(Ref ref) const {
    return is_of_gate(ref) ? log_->gate[(ref & ~kOfGate) >> 2][ref & 3] : arena_[ref - 1];
}

// The literals of level 0 that have come since: each follows from its reason and from earlier ones.
void Solver::log_units() {
    for (; log_->units < trail_.size(); log_->units++) {
        Var var = var_of(trail_[log_->units]);
        if (reason_[var] == kNoReason) continue;  // whoever assigned it knows the clause
        log_->used.assign(1, reason_[var]);
        log_->unit[var] = log_step({trail_[log_->units]});
    }
}

void Solver::log_empty(Ref conflict) {
    log_->used.assign(1, conflict);
    log_->core = log_step({});
}

// A step that rests on the clauses in `used`. Hints: the literals of level 0 in them, then the reasons in the order of the
// trail, so that each is unit in its turn, and last the conflict, if there is one among them.
Proof::Id Solver::log_step(const std::vector<Literal> &made) {
    Log &log = *log_;
    log.hints.clear();
    std::vector<Literal> &zero = analyze_stack_;
    zero.clear();
    for (Ref used : log.used) {
        for (Literal lit : clause(used)) {
            Var var = var_of(lit);
            if (value(lit) != 0 || level_of_[var] != 0 || log.marked[var]) continue;
            log.marked[var] = 1;
            zero.push_back(lit);
            log.hints.push_back(log.unit[var]);
        }
    }
    for (Literal lit : zero) log.marked[var_of(lit)] = 0;
    Ref conflict = kNoReason;
    size_t pending = 0;
    for (Ref used : log.used) {
        const Clause read = clause(used);
        auto implied = std::find_if(read.begin(), read.end(), [&](Literal lit) {
            return reason_[var_of(lit)] == used && value(lit) == 1;
        });
        if (implied == read.end()) {
            conflict = used;
            continue;
        }
        log.marked[var_of(*implied)] = 1;
        pending++;
    }
    size_t reasons = log.hints.size();
    for (size_t i = trail_.size(); pending > 0 && i-- > 0;) {
        Var var = var_of(trail_[i]);
        if (!log.marked[var]) continue;
        log.marked[var] = 0;
        pending--;
        log.hints.push_back(id_of(reason_[var]));
    }
    std::reverse(log.hints.begin() + static_cast<std::ptrdiff_t>(reasons), log.hints.end());
    if (conflict != kNoReason) log.hints.push_back(id_of(conflict));
    log.clause.clear();
    for (Literal lit : made) log.clause.push_back(lit & 1 ? -log.name[var_of(lit)] : log.name[var_of(lit)]);
    return log.proof->add(log.clause.data(), log.clause.size(), log.hints.data(), log.hints.size());
}

// The id of what add_clause keeps of a clause, in learnt_: literals that are false are resolved away.
Proof::Id Solver::log_added(const Literal *given, size_t count, Proof::Id id) {
    Log &log = *log_;
    log.hints.clear();
    for (size_t i = 0; i < count; i++)
        if (value(given[i]) == 0 && std::find(given, given + i, given[i]) == given + i)
            log.hints.push_back(log.unit[var_of(given[i])]);
    if (log.hints.empty()) return id;
    log.hints.push_back(id);
    log.clause.clear();
    for (Literal lit : learnt_) log.clause.push_back(lit & 1 ? -log.name[var_of(lit)] : log.name[var_of(lit)]);
    return log.proof->add(log.clause.data(), log.clause.size(), log.hints.data(), log.hints.size());
}

}  // namespace netc::sat
