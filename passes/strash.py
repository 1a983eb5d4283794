"""The pass `strash`; its kernel is strash.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Strash:
    """Structural hashing: fold constants and merge ANDs with the same fan-ins.

    Law: the result is hashed, with at most as many ANDs; idempotent. Dead ANDs are hashed too; `dce` removes them.
    """

    name: ClassVar[str] = "strash"

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_strash, aig.struct, context.struct, step)
        return Step.of(aig, step)
