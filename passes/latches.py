"""The pass `latches`; its kernel is latches.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig
from netc.context import Context
from netc.errors import NetcError
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
        if not 1 <= self.rounds < 2**31:
            raise NetcError("latches", f"rounds={self.rounds}; it is at least 1 and below 2147483648")
        return reduce(aig, context, native.lib.netc_pass_latches, self.rounds)
