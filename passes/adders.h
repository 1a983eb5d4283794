#ifndef NETC_PASSES_ADDERS_H
#define NETC_PASSES_ADDERS_H
int64_t netc_pass_adders(const netc_aig *aig, netc_context *context, netc_step *step);
#endif
