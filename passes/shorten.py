"""The pass `shorten`; its kernel is shorten.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

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
        check_bounds(self, cuts=(1, MAX_CUTS), rounds=(0, 100))
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_shorten, aig.struct, context.struct, self.cuts, self.rounds, step)
        return Step.of(aig, step)
