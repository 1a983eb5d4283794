// A small incremental CDCL solver, made for hundreds of thousands of small questions about cones of one graph.
//
// Clauses with two watched literals, first-UIP learning with minimisation, VSIDS, phase saving, Luby restarts, reduction of
// learnt clauses by LBD, assumptions, and budgets of conflicts. What is special are *gates*: a variable may be declared the
// AND of two literals. Its three clauses are nowhere written down: values pass through it by the fan-ins of the gate and by
// a list of the gates that read a variable, and a clause of it is made when a conflict asks for it. And a decision is made
// only to justify a gate that is assigned false while neither fan-in is, by that fan-in of such gates which is the most
// active: when every assigned gate is justified the assignment extends to the whole graph, so the solver stops there and
// never visits logic that the question does not depend on. Variables that are no gates and occur in plain clauses must be
// declared `free`; those are decided like fan-ins.
// After MiniSat (Eén, Sörensson 2003), circuit-based solvers (Kuehlmann et al. 2002) and ATPG's justification frontier.
//
// With a proof to write to, every clause that the solver learns becomes a step of it, literals of level 0 too, and so does
// the answer to a question: the clause of assumptions that cannot hold together. Without one, nothing is spent on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "netc/core/lists.hpp"
#include "netc/core/proof.hpp"

namespace netc::sat {

using Var = uint32_t;
using Literal = uint32_t;  // 2 * variable + negation

inline Var var_of(Literal lit) { return lit >> 1; }
inline Literal negation(Literal lit) { return lit ^ 1; }

enum class Answer { satisfiable, unsatisfiable, unknown };

class Solver {
public:
    // With a proof, variables have names in it (DIMACS numbers), and every clause that is added is one of its clauses.
    explicit Solver(Proof *proof = nullptr);

    Var new_var(int32_t name = 0);
    size_t num_vars() const { return gate_.size(); }

    // Declares a new variable to be a AND b, which has the clauses (not out, a), (not out, b), (out, not a, not b), called
    // `ids` in a proof.
    Var new_gate(Literal a, Literal b, int32_t name = 0, const Proof::Id *ids = nullptr);
    void declare_free(Var var);

    // Adds a clause between queries; false when the formula has become unsatisfiable.
    bool add_clause(const Literal *literals, size_t count, Proof::Id id = 0);

    // Under these assumptions, within this many conflicts and propagations (< 0: no limit).
    Answer solve(const Literal *assumptions, size_t count, int64_t conflicts, int64_t propagations = -1);

    // After `satisfiable`: 1 true, 0 false, -1 when the answer does not depend on it.
    int model(Var var) const { return model_[2 * var]; }
    // After `unsatisfiable`: the assumptions that were used, negated.
    const std::vector<Literal> &core() const { return core_; }
    // With a proof: the clause of core()'s literals, or the empty one.
    Proof::Id core_id() const { return log_->core; }

    uint64_t propagations() const { return propagations_; }
    // What was done in all, in units of which a second is one to three million: lists and clauses looked at.
    uint64_t work() const { return ticks_ / kTicksInUnit; }
    uint64_t conflicts() const { return total_conflicts_; }
    size_t learnt_clauses() const { return learnts_.size(); }

private:
    using Ref = uint32_t;  // a clause's place in the arena (size, LBD, literals), or one of the three of a gate
    static constexpr Ref kNoReason = 0xFFFFFFFF, kOfGate = 0x80000000;
    static constexpr uint32_t kDropped = 0xFFFFFFFF;  // the LBD of a clause that is to go
    // What work costs: a clause, a gate or a list of watches is likely to be far away in memory, what follows is beside it.
    static constexpr uint64_t kTicksOfClause = 8, kTicksOfList = 8, kTicksOfGate = 4, kTicksInUnit = 128;
    struct Watch {
        Ref clause;
        Literal blocker;
    };
    struct Gate {
        Literal a, b;
    };
    static constexpr Literal kNoGate = 0xFFFFFFFF;
    struct Use {  // of a variable by a gate
        uint32_t code;  // 4 * gate + 2 * (it is b, not a) + (it is complemented)
        Literal other;  // fan-in
        Var gate() const { return code >> 2; }
        uint32_t side() const { return code >> 1 & 1; }
    };
    struct Clause {
        const Literal *literals;
        uint32_t size;
        const Literal *begin() const { return literals; }
        const Literal *end() const { return literals + size; }
    };
    // What logging adds. A clause's id stands in the arena before the clause.
    struct Log {
        Proof *proof;
        std::vector<int32_t> name;     // by variable
        std::vector<std::array<Proof::Id, 3>> gate;  // by variable: what a gate's clauses are called
        std::vector<Proof::Id> unit;   // by variable of level 0: the clause that says so
        std::vector<Ref> used;         // the clauses that the next step rests on, the conflict first
        std::vector<uint8_t> marked;   // by variable, while hints are put in order
        std::vector<Proof::Id> hints;
        std::vector<int32_t> clause;
        size_t units = 0;              // how far the trail of level 0 is logged
        Proof::Id added = 0, core = 0;
    };

    // -1 unassigned, 0 false, 1 true
    int value(Literal lit) const { return value_[lit]; }
    Literal *literals(Ref clause) { return &arena_[clause + 2]; }
    uint32_t size(Ref clause) const { return arena_[clause]; }
    uint32_t &lbd(Ref clause) { return arena_[clause + 1]; }
    static Ref of_gate(Var gate, uint32_t which) { return kOfGate | gate << 2 | which; }
    static bool is_of_gate(Ref clause) { return (clause & kOfGate) != 0; }
    // Any clause to read, until the next is asked for.
    Clause clause(Ref ref) {
        if (!is_of_gate(ref)) return {literals(ref), size(ref)};
        return clause_of_gate(ref);
    }

    Ref allocate(const Literal *literals, size_t count, uint32_t lbd, Proof::Id id);
    void attach(Ref clause);
    void assign(Literal lit, Ref reason);
    Ref propagate();
    Ref through_gates(Literal lit);
    Ref through_clauses(Literal lit);
    Clause clause_of_gate(Ref ref);
    void analyze(Ref conflict);
    bool redundant(Literal lit);
    void analyze_final(Literal failed);
    void backtrack(size_t level);
    Literal decide();
    Literal justifying(Var var);
    void forget_candidates();
    void bump(Var var);
    uint32_t levels_in_learnt();
    void reduce();
    void compact();
    size_t level() const { return level_start_.size(); }

    // Steps of the proof.
    Proof::Id id_of(Ref clause) const;
    void log_units();
    void log_empty(Ref conflict);
    Proof::Id log_step(const std::vector<Literal> &clause);
    Proof::Id log_added(const Literal *given, size_t count, Proof::Id id);

    // The heap of free variables and candidates by activity.
    void heap_insert(Var var);
    void heap_up(size_t at);
    void heap_down(size_t at);
    Var heap_pop();

    std::vector<int8_t> value_, model_;  // by literal
    std::vector<int8_t> saved_phase_;
    std::vector<uint32_t> level_of_;
    std::vector<Ref> reason_;
    std::vector<Gate> gate_;           // by variable; kNoGate where there is none, or its clauses are written down
    Lists<Use> uses_;                  // by variable
    std::array<Literal, 3> of_gate_;   // what clause() shows
    std::vector<double> activity_;
    std::vector<Var> candidates_;
    std::vector<uint8_t> seen_, free_, candidate_;  // candidate: a fan-in of a gate that had to be justified
    Lists<Watch> watches_;             // by the literal that becomes false

    std::vector<uint32_t> arena_;
    std::vector<Ref> learnts_;
    std::vector<Literal> trail_;
    std::vector<size_t> level_start_;      // the trail's size at each decision
    std::vector<size_t> level_justified_;  // how far the trail was justified then
    size_t propagated_ = 0, justified_ = 0;

    std::vector<Literal> learnt_, core_, analyze_stack_, to_clear_;
    std::vector<Var> heap_;
    std::vector<int32_t> heap_at_;
    double increment_ = 1;
    bool inconsistent_ = false;
    std::unique_ptr<Log> log_;
    std::vector<uint32_t> level_seen_;  // by level: the stamp of the last count that met it
    uint32_t level_stamp_ = 0;
    uint64_t propagations_ = 0, total_conflicts_ = 0, ticks_ = 0;
    size_t reduce_at_ = 4000;
};

}  // namespace netc::sat
