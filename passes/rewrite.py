"""The pass `rewrite`; its kernel is rewrite.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

MAX_CUTS = 32


@dataclass(frozen=True)
class Rewrite:
    """Replace small cones by smaller structures, where sharing with the rest of the graph counts.

    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "rewrite"
    inputs: int = 4  # leaves of a cone at most: 4, or 5 with structures that are found as they are needed
    cuts: int = 12  # cuts kept for each node, at most 32
    zero: bool = False  # also take replacements that gain nothing: they let later passes gain

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, inputs=(4, 5), cuts=(1, MAX_CUTS))
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_rewrite, aig.struct, context.struct, self.inputs, self.cuts, int(self.zero), step
        )
        return Step.of(aig, step)
