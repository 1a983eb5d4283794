"""The And-Inverter Graph: what every pass takes and returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import InternalError, NetcError
from netc.ports import Ports

if TYPE_CHECKING:
    import networkx

__all__ = ["FALSE", "NONE", "TRUE", "Aig", "Builder", "Lits", "Step", "compose"]

Lits = npt.NDArray[np.uint32]

FALSE, TRUE = 0, 1  # the two constant literals
NONE = native.NONE  # in an image: no literal


@dataclass(frozen=True, eq=False)
class Aig:
    """An And-Inverter Graph in binary AIGER's numbering.

    A *literal* is ``2 * node + complement``. Node 0 is constant false, then come inputs, latches, and the ANDs in
    topological order. ``ands`` is ``uint32[n, 2]``, the fan-in literals of each AND, the larger first. ``roots`` is
    ``uint32``: the literals of outputs, next states, bad states, constraints, justice and fairness, in that order.
    Immutable, and checked when made: `NetcError` if an index is out of range or a fan-in is not of an earlier node.

    A graph need not be hashed: readers keep equal fan-ins, duplicates and dead ANDs as they stand.
    """

    ports: Ports
    ands: Lits
    roots: Lits
    struct: Any = field(init=False, repr=False)  # the graph as the core sees it

    def __post_init__(self) -> None:
        ands = native.frozen(self.ands, np.uint32)
        if ands.ndim != 2 or ands.shape[1] != 2:
            raise NetcError("", f"ands has shape {ands.shape}; it needs (n, 2)")
        object.__setattr__(self, "ands", ands)
        object.__setattr__(self, "roots", native.frozen(self.roots, np.uint32).reshape(-1))
        object.__setattr__(self, "struct", native.aig_struct(ands, self.ports.leaves, self.roots))
        self.check()

    def check(self) -> None:
        """Raise `NetcError` unless every law of a graph holds."""
        self.ports.check()
        if len(self.roots) != self.ports.num_roots:
            raise NetcError("", f"{len(self.roots)} roots for ports that need {self.ports.num_roots}")
        native.call(native.lib.netc_aig_check, self.struct)

    def __repr__(self) -> str:
        latches = f", {self.ports.latches:,} latches" if self.ports.latches else ""
        return f"<Aig {self.inputs:,} → {self.ports.outputs:,}{latches}, {self.num_ands:,} ANDs>"

    @property
    def inputs(self) -> int:
        return self.ports.inputs

    @property
    def num_ands(self) -> int:
        return len(self.ands)

    @property
    def num_nodes(self) -> int:
        return 1 + self.ports.leaves + len(self.ands)

    @property
    def first_and(self) -> int:
        """The node of ``ands[0]``."""
        return 1 + self.ports.leaves

    def of_kind(self, kind: str) -> Lits:
        """The root literals of one kind of port: ``"output"``, ``"latch"`` (next states), ``"bad"`` …"""
        return self.roots[self.ports.slices()[kind]]

    @property
    def outputs(self) -> Lits:
        return self.of_kind("output")

    @property
    def next_states(self) -> Lits:
        return self.of_kind("latch")

    @cached_property
    def levels(self) -> npt.NDArray[np.uint32]:
        """``uint32[nodes]``: ANDs on the longest path from a leaf."""
        return self._levels()[0]

    @cached_property
    def depth(self) -> int:
        """The largest level of a root. (The levels themselves are not kept: they are half as large as the graph.)"""
        return self._levels()[1]

    def _levels(self) -> tuple[npt.NDArray[np.uint32], int]:
        levels = np.empty(self.num_nodes, np.uint32)
        return levels, native.call(native.lib.netc_aig_levels, self.struct, native.out(levels))

    @cached_property
    def fanouts(self) -> npt.NDArray[np.uint32]:
        """``uint32[nodes]``: how many fan-ins and roots use each node."""
        fanouts = np.empty(self.num_nodes, np.uint32)
        native.call(native.lib.netc_aig_fanouts, self.struct, native.out(fanouts))
        return fanouts

    def live(self) -> npt.NDArray[np.bool_]:
        """``bool[nodes]``: which nodes some root depends on."""
        live = np.empty(self.num_nodes, np.uint8)
        native.call(native.lib.netc_aig_live, self.struct, native.out(live))
        return live.view(np.bool_)

    @cached_property
    def is_hashed(self) -> bool:
        """No AND folds and no two ANDs have the same fan-ins."""
        return bool(native.call(native.lib.netc_aig_is_hashed, self.struct))

    def same_as(self, other: Aig) -> bool:
        """The same graph, node for node, with the same ports."""
        return (
            self.ports == other.ports
            and np.array_equal(self.ands, other.ands)
            and np.array_equal(self.roots, other.roots)
        )

    def with_ports(self, ports: Ports) -> Aig:
        return replace(self, ports=ports)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph for analysis with networkx, of circuits of moderate size; see `netc.graphs`.

        Nodes are called ``n5`` (node 5 of this graph) and ``output0``, ``bad0`` …; they have `kind`, `level`, and ports
        a `name`. Edges lead from fan-in to reader and have `complement`. Next states lead back to their latches.
        """
        from netc.graphs import to_networkx

        return to_networkx(self)

    def combinational(self) -> Aig:
        """The combinational core: latches become inputs, next states and properties become outputs.

        Inputs come first, then latches; outputs first, then next states, bad states, constraints, justice, fairness.
        """
        ports = Ports(inputs=self.ports.leaves, outputs=len(self.roots))
        return Aig(ports, self.ands, self.roots)


@dataclass(frozen=True)
class Step:
    """What a pass made: the new graph, and for each old node the literal it became (`NONE` if it is gone).

    Law: where ``image[node]`` is a literal, it computes the same function of the leaves as the old node did.
    """

    aig: Aig
    image: Lits

    @classmethod
    def of(cls, before: Aig, struct: Any) -> Step:
        """Take over what a kernel left in its `netc_step`."""
        lits = 2 * struct.num_ands
        ands = native.take(struct.ands, lits, np.uint32).reshape(-1, 2)
        roots = native.take(struct.roots, len(before.roots), np.uint32)
        image = native.take(struct.image, before.num_nodes, np.uint32)
        try:
            return cls(Aig(before.ports, ands, roots), image)
        except NetcError as error:
            raise InternalError(f"a kernel broke a law of the graph: {error}") from error


def compose(first: Lits, second: Lits) -> Lits:
    """The image of doing `first` and then `second`."""
    gone = first == NONE
    mapped = second[np.where(gone, 0, first >> 1)]
    gone |= mapped == NONE
    return np.where(gone, np.uint32(NONE), mapped ^ (first & 1)).astype(np.uint32)


class Builder:
    """Makes a graph gate by gate: for tests, small circuits and readers; whole layers go through `netc.flatten`.

    `append_and` writes an AND exactly as given; `and_` folds and hashes. Latches are declared with the inputs and get
    their next states in `finish`.
    """

    def __init__(self, inputs: int, latches: int = 0) -> None:
        handle = native.lib.netc_builder_new(inputs + latches, 0)
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for a graph")
        self._handle = native.ffi.gc(handle, native.lib.netc_builder_free)
        self._inputs = inputs
        self._latches = latches

    def input(self, index: int) -> int:
        """The literal of an input."""
        if not 0 <= index < self._inputs:
            raise NetcError("", f"input {index} of {self._inputs}")
        return 2 * (1 + index)

    def latch(self, index: int) -> int:
        """The literal of a latch's current state."""
        if not 0 <= index < self._latches:
            raise NetcError("", f"latch {index} of {self._latches}")
        return 2 * (1 + self._inputs + index)

    def append_and(self, a: int, b: int) -> int:
        return native.call(native.lib.netc_builder_append, self._handle, a, b)

    def and_(self, a: int, b: int) -> int:
        return native.call(native.lib.netc_builder_and, self._handle, a, b)

    def or_(self, a: int, b: int) -> int:
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        """Three ANDs, in the form whose inner two a full adder's carry shares."""
        return self.and_(self.or_(a, b), self.and_(a, b) ^ 1)

    def mux(self, select: int, then: int, otherwise: int) -> int:
        return self.or_(self.and_(select, then), self.and_(select ^ 1, otherwise))

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Sum and carry, in seven ANDs."""
        x = self.xor(a, b)
        return self.xor(x, c), self.or_(self.and_(a, b), self.and_(x, c))

    def half_adder(self, a: int, b: int) -> tuple[int, int]:
        return self.xor(a, b), self.and_(a, b)

    def finish(
        self, outputs: Sequence[int], next_states: Sequence[int] = (), resets: bytes | None = None, **ports: Any
    ) -> Aig:
        """The graph; `resets` defaults to all 0, `ports` may give names and a comment."""
        step = native.ffi.new("netc_step *")
        native.call(native.lib.netc_builder_finish, self._handle, step)
        ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
        if len(next_states) != self._latches:
            raise NetcError("", f"{len(next_states)} next states for {self._latches} latches")
        full = Ports(
            inputs=self._inputs,
            resets=bytes(self._latches) if resets is None else resets,
            outputs=len(outputs),
            **ports,
        )
        return Aig(full, ands, np.array([*outputs, *next_states], np.uint32))
