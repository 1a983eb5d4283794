"""What files of samples have in common: rows of numbers that are read in order, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from netc.cores import usable_cores
from netc.errors import NetcError

__all__ = ["Array", "Held", "Rows", "batch_rows", "in_order", "whole"]

Array = npt.NDArray[Any]

_BATCH_BYTES = 1 << 22  # of one thread's share of a batch: more falls out of the caches, less is all overhead
_MOST_BATCH_BYTES = 1 << 24
_BLOCK = 512  # samples that engines run together


@runtime_checkable
class Rows(Protocol):
    """Rows of `columns` numbers each; `count` is how many there are, None where only reading them tells.

    Small and picklable, since it only says where the rows lie: whoever has the file can read them. `extent` measures
    how much of the file these rows are, in a unit of the format's own, and adds up over parts.
    """

    @property
    def columns(self) -> int: ...

    @property
    def count(self) -> int | None: ...

    @property
    def extent(self) -> int: ...

    def batches(self, rows: int) -> Iterator[Array]:
        """Arrays of shape ``(rows, columns)``, the last one with as many rows as are left, none of them empty.

        Their type is bool, an integer or a float, and may change from one to the next. `NetcError` with the place for
        what is wrong with the file.
        """
        ...

    def parts(self, rows: int) -> Iterator[Rows]:
        """The same rows in order, in parts of about `rows` that can be read apart from each other.

        What can only be read from the beginning comes in parts that are `Held`.
        """
        ...


@dataclass(frozen=True, eq=False)
class Held:
    """Rows in memory."""

    array: Array

    @property
    def columns(self) -> int:
        return int(self.array.shape[1])

    @property
    def count(self) -> int:
        return len(self.array)

    @property
    def extent(self) -> int:
        return len(self.array)

    def batches(self, rows: int) -> Iterator[Array]:
        return (self.array[first : first + rows] for first in range(0, len(self.array), rows))

    def parts(self, rows: int) -> Iterator[Rows]:
        return map(Held, self.batches(rows))


def batch_rows(row_bytes: int, threads: int | None = None) -> int:
    """How many rows of this size make a batch that keeps `threads` busy, by default every core."""
    count = threads or usable_cores()
    share = -(-_BATCH_BYTES // (max(1, row_bytes) * _BLOCK)) * _BLOCK
    return max(1, min(share * count, _MOST_BATCH_BYTES // max(1, row_bytes)))


def in_order(pieces: Iterator[Array], rows: int) -> Iterator[Array]:
    """Arrays of exactly `rows` rows, the last one with what is left, from pieces of any length."""
    held: list[Array] = []
    count = 0
    for piece in pieces:
        while len(piece):
            part = piece[: rows - count]
            piece = piece[len(part) :]
            held.append(part)
            count += len(part)
            if count == rows:
                yield held[0] if len(held) == 1 else np.concatenate(held)
                held, count = [], 0
    if held:
        yield held[0] if len(held) == 1 else np.concatenate(held)


def whole(rows: Rows) -> Array:
    """All rows in memory, ``[count, columns]``."""
    batches = list(rows.batches(batch_rows(rows.columns)))
    if not batches:
        return np.empty((0, rows.columns), np.uint8)
    try:
        return np.concatenate(batches)
    except MemoryError:
        raise NetcError("", "these rows do not fit into memory") from None
