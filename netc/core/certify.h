/* The proof that two circuits in one graph are equal, step by step. */
#ifndef NETC_CORE_CERTIFY_H
#define NETC_CORE_CERTIFY_H

#include <stdint.h>

/* aig: the first circuit's nodes, then the second's ANDs over the same leaves, nothing hashed; its roots are num_pairs
 * literals of the first and as many of the second. classes: uint32[nodes], a literal that equal nodes share, as netc_cec
 * found them. Makes a proof of the empty clause from the miter's formula (docs/certificates.md), which the caller frees.
 * counts: int64[3], nodes merged by structure, merged by SAT, and left apart though their classes are one. Returns 1, or 2
 * and no proof when the budget ends it or the conflicts do not suffice for the roots. */
int64_t netc_certify(const netc_aig *aig, netc_context *context, const uint32_t *classes, int64_t conflicts,
                     netc_proof **proof, int64_t *counts);

#endif
