/* Cellular automata: one network at every cell of many grids, bit-parallel over cells. */
#ifndef NETC_RUNTIME_GRID_H
#define NETC_RUNTIME_GRID_H

#include <stdint.h>

typedef struct netc_grid netc_grid;

/* What input of the network a tap feeds: the neighbour 3 * dy + dx (4 is the cell itself), and its channel. */
typedef struct netc_grid_tap {
    uint32_t input, neighbour, channel;
} netc_grid_tap;

typedef struct netc_grid_shape {
    int64_t grids, height, width, channels; /* each at least 1; the network's outputs are the channels */
    int64_t periodic;                       /* else all is 0 outside */
    const netc_grid_tap *taps;              /* inputs that no tap feeds are 0 */
    int64_t num_taps;
} netc_grid_shape;

/* Which cells take a step: those that a mask says, uint8 [steps][grids][height][width], or without one those whose draw
 * is below `threshold` (of 2^53). The draw of cell (y, x) of a grid in step t is the upper 53 bits of output number
 * (t * height + y) * width + x of SplitMix64, seeded with the output of that grid's number of SplitMix64 with `seed`. */
typedef struct netc_grid_updates {
    const uint8_t *mask;
    uint64_t threshold, seed;
    int64_t first_step;
} netc_grid_updates;

/* All cells are 0 at first. The kernel, for planes of 64 bytes, is copied; what it points to must stay. Null: no memory. */
netc_grid *netc_grid_new(const netc_kernel *kernel, const netc_grid_shape *shape, int64_t threads);
void netc_grid_free(netc_grid *grid);
/* state: bytes 0 and 1, [grids][height][width][channels]. */
int64_t netc_grid_load(netc_grid *grid, const uint8_t *state);
int64_t netc_grid_store(const netc_grid *grid, uint8_t *state);
/* updates: null for all cells. */
int64_t netc_grid_steps(netc_grid *grid, int64_t steps, const netc_grid_updates *updates);

#endif
