/* A LUT network as operations on planes of bits, in an order and in places that suit a cache: what engines are made of. */
#ifndef NETC_RUNTIME_PROGRAM_H
#define NETC_RUNTIME_PROGRAM_H

#include <stdint.h>

typedef struct netc_program netc_program;

/* Programs a network of LUTs with k <= 3 fan-ins; null if there is no memory. roots: the literals that are outputs.
 * Grouped, operations of one function follow each other. */
netc_program *netc_program_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k,
                               int64_t inputs, const uint32_t *roots, int64_t num_roots, int64_t grouped);
void netc_program_free(netc_program *program);
int64_t netc_program_operations(const netc_program *program);
/* The layout points into the program. */
void netc_program_layout(const netc_program *program, netc_layout *layout);

#endif
