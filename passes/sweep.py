"""The pass `sweep`; its kernel is sweep.cpp over the core's sweeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context


@dataclass(frozen=True)
class Sweep:
    """Merge nodes that compute the same function, up to complement.

    Simulation proposes, proof disposes: candidates come from equal signatures, and only a truth table of a common
    window or SAT merges them. Law: at most as many ANDs, once dead ones are removed.
    """

    name: ClassVar[str] = "sweep"
    conflicts: int = 1000  # for each SAT query; a pair not proved within them stays as it is
    levels: bool = False  # level by level, which orders the ANDs so, and with two provers side by side
    seed: int = 1  # of the simulation patterns

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_sweep, aig.struct, context.struct, self.conflicts, self.levels, self.seed, step
        )
        return Step.of(aig, step)
