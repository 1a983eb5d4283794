"""Arrays that lie in a file as they would in memory, mapped a batch at a time.

Each batch is a window of its own, which goes with the last array that looks at it: so neither address space nor
resident memory follows the file's size. Windows are as fast as the page cache, and faster than reading into a buffer.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from netc.errors import NetcError
from netc.npy import LONGEST, Header, read_header
from netc.sources.rows import Array, Rows

__all__ = ["Mapped", "layout", "native_order", "open_npy", "windows"]


@dataclass(frozen=True)
class Layout:
    """A table of numbers in a file: `height` rows of `columns`, from byte `start` on; with `fortran` by columns."""

    dtype: np.dtype[Any]
    height: int
    columns: int
    start: int
    fortran: bool

    @property
    def row_bytes(self) -> int:
        return self.columns * self.dtype.itemsize

    @property
    def size(self) -> int:
        return self.height * self.row_bytes


def layout(header: Header, *, flat: bool) -> Layout:
    """What an array is as rows of samples: axes after the first are one row, and a single axis is a single row.

    With `flat`, for labels, every number is a row. Raises `NetcError` for what is no array of numbers.
    """
    dtype, shape = header.dtype, header.shape
    if flat:
        return Layout(dtype, prod(shape), 1, header.start, fortran=False)
    if len(shape) < 2:
        return Layout(dtype, 1, prod(shape), header.start, fortran=False)
    if header.fortran and len(shape) > 2:
        raise NetcError(
            "", f"this array has {len(shape)} axes in Fortran order", "save it reshaped to (samples, features)"
        )
    return Layout(dtype, shape[0], prod(shape[1:]), header.start, header.fortran)


def native_order(array: Array) -> Array:
    """The same numbers in the byte order of this machine."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def windows(descriptor: int, place: str, at: Layout, first: int, stop: int, rows: int) -> Iterator[Array]:
    """Rows from `first` up to `stop` of an open file, `rows` at a time; the arrays are read-only."""
    for begin in range(first, stop, rows):
        end = min(stop, begin + rows)
        if not at.row_bytes:
            yield np.empty((end - begin, 0), at.dtype)
            continue
        if at.fortran:
            table: Array = np.ndarray(
                (at.height, at.columns), at.dtype, _window(descriptor, place, at.start, at.size), order="F"
            )
            yield native_order(table[begin:end])
            continue
        data = _window(descriptor, place, at.start + begin * at.row_bytes, (end - begin) * at.row_bytes)
        yield native_order(np.ndarray((end - begin, at.columns), at.dtype, data))


def _window(descriptor: int, place: str, start: int, size: int) -> memoryview:
    """These bytes of a file."""
    before = start % mmap.ALLOCATIONGRANULARITY
    try:
        window = mmap.mmap(descriptor, before + size, offset=start - before, access=mmap.ACCESS_READ)
    except ValueError:  # the file was cut off after it was opened
        raise NetcError(place, "the file became shorter while it was read") from None
    return memoryview(window)[before:]


@dataclass(frozen=True)
class Mapped:
    """Rows `first` up to `stop` of an array in an .npy file."""

    path: Path
    layout: Layout
    first: int
    stop: int

    @property
    def columns(self) -> int:
        return self.layout.columns

    @property
    def count(self) -> int:
        return self.stop - self.first

    @property
    def extent(self) -> int:
        return self.count

    def batches(self, rows: int) -> Iterator[Array]:
        try:
            with self.path.open("rb") as file:
                yield from windows(file.fileno(), str(self.path), self.layout, self.first, self.stop, rows)
        except OSError as error:
            raise NetcError(str(self.path), error.strerror or str(error)) from None

    def parts(self, rows: int) -> Iterator[Rows]:
        for begin in range(self.first, self.stop, rows):
            yield replace(self, first=begin, stop=min(self.stop, begin + rows))


def open_npy(path: Path, *, flat: bool = False) -> Mapped:
    """The array of an .npy file; `flat`: every number is a row. Raises `NetcError` where there is no such array."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None
    try:
        found = layout(read_header(data), flat=flat)
    except NetcError as error:
        raise NetcError(str(path), error.what, error.hint) from None
    if found.start + found.size > size:
        what = f"the header promises {found.size:,} bytes of numbers; the file ends after {size - found.start:,}"
        raise NetcError(str(path), what, "was it cut off?")
    return Mapped(path, found, 0, found.height)
