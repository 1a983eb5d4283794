// What the solver learns from conflicts, and which of it it keeps.
#include <algorithm>

#include "netc/core/sat.hpp"

namespace netc::sat {
namespace {

constexpr double kRescale = 1e100;        // before activities overflow
constexpr uint32_t kKeepLbd = 2;          // learnt clauses this good are never dropped

}  // namespace

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
    Literal uip = kNoGate;
    Ref ref = conflict;
    if (log_) log_->used.clear();
    do {
        if (log_) log_->used.push_back(ref);
        const Clause read = clause(ref);
        ticks_ += kTicksOfClause + read.size;
        if (!is_of_gate(ref) && lbd(ref) > kKeepLbd) lbd(ref) = std::max(kKeepLbd, lbd(ref) - 1);  // used: kept longer
        for (Literal lit : read) {
            Var var = var_of(lit);
            if (lit == uip || seen_[var] || level_of_[var] == 0) continue;
            seen_[var] = 1;
            bump(var);
            if (level_of_[var] == level()) open++;
            else learnt_.push_back(lit);
        }
        while (!seen_[var_of(trail_[--at])]) {}
        uip = trail_[at];
        ref = reason_[var_of(uip)];
        seen_[var_of(uip)] = 0;
        open--;
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
        const Clause read = clause(reason_[var_of(analyze_stack_.back())]);
        Literal implied = negation(analyze_stack_.back());
        analyze_stack_.pop_back();
        ticks_ += kTicksOfClause + read.size;
        for (Literal other : read) {
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
        for (Literal lit : clause(reason_[var]))
            if (var_of(lit) != var && level_of_[var_of(lit)] > 0) seen_[var_of(lit)] = 1;
    }
    seen_[var_of(failed)] = 0;
    if (log_) log_->core = log_->used.empty() ? 0 : log_step(core_);  // contrary assumptions are no step
}

// LBD: on how many levels the literals of the learnt clause are; beyond a few it does not matter how many.
uint32_t Solver::levels_in_learnt() {
    constexpr uint32_t kMany = 9;
    if (++level_stamp_ == 0) std::fill(level_seen_.begin(), level_seen_.end(), 0), level_stamp_ = 1;
    level_seen_.resize(std::max(level_seen_.size(), level() + 1));
    uint32_t count = 1;
    for (size_t i = 1; i < learnt_.size() && count < kMany; i++) {
        uint32_t &seen = level_seen_[level_of_[var_of(learnt_[i])]];
        count += seen != level_stamp_;
        seen = level_stamp_;
    }
    return count;
}

// Drops the worse half of the learnt clauses, but none that is a reason.
void Solver::reduce() {
    std::stable_sort(learnts_.begin(), learnts_.end(), [&](Ref a, Ref b) { return lbd(a) < lbd(b); });
    auto is_reason = [&](Ref clause) {
        Literal implied = literals(clause)[0];  // which leads its reason
        return value(implied) == 1 && reason_[var_of(implied)] == clause;
    };
    size_t kept = 0;
    for (size_t i = 0; i < learnts_.size(); i++) {
        Ref clause = learnts_[i];
        if (i < learnts_.size() / 2 || lbd(clause) <= kKeepLbd || is_reason(clause)) learnts_[kept++] = clause;
        else lbd(clause) = kDropped;
    }
    learnts_.resize(kept);
    compact();
}

// Moves the clauses together, in their order, and forgets those that are dropped.
void Solver::compact() {
    const size_t before = log_ ? 1 : 0;  // where there is a proof, a clause's id stands before it
    std::vector<uint32_t> old;
    old.swap(arena_);
    arena_.reserve(old.size());
    for (size_t at = before; at < old.size();) {
        size_t words = 2 + size_t{old[at]};
        if (old[at + 1] != kDropped) {
            size_t start = at - before;
            arena_.insert(arena_.end(), old.begin() + static_cast<std::ptrdiff_t>(start),
                          old.begin() + static_cast<std::ptrdiff_t>(at + words));
            old[at] = static_cast<uint32_t>(arena_.size() - words);  // where it went, for whoever refers to it
        }
        at += words + before;
    }
    for (size_t list = 0; list < watches_.size(); list++) {
        Watch *watches = watches_.begin(list);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < watches_.size(list); i++)
            if (old[watches[i].clause + 1] != kDropped) watches[kept++] = {old[watches[i].clause], watches[i].blocker};
        watches_.truncate(list, kept);
    }
    for (Ref &clause : learnts_) clause = old[clause];
    for (Literal lit : trail_)
        if (Ref &reason = reason_[var_of(lit)]; reason != kNoReason && !is_of_gate(reason)) reason = old[reason];
    ticks_ += old.size() / 8;
}

}  // namespace netc::sat
