"""The pass `latches`; its kernel is latches.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig
from netc.bounds import check_bounds
from netc.context import Context
from netc.sequential import Reduction, reduce


@dataclass(frozen=True)
class Latches:
    """Remove latches that nothing reads, that are constant, or that have another's reset and next state.

    Ternary simulation from reset finds the constants, gates among them, in linear time. Latches without a reset value
    are unknown to it, and no two of them are merged. Law: equivalent from reset on, with no more latches and ANDs.
    """

    name: ClassVar[str] = "latches"
    rounds: int = 20  # of looking for constants and duplicates, since merging two may make others alike

    def run_sequential(self, aig: Aig, context: Context) -> Reduction:
        check_bounds(self, rounds=1)
        return reduce(aig, context, native.lib.netc_pass_latches, self.rounds)
