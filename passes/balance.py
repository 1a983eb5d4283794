"""The pass `balance`; its kernel is balance.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Balance:
    """Rebuild each tree of ANDs as shallow as its operands allow; with `xors` each tree of XORs too.

    Of three ANDs each; what is there twice cancels out. Law: no deeper than before (a hashed graph stays hashed).
    Shared ANDs may be lost, so it can have more of them.
    """

    name: ClassVar[str] = "balance"
    xors: bool = False

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_balance, aig.struct, context.struct, self.xors, step)
        return Step.of(aig, step)
