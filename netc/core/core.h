/* The C border of the core: flat arrays in, flat arrays out.
 *
 * Every function returns a count or a value >= 0, or a code < 0: NETC_USER (the message says what the user can mend),
 * NETC_MEMORY, NETC_INTERNAL. The message is thread-local. Arrays that the core allocates are freed by netc_free. */
#ifndef NETC_CORE_H
#define NETC_CORE_H

#include <stdint.h>

/* What a running kernel and its owner share. `work` counts units of work, never seconds, so a budget cuts a run at the
 * same place everywhere; `cancel` is set by another thread and is honoured at the same places as the budget. */
typedef struct netc_context {
    int64_t work;
    int64_t budget;
    int64_t stopped_at; /* the work at which the run stopped; -1 while it has not */
    int64_t done;       /* progress within the running kernel: done of total */
    int64_t total;
    int32_t cancel;
    int32_t threads;
} netc_context;

/* An And-Inverter Graph: node 0 is constant false, nodes 1..leaves are inputs and latches, the ANDs follow in
 * topological order, two literals each (larger first). `roots` are all literals that must be kept. */
typedef struct netc_aig {
    const uint32_t *ands;
    int64_t num_ands;
    int64_t leaves;
    const uint32_t *roots;
    int64_t num_roots;
} netc_aig;

/* What a pass returns: the new graph, and for each old node the literal it became (or NETC_NONE). */
typedef struct netc_step {
    uint32_t *ands;
    int64_t num_ands;
    uint32_t *roots;
    uint32_t *image;
} netc_step;

/* A proof that a solver writes; see proof.h. */
typedef struct netc_proof netc_proof;

const char *netc_error(void);
const char *netc_error_place(void);
const char *netc_error_hint(void);
void netc_free(void *memory);

int64_t netc_aig_check(const netc_aig *aig);
int64_t netc_aig_is_hashed(const netc_aig *aig);
/* levels: uint32[1 + leaves + num_ands]; returns the largest level of a root. */
int64_t netc_aig_levels(const netc_aig *aig, uint32_t *levels);
/* fanouts: uint32[1 + leaves + num_ands], roots counted. */
int64_t netc_aig_fanouts(const netc_aig *aig, uint32_t *fanouts);
/* live: uint8[1 + leaves + num_ands]; returns the number of ANDs in the cones of the roots. */
int64_t netc_aig_live(const netc_aig *aig, uint8_t *live);

#endif
