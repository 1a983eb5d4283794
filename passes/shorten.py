"""The pass `shorten`; its kernel is shorten.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context
from netc.errors import NetcError

MAX_CUTS = 16


@dataclass(frozen=True)
class Shorten:
    """Make the longest paths shorter: cones of up to six leaves become balanced sums of products, late leaves last.

    Where a path has time to spare, what is smallest is kept. Law: no deeper than before; it may have more ANDs.
    Source: Mishchenko, Brayton, Jang, Kravets, Delay optimization using SOP balancing, ICCAD 2011.
    """

    name: ClassVar[str] = "shorten"
    cuts: int = 8  # cuts kept for each node, at most 16
    rounds: int = 2  # of area recovery

    def run(self, aig: Aig, context: Context) -> Step:
        if not 1 <= self.cuts <= MAX_CUTS:
            raise NetcError("shorten", f"cuts={self.cuts}; it is 1 to {MAX_CUTS}")
        if not 0 <= self.rounds <= 100:
            raise NetcError("shorten", f"rounds={self.rounds}; it is 0 to 100")
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_shorten, aig.struct, context.struct, self.cuts, self.rounds, step)
        return Step.of(aig, step)
