/* A LUT network as operations of two or three operands: what engines are made of. */
#ifndef NETC_RUNTIME_PROGRAM_H
#define NETC_RUNTIME_PROGRAM_H

#include <stdint.h>

typedef struct netc_program netc_program;

/* Programs a network of LUTs with k <= operands fan-ins, operands being 2 or 3; null if there is no memory. roots: the
 * literals that are outputs. */
netc_program *netc_program_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k,
                               int64_t inputs, const uint32_t *roots, int64_t num_roots, int64_t operands);
/* Another one like it; null if there is no memory. */
netc_program *netc_program_copy(const netc_program *program);
void netc_program_free(netc_program *program);
int64_t netc_program_operations(const netc_program *program);

#endif
