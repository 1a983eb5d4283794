"""What everything is compared with: a graph evaluated AND by AND, on Python integers that hold one sample a bit.

It shares no code with the core and follows the definitions of `netc.aig.Aig` and `netc.lut.LutNetwork` word by word.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from netc.aig import Aig
from netc.lut import LutNetwork

__all__ = ["as_bits", "as_words", "lut_roots", "node_values", "patterns", "root_values"]

_EXHAUSTIVE = 10  # leaves up to which all patterns are tried


def patterns(seed: int, leaves: int, samples: int = 512) -> tuple[list[int], int]:
    """A word for each leaf, and how many samples a word holds: all patterns of few leaves, else random ones.

    Of the random ones a quarter is mostly zeros and a quarter mostly ones, because a wide AND hides from even odds.
    """
    if leaves <= _EXHAUSTIVE:
        count = 1 << leaves
        full = (1 << count) - 1
        return [full ^ full // ((1 << (1 << j)) + 1) for j in range(leaves)], count
    chosen = random.Random(seed)
    sparse = sum(1 << i for i in range(0, samples, 4))
    dense = sparse << 1
    words = []
    for _ in range(leaves):
        a, b, c, d = (chosen.getrandbits(samples) for _ in range(4))
        words.append((a & ~(sparse | dense)) | (a & b & c & d & sparse) | ((a | b | c | d) & dense))
    return words, samples


def node_values(aig: Aig, leaves: Sequence[int], samples: int) -> list[int]:
    """The word of every node."""
    full = (1 << samples) - 1
    values = [0, *leaves]
    for a, b in aig.ands.tolist():
        x, y = values[a >> 1], values[b >> 1]
        values.append((x ^ full if a & 1 else x) & (y ^ full if b & 1 else y))
    return values


def root_values(aig: Aig, leaves: Sequence[int], samples: int) -> list[int]:
    """The word of every root."""
    full = (1 << samples) - 1
    values = node_values(aig, leaves, samples)
    return [values[lit >> 1] ^ (full if lit & 1 else 0) for lit in aig.roots.tolist()]


def lut_roots(network: LutNetwork, leaves: Sequence[int], samples: int) -> list[int]:
    """The word of every root of a LUT network: each table as a sum of the rows at which it is 1."""
    full = (1 << samples) - 1
    values = [0, *leaves]
    for fanins, table in zip(network.fanins.tolist(), network.tables.tolist(), strict=True):
        word = 0
        for row in range(1 << len(fanins)):
            if table >> row & 1:
                term = full
                for j, node in enumerate(fanins):
                    term &= values[node] if row >> j & 1 else values[node] ^ full
                word |= term
        values.append(word)
    return [values[lit >> 1] ^ (full if lit & 1 else 0) for lit in network.roots.tolist()]


def as_bits(words: Sequence[int], samples: int) -> npt.NDArray[np.bool_]:
    """``bool[samples, words]``."""
    size = -(-samples // 8)
    rows = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8).reshape(len(words), size)
    bits = np.unpackbits(rows, axis=1, count=samples, bitorder="little").T
    return np.ascontiguousarray(bits).astype(np.bool_)


def as_words(bits: npt.NDArray[np.bool_]) -> list[int]:
    """A word for each column of ``bool[samples, columns]``."""
    packed = np.packbits(np.ascontiguousarray(bits.T), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]
