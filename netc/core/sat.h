/* The solver over DIMACS, for cross-checking it against others. */
#ifndef NETC_CORE_SAT_H
#define NETC_CORE_SAT_H

#include <stdint.h>

/* dimacs: clauses as signed literals, each ended by 0. Returns 10 satisfiable (model: 0 or 1 a variable), 20
 * unsatisfiable (model: the assumptions used, 1, -1, or 0 for none), 0 unknown within the conflicts. proof: null, or a
 * proof of a formula of so many clauses; after `unsatisfiable` the clause of those assumptions negated is among them. */
int64_t netc_sat_solve(const int32_t *dimacs, int64_t count, int64_t num_vars, const int32_t *assumptions,
                       int64_t num_assumptions, int64_t conflicts, int32_t *model, netc_proof *proof);

/* One solver, asked again and again. script: clauses as above, and queries: the number `query`, assumptions, 0. models:
 * int32[queries][1 + num_vars], each query's answer as above (0: unknown within the conflicts or propagations), then its
 * model or core. Returns the number of queries. */
int64_t netc_sat_session(const int32_t *script, int64_t count, int64_t num_vars, int32_t query, int64_t conflicts,
                         int64_t propagations, int32_t *models);

#endif
