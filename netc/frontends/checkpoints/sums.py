"""Sums of groups, as the heads of these networks are called, in all their variants."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.head import Head

__all__ = ["Sums"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sums:
    """Class c counts the c-th of `classes` blocks of bits; logits are ``(count + beta) / tau``.

    With `order` the bits are first permuted: place j of the blocks is bit ``order[j]``. With `padded` the last blocks
    may be short: a number of bits that does not divide is filled up with zeros. `flipped` ``bool[bits]`` counts a place
    where it is 0, `weights` ``[bits]`` counts it so often, `bias` ``[classes]`` is added; both must be whole numbers.
    """

    classes: int
    tau: float = 1.0
    beta: float = 0.0
    order: Array | None = None
    padded: bool = False
    flipped: Array | None = None
    weights: Array | None = None
    bias: Array | None = None

    def head(self, place: str, bits: int, of: str) -> Head:
        """The head over so many bits of the layer at `of`; `NetcError` at `place` where they do not fit."""
        if self.classes < 1 or (bits % self.classes and not self.padded) or bits < 1:
            hint = "" if place.startswith("layer ") else "the option classes says how many there are"
            raise NetcError(place, f"the {bits:,} bits of {of} do not divide into {self.classes:,} classes", hint)
        if not 0 < self.tau < np.inf or not np.isfinite(self.beta):
            raise NetcError(place, f"tau {self.tau:g} and beta {self.beta:g} scale no sums")
        order = self._order(place, bits)
        weights = self._whole(place, "weights", self.weights, bits)
        offset = self._whole(place, "bias", self.bias, self.classes, 0)
        flipped = np.zeros(bits, bool) if self.flipped is None else np.asarray(self.flipped, bool)
        if flipped.shape != (bits,):
            raise NetcError(place, f"a flip mask of shape {flipped.shape} for {bits:,} bits")
        block = -(-bits // self.classes)
        start = np.minimum(np.arange(self.classes + 1) * block, bits)
        signed = np.where(flipped, -weights, weights)
        offset = offset + np.array([weights[a:b][flipped[a:b]].sum() for a, b in pairwise(start)])
        return Head(start, order.astype(np.uint32), signed, offset, self.tau, self.beta)

    def described(self, bits: int) -> str:
        """A line for notes."""
        more = [name for name in ("bias", "weights", "flipped", "order") if getattr(self, name) is not None]
        size = f"{bits // self.classes:,} bits" if bits % self.classes == 0 else f"{bits / self.classes:.1f} bits"
        beta = f", beta {self.beta:g}" if self.beta else ""
        with_more = f", with {', '.join(more)}" if more else ""
        return f"{self.classes:,} classes of {size}, tau {self.tau:g}{beta}{with_more}"

    def _order(self, place: str, bits: int) -> Array:
        if self.order is None:
            return np.arange(bits)
        if self.order.shape != (bits,) or not np.array_equal(np.sort(self.order), np.arange(bits)):
            raise NetcError(place, f"its order is no permutation of {bits:,} bits")
        return self.order

    @staticmethod
    def _whole(place: str, name: str, values: Array | None, count: int, standard: int = 1) -> Array:
        """``int32[count]``."""
        if values is None:
            return np.full(count, standard, np.int32)
        if values.shape != (count,):
            raise NetcError(place, f"{name} of shape {values.shape}; {count:,} were expected")
        if not (np.isfinite(values) & (values == np.round(values)) & (abs(values) < 2**31)).all():
            raise NetcError(place, f"{name} that are no whole numbers, which netc does not count with")
        return np.asarray(values).astype(np.int32)
