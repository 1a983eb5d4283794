"""The pass `scorr`; its kernel is scorr.cpp over the core's signal correspondence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig
from netc.bounds import check_bounds
from netc.context import Context
from netc.sequential import Reduction, reduce


@dataclass(frozen=True)
class Scorr:
    """Merge nodes that are equal, up to complement, in every state that can be reached from reset.

    Simulation from reset proposes classes of signals, constants and latches among them, and k-induction proves them
    together (van Eijk, 2000); a latch without a reset value may start at 0 and at 1, so it equals nothing else.
    Constraints are not assumed to hold. What a limit cuts short merges nothing. Law: equivalent from reset on, with no
    more latches and ANDs.
    """

    name: ClassVar[str] = "scorr"
    steps: int = 1  # of the induction; more finds more
    conflicts: int = 1000  # for each SAT query; a pair that is not proved within them is not merged
    rounds: int = 4  # of correspondence, at most; it ends when a round changes nothing
    work: int = 100_000_000  # units for a round, after which it ends; ten to a hundred seconds
    seed: int = 1  # of the simulation

    def run_sequential(self, aig: Aig, context: Context) -> Reduction:
        check_bounds(self, steps=1, conflicts=1, rounds=1, work=1)
        return reduce(
            aig,
            context,
            native.lib.netc_pass_scorr,
            self.steps,
            self.conflicts,
            self.rounds,
            self.work,
            self.seed,
        )
