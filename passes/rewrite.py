"""The pass `rewrite`; its kernel is rewrite.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context
from netc.errors import NetcError

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
        if not 1 <= self.cuts <= MAX_CUTS:
            raise NetcError("rewrite", f"cuts={self.cuts}; it is 1 to {MAX_CUTS}")
        if self.inputs not in (4, 5):
            raise NetcError("rewrite", f"inputs={self.inputs}; it is 4 or 5")
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_rewrite, aig.struct, context.struct, self.inputs, self.cuts, int(self.zero), step
        )
        return Step.of(aig, step)
