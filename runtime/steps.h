/* Machines: the runner's inputs are the machine's and then the state, its outputs the machine's and then the next state. */
#ifndef NETC_RUNTIME_STEPS_H
#define NETC_RUNTIME_STEPS_H

#include <stdint.h>

typedef struct netc_machine_plan netc_machine_plan;

/* Where a runner's state goes from step to step; the runner must outlive it. Null if there is no memory. */
netc_machine_plan *netc_machine_plan_new(const netc_runner *runner, int64_t latches);
void netc_machine_plan_free(netc_machine_plan *plan);

/* One run. Each form is NETC_BYTES or NETC_PACKED, rows of which have as many bytes as they need; a state may also be
 * NETC_PLANES: for each block of sequences a plane for each latch, 16-byte aligned. */
typedef struct netc_machine_run {
    int64_t steps, sequences, threads;
    const uint8_t *x; /* [steps][sequences][inputs], with these strides; the last is 1 for NETC_PACKED */
    int64_t x_form, step_stride, row_stride, column_stride;
    uint8_t *y; /* [steps][sequences][outputs] */
    int64_t y_form;
    const uint8_t *before; /* [sequences][latches], rows this many bytes apart; it may be `after` */
    int64_t before_form, before_stride;
    uint8_t *after; /* the same after the last step */
    int64_t after_form;
} netc_machine_run;

int64_t netc_run_machine(const netc_machine_plan *plan, const netc_machine_run *given);

/* Of the planes that hold the state of so many sequences: a block is 8 times as many sequences. */
int64_t netc_machine_plane_bytes(const netc_machine_plan *plan, int64_t sequences);

#endif
