"""The pass `resub`; its kernel is resub.cpp over the core's changing graph and resynthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netc import native
from netc.aig import Aig, Step
from netc.bounds import check_bounds
from netc.context import Context

LEAVES = (2, 14)
GATES = (0, 8)
DIVISORS = (2, 1000)
FANOUT_LEVELS = (0, 8)


@dataclass(frozen=True)
class Resub:
    """Make nodes from other nodes nearby, where that needs fewer ANDs than the node has for itself.

    Windowed Boolean resubstitution: truth tables over a cut of some leaves say which nodes of the window can stand in
    for a node, by themselves or through a few gates (ANDs; an XOR counts as two gates and three ANDs). With `levels`, a
    node may also change where the window shows that no fan-out can tell.
    Law: at most as many ANDs (as after `strash` and `dce`), no dead ones; the result is hashed.
    """

    name: ClassVar[str] = "resub"
    leaves: int = 8  # of a window; tables have 2^leaves bits
    gates: int = 2  # at most these for one node
    divisors: int = 150  # nodes in a window, at most
    levels: int = 0  # of fan-outs that are looked at for don't-cares
    zero: bool = False  # where nothing gains, also take what gains nothing: it lets later passes gain
    keep_depth: bool = False  # take nothing that makes the graph deeper

    def run(self, aig: Aig, context: Context) -> Step:
        check_bounds(self, leaves=LEAVES, gates=GATES, divisors=DIVISORS, levels=FANOUT_LEVELS)
        step = native.ffi.new("netc_step *")
        native.call(
            native.lib.netc_pass_resub,
            aig.struct,
            context.struct,
            self.leaves,
            self.gates,
            self.divisors,
            self.levels,
            int(self.zero),
            int(self.keep_depth),
            step,
        )
        return Step.of(aig, step)
