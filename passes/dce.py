"""The pass `dce`; its kernel is dce.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Dce:
    """Remove the ANDs that no output, next state or property depends on.

    Law: every AND left is live, and they keep their order; idempotent.
    """

    name: ClassVar[str] = "dce"

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_dce, aig.struct, context.struct, step)
        return Step.of(aig, step)
