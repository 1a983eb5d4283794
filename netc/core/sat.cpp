#include "netc/core/sat.hpp"

#include <algorithm>
#include <cassert>

namespace netc::sat {
namespace {

constexpr double kDecay = 1 / 0.95;       // VSIDS: each conflict weighs this much more than the one before
constexpr int64_t kRestartUnit = 32;      // conflicts in the shortest run between restarts

int64_t luby(int64_t i) {  // 1 1 2 1 1 2 4 ... (Luby, Sinclair, Zuckerman 1993)
    int64_t size = 1, order = 0;
    while (size < i + 1) {
        order++;
        size = 2 * size + 1;
    }
    while (size - 1 != i) {
        size = (size - 1) / 2;
        order--;
        i %= size;
    }
    return int64_t{1} << order;
}

}  // namespace

Solver::Solver(Proof *proof) {
    if (!proof) return;
    log_ = std::make_unique<Log>();
    log_->proof = proof;
}

Var Solver::new_var(int32_t name) {
    Var var = static_cast<Var>(num_vars());
    value_.insert(value_.end(), 2, -1);
    saved_phase_.push_back(0);
    level_of_.push_back(0);
    reason_.push_back(kNoReason);
    gate_.push_back({kNoGate, kNoGate});
    uses_.add_list();
    activity_.push_back(0);
    seen_.push_back(0);
    free_.push_back(0);
    candidate_.push_back(0);
    heap_at_.push_back(-1);
    watches_.add_list();
    watches_.add_list();
    if (log_) {
        log_->name.push_back(name);
        log_->gate.push_back({});
        log_->unit.push_back(0);
        log_->marked.push_back(0);
    }
    return var;
}

void Solver::declare_free(Var var) {
    free_[var] = 1;
    if (value(2 * var) < 0) heap_insert(var);
}

bool Solver::add_clause(const Literal *given, size_t count, Proof::Id id) {
    assert(level() == 0);
    if (inconsistent_) return false;
    learnt_.assign(given, given + count);
    std::sort(learnt_.begin(), learnt_.end());
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        Literal lit = learnt_[i];
        if (value(lit) == 1 || (i + 1 < count && learnt_[i + 1] == negation(lit))) return true;  // holds already
        if (value(lit) == 0 || (kept && learnt_[kept - 1] == lit)) continue;
        learnt_[kept++] = lit;
    }
    learnt_.resize(kept);
    if (log_) id = log_added(given, count, id);
    if (kept == 0) {
        inconsistent_ = true;
        if (log_) log_->core = id;
    } else if (kept == 1) {
        assign(learnt_[0], kNoReason);
        if (log_) log_->unit[var_of(learnt_[0])] = id;
        Ref conflict = propagate();
        inconsistent_ = conflict != kNoReason;
        if (log_) log_units();
        if (log_ && inconsistent_) log_empty(conflict);
    } else {
        attach(allocate(learnt_.data(), kept, 0, id));
    }
    return !inconsistent_;
}

Solver::Ref Solver::allocate(const Literal *lits, size_t count, uint32_t lbd, Proof::Id id) {
    if (log_) arena_.push_back(id);
    Ref clause = static_cast<Ref>(arena_.size());
    arena_.push_back(static_cast<uint32_t>(count));
    arena_.push_back(lbd);
    arena_.insert(arena_.end(), lits, lits + count);
    return clause;
}

void Solver::attach(Ref clause) {
    const Literal *lits = literals(clause);
    watches_.push(lits[0], {clause, lits[1]});
    watches_.push(lits[1], {clause, lits[0]});
}

void Solver::backtrack(size_t target) {
    if (level() <= target) return;
    for (size_t i = trail_.size(); i-- > level_start_[target];) {
        Var var = var_of(trail_[i]);
        saved_phase_[var] = !(trail_[i] & 1);
        value_[2 * var] = value_[2 * var + 1] = -1;
        reason_[var] = kNoReason;
        if (free_[var] || candidate_[var]) heap_insert(var);
    }
    trail_.resize(level_start_[target]);
    justified_ = level_justified_[target];
    level_start_.resize(target);
    level_justified_.resize(target);
    propagated_ = trail_.size();
}

// A literal to try, or kNoGate when every assigned gate is justified and every free variable has a value. The fan-ins of
// gates that are not justified stand in the heap, at least one of each gate: both go in when the gate is met, and one that
// loses its value goes in again.
Literal Solver::decide() {
    for (; justified_ < trail_.size(); justified_++) {
        const Gate &gate = gate_[var_of(trail_[justified_])];
        if (gate.a == kNoGate || !(trail_[justified_] & 1)) continue;
        if (value(gate.a) == 0 || value(gate.b) == 0) continue;
        for (Literal fanin : {gate.a, gate.b}) {
            Var var = var_of(fanin);
            heap_insert(var);
            if (candidate_[var]) continue;
            candidate_[var] = 1;
            candidates_.push_back(var);
        }
    }
    while (!heap_.empty()) {
        Var var = heap_pop();
        if (value(2 * var) >= 0) continue;
        if (free_[var]) return 2 * var + (saved_phase_[var] != 1);
        Literal lit = justifying(var);
        if (lit != kNoGate) return lit;
    }
    return kNoGate;
}

// The value of a variable that justifies a gate, or kNoGate if none needs it.
Literal Solver::justifying(Var var) {
    const Use *uses = uses_.begin(var);
    for (uint32_t i = 0; i < uses_.size(var); i++)
        if (value(2 * uses[i].gate()) == 0 && value(uses[i].other) != 0) return 2 * var + 1 - (uses[i].code & 1);
    return kNoGate;
}

Answer Solver::solve(const Literal *assumptions, size_t count, int64_t conflicts, int64_t propagations) {
    core_.clear();
    if (inconsistent_) return Answer::unsatisfiable;
    Answer answer = Answer::unknown;
    int64_t used = 0, restarts = 0, until_restart = luby(restarts) * kRestartUnit;
    const uint64_t most = propagations < 0 ? UINT64_MAX : propagations_ + static_cast<uint64_t>(propagations);
    for (;;) {
        Ref conflict = propagate();
        if (log_ && level() == 0) log_units();
        if (conflict != kNoReason) {
            total_conflicts_++;
            if (level() == 0) {
                inconsistent_ = true;
                if (log_) log_empty(conflict);
                answer = Answer::unsatisfiable;
                break;
            }
            analyze(conflict);
            size_t back = learnt_.size() == 1 ? 0 : level_of_[var_of(learnt_[1])];
            uint32_t quality = levels_in_learnt();
            backtrack(back);
            if (learnt_.size() == 1) {
                assign(learnt_[0], kNoReason);
                if (log_) log_->unit[var_of(learnt_[0])] = log_->added;
            } else {
                Ref clause = allocate(learnt_.data(), learnt_.size(), quality, log_ ? log_->added : 0);
                attach(clause);
                learnts_.push_back(clause);
                assign(learnt_[0], clause);
            }
            increment_ *= kDecay;
            until_restart--;
            if (conflicts >= 0 && ++used >= conflicts) break;
            continue;
        }
        if (propagations_ >= most) break;
        if (until_restart <= 0) {
            backtrack(0);
            until_restart = luby(++restarts) * kRestartUnit;
            if (learnts_.size() > reduce_at_) {
                reduce();
                reduce_at_ += reduce_at_ / 8;
            }
            continue;
        }
        Literal next = kNoGate;
        while (level() < count) {
            Literal assumption = assumptions[level()];
            if (value(assumption) == 0) {
                analyze_final(assumption);
                answer = Answer::unsatisfiable;
                break;
            }
            if (value(assumption) < 0) {
                next = assumption;
                break;
            }
            level_start_.push_back(trail_.size());  // holds already: an empty level keeps levels and assumptions aligned
            level_justified_.push_back(justified_);
        }
        if (answer == Answer::unsatisfiable) break;
        if (next == kNoGate && (next = decide()) == kNoGate) {
            answer = Answer::satisfiable;
            model_ = value_;
            break;
        }
        level_start_.push_back(trail_.size());
        level_justified_.push_back(justified_);
        assign(next, kNoReason);
    }
    backtrack(0);
    forget_candidates();
    return answer;
}

}  // namespace netc::sat
