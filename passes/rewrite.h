#ifndef NETC_PASSES_REWRITE_H
#define NETC_PASSES_REWRITE_H
/* inputs: 4 or 5. */
int64_t netc_pass_rewrite(const netc_aig *aig, netc_context *context, int64_t inputs, int64_t cuts, int64_t zero_gain,
                          netc_step *step);
#endif
