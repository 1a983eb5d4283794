#ifndef NETC_PASSES_REFACTOR_H
#define NETC_PASSES_REFACTOR_H
int64_t netc_pass_refactor(const netc_aig *aig, netc_context *context, int64_t leaves, int64_t least, int64_t zero_gain,
                           int64_t thorough, int64_t keep_depth, netc_step *step);
#endif
