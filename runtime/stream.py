"""Answers for data that outgrows memory: batches in, answers out, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.sources.rows import Rows, batch_rows

if TYPE_CHECKING:
    from .net import Net

__all__ = ["Item", "Question", "answers", "counted_from"]

Array = npt.NDArray[Any]
Item = Rows | npt.ArrayLike  # what is answered at once: rows in a file, or an array

WANTED = ("classes", "scores", "logits", "bits")

_ROW = re.compile(r"\brow (\d+)")


@dataclass(frozen=True)
class Question:
    """What is wanted of a net, as for `Net.stream`."""

    wanted: str = "classes"
    packed: bool = False
    packed_out: bool = False
    threads: int | None = None
    place: str = ""

    def __post_init__(self) -> None:
        if self.wanted not in WANTED:
            raise NetcError("", f"wanted={self.wanted!r}; there are {', '.join(WANTED)}")
        if self.packed_out and self.wanted != "bits":
            raise NetcError("", f"packed_out is for bits; these are {self.wanted}")

    def of(self, net: Net, item: Item) -> Array:
        """The answers for one item; errors about its rows count them from 0."""
        if not isinstance(item, Rows):
            return self._of_array(net, np.asarray(item), 0)
        found, first = [], 0
        for batch in item.batches(batch_rows(item.columns, self.threads)):
            found.append(self._of_array(net, batch, first))
            first += len(batch)
        if not found:
            return self._of_array(net, np.empty((0, item.columns), np.uint8), 0)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _of_array(self, net: Net, x: Array, first: int) -> Array:
        given: dict[str, Any] = {"packed": self.packed, "threads": self.threads}
        try:
            if self.wanted == "classes":
                return net.predict(x, **given)
            if self.wanted == "scores":
                return net.scores(x, **given)
            if self.wanted == "logits":
                return net.logits(x, **given)
            return net.bits(x, packed_out=self.packed_out, **given)
        except NetcError as error:
            place = f"{self.place}: {error.place}" if self.place and error.place else self.place or error.place
            raise counted_from(first, NetcError(place, error.what, error.hint)) from None


def counted_from(first: int, error: NetcError) -> NetcError:
    """The same error about rows of which `first` others come before."""
    what = _ROW.sub(lambda match: f"row {first + int(match[1])}", error.what, count=1)
    return NetcError(error.place, what, error.hint)


def answers(net: Net, items: Iterable[Item], question: Question) -> Iterator[Array]:
    """One array for each item. The next item is read in a thread while this one is answered."""
    first = 0
    for item in _ahead(items):
        try:
            found = question.of(net, item)
        except NetcError as error:
            raise counted_from(first, error) from None
        first += len(found)
        yield found


def _ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each taken from the iterator before the one ahead of it is asked for."""
    iterator = iter(items)

    def take() -> list[Item]:
        return list(islice(iterator, 1))

    with ThreadPoolExecutor(1, "netc-reader") as reader:
        coming = reader.submit(take)
        while taken := coming.result():
            coming = reader.submit(take)
            yield taken[0]
