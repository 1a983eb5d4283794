"""The pass `simresub`; its kernel is simresub.cpp over the core's windows, resynthesis and SAT solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

LEAVES = (2, 64)
GATES = (0, 8)
DIVISORS = (2, 1000)


@dataclass(frozen=True)
class SimResub:
    """Make nodes from other nodes, as simulation suggests and a SAT solver proves.

    Like `resub`, but over the inputs of the graph instead of the leaves of a window: what no input produces are
    don't-cares, and divisors need not be functions of a small cut. A node that is all its cone has for itself is
    left to `sweep`. Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "simresub"
    leaves: int = 20  # of the cut that a node's own cone may reach down to
    gates: int = 2  # at most these for one node; an XOR counts as two
    divisors: int = 150  # nodes at most that one node may be made from
    conflicts: int = 100  # for each SAT query; what is not proved within them stays as it is
    effort: int = 6000  # of the solver, in propagations for each AND of the graph; then the rest stays as it is
    seed: int = 1  # of the simulation patterns

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, leaves=LEAVES, gates=GATES, divisors=DIVISORS)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_simresub,
            aig.struct,
            context.struct,
            self.leaves,
            self.gates,
            self.divisors,
            self.conflicts,
            self.effort,
            self.seed,
            step,
        )
        return Step.of(aig, step)
