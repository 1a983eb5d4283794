"""Which port of one circuit belongs to which of another, and both circuits in one graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.errors import InternalError, NetcError
from netc.names import bus_of
from netc.ports import ROOT_KINDS

__all__ = ["Pairing", "joined", "over_inputs", "pair", "root_name"]

Positions = npt.NDArray[np.int64]

MATCHES = ("auto", "name", "order")


@dataclass(frozen=True)
class Pairing:
    """For each input, latch and root of the first circuit, the position of its partner in the second.

    `root_of` holds the positions in ``aig.roots`` of the roots named by `roots` (in the first circuit), which is all of
    them, or all but the next states. `matched` is ``"name"``, ``"order"`` or ``"name and order"``.
    """

    input_of: Positions
    latch_of: Positions
    roots: Positions
    root_of: Positions
    matched: str

    @property
    def leaf_of(self) -> Positions:
        """The second circuit's leaf for each leaf of the first."""
        return np.concatenate([self.input_of, len(self.input_of) + self.latch_of])


def _without_lone_bits(names: Mapping[int, str]) -> dict[int, str]:
    """The same names, but those of buses of one bit without the index, as some tools write them."""
    bases = Counter(bus[0] if (bus := bus_of(name)) else name for name in names.values())
    made = {}
    for index, name in names.items():
        bus = bus_of(name)
        made[index] = bus[0] if bus is not None and bus[1] == 0 and bases[bus[0]] == 1 else name
    return made


def _order(kind: str, a: Aig, b: Aig, how: str) -> tuple[Positions, bool]:
    """For each of a's ports of this kind, the position of its partner in b; and whether names paired them."""
    count, other = a.ports.count(kind), b.ports.count(kind)
    if count != other:
        raise NetcError("", f"the circuits have {count} and {other} ports of kind {kind}")
    names_a, names_b = a.ports.names.get(kind, {}), b.ports.names.get(kind, {})
    if set(names_a.values()) != set(names_b.values()):
        names_a, names_b = _without_lone_bits(names_a), _without_lone_bits(names_b)
    position = {name: index for index, name in names_b.items()}
    named = count > 0 and len(names_a) == len(position) == count and set(names_a.values()) == set(position)
    if how == "name" and not named and count:
        raise NetcError(
            "", f"the ports of kind {kind} cannot be matched by name: names are missing, repeated or others"
        )
    if named and how != "order":
        return np.array([position[names_a[index]] for index in range(count)], np.int64), True
    return np.arange(count), False


def pair(a: Aig, b: Aig, match: str = "auto", *, latches: bool = True) -> Pairing:
    """Pair the ports of two circuits: by name where all names of a kind agree, else by order; `match` forces one.

    Without `latches`, states are the circuits' own business: latches and next states stay unpaired. Raises `NetcError`
    when the interfaces do not fit.
    """
    if match not in MATCHES:
        raise NetcError("", f"match {match!r}; it is 'auto', 'name' or 'order'")
    inputs, by_name = _order("input", a, b, match)
    used = {by_name} if len(inputs) else set()
    latch_of = np.zeros(0, np.int64)
    if latches:
        latch_of, by_name = _order("latch", a, b, match)
        used |= {by_name} if len(latch_of) else set()
    roots, partners = [], []
    mine, theirs = a.ports.slices(), b.ports.slices()
    for kind in ROOT_KINDS:
        if kind == "justice":
            if a.ports.justice != b.ports.justice:
                raise NetcError("", "the circuits have different justice properties")
            order = np.arange(sum(a.ports.justice))
        elif kind == "latch":
            order = latch_of
        else:
            order, by_name = _order(kind, a, b, match)
            used |= {by_name} if len(order) else set()
        roots.append(np.arange(len(order)) + mine[kind].start)
        partners.append(order + theirs[kind].start)
    matched = "name and order" if len(used) == 2 else "name" if True in used else "order"
    return Pairing(inputs, latch_of, np.concatenate(roots), np.concatenate(partners), matched)


def joined(leaves: int, circuits: Iterable[tuple[Aig, Lits]]) -> tuple[Lits, list[Lits], list[Lits]]:
    """Circuits in one hashed graph of this many leaves: its ANDs, and the roots and nodes' image of each.

    Each circuit comes with the literal, a leaf or a constant, that each of its leaves becomes.
    """
    given = list(circuits)
    builder = native.lib.netc_builder_new(leaves, max((aig.num_ands for aig, _ in given), default=0) * 5 // 4)
    if builder == native.ffi.NULL:
        raise MemoryError("no memory for a graph")
    builder = native.ffi.gc(builder, native.lib.netc_builder_free)
    roots, images = [], []
    for aig, literals in given:
        of_this, image = np.empty(len(aig.roots), np.uint32), np.empty(aig.num_nodes, np.uint32)
        native.call(
            native.lib.netc_builder_copy,
            builder,
            aig.struct,
            native.view(literals, np.uint32),
            native.out(of_this),
            native.out(image),
        )
        roots.append(of_this)
        images.append(image)
    step = native.ffi.new("netc_step *")
    native.call(native.lib.netc_builder_finish, builder, step)
    ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
    return ands, roots, images


def over_inputs(a: Aig, b: Aig, paired: Pairing) -> tuple[Lits, Lits, Lits]:
    """Two circuits with latches of their own in one graph: its ANDs, and the roots of each.

    Its leaves are the first one's inputs, then the latches of the first, then those of the second.
    """
    leaves = a.ports.leaves + b.ports.latches
    literals = 2 * np.arange(1, 1 + leaves, dtype=np.uint32)
    shared = np.empty(a.inputs, np.uint32)
    shared[paired.input_of] = literals[: a.inputs]
    theirs = np.concatenate([shared, literals[a.ports.leaves :]])
    ands, (of_a, of_b), _ = joined(leaves, [(a, literals[: a.ports.leaves]), (b, theirs)])
    return ands, of_a, of_b


def root_name(aig: Aig, root: int) -> str:
    """What a position in ``aig.roots`` is: "output 3 (carry)", "next state of latch 0"."""
    for kind, where in aig.ports.slices().items():
        if where.start <= root < where.stop:
            index = root - where.start
            name = aig.ports.name(kind, index) if kind != "justice" else None
            what = "next state of latch" if kind == "latch" else kind
            return f"{what} {index}" + (f" ({name})" if name else "")
    raise InternalError(f"there is no root {root}")
