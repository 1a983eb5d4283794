"""Combinational equivalence: two circuits, three answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits, compose
from netc.context import Context
from netc.errors import InternalError, NetcError
from netc.ports import ROOT_KINDS, UNINITIALISED
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


def _order(kind: str, a: Aig, b: Aig, how: str) -> tuple[npt.NDArray[np.int64], bool]:
    """For each of a's ports of this kind, the position of its partner in b; and whether names paired them."""
    count, other = a.ports.count(kind), b.ports.count(kind)
    if count != other:
        raise NetcError("", f"the circuits have {count} and {other} ports of kind {kind}")
    names_a, names_b = a.ports.names.get(kind, {}), b.ports.names.get(kind, {})
    position = {name: index for index, name in names_b.items()}
    named = count > 0 and len(names_a) == len(position) == count and set(names_a.values()) == set(position)
    if how == "name" and not named and count:
        raise NetcError(
            "", f"the ports of kind {kind} cannot be matched by name: names are missing, repeated or others"
        )
    if named and how != "order":
        return np.array([position[names_a[index]] for index in range(count)], np.int64), True
    return np.arange(count), False


def paired_ports(a: Aig, b: Aig, how: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], str]:
    """B's leaf for each leaf of a, b's root for each root of a, and "name", "order" or "name and order"."""
    inputs, by_name = _order("input", a, b, how)
    latches, latches_named = _order("latch", a, b, how)
    used = {by_name} if len(inputs) else set()
    if len(latches):
        used.add(latches_named)
    roots = []
    slices = b.ports.slices()
    for kind in ROOT_KINDS:
        if kind == "justice":
            if a.ports.justice != b.ports.justice:
                raise NetcError("", "the circuits have different justice properties")
            order = np.arange(sum(a.ports.justice))
        elif kind == "latch":
            order = latches
        else:
            order, named = _order(kind, a, b, how)
            if len(order):
                used.add(named)
        roots.append(order + slices[kind].start)
    matched = "name and order" if len(used) == 2 else "name" if True in used else "order"
    return np.concatenate([inputs, a.ports.inputs + latches]), np.concatenate(roots), matched


def _union(
    a: Aig, b: Aig, leaf_of: npt.NDArray[np.int64], root_of: npt.NDArray[np.int64]
) -> tuple[Lits, Lits, tuple[Lits, Lits]]:
    """Both circuits in one hashed graph over a's leaves: its ANDs, a's roots and then b's in a's order, both images."""
    builder = native.lib.netc_builder_new(a.ports.leaves, a.num_ands + b.num_ands // 4)
    if builder == native.ffi.NULL:
        raise MemoryError("no memory for a graph")
    builder = native.ffi.gc(builder, native.lib.netc_builder_free)
    own = 2 * np.arange(1, 1 + a.ports.leaves, dtype=np.uint32)
    others = np.empty_like(own)
    others[leaf_of] = own
    roots = []
    images = (np.empty(a.num_nodes, np.uint32), np.empty(b.num_nodes, np.uint32))
    for aig, leaves, image in ((a, own, images[0]), (b, others, images[1])):
        of_this = np.empty(len(aig.roots), np.uint32)
        native.call(
            native.lib.netc_builder_copy,
            builder,
            aig.struct,
            native.view(leaves, np.uint32),
            native.out(of_this),
            native.out(image),
        )
        roots.append(of_this)
    step = native.ffi.new("netc_step *")
    native.call(native.lib.netc_builder_finish, builder, step)
    ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
    return ands, np.concatenate([roots[0], roots[1][root_of]]), images


def _root_name(aig: Aig, root: int) -> str:
    for kind, where in aig.ports.slices().items():
        if where.start <= root < where.stop:
            index = root - where.start
            name = aig.ports.name(kind, index) if kind != "justice" else None
            what = "next state of latch" if kind == "latch" else kind
            return f"{what} {index}" + (f" ({name})" if name else "")
    raise InternalError(f"there is no root {root}")


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
    if match not in ("auto", "name", "order"):
        raise NetcError("", f"match {match!r}; it is 'auto', 'name' or 'order'")
    leaf_of, root_of, matched = paired_ports(a, b, match)
    latch_of = leaf_of[a.ports.inputs :] - a.ports.inputs
    for latch, partner in enumerate(latch_of.tolist()):
        mine, theirs = a.ports.resets[latch], b.ports.resets[partner]
        if mine != theirs:
            shown = ["uninitialised" if reset == UNINITIALISED else str(reset) for reset in (mine, theirs)]
            reason = f"latch {latch} resets to {shown[0]} and {shown[1]}"
            return Cec(Verdict.DIFFERENT, matched, len(root_of), root=f"latch {latch}", reason=reason)

    ands, roots, (image_a, image_b) = _union(a, b, leaf_of, root_of)
    struct = native.aig_struct(ands, a.ports.leaves, roots)
    verdicts = np.empty(len(root_of), np.uint8)
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
        return Cec(Verdict.EQUIVALENT, matched, len(root_of), classes=found)
    if answer == 2:
        return Cec(Verdict.UNDECIDED, matched, len(root_of), undecided=int((verdicts == 2).sum()))
    values = pattern.astype(np.bool_)
    root = int(different[0])
    theirs_pattern = np.empty_like(values)
    theirs_pattern[leaf_of] = values
    if simulate(a, values[None])[0, root] == simulate(b, theirs_pattern[None])[0, root_of[root]]:
        raise InternalError("a counterexample does not tell the circuits apart")
    return Cec(Verdict.DIFFERENT, matched, len(root_of), counterexample=values, root=_root_name(a, root))


def prove(before: Aig, after: Aig, context: Context | None = None) -> Cec:
    """`check` for a graph and what passes made of it: the same ports, paired by order."""
    return check(before, after, match="order", context=context)
