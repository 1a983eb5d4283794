/* Running a loaded program over a batch: pack, evaluate, count votes, unpack, a block of samples at a time. */
#ifndef NETC_RUNTIME_RUNNER_H
#define NETC_RUNTIME_RUNNER_H

#include <stdint.h>

/* Evaluates one block in place. A plane is one bit of every sample of the block: sample i is bit i % 8 of byte i / 8.
 * Planes lie one after another, 64-byte aligned; see netc_runner for which holds what. */
typedef void (*netc_eval)(const void *code, void *planes);

/* Where values lie: before eval plane i < num_reads holds input reads[i], in ascending order; after it output i is plane
 * places[i] >> 1, complemented if places[i] & 1. Plane `planes` follows the program's own and is 0 all the time: constant
 * outputs are there. */
typedef struct netc_layout {
    int64_t planes;
    int64_t num_reads;
    const uint32_t *reads;
    const uint32_t *places;
} netc_layout;

typedef struct netc_votes netc_votes;
typedef struct netc_thresholds netc_thresholds;

typedef struct netc_kernel {
    netc_eval eval;
    const void *code;
    int64_t plane_bytes; /* 16, 32, 64 or 128: a block is 8 times as many samples */
    netc_layout layout;
    const netc_votes *votes;           /* null: no head */
    const netc_thresholds *thresholds; /* null: inputs are bits */
} netc_kernel;

typedef struct netc_pool netc_pool;

typedef struct netc_runner {
    netc_kernel wide;  /* for long batches */
    netc_kernel small; /* for batches of no more samples than its block; eval is null if there is none */
    int64_t set;     /* of instructions, for all that is done beside the kernels: a number as in netc_table_kernel_name */
    netc_pool *pool; /* of memory for planes */
    int64_t ignore_nan;
    int64_t inputs, outputs, classes; /* classes is 0 without a head */
} netc_runner;

/* What x holds: bytes 0 or 1; rows of packed bits, bit j of byte b being input 8b + j; or features of a type.
 * Planes are for the state of a machine only. */
enum { NETC_BYTES, NETC_PACKED, NETC_UINT8, NETC_FLOAT32, NETC_FLOAT64, NETC_PLANES };

/* What is wanted. */
enum { NETC_BITS, NETC_PACKED_BITS, NETC_SCORES, NETC_CLASSES };

netc_pool *netc_pool_new(void);
void netc_pool_free(netc_pool *pool);

/* The number of a row and column is at x + row * row_stride + column * column_stride. to: for `wanted` NETC_BITS
 * uint8[samples][outputs], for NETC_PACKED_BITS uint8[samples][(outputs + 7) / 8], for NETC_SCORES
 * int32[samples][classes], for NETC_CLASSES int32[samples]. */
int64_t netc_run(const netc_runner *runner, const uint8_t *x, int64_t row_stride, int64_t column_stride, int64_t form,
                 int64_t samples, int64_t threads, int64_t wanted, void *to);

/* Evaluates only the gates, `blocks` times with the kernel for so many samples, on whatever the planes hold; returns
 * nanoseconds. */
int64_t netc_time_gates(const netc_runner *runner, int64_t samples, int64_t blocks, int64_t threads);

#endif
