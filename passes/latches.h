#ifndef NETC_PASSES_LATCHES_H
#define NETC_PASSES_LATCHES_H
/* machine: its roots begin with the next states. kept: uint32[latches], the latches that are left; returns their number,
 * with the step's roots beginning with their next states. */
int64_t netc_pass_latches(const netc_machine *machine, netc_context *context, int64_t rounds, netc_step *step,
                          uint32_t *kept);
#endif
