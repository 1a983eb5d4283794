"""Truth tables as Python integers: bit e is the value where variable j is bit j of e. Exact, up to 16 variables."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_SUPPORT", "cofactors", "from_bits", "full", "shrunk", "variable"]

MAX_SUPPORT = 16  # variables of a table: 65,536 rows


@lru_cache(maxsize=32)
def full(k: int) -> int:
    """Constant true of `k` variables."""
    return (1 << (1 << k)) - 1


@lru_cache(maxsize=256)
def variable(j: int, k: int) -> int:
    """The table of variable `j` among `k`."""
    half = 1 << j
    table, width = ((1 << half) - 1) << half, 2 * half
    while width < 1 << k:
        table |= table << width
        width *= 2
    return table


def cofactors(table: int, j: int, k: int) -> tuple[int, int]:
    """The function where variable `j` is 0, and where it is 1; both as tables of all `k` variables."""
    ones = variable(j, k)
    high = table & ones
    low = table ^ high
    shift = 1 << j
    return low | low << shift, high | high >> shift


def from_bits(bits: npt.NDArray[np.bool_]) -> int:
    """A table from ``bool[2**k]``."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def shrunk(bits: npt.NDArray[np.bool_], k: int) -> tuple[list[int], int]:
    """The variables that a function of ``bool[2**k]`` depends on, and its table over these alone."""
    cube = bits.reshape((2,) * k)  # variable j is axis k - 1 - j
    support = []
    for j in reversed(range(k)):
        axis = cube.ndim - 1 - j
        low, high = cube.take([0], axis).squeeze(axis), cube.take([1], axis).squeeze(axis)
        if np.array_equal(low, high):
            cube = low
        else:
            support.append(j)
    return support[::-1], from_bits(cube.reshape(-1))
