"""The pass `order`; its kernel is order.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.context import Context


@dataclass(frozen=True)
class Order:
    """Renumber the ANDs depth-first from the roots, so that what belongs to one cone lies together.

    Passes look at nodes by number, and `partition` cuts between numbers: both see more where neighbours are related.
    Law: the same graph without its dead ANDs, in another order.
    """

    name: ClassVar[str] = "order"

    def run(self, aig: Aig, context: Context) -> Step:
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_pass_order, aig.struct, context.struct, step)
        return Step.of(aig, step)
