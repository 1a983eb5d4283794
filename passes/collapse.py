"""The pass `collapse`; its kernel is collapse.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

MAX_SUPPORT = 16


@dataclass(frozen=True)
class Collapse:
    """Derive outputs of few inputs anew, from their truth tables alone, and keep what becomes smaller.

    Roots that together depend on at most `support` inputs and latches are taken in groups. For each group there are
    several circuits: shared decision diagrams in several orders of the variables, decompositions of each function,
    adders where functions only count or weigh their inputs or are digits of a product, a square, a root, a quotient or
    a remainder, and the cone as it is. Each is walked on for some rounds (see `walk`) and the smallest stays, if it
    saves ANDs.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "collapse"
    support: int = 16  # inputs and latches of a group, 1 to 16
    orders: int = 3  # orders of the variables from which diagrams are sifted
    rounds: int = 3  # visits of each node of a candidate
    seed: int = 1

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, support=(1, MAX_SUPPORT))
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_collapse,
            *(aig.struct, context.struct),
            *(self.support, self.orders, self.rounds, self.seed),
            step,
        )
        return Step.of(aig, step)
