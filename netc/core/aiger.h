/* AIGER 1.9, ASCII and binary (Biere, Heljanko, Wieringa: AIGER 1.9 and beyond, 2011). */
#ifndef NETC_CORE_AIGER_H
#define NETC_CORE_AIGER_H

#include <stdint.h>

/* A file as read. `roots` are the literals of outputs, latch next states, bad states, constraints, justice and
 * fairness, in that order. Symbols and comment are given by place in the file: kind is one of "ilobcjf". */
typedef struct netc_aiger {
    int64_t inputs, latches, outputs, bad, constraints, justice, fairness, num_ands, num_roots;
    uint32_t *ands;
    uint32_t *roots;
    uint8_t *reset;         /* [latches]: 0, 1, or 2 for uninitialised */
    uint32_t *justice_size; /* [justice] */
    int64_t num_symbols;
    int64_t *symbols; /* [num_symbols][4]: kind, index, start, length */
    int64_t comment;  /* offset of the first byte after the line "c", or -1 */
} netc_aiger;

int64_t netc_aiger_read(const uint8_t *data, int64_t size, netc_aiger *out);
/* Writes ANDs first..: as binary deltas (3 to 10 bytes an AND) or ASCII lines; fills at most `capacity` bytes, returns
 * the bytes written, and sets *next to the first AND that is not written. */
int64_t netc_aiger_write_ands(const netc_aig *aig, int64_t first, int64_t ascii, uint8_t *buffer, int64_t capacity,
                              int64_t *next);
/* Decimal numbers, one a line; returns the bytes written (at most 11 a number). */
int64_t netc_write_numbers(const uint32_t *numbers, int64_t count, uint8_t *buffer);

#endif
