"""The pass `exact`; its kernel is exact.cpp over the core's exact.hpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

MAX_LEAVES = 6
MAX_OUTPUTS = 4
MAX_NODES = 12


@dataclass(frozen=True)
class Exact:
    """Exchange small windows of several outputs for the smallest circuits that SAT finds for their functions.

    A window grows from each AND, with as few leaves and outputs as it can. All that is read from outside is an output,
    so that a circuit of fewer ANDs for the outputs is a gain whatever lies around it. The outputs may be others where
    their leaves never are, or where nothing sees it, as the logic around the window shows, also several at a time.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "exact"
    leaves: int = 6  # of a window at most, 2 to 6
    outputs: int = 4  # nodes of a window that are read from outside, 1 to 4
    nodes: int = 8  # ANDs of a window at most, 2 to 12; harder by the node
    around: int = 12  # inputs of the logic around it that is looked at for what cannot be seen, 0 (none) to 12
    conflicts: int = 500  # for each question; what is not found within them stays as it is
    work: int = 30_000_000  # units after which it ends

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(
            self,
            leaves=(2, MAX_LEAVES),
            outputs=(1, MAX_OUTPUTS),
            nodes=(2, MAX_NODES),
            around=(0, 12),
            conflicts=1,
            work=1,
        )
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_exact,
            *(aig.struct, context.struct),
            *(self.leaves, self.outputs, self.nodes, self.around, self.conflicts, self.work),
            step,
        )
        return Step.of(aig, step)
