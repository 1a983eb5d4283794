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

__all__ = ["pack_columns", "simulate", "simulate_nodes", "simulate_words", "unpack_columns"]

Words = npt.NDArray[np.uint64]


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
