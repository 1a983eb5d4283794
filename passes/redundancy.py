"""The pass `redundancy`; its kernel is redundancy.cpp over the core's substituter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context


@dataclass(frozen=True)
class Redundancy:
    """Remove what no test can see: an AND that may be constant, a fan-in that may be true.

    Fault simulation proposes, SAT disposes, under the don't-cares of the fan-out. Law: at most as many ANDs, since each
    change takes at least one out.
    """

    name: ClassVar[str] = "redundancy"
    window: int = 100  # nodes of the fan-out in which a difference may die; more finds more
    conflicts: int = 100  # for each SAT query; what is not proved within them stays as it is
    rounds: int = 4  # over the whole graph, at most; it ends when a round changes nothing
    work: int = 30_000_000  # units after which it ends, about five to twenty seconds
    reward: int = 0  # further units for each AND that goes, so that it goes on where it finds much
    exhaustive: int = 12  # with at most so many inputs and latches all patterns are simulated, without SAT; 14 at most
    seed: int = 1  # of the simulation patterns

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, window=1, conflicts=1, rounds=1, work=1)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_redundancy,
            aig.struct,
            context.struct,
            self.window,
            self.conflicts,
            self.rounds,
            self.work,
            self.reward,
            self.exhaustive,
            self.seed,
            step,
        )
        return Step.of(aig, step)
