"""The pass `transduction`; its kernel is transduction.cpp over the core's substituter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context
from netc.errors import NetcError


@dataclass(frozen=True)
class Transduction:
    """Replace nodes by other signals of the graph wherever no output can tell.

    A signal is permissible for a node if the two agree whenever the node is observable: found by simulation among all
    signals outside the node's fan-out, proved by SAT. Law: at most as many ANDs, since each change takes at least one
    out. Constants and fan-ins are among the signals, so this does all that `redundancy` does, and takes longer.
    """

    name: ClassVar[str] = "transduction"
    pairs: bool = False  # also the AND of two signals, perhaps complemented, where that frees two ANDs or more
    wander: bool = False  # every other round takes pairs that free only one, by the seed: a way out of local minima
    window: int = 100  # nodes of the fan-out in which a difference may die; more finds more
    signals: int = 60_000  # looked at for a node, those before it by number
    conflicts: int = 100  # for each SAT query; what is not proved within them stays as it is
    tries: int = 8  # signals refuted for a node before it is left as it is
    rounds: int = 4  # over the whole graph, at most; it ends when a round changes nothing
    work: int = 30_000_000  # units after which it ends, about five to twenty seconds
    reward: int = 0  # further units for each AND that goes, so that it goes on where it finds much
    exhaustive: int = 12  # with at most so many inputs and latches all patterns are simulated, without SAT; 14 at most
    seed: int = 1  # of the simulation patterns

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, window=1, signals=1, conflicts=1, tries=1, rounds=1, work=1)
        if self.wander and not self.pairs:
            raise NetcError("transduction", "wander=true moves by pairs", "add pairs=true")
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_transduction,
            aig.struct,
            context.struct,
            self.pairs,
            self.wander,
            self.window,
            self.signals,
            self.conflicts,
            self.tries,
            self.rounds,
            self.work,
            self.reward,
            self.exhaustive,
            self.seed,
            step,
        )
        return Step.of(aig, step)
