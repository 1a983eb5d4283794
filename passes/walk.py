"""The pass `walk`; its kernel is walk.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

MAX_LEAVES = 16


@dataclass(frozen=True)
class Walk:
    """Substitute nodes with complete knowledge of windows of few inputs, by many moves that gain nothing by themselves.

    In a window every node has its truth table, so it is known in which rows anything outside sees it, and every other
    node can be tried in its place, alone or as an AND, OR or XOR of two or three. A graph of at most `leaves` inputs
    and latches is one window.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "walk"
    leaves: int = 12  # inputs of a window, 2 to 16
    nodes: int = 150  # ANDs of a window
    rounds: int = 10  # visits of each node of a window
    patience: int = 3  # rounds without a gain after which a window is left
    zero: bool = True  # also take replacements that gain nothing: they let later ones gain
    seed: int = 1

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, leaves=(2, MAX_LEAVES), nodes=1)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_walk,
            *(aig.struct, context.struct),
            *(self.leaves, self.nodes, self.rounds, self.patience, int(self.zero), self.seed),
            step,
        )
        return Step.of(aig, step)
