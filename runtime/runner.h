/* Running a loaded program over a batch: pack, evaluate, count votes, unpack, 512 samples at a time. */
#ifndef NETC_RUNTIME_RUNNER_H
#define NETC_RUNTIME_RUNNER_H

#include <stdint.h>

/* Evaluates one block: inputs uint64[inputs][8] and outputs uint64[outputs][8], 64-byte aligned; sample i of the block is
 * bit i % 64 of word i / 64. */
typedef void (*netc_eval)(const void *program, const uint64_t *inputs, uint64_t *outputs, void *scratch);

typedef struct netc_runner {
    netc_eval eval;
    const void *program;
    int64_t scratch_bytes;
    int64_t inputs, outputs;
    int64_t classes; /* 0: no head */
    const int64_t *start;
    const uint32_t *bit;
    const int32_t *weight;
    const int32_t *offset;
} netc_runner;

/* x: bytes 0 or 1 at x + row * row_stride + column * column_stride, or with `packed` rows of bits, bit j of byte b being
 * input 8b + j. Results that are not wanted are null. */
typedef struct netc_batch {
    const uint8_t *x;
    int64_t row_stride, column_stride, packed, samples;
    uint8_t *bits; /* [samples][outputs], or with bits_packed [samples][(outputs + 7) / 8] */
    int64_t bits_packed;
    int32_t *scores;  /* [samples][classes] */
    int32_t *classes; /* [samples] */
} netc_batch;

int64_t netc_run(const netc_runner *runner, const netc_batch *batch);

/* Steps a machine: the runner's inputs are `free_inputs` bits and then the state, its outputs `outputs` bits and then the
 * next state. x: bytes [steps][sequences][free_inputs]; y: bytes [steps][sequences][outputs]; state: bytes
 * [sequences][latches], in and out. */
int64_t netc_run_machine(const netc_runner *runner, int64_t free_inputs, int64_t latches, int64_t steps,
                         int64_t sequences, const uint8_t *x, uint8_t *y, uint8_t *state);

#endif
