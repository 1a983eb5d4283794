#ifndef NETC_PASSES_RESUB_H
#define NETC_PASSES_RESUB_H
int64_t netc_pass_resub(const netc_aig *aig, netc_context *context, int64_t leaves, int64_t gates, int64_t divisors,
                        int64_t levels, int64_t zero_gain, int64_t keep_depth, netc_step *step);
#endif
