/* Building graphs from gates, layers of tables, templates and cube lists. */
#ifndef NETC_CORE_BUILDER_H
#define NETC_CORE_BUILDER_H

#include <stdint.h>

typedef struct netc_builder netc_builder;

/* Neurons as truth tables: neuron i reads signals wiring[i*k .. i*k+k) and has table tables[i*words ..], bit e being
 * the value where fan-in j is bit j of e; words = max(1, 2^k / 64). */
typedef struct netc_tables {
    const uint64_t *tables;
    const uint32_t *wiring;
    int64_t count;
    int64_t k;
} netc_tables;

netc_builder *netc_builder_new(int64_t leaves, int64_t expected_ands);
void netc_builder_free(netc_builder *builder);
int64_t netc_builder_append(netc_builder *builder, int64_t a, int64_t b);
int64_t netc_builder_and(netc_builder *builder, int64_t a, int64_t b);
int64_t netc_builder_num_ands(netc_builder *builder);

/* Lowers tables to ANDs. signals: uint32[num_signals + count] literals; the first num_signals are given, neuron i
 * fills signal num_signals + i, and wiring may name any earlier signal. */
int64_t netc_builder_tables(netc_builder *builder, const netc_tables *tables, uint32_t *signals, int64_t num_signals);

/* One template, a stack of layers of tables, at many positions. gather: int64[positions][template inputs], indices into
 * `sources`, or -1 for constant false. outputs: uint32[positions][neurons of the template, layer by layer]. */
int64_t netc_builder_tiled(netc_builder *builder, const netc_tables *layers, int64_t num_layers, const int64_t *gather,
                           int64_t positions, int64_t template_inputs, const uint32_t *sources, int64_t num_sources,
                           uint32_t *outputs);

/* The OR of cubes over literals: cubes[i*width + j] is '0', '1' or '-'. Returns a literal. */
int64_t netc_builder_cubes(netc_builder *builder, const uint8_t *cubes, int64_t num_cubes, int64_t width,
                           const uint32_t *literals);

/* Copies a graph in, hashed: leaves[i] is the literal of its leaf i; roots: uint32[num_roots], image: uint32[nodes]
 * or null. */
int64_t netc_builder_copy(netc_builder *builder, const netc_aig *aig, const uint32_t *leaves, uint32_t *roots,
                          uint32_t *image);

/* Gives the ANDs away and leaves the builder empty. */
int64_t netc_builder_finish(netc_builder *builder, netc_step *step);

#endif
