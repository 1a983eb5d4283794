"""What callers of anything compiled may give: threads, arrays for results, bits of every type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.cores import usable_cores
from netc.errors import NetcError

__all__ = [
    "CONVERTED_ROWS",
    "as_bits",
    "checked_out",
    "converted",
    "is_read_in_place",
    "pointer",
    "row_width",
    "threads_for",
]

CONVERTED_ROWS = 4096  # at a time, of numbers that the core does not read as they are

_POINTER = native.ffi.typeof("uint8_t[]")
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


def row_width(bits: int, packed: bool) -> int:
    """How many bytes a row of so many bits has."""
    return -(-bits // 8) if packed else bits


def is_read_in_place(array: npt.NDArray[Any], packed: bool) -> bool:
    """Whether the core reads rows of bytes, or of packed bits, where they lie."""
    return array.dtype.char in "?B" and not (packed and array.strides[-1] != 1)


def pointer(array: npt.NDArray[Any]) -> Any:
    """``uint8_t *`` to the first element, whatever the strides; the array has to be kept."""
    if array.flags.c_contiguous:
        return native.ffi.from_buffer(_POINTER, array)  # in a tenth of the time
    return native.ffi.cast("uint8_t *", array.ctypes.data)


def converted(array: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], tuple[int, ...] | None]:
    """Integers or floats as bytes 0 and 1, and the first place that holds anything else."""
    with np.errstate(invalid="ignore"):  # NaN and infinities are found by the comparison
        bits = array.astype(np.uint8)
    wrong = (bits != array) | (bits > 1)
    return bits, tuple(map(int, np.argwhere(wrong)[0])) if wrong.any() else None


def as_bits(
    array: npt.NDArray[Any], reader: str, *, what: str = "x", place: str = "", first: int = 0, hint: str = ""
) -> npt.NDArray[np.uint8]:
    """Rows of integers or floats as bytes 0 and 1.

    `NetcError` with the place of anything else: rows count from `first`, after `place`.
    """
    if array.dtype.kind not in "iuf":
        raise NetcError("", f"{what} has type {array.dtype}; {reader} reads bits")
    bits, wrong = converted(array)
    if wrong is not None:
        row, column = wrong
        found = f"{place}row {first + row}, column {column} holds {array[row, column]}"
        raise NetcError("", f"{found}; {reader} reads bits, 0 or 1", hint)
    return bits
