#ifndef NETC_PASSES_SWEEP_H
#define NETC_PASSES_SWEEP_H
int64_t netc_pass_sweep(const netc_aig *aig, netc_context *context, int64_t conflicts, int64_t levels, int64_t seed,
                        netc_step *step);
#endif
