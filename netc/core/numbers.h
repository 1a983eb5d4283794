/* Lines of numbers as text. */
#ifndef NETC_CORE_NUMBERS_H
#define NETC_CORE_NUMBERS_H

#include <stdint.h>

/* In: `columns` that every line has, the number of the first `line`. Out: how far reading came, in whole lines: `rows`
 * filled, `bytes` read, and the number of the next `line`. */
typedef struct netc_lines {
    int64_t columns, rows, bytes, line;
} netc_lines;

/* Reads up to `rows` lines of numbers, separated by one comma or by blanks, from `text`, which ends with a newline; empty
 * lines and those that begin with # do not count. Exactly one of `narrow` (uint8_t[rows][columns]) and `wide`
 * (double[rows][columns]) is not null. Returns 1 where a number is no integer from 0 to 255 but `narrow` is wanted:
 * that line is not read; else 0. */
int64_t netc_read_lines(const uint8_t *text, int64_t size, int64_t rows, uint8_t *narrow, double *wide,
                        netc_lines *lines);

/* How many numbers one line has, if they are numbers. */
int64_t netc_count_fields(const uint8_t *line, int64_t size);

#endif
