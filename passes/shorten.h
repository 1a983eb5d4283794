#ifndef NETC_PASSES_SHORTEN_H
#define NETC_PASSES_SHORTEN_H
int64_t netc_pass_shorten(const netc_aig *aig, netc_context *context, int64_t cuts, int64_t rounds, netc_step *step);
#endif
