#ifndef NETC_PASSES_FOLD_H
#define NETC_PASSES_FOLD_H
int64_t netc_pass_fold(const netc_aig *aig, netc_context *context, netc_step *step);
#endif
