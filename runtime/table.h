/* The table kernel: a program as records that a few small loops walk over. */
#ifndef NETC_RUNTIME_TABLE_H
#define NETC_RUNTIME_TABLE_H

#include <stdint.h>

typedef struct netc_table netc_table;

/* Records of a program, which is left in another order; null if there is no memory. The program may go. */
netc_table *netc_table_new(netc_program *program);
void netc_table_free(netc_table *table);
/* The layout points into the table. */
void netc_table_layout(const netc_table *table, netc_layout *layout);
/* Bytes of the records, which every block of samples walks over. */
int64_t netc_table_bytes(const netc_table *table);
/* Kernels, best first on this machine: their number, and the name of one. */
int64_t netc_table_num_kernels(void);
const char *netc_table_kernel_name(int64_t index);
/* The function that evaluates a block of planes of so many bytes with a kernel; null for what is not there. */
netc_eval netc_table_kernel(int64_t index, int64_t plane_bytes);

#endif
