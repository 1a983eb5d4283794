"""What a family of checkpoints looks like to the frontend, and what a user may tell it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.tree import Checkpoint
from netc.model import Model

__all__ = ["Family", "Options", "Wiring"]

Wiring = Sequence[npt.NDArray[Any]]


@dataclass(frozen=True)
class Options:
    """What the file does not say, or not clearly. What contradicts the file is an error.

    `input_bits` is how many bits the first layer can read, `classes` into how many blocks the last layer's bits are
    summed, `tau` what the sums are divided by. `wiring` is for a file that lacks it: ``[neurons, 2]`` for each
    layer, the outputs of the layer before that its gates read, or a function that gives them for the layers' numbers of
    neurons.
    """

    input_bits: int | None = None
    classes: int | None = None
    tau: float | None = None
    wiring: Wiring | Callable[[Sequence[int]], Wiring] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("input_bits", "classes"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise NetcError(name, f"{value!r} is no positive number")
        if self.tau is not None and not (isinstance(self.tau, (int, float)) and 0 < self.tau < math.inf):
            raise NetcError("tau", f"{self.tau!r} is no positive number")


class Family(Protocol):
    """One layout of trained networks. Made without arguments; a third party registers one as entry point.

    One whose files may lack their wiring has ``takes_wiring = True`` and honours `Options.wiring`.
    """

    name: ClassVar[str]

    def claims(self, checkpoint: Checkpoint) -> bool:
        """Whether the file is one of this family's. At most one family may claim a file; reads no tensor."""

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        """The model called `name`; `NetcError` with the layer for what is missing or contradictory."""
