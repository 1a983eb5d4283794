"""Slow, plain twins of what the core does, written from the definitions: the specification that tests compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from netc import Aig, Head, LayeredNetwork, LutNetwork, Tiled

Bits = npt.NDArray[np.bool_]


def simulate(aig: Aig, leaves: Bits) -> Bits:
    """``bool[n, nodes]`` from ``bool[n, leaves]``, one AND after the other."""
    values = np.zeros((len(leaves), aig.num_nodes), np.bool_)
    values[:, 1 : 1 + aig.ports.leaves] = leaves
    for index, (a, b) in enumerate(aig.ands.tolist()):
        values[:, aig.first_and + index] = (values[:, a >> 1] ^ bool(a & 1)) & (values[:, b >> 1] ^ bool(b & 1))
    return values


def roots(aig: Aig, leaves: Bits) -> Bits:
    """``bool[n, roots]``."""
    values = simulate(aig, leaves)
    return values[:, aig.roots >> 1] ^ (aig.roots & 1).astype(np.bool_)


def strash(aig: Aig) -> list[tuple[int, int]]:
    """The fan-ins of the folded and hashed graph, dead ANDs included."""
    image = [2 * node for node in range(aig.first_and)]
    table: dict[tuple[int, int], int] = {}
    made: list[tuple[int, int]] = []
    for a, b in aig.ands.tolist():
        x, y = sorted((image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1)), reverse=True)
        if y == 0 or x == y ^ 1:
            image.append(0)
        elif y == 1 or x == y:
            image.append(x)
        else:
            if (x, y) not in table:
                table[x, y] = 2 * (aig.first_and + len(made))
                made.append((x, y))
            image.append(table[x, y])
    return made


def lut_roots(network: LutNetwork, leaves: Bits) -> Bits:
    """``bool[n, roots]`` of a LUT network by looking up its tables."""
    values = np.zeros((len(leaves), network.num_nodes), np.bool_)
    values[:, 1 : 1 + network.ports.leaves] = leaves
    for index, (fanins, table) in enumerate(zip(network.fanins.tolist(), network.tables.tolist(), strict=True)):
        row = sum(values[:, node].astype(np.int64) << j for j, node in enumerate(fanins))
        values[:, network.first_lut + index] = (table >> np.asarray(row, object)) & 1
    return values[:, network.roots >> 1] ^ (network.roots & 1).astype(np.bool_)


def layers(network: LayeredNetwork, inputs: Bits) -> Bits:
    """``bool[n, outputs]`` of a layered network, neuron by neuron."""
    values = inputs
    for layer in network.layers:
        if isinstance(layer, Tiled):
            padded = np.concatenate([values, np.zeros((len(values), 1), np.bool_)], axis=1)  # -1 reads false
            tiles = []
            for gather in layer.gather:
                tile = padded[:, gather]
                for dense in layer.template:
                    tile = _dense(dense.tables, dense.wiring, tile)
                tiles.append(tile)
            stacked = np.stack(tiles, axis=1)  # n, position, channel
            values = (stacked.transpose(0, 2, 1) if layer.by_channel else stacked).reshape(len(values), -1)
        else:
            values = _dense(layer.tables, layer.wiring, values)
    return values


def _dense(tables: npt.NDArray[np.uint64], wiring: npt.NDArray[np.uint32], values: Bits) -> Bits:
    outputs = np.zeros((len(values), len(wiring)), np.bool_)
    for neuron, fanins in enumerate(wiring.tolist()):
        for sample in range(len(values)):
            row = sum(int(values[sample, fanin]) << j for j, fanin in enumerate(fanins))
            outputs[sample, neuron] = int(tables[neuron, row // 64]) >> (row % 64) & 1
    return outputs


def scores(head: Head, bits: Bits) -> list[list[int]]:
    """The votes of each sample for each class."""
    return [
        [
            int(head.offset[c])
            + sum(int(head.weight[j]) * int(sample[head.bit[j]]) for j in range(head.start[c], head.start[c + 1]))
            for c in range(head.classes)
        ]
        for sample in bits
    ]


def first_largest(values: Sequence[Sequence[int]]) -> list[int]:
    """The first class with the largest score."""
    return [max(range(len(row)), key=lambda c: (row[c], -c)) for row in values]


def all_patterns(width: int) -> Bits:
    """``bool[2**width, width]``: pattern e has bit j of e in column j."""
    return (np.arange(1 << width)[:, None] >> np.arange(width) & 1).astype(np.bool_)


def grid(
    cell: Aig, state: Bits, steps: int, boundary: str, order: str = "neighbour", masks: Sequence[Bits] | None = None
) -> Bits:
    """``bool[height, width, channels]`` after some steps of an automaton, cell by cell."""
    height, width, channels = state.shape
    for step in range(steps):
        patches = np.zeros((height, width, 9, channels), np.bool_)
        for y, x, dy, dx in np.ndindex(height, width, 3, 3):
            row, column = y + dy - 1, x + dx - 1
            if boundary == "periodic":
                row, column = row % height, column % width
            if 0 <= row < height and 0 <= column < width:
                patches[y, x, 3 * dy + dx] = state[row, column]
        if order == "channel":
            patches = patches.swapaxes(2, 3)
        after = roots(cell, patches.reshape(height * width, -1)).reshape(state.shape)
        state = after if masks is None else np.where(masks[step][..., None], after, state)
    return state


def splitmix64(seed: int, first: int, count: int) -> list[int]:
    """Outputs first, first + 1, … of the generator SplitMix64 (Steele, Lea and Flood, 2014)."""
    word = (1 << 64) - 1
    outputs = []
    for index in range(first, first + count):
        z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & word
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & word
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & word
        outputs.append(z ^ z >> 31)
    return outputs
