#ifndef NETC_PASSES_COLLAPSE_H
#define NETC_PASSES_COLLAPSE_H
int64_t netc_pass_collapse(const netc_aig *aig, netc_context *context, int64_t support, int64_t orders, int64_t rounds,
                           int64_t seed, netc_step *step);
#endif
