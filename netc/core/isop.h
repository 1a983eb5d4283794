/* Irredundant sums of products of small functions. */
#ifndef NETC_CORE_ISOP_H
#define NETC_CORE_ISOP_H

#include <stdint.h>

/* The cubes of a cover of a table of k <= 6 variables: row i is k bytes '0', '1' or '-' at cubes[i * k]; returns how many.
 * Each cube covers something that no other does, so there are at most 64. */
int64_t netc_isop(uint64_t table, int64_t k, uint8_t *cubes);

#endif
