"""From an AIG to LUTs of K inputs."""

from __future__ import annotations

import numpy as np

from netc import native
from netc.aig import NONE, Aig, Lits
from netc.context import Context
from netc.errors import NetcError
from netc.lut import MAX_K, LutNetwork

__all__ = ["map_luts", "map_with_image"]

ROUNDS = 3  # a fourth gains a thousandth


def map_with_image(
    aig: Aig, k: int, *, goal: str = "area", rounds: int = ROUNDS, context: Context | None = None
) -> tuple[LutNetwork, Lits]:
    """As `map_luts`, and ``uint32[nodes]``: the literal of the LUT network that each node became, or `NONE`."""
    if not 2 <= k <= MAX_K:
        raise NetcError("", f"LUTs of {k} inputs; the mapper makes 2 to {MAX_K}")
    if goal not in ("area", "depth"):
        raise NetcError("", f"mapping goal {goal!r}; it is 'area' or 'depth'")
    luts = native.ffi.new("netc_luts *")
    run = context or Context()
    native.call(native.lib.netc_map, aig.struct, run.struct, k, int(goal == "depth"), rounds, luts)
    fanins = native.take(luts.fanins, k * luts.num_luts, np.uint32).reshape(-1, k)
    tables = native.take(luts.tables, luts.num_luts, np.uint64)
    nodes = native.take(luts.image, aig.num_nodes, np.uint32)
    roots = 2 * nodes[aig.roots >> 1] + (aig.roots & 1)
    image = np.where(nodes == NONE, np.uint32(NONE), 2 * nodes).astype(np.uint32)
    return LutNetwork(aig.ports, fanins, tables, roots.astype(np.uint32)), image


def map_luts(
    aig: Aig, k: int, *, goal: str = "area", rounds: int = ROUNDS, context: Context | None = None
) -> LutNetwork:
    """Cover a graph with LUTs of up to `k` inputs, 2 to 6.

    `goal` is ``"area"`` (few LUTs) or ``"depth"`` (the least depth that cuts allow, then few LUTs); `rounds` is how
    often each kind of area recovery runs. Priority cuts after Mishchenko et al., ICCAD 2007.
    """
    return map_with_image(aig, k, goal=goal, rounds=rounds, context=context)[0]
