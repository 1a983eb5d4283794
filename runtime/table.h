/* The table kernel: a LUT network as records that a few small loops walk over. */
#ifndef NETC_RUNTIME_TABLE_H
#define NETC_RUNTIME_TABLE_H

#include <stdint.h>

typedef struct netc_table netc_table;

/* Programs a network of LUTs with k <= 3 fan-ins. roots: the literals that are outputs, in order. */
netc_table *netc_table_new(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k, int64_t inputs,
                           const uint32_t *roots, int64_t num_roots);
void netc_table_free(netc_table *program);
int64_t netc_table_scratch_bytes(const netc_table *program);
int64_t netc_table_records(const netc_table *program);
/* Kernels, best first on this machine: their number, and the name of one. */
int64_t netc_table_num_kernels(void);
const char *netc_table_kernel_name(int64_t index);
/* The function that evaluates a block with a kernel; null for an index that is not there. */
netc_eval netc_table_kernel(int64_t index);

#endif
