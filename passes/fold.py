"""The pass `fold`; its kernel is fold.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Fold:
    """Propagate constants and copies without hashing.

    Law: the same functions, with the ANDs that remain in their order; at most as many ANDs.
    """

    name: ClassVar[str] = "fold"

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_fold, aig.struct, context.struct, step)
        return Step.of(aig, step)
