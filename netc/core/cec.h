/* Combinational equivalence of pairs of roots of one graph. */
#ifndef NETC_CORE_CEC_H
#define NETC_CORE_CEC_H

#include <stdint.h>

/* The graph's roots are num_pairs literals of the first circuit and then as many of the second. verdicts: uint8, 1 equal,
 * 0 different, 2 undecided; pattern: uint8[leaves], the leaves' values of a counterexample to pair *different. Returns 1
 * all equal, 0 some pair differs (the rest may not have been looked at: 2), 2 undecided. most_conflicts bounds the last
 * and longest round's questions about inner nodes. partners: null, or uint32[nodes]: an earlier node that each may equal,
 * up to complement, or NETC_NONE; the two are compared first. image: null, or uint32[nodes]: nodes with the same node in
 * it were proved equal, up to complement (a certificate proves them again). */
int64_t netc_cec(const netc_aig *aig, netc_context *context, int64_t most_conflicts, uint8_t *verdicts, uint8_t *pattern,
                 int64_t *different, const uint32_t *partners, uint32_t *image);

#endif
