#ifndef NETC_PASSES_SCORR_H
#define NETC_PASSES_SCORR_H
/* machine, step, kept: as for netc_pass_latches. */
int64_t netc_pass_scorr(const netc_machine *machine, netc_context *context, int64_t steps, int64_t conflicts,
                        int64_t rounds, int64_t work, int64_t seed, netc_step *step, uint32_t *kept);
#endif
