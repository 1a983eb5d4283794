/* Sequential circuits: which nodes correspond in every reachable state, and where two outputs differ from reset. */
#ifndef NETC_CORE_SCORR_H
#define NETC_CORE_SCORR_H

#include <stdint.h>

/* The graph's leaves are `inputs` inputs and then its latches; its roots begin with the latches' next states. initial:
 * uint32 a latch, its value at reset: 0, 1, or 2 + v for the v-th of `free` values that may be anything. */
typedef struct netc_machine {
    netc_aig aig;
    int64_t inputs;
    const uint32_t *initial;
    int64_t free;
} netc_machine;

/* representatives: uint32[nodes], for each node the literal of the first node that equals it in every reachable state,
 * proved by `steps`-induction. Returns the rounds that it took, or 0 when the context stopped it; then nothing holds. */
int64_t netc_scorr(const netc_machine *machine, netc_context *context, int64_t steps, int64_t conflicts, int64_t seed,
                   uint32_t *representatives);

/* The roots after the next states are num_pairs literals, then as many partners. Looks for a step below `depth` in which a
 * pair differs: netc_runs by random runs, netc_bmc by SAT, step after step. pattern: uint8[depth * inputs + free], the
 * inputs of each step, then the free values. Both return 1 + the step in which pair *different differs, or 0. *proved
 * becomes the number of steps in which no pair can differ. representatives: of netc_scorr, or NULL. */
int64_t netc_runs(const netc_machine *machine, netc_context *context, int64_t depth, int64_t seed, uint8_t *pattern,
                  int64_t *different);
int64_t netc_bmc(const netc_machine *machine, netc_context *context, int64_t depth, int64_t conflicts, int64_t seed,
                 const uint32_t *representatives, uint8_t *pattern, int64_t *different, int64_t *proved);

/* The machine with each gate of latches alone as a latch, and what is dead removed; the same roots after the next states.
 * Returns the number of latches; step->image holds what they are at reset. */
int64_t netc_retime(const netc_machine *machine, netc_context *context, netc_step *step);

#endif
