#ifndef NETC_PASSES_ORDER_H
#define NETC_PASSES_ORDER_H
int64_t netc_pass_order(const netc_aig *aig, netc_context *context, netc_step *step);
#endif
