#ifndef NETC_PASSES_EXACT_H
#define NETC_PASSES_EXACT_H
int64_t netc_pass_exact(const netc_aig *aig, netc_context *context, int64_t leaves, int64_t outputs, int64_t nodes,
                        int64_t around, int64_t conflicts, int64_t work, netc_step *step);
#endif
