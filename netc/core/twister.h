/* The Mersenne twister as torch's CPU generator runs it. */
#ifndef NETC_CORE_TWISTER_H
#define NETC_CORE_TWISTER_H

#include <stdint.h>

typedef struct netc_twister {
    uint32_t state[624];
    uint32_t at; /* the next word of `state` to give out; 624 when new ones are due */
} netc_twister;

int64_t netc_twister_seed(netc_twister *twister, uint32_t seed);
int64_t netc_twister_skip(netc_twister *twister, int64_t words);
int64_t netc_twister_words(netc_twister *twister, int64_t count, uint32_t *words);
/* permutation: uint32[n], n < 2**32. */
int64_t netc_twister_randperm(netc_twister *twister, int64_t n, uint32_t *permutation);

#endif
