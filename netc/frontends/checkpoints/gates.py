"""Gates of two inputs by number, as every logic gate network numbers them, and the choice among sixteen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["GATES", "gate_ids", "gate_tables"]

GATES = 16

# A gate's number is its truth table with f(0, 0) as the most significant bit, then f(0, 1), f(1, 0), f(1, 1), the
# arguments being (A, B). Bit e of our tables is where A, fan-in 0, is bit 0 of e and B bit 1.
_INPUTS = ((0, 0), (0, 1), (1, 0), (1, 1))
_TABLES = np.array([sum((gate >> (3 - 2 * a - b) & 1) << (a + 2 * b) for a, b in _INPUTS) for gate in range(GATES)])


def gate_ids(logits: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The gate that each row of ``[n, 16]`` logits chooses: the first largest, where NaN is larger than anything.

    That is torch's argmax, taken in the precision that the file has: rounding made the ties, so it must break them.
    """
    chosen: npt.NDArray[np.intp] = np.argmax(logits, axis=1)
    return chosen


def gate_tables(ids: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint64]:
    """``uint64[n, 1]``, the tables of a `netc.layers.Dense` for gates by number."""
    tables: npt.NDArray[np.uint64] = _TABLES.astype(np.uint64)[ids][:, None]
    return tables
