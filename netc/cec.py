"""Combinational equivalence: two circuits, three answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits, compose
from netc.context import Context
from netc.errors import InternalError
from netc.pairing import joined, pair, root_name
from netc.ports import UNINITIALISED
from netc.simulation import simulate

__all__ = ["Cec", "Verdict", "check", "prove"]

CONFLICTS = 30_000  # of the last round, for a pair of inner nodes; a pair of outputs may take ten times as many


class Verdict(Enum):
    """What an equivalence check found."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "not equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Cec:
    """The answer, and what it rests on.

    `counterexample` is ``bool[inputs + latches]`` of the first circuit, in its order; `root` names what differs
    under it. `undecided` counts the roots that the budget left open. `matched` says whether ports were paired by
    name or by order. `classes`, if asked for, is ``uint32``: a literal for each node of the first circuit and then for
    each AND of the second, the same for nodes that were proved equal.
    """

    verdict: Verdict
    matched: str
    roots: int
    undecided: int = 0
    counterexample: npt.NDArray[np.bool_] | None = None
    root: str = ""
    reason: str = ""
    classes: Lits | None = None

    def __bool__(self) -> bool:
        return self.verdict is Verdict.EQUIVALENT


def check(
    a: Aig,
    b: Aig,
    *,
    match: str = "auto",
    context: Context | None = None,
    conflicts: int = CONFLICTS,
    classes: bool = False,
) -> Cec:
    """Whether two circuits compute the same outputs, next states and properties from the same inputs and states.

    Ports are paired by name where all names agree, else by order (`match` forces one); latches pair as states, with
    equal resets. A counterexample is simulated again on both circuits before it is returned. Raises `NetcError`
    when the interfaces cannot be paired. `UNDECIDED` means the conflicts or the context's budget ran out.
    """
    paired = pair(a, b, match)
    total = len(paired.roots)
    for latch, partner in enumerate(paired.latch_of.tolist()):
        mine, theirs = a.ports.resets[latch], b.ports.resets[partner]
        if mine != theirs:
            shown = ["uninitialised" if reset == UNINITIALISED else str(reset) for reset in (mine, theirs)]
            reason = f"latch {latch} resets to {shown[0]} and {shown[1]}"
            return Cec(Verdict.DIFFERENT, paired.matched, total, root=f"latch {latch}", reason=reason)

    leaf_of = paired.leaf_of
    own = 2 * np.arange(1, 1 + a.ports.leaves, dtype=np.uint32)
    others = np.empty_like(own)
    others[leaf_of] = own
    ands, (of_a, of_b), (image_a, image_b) = joined(a.ports.leaves, [(a, own), (b, others)])
    roots = np.concatenate([of_a, of_b[paired.root_of]])
    struct = native.aig_struct(ands, a.ports.leaves, roots)
    verdicts = np.empty(total, np.uint8)
    pattern = np.zeros(a.ports.leaves, np.uint8)
    different = native.ffi.new("int64_t *")
    run = context or Context()
    merged = np.empty(1 + a.ports.leaves + len(ands), np.uint32) if classes else None
    answer = native.call(
        native.lib.netc_cec,
        struct,
        run.struct,
        conflicts,
        native.out(verdicts),
        native.out(pattern),
        different,
        native.ffi.NULL if merged is None else native.out(merged),
    )
    if answer == 1:
        found = None if merged is None else compose(np.concatenate([image_a, image_b[b.first_and :]]), merged)
        return Cec(Verdict.EQUIVALENT, paired.matched, total, classes=found)
    if answer == 2:
        return Cec(Verdict.UNDECIDED, paired.matched, total, undecided=int((verdicts == 2).sum()))
    values = pattern.astype(np.bool_)
    root = int(different[0])
    theirs_pattern = np.empty_like(values)
    theirs_pattern[leaf_of] = values
    if simulate(a, values[None])[0, root] == simulate(b, theirs_pattern[None])[0, paired.root_of[root]]:
        raise InternalError("a counterexample does not tell the circuits apart")
    return Cec(Verdict.DIFFERENT, paired.matched, total, counterexample=values, root=root_name(a, root))


def prove(before: Aig, after: Aig, context: Context | None = None) -> Cec:
    """`check` for a graph and what passes made of it: the same ports, paired by order."""
    return check(before, after, match="order", context=context)
