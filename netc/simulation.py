"""Bit-parallel simulation of a graph, for checks and the `sim` command.

Running networks fast is `netc.runtime`'s job.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig
from netc.errors import NetcError
from netc.expression import VARIABLES
from netc.layers import Dense, LayeredNetwork

__all__ = [
    "all_patterns",
    "pack_columns",
    "simulate",
    "simulate_layers",
    "simulate_nodes",
    "simulate_words",
    "unpack_columns",
]

Words = npt.NDArray[np.uint64]

_AT_ONCE = 1 << 18  # values of a layer, so that what is in between stays small


def pack_columns(bits: npt.NDArray[Any]) -> Words:
    """``uint64[columns, ceil(n / 64)]`` from ``[n, columns]`` of 0 and 1: sample i is bit i % 64 of word i // 64."""
    samples, columns = bits.shape
    words = -(-samples // 64)
    packed = np.zeros((columns, words * 8), np.uint8)
    packed[:, : -(-samples // 8)] = np.packbits(np.ascontiguousarray(bits.T != 0), axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack_columns(words: Words, samples: int) -> npt.NDArray[np.bool_]:
    """``bool[samples, columns]``, the inverse of `pack_columns`."""
    as_bytes = np.ascontiguousarray(words.astype("<u8", copy=False)).view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, count=samples, bitorder="little").T.view(np.bool_)


def all_patterns(leaves: int, first: int, count: int) -> Words:
    """``uint64[leaves, count]``: words `first` and following of all patterns of so many bits, 64 patterns a word.

    Pattern p has bit i of p at leaf i; fewer than six leaves have theirs several times in their one word.
    """
    places = np.arange(first, first + count, dtype=np.uint64)
    words = np.empty((leaves, count), np.uint64)
    inner = min(leaves, len(VARIABLES))
    words[:inner] = np.array(VARIABLES[:inner], np.uint64)[:, None]
    for leaf in range(inner, leaves):
        words[leaf] = np.uint64(0) - (places >> np.uint64(leaf - inner) & np.uint64(1))
    return words


def simulate_words(aig: Aig, leaves: Words) -> Words:
    """``uint64[roots, words]`` from ``uint64[leaves, words]``: 64 patterns a word."""
    if leaves.shape[0] != aig.ports.leaves:
        raise NetcError("", f"{leaves.shape[0]} rows of patterns for {aig.ports.leaves} inputs and latches")
    roots = np.zeros((len(aig.roots), leaves.shape[1]), np.uint64)
    native.call(
        native.lib.netc_simulate_roots,
        aig.struct,
        native.view(np.ascontiguousarray(leaves), np.uint64),
        native.out(roots),
        leaves.shape[1],
    )
    return roots


def simulate(aig: Aig, patterns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """``bool[n, roots]`` from ``[n, inputs + latches]`` of 0 and 1: all roots, in the order of ``aig.roots``."""
    if patterns.ndim != 2 or patterns.shape[1] != aig.ports.leaves:
        raise NetcError("", f"patterns of shape {patterns.shape}; the circuit reads (n, {aig.ports.leaves})")
    return unpack_columns(simulate_words(aig, pack_columns(patterns)), len(patterns))


def simulate_nodes(aig: Aig, patterns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """``bool[n, nodes]``: the value of every node, for analysis of graphs of moderate size."""
    packed = pack_columns(patterns)
    values = np.zeros((aig.num_nodes, packed.shape[1]), np.uint64)
    values[1 : 1 + aig.ports.leaves] = packed
    native.call(native.lib.netc_simulate, aig.struct, native.out(values), packed.shape[1])
    return unpack_columns(values, len(patterns))


def simulate_layers(network: LayeredNetwork, patterns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """``bool[n, outputs]`` from ``[n, inputs]`` of 0 and 1, layer by layer: no graph is made of the network."""
    if patterns.ndim != 2 or patterns.shape[1] != network.inputs:
        raise NetcError("", f"patterns of shape {patterns.shape}; the network reads (n, {network.inputs})")
    values = pack_columns(patterns)
    for layer in network.layers:
        if isinstance(layer, Dense):
            values = _dense(layer, values[None])[0]
            continue
        padded = np.concatenate([values, np.zeros((1, values.shape[1]), np.uint64)])  # -1 reads constant false
        made = np.empty((layer.positions, layer.channels, values.shape[1]), np.uint64)
        step = max(1, _AT_ONCE // max(1, layer.gather.shape[1] * values.shape[1]))
        for first in range(0, layer.positions, step):
            here = padded[layer.gather[first : first + step]]
            for dense in layer.template:
                here = _dense(dense, here)
            made[first : first + step] = here
        values = (made.transpose(1, 0, 2) if layer.by_channel else made).reshape(-1, values.shape[1])
    return unpack_columns(np.ascontiguousarray(values), len(patterns))


def _dense(layer: Dense, values: Words) -> Words:
    """``uint64[positions, neurons, words]``: each table is halved by one fan-in after the other."""
    positions, _, words = values.shape
    made = np.empty((positions, layer.neurons, words), np.uint64)
    step = max(1, _AT_ONCE // max(1, positions * words << layer.k))
    for first in range(0, layer.neurons, step):
        wiring = layer.wiring[first : first + step]
        rows = np.unpackbits(layer.tables[first : first + step].astype("<u8").view(np.uint8), axis=1, bitorder="little")
        table = -rows[:, : 1 << layer.k].astype(np.uint64)[None, :, :, None]  # all ones where the bit is 1
        for j in range(layer.k):
            chosen = values[:, wiring[:, j]][:, :, None]
            low, high = table[:, :, 0::2], table[:, :, 1::2]
            table = low ^ ((low ^ high) & chosen)
        made[:, first : first + step] = table[:, :, 0]
    return made
