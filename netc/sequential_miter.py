"""A machine that asks whether pairs of its literals are equal in every state that it can reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc import native
from netc.aig import Lits
from netc.context import Context

__all__ = ["SequentialMiter"]


@dataclass(frozen=True, eq=False)
class SequentialMiter:
    """`roots` are the latches' next states, then `pairs` literals, then as many partners.

    `initial` and `free` are what the latches start with, as `netc.sequential.starts` gives it.
    """

    inputs: int
    ands: Lits
    roots: Lits
    initial: Lits
    free: int
    pairs: int
    context: Context
    struct: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        struct = native.machine_struct(self.ands, self.inputs, self.roots, self.initial, self.free)
        object.__setattr__(self, "struct", struct)

    @property
    def leaves(self) -> int:
        return self.inputs + len(self.initial)

    @property
    def size(self) -> int:
        return self.leaves + len(self.ands)

    def correspondence(self, steps: int, conflicts: int) -> Lits | None:
        """For each node the literal of the first node that is equal to it in every reachable state."""
        found = np.empty(1 + self.size, np.uint32)
        rounds = native.call(
            native.lib.netc_scorr, self.struct, self.context.struct, steps, conflicts, 1, native.out(found)
        )
        return found if rounds else None

    def open_pairs(self, same: Lits, conflicts: int) -> int:
        """How many pairs are not proved equal in every state in which these nodes correspond."""
        ands = same[self.ands >> 1] ^ (self.ands & 1)
        ands = np.sort(ands, axis=1)[:, ::-1].copy()
        roots = self.roots[len(self.initial) :]
        roots = same[roots >> 1] ^ (roots & 1)
        verdicts = np.empty(self.pairs, np.uint8)
        pattern, different = np.zeros(self.leaves, np.uint8), native.ffi.new("int64_t *")
        native.call(
            native.lib.netc_cec,
            native.aig_struct(ands, self.leaves, roots),
            self.context.struct,
            conflicts,
            native.out(verdicts),
            native.out(pattern),
            different,
            native.ffi.NULL,
            native.ffi.NULL,
        )
        return int((verdicts != 1).sum())  # a difference may need a state that cannot be reached

    def retimed(self) -> SequentialMiter:
        """The same question with latches moved forward over the gates that read nothing else."""
        step = native.ffi.new("netc_step *")
        latches = native.call(native.lib.netc_retime, self.struct, self.context.struct, step)
        ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
        roots = native.take(step.roots, latches + 2 * self.pairs, np.uint32)
        initial = native.take(step.image, latches, np.uint32)
        return SequentialMiter(self.inputs, ands, roots, initial, self.free, self.pairs, self.context)
