/* A LUT network as straight-line code: what is computed, in which order, and where each value lives. */
#ifndef NETC_CORE_SCHEDULE_H
#define NETC_CORE_SCHEDULE_H

#include <stdint.h>

/* Nodes are numbered as in the network; its LUTs stand in the order in which they are computed. */
typedef struct netc_schedule {
    uint32_t *fanins; /* [num_luts][k] */
    uint64_t *tables; /* [num_luts] */
    uint32_t *roots;  /* [num_roots] literals */
    uint8_t *homes;   /* [1 + leaves + num_luts]: 0 a leaf, 1 a slot of memory, 2 a root, 3 a local of its block */
    uint32_t *numbers; /* [1 + leaves + num_luts]: which leaf, slot, root; a local's is its node */
    int64_t num_luts;
    int64_t slots;
} netc_schedule;

/* k <= 6. Every `block` LUTs are one block, whose locals no other block reads. */
int64_t netc_schedule_luts(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k, int64_t leaves,
                           const uint32_t *roots, int64_t num_roots, int64_t block, netc_schedule *schedule);

#endif
