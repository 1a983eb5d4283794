/* Printing a LUT network: one piece of text a LUT, from templates. */
#ifndef NETC_CORE_PRINT_H
#define NETC_CORE_PRINT_H

#include <stdint.h>

/* How a kind of node is named: prefix, number, suffix. Before a LUT's own name stands `declare`. */
typedef struct netc_style {
    const char *declare;
    const char *prefix;
    const char *suffix;
} netc_style;

/* A template is text in which byte 1 stands for the LUT's own name and byte 2 + j for the name of fan-in j. A node's
 * name is names[name_of[node]] (names[node] where name_of is null) if there is one, else numbers[node] (node where
 * numbers is null) in the style of its kind. */
typedef struct netc_printer {
    const uint32_t *fanins;      /* [count][k] */
    int64_t count, k, first_lut; /* LUT i is node first_lut + i */
    const uint32_t *template_of; /* [count] */
    const uint8_t *templates;
    const int64_t *template_start; /* [num_templates + 1] */
    int64_t num_templates;
    const uint8_t *names;
    const int64_t *name_start; /* [num_names + 1] */
    int64_t num_names;
    const uint32_t *name_of; /* by node, or null; no name is >= num_names */
    const uint32_t *numbers;
    const netc_style *styles;
    int64_t num_styles;
    const uint8_t *kinds; /* of all nodes, < num_styles; null: all 0 */
} netc_printer;

/* Prints LUTs first.. until `end` or the buffer is full; returns the bytes and sets *next to the first LUT not
 * printed. */
int64_t netc_print(const netc_printer *printer, int64_t first, int64_t end, uint8_t *buffer, int64_t capacity,
                   int64_t *next);

#endif
