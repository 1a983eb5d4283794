#ifndef NETC_PASSES_BALANCE_H
#define NETC_PASSES_BALANCE_H
int64_t netc_pass_balance(const netc_aig *aig, netc_context *context, int64_t xors, netc_step *step);
#endif
