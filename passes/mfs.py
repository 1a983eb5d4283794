"""The pass `mfs`; its kernel is mfs.cpp over the core's network of LUTs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context


@dataclass(frozen=True)
class Mfs:
    """Cover the graph with LUTs, let them read less or something else where no output can tell, and make ANDs again.

    Of each LUT it is proved which rows of its table matter: those that some pattern gives, and in which an output, or a
    LUT not far behind it, could tell. So it loses inputs that it can do without, and takes the cheapest function that
    is left; and another signal of the graph takes the place of an input if that frees more than it costs. LUTs made of
    ANDs anew have other structures than before, often larger ones in which other passes then find more: `grow` lets
    them be.
    Law: at most as many ANDs (as after `strash` and `dce`), or `grow` percent more; no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "mfs"
    k: int = 6  # inputs of a LUT at most, 3 to 6
    window: int = 100  # LUTs of the fan-out in which a difference may die; more finds more
    cone: int = 300  # LUTs before those that a proof may look at
    conflicts: int = 100  # for each SAT query; what is not proved within them stays as it is
    tries: int = 8  # signals refuted for an input before it stays
    rounds: int = 1  # over the network, at most
    work: int = 30_000_000  # units after which it ends
    grow: int = 0  # percent of ANDs by which the result may be larger
    seed: int = 1

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, k=(3, 6), window=1, cone=1, conflicts=1, tries=1, rounds=1, work=1)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_mfs,
            *(aig.struct, context.struct),
            *(self.k, self.window, self.cone, self.conflicts, self.tries, self.rounds, self.work, self.grow, self.seed),
            step,
        )
        return Step.of(aig, step)
