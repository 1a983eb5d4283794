/* Bit-parallel simulation. */
#ifndef NETC_CORE_SIMULATE_H
#define NETC_CORE_SIMULATE_H

#include <stdint.h>

/* values: uint64[nodes][words]; the rows of the leaves are given, all others are filled. */
int64_t netc_simulate(const netc_aig *aig, uint64_t *values, int64_t words);
/* leaves: uint64[leaves][words] in, roots: uint64[num_roots][words] out; needs 64 bytes a node. */
int64_t netc_simulate_roots(const netc_aig *aig, const uint64_t *leaves, uint64_t *roots, int64_t words);

#endif
