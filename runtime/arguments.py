"""What callers of anything compiled may give: threads, arrays for results, bits of every type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netc.cores import usable_cores
from netc.errors import NetcError

__all__ = ["CONVERTED_ROWS", "as_bits", "checked_out", "threads_for"]

CONVERTED_ROWS = 4096  # at a time, of numbers that the core does not read as they are

_ONE_BLOCK = 128  # samples that any kernel evaluates at once: there is nothing to share


def threads_for(wanted: int | None, samples: int) -> int:
    if wanted is None:
        return usable_cores() if samples > _ONE_BLOCK else 1
    if wanted < 1:
        raise NetcError("", f"threads={wanted}; it is at least 1")
    return wanted


def checked_out(out: npt.NDArray[Any], shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The caller's array, if the result fits it."""
    dtype = np.dtype(dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        found = f"{out.dtype}{list(out.shape)}" if isinstance(out, np.ndarray) else type(out).__name__
        raise NetcError("", f"out is {found}; the result is {dtype}{list(shape)}")
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise NetcError("", "out is read-only or not contiguous")
    return out


def as_bits(
    array: npt.NDArray[Any], reader: str, *, what: str = "x", place: str = "", first: int = 0, hint: str = ""
) -> npt.NDArray[np.uint8]:
    """Rows of integers or floats as bytes 0 and 1.

    `NetcError` with the place of anything else: rows count from `first`, after `place`.
    """
    if array.dtype.kind not in "iuf":
        raise NetcError("", f"{what} has type {array.dtype}; {reader} reads bits")
    with np.errstate(invalid="ignore"):  # NaN and infinities are found by the comparison
        bits = array.astype(np.uint8)
    wrong = (bits != array) | (bits > 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        found = f"{place}row {first + row}, column {column} holds {array[row, column]}"
        raise NetcError("", f"{found}; {reader} reads bits, 0 or 1", hint)
    return bits
