#ifndef NETC_PASSES_MFS_H
#define NETC_PASSES_MFS_H
/* grow: percent of ANDs by which the result may be larger. */
int64_t netc_pass_mfs(const netc_aig *aig, netc_context *context, int64_t k, int64_t window, int64_t cone,
                      int64_t conflicts, int64_t tries, int64_t rounds, int64_t work, int64_t grow, int64_t seed,
                      netc_step *step);
#endif
