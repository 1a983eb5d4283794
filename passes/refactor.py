"""The pass `refactor`; its kernel is refactor.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

MAX_LEAVES = 16


@dataclass(frozen=True)
class Refactor:
    """Write large cones anew from their truth tables: as factored sums of products, or disjoint parts.

    A cone reconverges to at most `leaves` nodes; what exists already elsewhere is free, what only the cone uses is
    saved.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "refactor"
    leaves: int = 10  # 3 to 16
    least: int = 3  # ANDs that exist for a node alone, for it to be looked at
    zero: bool = False  # also take replacements that gain nothing: they let later passes gain
    thorough: bool = False  # also bi-decomposition, which takes several times as long
    keep_depth: bool = False  # take nothing that makes the graph deeper

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, leaves=(3, MAX_LEAVES))
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_refactor,
            *(aig.struct, context.struct),
            *(self.leaves, self.least, int(self.zero), int(self.thorough), int(self.keep_depth)),
            step,
        )
        return Step.of(aig, step)
