#ifndef NETC_PASSES_WALK_H
#define NETC_PASSES_WALK_H
int64_t netc_pass_walk(const netc_aig *aig, netc_context *context, int64_t leaves, int64_t nodes, int64_t rounds,
                        int64_t patience, int64_t zero_gain, int64_t seed, netc_step *step);
#endif
