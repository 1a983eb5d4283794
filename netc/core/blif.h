/* BLIF: Berkeley Logic Interchange Format (University of California, Berkeley, 1992). */
#ifndef NETC_CORE_BLIF_H
#define NETC_CORE_BLIF_H

#include <stdint.h>

/* A file as read and flattened, hashed. `roots` are the literals of outputs and next states. Texts, one after another:
 * the names of inputs, latches and outputs, the name of the model, and lines that say what was left out. */
typedef struct netc_blif {
    int64_t inputs, latches, outputs, num_ands, num_texts;
    uint32_t *ands;
    uint32_t *roots;
    uint8_t *reset; /* [latches]: 0, 1, or 2 for uninitialised */
    uint8_t *texts;
    int64_t *text_start; /* [num_texts + 1] */
} netc_blif;

/* top: the name of the model to flatten, or null for the first. merge_clocks: latches of different clocks or edges are
 * read as if they shared one; else they are an error. */
int64_t netc_blif_read(const uint8_t *data, int64_t size, const char *top, int64_t merge_clocks, netc_blif *out);

#endif
