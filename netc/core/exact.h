/* The fewest ANDs for several functions together. */
#ifndef NETC_CORE_EXACT_H
#define NETC_CORE_EXACT_H

#include <stdint.h>

/* A smallest circuit for at most four functions of `inputs` <= 6 inputs, given by tables of one word each, in the rows
 * of `care`; with at most `most` <= 20 ANDs, and this many conflicts for each question. ands: uint32[2 * most], inputs
 * are nodes 1..inputs; roots: uint32[num_tables]. proved: 1 when no smaller circuit exists. Returns the number of ANDs,
 * most + 1 for none. */
int64_t netc_exact(const uint64_t *tables, int64_t num_tables, int64_t inputs, uint64_t care, int64_t most,
                   int64_t conflicts, uint32_t *ands, uint32_t *roots, int64_t *proved);

#endif
