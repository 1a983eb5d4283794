"""Sums of groups, as the heads of these networks are called, in all their variants."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.architectures import Architecture
from netc.frontends.checkpoints.tree import Part
from netc.head import Head

if TYPE_CHECKING:
    from netc.frontends.checkpoints.chain import Chain
    from netc.frontends.checkpoints.settings import Setting

__all__ = ["Sums", "add_known", "is_group_sum", "read"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sums:
    """Class c counts the c-th of `classes` blocks of bits; logits are ``(count + beta) / tau``.

    With `splits` the bits are so many runs of blocks, one a class each. With `order` the bits are first permuted: place
    j of the blocks is bit ``order[j]``. With `padded` the last blocks may be short: a number of bits that does not
    divide is filled up with zeros. Bits are multiplied with `weights` ``[bits]``, then subtracted from 1 where they are
    `flipped` ``bool[bits]``, and `bias` ``[classes]`` is added to the logits.
    """

    classes: int
    tau: float = 1.0
    beta: float = 0.0
    splits: int = 1
    order: Array | None = None
    padded: bool = False
    flipped: Array | None = None
    weights: Array | None = None
    bias: Array | None = None

    def head(self, place: str, bits: int, of: str) -> Head:
        """The head over so many bits of the layer at `of`; `NetcError` at `place` where they do not fit.

        Weights and biases that are no whole numbers are all multiplied by the power of two that makes them whole, and
        so are tau and beta.
        """
        blocks = self.classes * self.splits
        if blocks < 1 or (bits % blocks and not self.padded) or bits < 1:
            hint = "" if place.startswith("layer ") else "the option classes says how many there are"
            into = f"{self.classes:,} classes" if self.splits == 1 else f"{blocks:,} blocks"
            raise NetcError(place, f"the {bits:,} bits of {of} do not divide into {into}", hint)
        if not 0 < self.tau < np.inf or not np.isfinite(self.beta):
            raise NetcError(place, f"tau {self.tau:g} and beta {self.beta:g} scale no sums")
        weight = self._floats(place, "weights", self.weights, bits, 1.0)
        bias = self._floats(place, "bias", self.bias, self.classes, 0.0) * self.tau
        scale = _scale_of(np.concatenate([weight, bias]))
        if scale is None:
            raise NetcError(place, "its weights and biases are no multiples of a power of two that netc can count with")
        flipped = self._floats(place, "flip mask", self.flipped, bits, 0.0) != 0
        # Places in the order of classes: all blocks of the first class, then of the second.
        size = -(-bits // blocks)
        places = np.arange(bits) if self.splits == 1 else _by_class(bits, self.splits, self.classes)
        start = np.minimum(np.arange(self.classes + 1) * size * self.splits, bits)
        signed = np.where(flipped, -weight, weight)[places] * scale
        ones = np.where(flipped, scale, 0.0)[places]
        offset = bias * scale + [ones[a:b].sum() for a, b in pairwise(start)]
        if abs(signed).sum() + abs(offset).max() >= 2**31:
            raise NetcError(place, f"its sums do not fit 32 bits: weights and biases are multiples of 1/{scale:,}")
        return Head(
            start,
            self._order(place, bits)[places].astype(np.uint32),
            signed.astype(np.int32),
            offset.astype(np.int32),
            self.tau * scale,
            self.beta * scale,
        )

    def described(self, bits: int) -> str:
        """A line for notes."""
        more = [name for name in ("bias", "weights", "flipped", "order") if getattr(self, name) is not None]
        size = f"{bits // self.classes:,} bits" if bits % self.classes == 0 else f"{bits / self.classes:.1f} bits"
        beta = f", beta {self.beta:g}" if self.beta else ""
        splits = f" in {self.splits} runs" if self.splits != 1 else ""
        with_more = f", with {', '.join(more)}" if more else ""
        return f"{self.classes:,} classes of {size}{splits}, tau {self.tau:g}{beta}{with_more}"

    @staticmethod
    def _floats(place: str, name: str, values: Array | None, count: int, standard: float) -> npt.NDArray[np.float64]:
        if values is None:
            return np.full(count, standard)
        if values.shape != (count,) or not np.isfinite(values.astype(np.float64)).all():
            raise NetcError(place, f"a {name} of shape {values.shape}; {count:,} finite numbers were expected")
        return values.astype(np.float64)

    def _order(self, place: str, bits: int) -> Array:
        if self.order is None:
            return np.arange(bits)
        if self.order.shape != (bits,) or not np.array_equal(np.sort(self.order), np.arange(bits)):
            raise NetcError(place, f"its order is no permutation of {bits:,} bits")
        return self.order


def _scale_of(values: npt.NDArray[np.float64]) -> int | None:
    """The least power of two that makes these numbers whole, None past 2**30."""
    for power in range(31):
        if np.array_equal(values * 2**power, np.round(values * 2**power)):
            return 1 << power
    return None


def _by_class(bits: int, splits: int, classes: int) -> npt.NDArray[np.int64]:
    """The places of runs of blocks, one block a class in each run, class by class."""
    return np.arange(bits).reshape(splits, classes, -1).transpose(1, 0, 2).reshape(-1)


def is_group_sum(part: Part) -> bool:
    """Whether a module is a ``GroupSum`` by its attributes."""
    return not part.children and part.number("k") is not None and part.number("tau") is not None


def read(part: Part, **more: Any) -> Sums:
    """The sums that a module's attributes ``k``, ``tau`` and ``beta`` say, with `more` of the fields."""
    classes, tau, beta = part.number("k"), part.number("tau"), part.number("beta") or 0
    if not isinstance(classes, int) or tau is None:
        raise NetcError(part.place, f"this {part.class_name} has k = {classes} and tau = {tau}")
    return Sums(classes, float(tau), float(beta), **more)


def add_known(chain: Chain, known: Architecture, named_by: str, tau: Setting | None) -> None:
    """The head of a known architecture, where neither the file nor an option says how many classes there are."""
    if chain.head is not None or chain.options.classes is not None:
        return
    given = (chain.options.tau, tau.value if tau is not None else None, known.tau)
    found = next((float(str(value)) for value in given if value is not None), None)
    if found is None:
        chain.notes.append("tau not found: logits are not divided; tau=… gives it")
    chain.sum_groups(named_by, Sums(known.classes, found or 1.0, chain.options.beta or 0.0))
