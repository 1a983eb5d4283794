// The solver over DIMACS, alone: for cross-checking it against others.
#include <vector>

#include "netc/core/aig.hpp"
#include "netc/core/sat.hpp"

extern "C" {
#include "netc/core/sat.h"
}

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
