/* A network of templates: each is one small program that is executed at all positions of its layer. */
#ifndef NETC_RUNTIME_TEMPLATES_H
#define NETC_RUNTIME_TEMPLATES_H

#include <stdint.h>

typedef struct netc_templates netc_templates;

/* Without a layer yet; null if there is no memory. */
netc_templates *netc_templates_new(int64_t inputs);
void netc_templates_free(netc_templates *network);

/* Adds a layer behind the others: a program at many positions. The program is left in another order, and may go. gather:
 * int64[positions][inputs of the program], which output of the layer before feeds each input, or -1 for constant 0. The layer's
 * outputs are those of all roots at the first position, then at the second, …, or with by_channel those of the first root at all
 * positions, then of the second. */
int64_t netc_templates_tile(netc_templates *network, netc_program *program, const int64_t *gather, int64_t positions,
                            int64_t by_channel);
/* Adds layers that an engine runs, by its kernels for planes of 64 and of 16 bytes, which must stay: `outputs` places in their
 * layout. */
int64_t netc_templates_dense(netc_templates *network, const netc_kernel *wide, const netc_kernel *small, int64_t outputs);
/* Call after the last layer. */
int64_t netc_templates_finish(netc_templates *network);

/* The layout points into the network. */
void netc_templates_layout(const netc_templates *network, netc_layout *layout);
/* Operations for a block: those of templates at all positions; engines count their own. */
int64_t netc_templates_operations(const netc_templates *network);
/* Of a layer, in the order added: the positions that are executed side by side, 0 if an engine runs it. */
int64_t netc_templates_strip(const netc_templates *network, int64_t layer);
/* The function that evaluates a block of planes of 64 or 16 bytes, with a kernel numbered as those of tables are; null for what
 * is not there. */
netc_eval netc_templates_kernel(int64_t index, int64_t plane_bytes);

#endif
