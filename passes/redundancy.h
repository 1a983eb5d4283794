#ifndef NETC_PASSES_REDUNDANCY_H
#define NETC_PASSES_REDUNDANCY_H
int64_t netc_pass_redundancy(const netc_aig *aig, netc_context *context, int64_t window, int64_t conflicts,
                             int64_t rounds, int64_t work, int64_t reward, int64_t exhaustive, int64_t seed,
                             netc_step *step);
#endif
