#ifndef NETC_PASSES_RELUT_H
#define NETC_PASSES_RELUT_H
/* choices, dontcares: 0 or 1. grow: percent of ANDs by which the result may be larger. */
int64_t netc_pass_relut(const netc_aig *aig, netc_context *context, int64_t k, int64_t rounds, int64_t choices,
                        int64_t dontcares, int64_t diagrams, int64_t conflicts, int64_t grow, int64_t seed, netc_step *step);
#endif
