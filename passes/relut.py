"""The pass `relut`; its kernel is relut.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context


@dataclass(frozen=True)
class Relut:
    """Restructure through LUTs: cover the graph, make each LUT's function of ANDs anew, and again with what comes out.

    Covers differ from round to round: in the inputs of a LUT, in what a LUT costs, and at random, by the seed. The
    smallest result stays, of several the last. With `grow` the last round's result stays, for a pipeline that goes on
    from there and keeps what ends smaller.
    Law: at most as many ANDs (as after `strash` and `dce`), or `grow` percent more; no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "relut"
    k: int = 6  # inputs of a LUT at most, 3 to 6
    rounds: int = 2
    choices: bool = True  # cover the last two rounds' structures at once
    dontcares: bool = True  # use rows of a LUT that no pattern reaches
    diagrams: bool = False  # decide each LUT by its most read inputs first: multiplexers come out shared
    conflicts: int = 30  # for each SAT query
    grow: int = 0  # percent of ANDs by which the result may be larger
    seed: int = 1

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, k=(3, 6))
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_relut,
            *(aig.struct, context.struct),
            *(
                self.k,
                self.rounds,
                int(self.choices),
                int(self.dontcares),
                int(self.diagrams),
                self.conflicts,
                self.grow,
                self.seed,
            ),
            step,
        )
        return Step.of(aig, step)
