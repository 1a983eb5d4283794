"""Resets that are logic: a graph with an input that resets its latches."""

from __future__ import annotations

import numpy as np

from netc.aig import Aig
from netc.pairing import joined
from netc.ports import UNINITIALISED, Ports

__all__ = ["with_reset_input"]


def with_reset_input(aig: Aig, name: str) -> Aig:
    """The graph with one more input, the last, that gives latches their reset values, and no other resets.

    Latches without a reset value ignore it. The graph may have no properties.
    """
    ports = aig.ports
    reset = 2 * (1 + aig.inputs)
    leaves = 1 + ports.leaves
    literal = 2 * np.arange(1, leaves, dtype=np.uint32)
    literal[aig.inputs :] += 2  # the input stands before the latches
    ands, (roots,), _ = joined(leaves, [(aig, literal)])
    rows = [ands]
    for index, value in enumerate(ports.resets):
        if value != UNINITIALISED:  # next & ~reset, or ~(~next & ~reset)
            at = ports.outputs + index
            rows.append(np.array([sorted((int(roots[at]) ^ value, reset ^ 1), reverse=True)], np.uint32))
            roots[at] = 2 * (1 + leaves + len(ands) + len(rows) - 2) ^ value
    made = Ports(
        inputs=aig.inputs + 1,
        resets=bytes([UNINITIALISED]) * ports.latches,
        outputs=ports.outputs,
        names={**ports.names, "input": {**ports.names.get("input", {}), aig.inputs: name}},
    )
    return Aig(made, np.concatenate(rows), roots)
