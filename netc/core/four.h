/* The four-input library, for its tests. */
#ifndef NETC_CORE_FOUR_H
#define NETC_CORE_FOUR_H

#include <stdint.h>

/* The structure called `which` of the class of a function of four inputs, made to compute the function. ands: uint32[32],
 * inputs are nodes 1..4; *root: its literal. Returns the number of ANDs, or 16 where there are no so many structures. */
int64_t netc_four(uint32_t table, int64_t which, uint32_t *ands, uint32_t *root);

#endif
