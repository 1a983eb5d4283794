"""Truth tables of neurons with any number of inputs, from the parameters that people train.

Rows here are ``bool[neurons, 2**inputs]``; entry e is the value where the FIRST input is the MOST significant bit of e,
which is how torchlogix counts. `packed` makes the tables of a `netc.layers.Dense` from them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netc.frontends.checkpoints.gates import GATES, gate_ids

__all__ = ["PARAMETRIZATIONS", "Rows", "gates_by_number", "packed", "rows_of", "width"]

Array = npt.NDArray[Any]
Bits = npt.NDArray[np.bool_]

# How neurons are parametrised, under torchlogix's names; "walsh" is what its version 0.1.0 called so.
PARAMETRIZATIONS = ("raw", "warp", "light", "walsh")


class Rows(NamedTuple):
    """Tables, and in how many entries rounding decides: a sum is zero in float64 or has another sign than there."""

    bits: Bits
    doubtful: int = 0


def width(parametrization: str, inputs: int) -> int:
    """How many parameters a neuron of so many inputs has."""
    return GATES if parametrization == "raw" else 1 << inputs


def rows_of(parametrization: str, parameters: Array, inputs: int, *, bfloat16: bool = False) -> Rows:
    """The tables in evaluation of neurons with ``[neurons, width]`` parameters, stored as `bfloat16` or as they are."""
    if parametrization == "raw":
        return Rows(gates_by_number(gate_ids(parameters)))
    if parametrization == "light":
        return Rows(parameters > 0)
    # A Walsh basis: the product of the inputs of each subset, over -1 and 1, as 0.1.0 orders them or as later versions.
    if parametrization == "walsh":
        parameters = -parameters[:, [0, 2, 1, 3]] * np.array([1, -1, -1, 1], parameters.dtype)
    return _negative_sums(parameters, inputs, bfloat16)


def gates_by_number(ids: npt.NDArray[np.integer[Any]]) -> Bits:
    """Rows of two-input gates by number, f(0, 0) being the most significant bit of it."""
    return (ids[:, None] >> np.arange(3, -1, -1) & 1).astype(bool)


def _negative_sums(coefficients: Array, inputs: int, bfloat16: bool) -> Rows:
    """Where the sum of coefficients, each with the sign of its subset of inputs, is negative.

    The framework adds them one by one in the precision of the parameters, and so does this: near zero, order decides.
    """
    entries = 1 << inputs
    # The subset s and the entry e are both written with the first input as the most significant bit.
    odd = np.array([[(s & e).bit_count() & 1 for e in range(entries)] for s in range(entries)], bool)
    sums = np.zeros((len(coefficients), entries), coefficients.dtype)
    exact = np.zeros((len(coefficients), entries), np.float64)
    for subset in range(entries):
        term = np.where(odd[subset], -coefficients[:, subset, None], coefficients[:, subset, None])
        sums = _rounded(sums + term) if bfloat16 else sums + term
        exact += term
    bits = sums < 0
    return Rows(bits, int(((exact < 0) != bits).sum()))


def _rounded(values: Array) -> Array:
    """float32 numbers rounded to bfloat16, to even where there is a tie."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    nearest = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
    finite = np.isfinite(values)
    return np.where(finite, nearest.view(np.float32), values)


def packed(rows: Bits, *, first_is_most: bool = True) -> npt.NDArray[np.uint64]:
    """``uint64[neurons, max(1, 2**inputs // 64)]``, tables of a `Dense` with the inputs in the same order."""
    neurons, entries = rows.shape
    inputs = entries.bit_length() - 1
    if first_is_most:
        axes = (0, *range(inputs, 0, -1))
        rows = rows.reshape(neurons, *[2] * inputs).transpose(axes).reshape(neurons, entries)
    padded = np.zeros((neurons, max(64, entries)), bool)
    padded[:, :entries] = rows
    words: npt.NDArray[np.uint64] = np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    return words
