"""A circuit with one gate changed."""

from __future__ import annotations

import random

import numpy as np

from netc.aig import Aig

__all__ = ["mutant"]


def mutant(chosen: random.Random, aig: Aig) -> tuple[str, Aig]:
    """What was done to which gate, and the circuit: a fan-in complemented, AND made OR, a fan-in moved, a constant."""
    ands, roots = aig.ands.copy(), aig.roots.copy()
    index = chosen.randrange(aig.num_ands)
    node = aig.first_and + index
    a, b = map(int, ands[index])
    kind = chosen.choice(("complement", "or", "rewire", "constant"))
    if kind == "complement":
        pair = (a ^ 1, b) if chosen.random() < 0.5 else (a, b ^ 1)
    elif kind == "rewire":
        pair = (chosen.randrange(2 * node), b if chosen.random() < 0.5 else a)
    elif kind == "constant":
        value = chosen.randrange(2)
        pair = (value, value)
    else:  # an OR is the complement of the AND of complements, so who reads it reads a complement
        pair = (a ^ 1, b ^ 1)
        ands[(ands >> 1) == node] ^= 1
        roots[(roots >> 1) == node] ^= 1
    ands[index] = pair
    return f"{kind} at node {node}", Aig(aig.ports, np.sort(ands, axis=1)[:, ::-1], roots)
