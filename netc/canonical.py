"""A circuit in an order of its own: however its ports, ANDs and trees of ANDs are written, it comes out the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netc import native
from netc.aig import Aig, Lits, Step
from netc.context import Context

__all__ = ["Canonical", "canonical"]


@dataclass(frozen=True, eq=False)
class Canonical:
    """`aig` and its `image` are the circuit with leaf i at place ``leaves[i]`` and root i at place ``roots[i]``.

    Ports are those of the circuit as it was written, so that only their numbers mean anything.
    """

    aig: Aig
    image: Lits
    leaves: Lits
    roots: Lits

    def restored(self, aig: Aig) -> Step:
        """What a graph over these leaves and roots is with both where they were."""
        first = aig.first_and
        image = 2 * np.arange(aig.num_nodes, dtype=np.uint32)
        image[1 + self.leaves] = 2 * np.arange(1, first, dtype=np.uint32)
        ands = image[aig.ands >> 1] ^ (aig.ands & 1)
        ands.sort(axis=1)
        roots = image[aig.roots >> 1] ^ (aig.roots & 1)
        return Step(Aig(aig.ports, ands[:, ::-1], roots[self.roots]), native.frozen(image, np.uint32))


def canonical(aig: Aig, context: Context) -> Canonical:
    """The live part of a graph in canonical order, with its trees of ANDs balanced.

    Two graphs that differ in the order of leaves, roots and ANDs, and in how their trees of ANDs associate, give the
    same; or nearly the same, where leaves look alike to colour refinement and are not.
    """
    step = native.ffi.new("netc_step *")
    leaves, roots = np.empty(aig.ports.leaves, np.uint32), np.empty(len(aig.roots), np.uint32)
    native.call(native.lib.netc_canonical, aig.struct, context.struct, step, native.out(leaves), native.out(roots))
    made = Step.of(aig, step)
    return Canonical(made.aig, made.image, leaves, roots)
