#ifndef NETC_PASSES_SIMRESUB_H
#define NETC_PASSES_SIMRESUB_H
int64_t netc_pass_simresub(const netc_aig *aig, netc_context *context, int64_t leaves, int64_t gates, int64_t divisors,
                           int64_t conflicts, int64_t effort, int64_t seed, netc_step *step);
#endif
