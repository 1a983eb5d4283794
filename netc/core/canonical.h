/* A circuit in an order of its own. */
#ifndef NETC_CORE_CANONICAL_H
#define NETC_CORE_CANONICAL_H

/* leaves: uint32[leaves], the place of each leaf in the new order, from 0; roots: uint32[num_roots], of each root. The
 * image of the step leads from nodes as they were to literals of the new graph, whose leaves and roots are in that order. */
int64_t netc_canonical(const netc_aig *aig, netc_context *context, netc_step *step, uint32_t *leaves, uint32_t *roots);

#endif
