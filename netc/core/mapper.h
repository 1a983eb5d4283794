/* Covering a graph with LUTs. */
#ifndef NETC_CORE_MAPPER_H
#define NETC_CORE_MAPPER_H

#include <stdint.h>

typedef struct netc_luts {
    int64_t num_luts;
    uint32_t *fanins; /* [num_luts][k] nodes of the LUT network; 0 where a LUT has fewer */
    uint64_t *tables; /* [num_luts] */
    uint32_t *image;  /* by node of the graph: the LUT network's node, or NETC_NONE */
} netc_luts;

/* k: 2..6. depth: keep the smallest possible depth and save area elsewhere; else save area everywhere. rounds: passes of
 * area recovery. Roots keep their complements: a root literal 2n + c becomes 2 image[n] + c. */
int64_t netc_map(const netc_aig *aig, netc_context *context, int64_t k, int64_t depth, int64_t rounds, netc_luts *out);
/* levels: uint32[1 + leaves + num_luts] */
int64_t netc_lut_levels(const uint32_t *fanins, int64_t num_luts, int64_t k, int64_t leaves, uint32_t *levels);
/* values: uint8[1 + leaves + num_luts], each node's value where all leaves are 0; fan-ins are of earlier nodes. */
int64_t netc_lut_at_zero(const uint32_t *fanins, const uint64_t *tables, int64_t num_luts, int64_t k, int64_t leaves,
                         uint8_t *values);

#endif
