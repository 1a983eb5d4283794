"""The pass `adders`; its kernel is adders.cpp over the core's finder of adders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Adders:
    """Add bits up with the fewest adders.

    Full and half adders are found by simulation and proved; where the signals between them have no other use, what
    comes out of many is the sum of what goes in, and is built anew, column by column.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "adders"

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_adders, aig.struct, context.struct, step)
        return Step.of(aig, step)
