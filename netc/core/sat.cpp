#include "netc/core/sat.hpp"

#include <algorithm>
#include <cassert>

#include "netc/core/aig.hpp"

extern "C" {
#include "netc/core/sat.h"
}

namespace netc::sat {
namespace {

constexpr double kDecay = 1 / 0.95;       // VSIDS: each conflict weighs this much more than the one before
constexpr double kRescale = 1e100;        // before activities overflow
constexpr int64_t kRestartUnit = 64;      // conflicts in the shortest run between restarts
constexpr uint32_t kKeepLbd = 2;          // learnt clauses this good are never dropped

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
    Var var = static_cast<Var>(value_.size());
    value_.push_back(-1);
    saved_phase_.push_back(0);
    level_of_.push_back(0);
    reason_.push_back(kNoReason);
    gate_.push_back({kNoGate, kNoGate});
    activity_.push_back(0);
    seen_.push_back(0);
    free_.push_back(0);
    heap_at_.push_back(-1);
    watches_.emplace_back();
    watches_.emplace_back();
    if (log_) {
        log_->name.push_back(name);
        log_->unit.push_back(0);
        log_->marked.push_back(0);
    }
    return var;
}

Var Solver::new_gate(Literal a, Literal b, int32_t name, const Proof::Id *ids) {
    Var var = new_var(name);
    gate_[var] = {a, b};
    Literal out = 2 * var;
    Literal first[] = {negation(out), a}, second[] = {negation(out), b}, third[] = {out, negation(a), negation(b)};
    add_clause(first, 2, ids ? ids[0] : 0);
    add_clause(second, 2, ids ? ids[1] : 0);
    add_clause(third, 3, ids ? ids[2] : 0);
    return var;
}

void Solver::declare_free(Var var) {
    free_[var] = 1;
    if (value_[var] < 0) heap_insert(var);
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
    watches_[lits[0]].push_back({clause, lits[1]});
    watches_[lits[1]].push_back({clause, lits[0]});
}

void Solver::assign(Literal lit, Ref reason) {
    Var var = var_of(lit);
    value_[var] = static_cast<int8_t>(!(lit & 1));
    level_of_[var] = static_cast<uint32_t>(level());
    reason_[var] = reason;
    trail_.push_back(lit);
}

// Returns the clause that became false, or kNoReason.
Solver::Ref Solver::propagate() {
    while (propagated_ < trail_.size()) {
        Literal falsified = negation(trail_[propagated_++]);
        propagations_++;
        std::vector<Watch> &watches = watches_[falsified];
        size_t kept = 0;
        for (size_t i = 0; i < watches.size(); i++) {
            Watch watch = watches[i];
            if (value(watch.blocker) == 1) {
                watches[kept++] = watch;
                continue;
            }
            Literal *lits = literals(watch.clause);
            if (lits[0] == falsified) std::swap(lits[0], lits[1]);
            Literal first = lits[0];
            if (first != watch.blocker && value(first) == 1) {
                watches[kept++] = {watch.clause, first};
                continue;
            }
            uint32_t count = size(watch.clause), next = 2;
            while (next < count && value(lits[next]) == 0) next++;
            if (next < count) {
                std::swap(lits[1], lits[next]);
                watches_[lits[1]].push_back({watch.clause, first});
                continue;
            }
            watches[kept++] = {watch.clause, first};
            if (value(first) == 0) {  // a conflict: keep the watches not looked at
                while (++i < watches.size()) watches[kept++] = watches[i];
                watches.resize(kept);
                propagated_ = trail_.size();
                return watch.clause;
            }
            assign(first, watch.clause);
        }
        watches.resize(kept);
    }
    return kNoReason;
}

void Solver::bump(Var var) {
    if ((activity_[var] += increment_) > kRescale) {
        for (double &a : activity_) a /= kRescale;
        increment_ /= kRescale;
    }
    if (heap_at_[var] >= 0) heap_up(static_cast<size_t>(heap_at_[var]));
}

// First unique implication point; leaves the learnt clause in learnt_, the asserting literal first and a literal of
// the level to return to second.
void Solver::analyze(Ref conflict) {
    learnt_.assign(1, 0);
    size_t open = 0, at = trail_.size();
    Literal uip = 0;
    Ref clause = conflict;
    bool first = true;
    if (log_) log_->used.clear();
    do {
        if (log_) log_->used.push_back(clause);
        if (lbd(clause) > kKeepLbd) lbd(clause) = std::max(kKeepLbd, lbd(clause) - 1);  // used: worth keeping longer
        for (uint32_t i = first ? 0 : 1; i < size(clause); i++) {
            Literal lit = literals(clause)[i];
            Var var = var_of(lit);
            if (seen_[var] || level_of_[var] == 0) continue;
            seen_[var] = 1;
            bump(var);
            if (level_of_[var] == level()) open++;
            else learnt_.push_back(lit);
        }
        while (!seen_[var_of(trail_[--at])]) {}
        uip = trail_[at];
        clause = reason_[var_of(uip)];
        seen_[var_of(uip)] = 0;
        first = false;
        open--;
        assert(!open || literals(clause)[0] == uip);  // the implied literal leads its reason
    } while (open);
    learnt_[0] = negation(uip);

    to_clear_.assign(learnt_.begin() + 1, learnt_.end());
    size_t kept = 1;
    for (size_t i = 1; i < learnt_.size(); i++)
        if (!redundant(learnt_[i])) learnt_[kept++] = learnt_[i];
    learnt_.resize(kept);
    for (Literal lit : to_clear_) seen_[var_of(lit)] = 0;
    if (log_) log_->added = log_step(learnt_);

    size_t highest = 1;
    for (size_t i = 2; i < learnt_.size(); i++)
        if (level_of_[var_of(learnt_[i])] > level_of_[var_of(learnt_[highest])]) highest = i;
    if (learnt_.size() > 1) std::swap(learnt_[1], learnt_[highest]);
}

// Whether a literal of the learnt clause follows from the others (its reasons lead only to seen literals).
bool Solver::redundant(Literal lit) {
    if (reason_[var_of(lit)] == kNoReason) return false;
    analyze_stack_.assign(1, lit);
    size_t marked = to_clear_.size();
    while (!analyze_stack_.empty()) {
        Ref clause = reason_[var_of(analyze_stack_.back())];
        Literal implied = negation(analyze_stack_.back());
        analyze_stack_.pop_back();
        for (uint32_t i = 0; i < size(clause); i++) {
            Literal other = literals(clause)[i];
            Var var = var_of(other);
            if (other == implied || seen_[var] || level_of_[var] == 0) continue;
            if (reason_[var] == kNoReason) {
                for (size_t j = marked; j < to_clear_.size(); j++) seen_[var_of(to_clear_[j])] = 0;
                to_clear_.resize(marked);
                return false;
            }
            seen_[var] = 1;
            to_clear_.push_back(other);
            analyze_stack_.push_back(other);
        }
    }
    if (log_) {
        log_->used.push_back(reason_[var_of(lit)]);
        for (size_t i = marked; i < to_clear_.size(); i++) log_->used.push_back(reason_[var_of(to_clear_[i])]);
    }
    return true;
}

// The assumptions from which the negation of `failed` followed.
void Solver::analyze_final(Literal failed) {
    core_.assign(1, negation(failed));
    if (log_) {
        log_->used.clear();
        log_->core = log_->unit[var_of(failed)];
    }
    if (level() == 0 || level_of_[var_of(failed)] == 0) return;
    seen_[var_of(failed)] = 1;
    for (size_t i = trail_.size(); i-- > level_start_[0];) {
        Var var = var_of(trail_[i]);
        if (!seen_[var]) continue;
        seen_[var] = 0;
        if (reason_[var] == kNoReason) {
            if (trail_[i] != negation(failed)) core_.push_back(negation(trail_[i]));
            continue;
        }
        if (log_) log_->used.push_back(reason_[var]);
        for (uint32_t j = 0; j < size(reason_[var]); j++) {
            Var other = var_of(literals(reason_[var])[j]);
            if (other != var && level_of_[other] > 0) seen_[other] = 1;
        }
    }
    seen_[var_of(failed)] = 0;
    if (log_) log_->core = log_->used.empty() ? 0 : log_step(core_);  // contrary assumptions are no step
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
Proof::Id Solver::log_step(const std::vector<Literal> &clause) {
    Log &log = *log_;
    log.hints.clear();
    std::vector<Literal> &zero = analyze_stack_;
    zero.clear();
    for (Ref used : log.used) {
        for (uint32_t i = 0; i < size(used); i++) {
            Literal lit = literals(used)[i];
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
        Var var = var_of(literals(used)[0]);
        if (reason_[var] == used && value(literals(used)[0]) == 1) {
            log.marked[var] = 1;
            pending++;
        } else {
            conflict = used;
        }
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
    for (Literal lit : clause) log.clause.push_back(lit & 1 ? -log.name[var_of(lit)] : log.name[var_of(lit)]);
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

void Solver::backtrack(size_t target) {
    if (level() <= target) return;
    for (size_t i = trail_.size(); i-- > level_start_[target];) {
        Var var = var_of(trail_[i]);
        saved_phase_[var] = value_[var];
        value_[var] = -1;
        reason_[var] = kNoReason;
        if (free_[var]) heap_insert(var);
    }
    trail_.resize(level_start_[target]);
    justified_ = level_justified_[target];
    level_start_.resize(target);
    level_justified_.resize(target);
    propagated_ = trail_.size();
}

// A literal to try, or kNoGate when every assigned gate is justified and every free variable has a value.
Literal Solver::decide() {
    for (; justified_ < trail_.size(); justified_++) {
        const Gate &gate = gate_[var_of(trail_[justified_])];
        if (gate.a == kNoGate || !(trail_[justified_] & 1)) continue;
        if (value(gate.a) == 0 || value(gate.b) == 0) continue;
        bool second = activity_[var_of(gate.b)] > activity_[var_of(gate.a)];
        return negation(second ? gate.b : gate.a);
    }
    while (!heap_.empty()) {
        Var var = heap_pop();
        if (value_[var] < 0) return 2 * var + (saved_phase_[var] != 1);
    }
    return kNoGate;
}

void Solver::reduce() {
    std::stable_sort(learnts_.begin(), learnts_.end(), [&](Ref a, Ref b) { return lbd(a) < lbd(b); });
    std::vector<uint8_t> locked(arena_.size());
    for (Literal lit : trail_)
        if (reason_[var_of(lit)] != kNoReason) locked[reason_[var_of(lit)]] = 1;
    std::vector<uint8_t> dropped(arena_.size());
    size_t kept = 0;
    for (size_t i = 0; i < learnts_.size(); i++) {
        Ref clause = learnts_[i];
        if (i < learnts_.size() / 2 || lbd(clause) <= kKeepLbd || locked[clause]) learnts_[kept++] = clause;
        else dropped[clause] = 1;
    }
    learnts_.resize(kept);
    for (auto &watches : watches_)
        watches.erase(std::remove_if(watches.begin(), watches.end(), [&](const Watch &w) { return dropped[w.clause]; }),
                      watches.end());
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
            uint32_t quality = 1;
            for (size_t i = 1; i < learnt_.size(); i++) {  // LBD: the number of levels, counted through seen levels
                bool again = false;
                for (size_t j = i + 1; j < learnt_.size() && !again; j++)
                    again = level_of_[var_of(learnt_[i])] == level_of_[var_of(learnt_[j])];
                quality += !again;
                if (quality > 8) break;  // beyond that it does not matter how many
            }
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
    return answer;
}

void Solver::heap_insert(Var var) {
    if (heap_at_[var] >= 0) return;
    heap_at_[var] = static_cast<int32_t>(heap_.size());
    heap_.push_back(var);
    heap_up(heap_.size() - 1);
}

void Solver::heap_up(size_t at) {
    Var var = heap_[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (activity_[heap_[parent]] >= activity_[var]) break;
        heap_[at] = heap_[parent];
        heap_at_[heap_[at]] = static_cast<int32_t>(at);
        at = parent;
    }
    heap_[at] = var;
    heap_at_[var] = static_cast<int32_t>(at);
}

void Solver::heap_down(size_t at) {
    Var var = heap_[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && activity_[heap_[child + 1]] > activity_[heap_[child]]) child++;
        if (activity_[heap_[child]] <= activity_[var]) break;
        heap_[at] = heap_[child];
        heap_at_[heap_[at]] = static_cast<int32_t>(at);
        at = child;
    }
    heap_[at] = var;
    heap_at_[var] = static_cast<int32_t>(at);
}

Var Solver::heap_pop() {
    Var top = heap_[0];
    heap_at_[top] = -1;
    Var last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) {
        heap_[0] = last;
        heap_at_[last] = 0;
        heap_down(0);
    }
    return top;
}

}  // namespace netc::sat

using namespace netc;

namespace {

sat::Literal literal_of(int32_t signed_lit, int64_t num_vars) {
    int64_t var = signed_lit < 0 ? -static_cast<int64_t>(signed_lit) : signed_lit;
    if (var < 1 || var > num_vars)
        throw UserError{"", format("literal %d of %lld variables", signed_lit, static_cast<long long>(num_vars))};
    return static_cast<sat::Literal>(2 * (var - 1) + (signed_lit < 0));
}

int32_t answer(sat::Solver &solver, const std::vector<sat::Literal> &assumed, int64_t conflicts, int64_t propagations,
               int64_t num_vars, int32_t *model) {
    switch (solver.solve(assumed.data(), assumed.size(), conflicts, propagations)) {
    case sat::Answer::satisfiable:
        for (int64_t i = 0; i < num_vars; i++) model[i] = solver.model(static_cast<sat::Var>(i)) == 1;
        return 10;
    case sat::Answer::unsatisfiable:
        for (int64_t i = 0; i < num_vars; i++) model[i] = 0;
        for (sat::Literal lit : solver.core()) model[sat::var_of(lit)] = lit & 1 ? 1 : -1;  // negated again
        return 20;
    default: return 0;
    }
}

}  // namespace

extern "C" int64_t netc_sat_session(const int32_t *script, int64_t count, int64_t num_vars, int32_t query,
                                    int64_t conflicts, int64_t propagations, int32_t *models) {
    return guard([&]() -> int64_t {
        sat::Solver solver;
        for (int64_t i = 0; i < num_vars; i++) solver.declare_free(solver.new_var());
        std::vector<sat::Literal> literals;
        bool asked = false;
        int64_t queries = 0;
        for (int64_t i = 0; i < count; i++) {
            if (script[i] == query) {
                asked = true;
                continue;
            }
            if (script[i] != 0) {
                literals.push_back(literal_of(script[i], num_vars));
                continue;
            }
            if (asked) {
                int32_t *row = models + (num_vars + 1) * queries++;
                row[0] = answer(solver, literals, conflicts, propagations, num_vars, row + 1);
            } else {
                solver.add_clause(literals.data(), literals.size());
            }
            literals.clear();
            asked = false;
        }
        return queries;
    });
}

extern "C" int64_t netc_sat_solve(const int32_t *dimacs, int64_t count, int64_t num_vars, const int32_t *assumptions,
                                  int64_t num_assumptions, int64_t conflicts, int32_t *model, netc_proof *proof) {
    return guard([&]() -> int64_t {
        sat::Solver solver(proof ? &proof->proof : nullptr);
        for (int64_t i = 0; i < num_vars; i++) solver.declare_free(solver.new_var(static_cast<int32_t>(i + 1)));
        std::vector<sat::Literal> clause;
        Proof::Id id = 0;
        for (int64_t i = 0; i < count; i++) {
            if (dimacs[i] != 0) {
                clause.push_back(literal_of(dimacs[i], num_vars));
                continue;
            }
            solver.add_clause(clause.data(), clause.size(), ++id);
            clause.clear();
        }
        std::vector<sat::Literal> assumed;
        for (int64_t i = 0; i < num_assumptions; i++) assumed.push_back(literal_of(assumptions[i], num_vars));
        return answer(solver, assumed, conflicts, -1, num_vars, model);
    });
}
