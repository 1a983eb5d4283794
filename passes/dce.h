#ifndef NETC_PASSES_DCE_H
#define NETC_PASSES_DCE_H
int64_t netc_pass_dce(const netc_aig *aig, netc_context *context, netc_step *step);
#endif
