#ifndef NETC_PASSES_STRASH_H
#define NETC_PASSES_STRASH_H
int64_t netc_pass_strash(const netc_aig *aig, netc_context *context, netc_step *step);
#endif
