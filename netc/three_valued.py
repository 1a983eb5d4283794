"""Sequential equivalence where latches without a reset value start unknown, as x, and gates pass x on.

Of a gate it is known what its known inputs decide: 0 AND x is 0, 1 AND x is x. That is what a simulator of three values
shows; it may be x where all starts agree, since x AND NOT x is x.

Two rails carry a value: `must` says that it is known to be 1, `may` that it is not known to be 0, so that x is (0, 1).
Each rail of an AND is the AND of its fan-ins' rails; a complement is that of the other rail. So three values make an
ordinary circuit of twice the size, which `netc.sec` decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import sec
from netc.aig import Aig, Lits
from netc.errors import NetcError
from netc.pairing import Pairing, over_inputs, pair, root_name
from netc.ports import UNINITIALISED, Ports

__all__ = ["MODES", "check", "dual_rail"]

MODES = ("refine", "equal")

_RAILS_OF_RESET = {0: b"\0\0", 1: b"\1\1", UNINITIALISED: b"\0\1"}


def dual_rail(aig: Aig) -> Aig:
    """The circuit on two rails: inputs are known, each latch is two, and outputs are both rails of each root.

    Outputs 2 i and 2 i + 1 are `must` and `may` of root i, next states not counted.
    """
    ports, nodes = aig.ports, np.arange(aig.num_nodes)
    inner = nodes > ports.inputs  # what comes before is known, and has one rail
    must = np.where(inner, 2 * nodes - 1 - ports.inputs, nodes)
    rails = 2 * must, 2 * (must + inner)

    def both(literals: Lits) -> Lits:
        """``uint32[…, 2]``: the rails of literals."""
        node, complemented = literals >> 1, literals & 1
        found = [np.where(complemented, rails[1 - may][node] ^ 1, rails[may][node]) for may in (0, 1)]
        return np.stack(found, axis=-1).astype(np.uint32)

    ands = both(aig.ands).transpose(0, 2, 1).reshape(-1, 2)
    roots, states = both(aig.roots), ports.slices()["latch"]
    outputs = np.concatenate([roots[: states.start], roots[states.stop :]]).reshape(-1)
    made = Ports(ports.inputs, b"".join(_RAILS_OF_RESET[reset] for reset in ports.resets), len(outputs))
    return Aig(made, np.sort(ands, axis=1)[:, ::-1], np.concatenate([outputs, roots[states].reshape(-1)]))


def _one_rail(aig: Aig) -> Aig:
    """The circuit of two values in the same form: each root twice, without names."""
    states = aig.ports.slices()["latch"]
    outputs = np.concatenate([aig.roots[: states.start], aig.roots[states.stop :]]).repeat(2)
    made = Ports(aig.inputs, aig.ports.resets, len(outputs))
    return Aig(made, aig.ands, np.concatenate([outputs, aig.next_states]))


def _not(literals: Lits) -> Lits:
    return literals ^ np.uint32(1)


class _Appended:
    """ANDs of whole arrays of literals, appended to a graph."""

    def __init__(self, ands: Lits, first_and: int) -> None:
        self.parts, self.next = [ands], first_and + len(ands)

    def and_(self, a: Lits, b: Lits) -> Lits:
        made: Lits = (2 * np.arange(self.next, self.next + len(a))).astype(np.uint32)
        self.parts.append(np.stack([np.maximum(a, b), np.minimum(a, b)], axis=1))
        self.next += len(a)
        return made

    def or_(self, a: Lits, b: Lits) -> Lits:
        return _not(self.and_(_not(a), _not(b)))


def _miter(first: Aig, second: Aig, paired: Pairing, order: tuple[npt.NDArray[np.int64], ...], symmetric: bool) -> Aig:
    """Both circuits, on rails, over the first one's inputs: an output for each pair of roots, 1 where they clash.

    `order` holds the pairs. They clash where the first is known and the second is not the same, or either way.
    """
    ands, *roots = over_inputs(first, second, paired)
    (must_a, may_a), (must_b, may_b) = (
        (found[: aig.ports.outputs].reshape(-1, 2)[chosen, 0], found[: aig.ports.outputs].reshape(-1, 2)[chosen, 1])
        for aig, found, chosen in zip((first, second), roots, order, strict=True)
    )
    gates = _Appended(ands, 1 + first.ports.leaves + second.ports.latches)
    clash = gates.or_(gates.and_(must_a, _not(must_b)), gates.and_(_not(may_a), may_b))
    if symmetric:
        clash = gates.or_(clash, gates.or_(gates.and_(must_b, _not(must_a)), gates.and_(_not(may_b), may_a)))
    states = [found[aig.ports.outputs :] for aig, found in zip((first, second), roots, strict=True)]
    ports = Ports(first.inputs, first.ports.resets + second.ports.resets, len(clash))
    return Aig(ports, np.concatenate(gates.parts), np.concatenate([clash, *states]))


def _position(aig: Aig, roots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Roots by their number when next states are not counted."""
    states = aig.ports.slices()["latch"]
    return np.where(roots >= states.stop, roots - aig.ports.latches, roots)


def _value(on_rails: Aig, trace: sec.Trace, start: sec.State, root: int) -> int:
    """What a root is in the last step: 0, 1, or `UNINITIALISED` for x."""
    must, may = sec.last_step(on_rails, trace.inputs, start)[2 * root : 2 * root + 2].astype(int).tolist()
    return must if must == may else UNINITIALISED


def check(a: Aig, b: Aig, *, mode: str = "refine", match: str = "auto", **options: Any) -> sec.Sec:
    """Whether the second circuit does what the first one shows in three values, from reset on, for all known inputs.

    With "refine" an x of the first circuit allows anything: wherever it shows 0 or 1, in an output or property of any
    step, the second one must have the same for all values that its own latches without a reset may start with. So each
    circuit refines itself, and one with more resets may refine one with fewer. With "equal" the second one runs in
    three values too, and both must show the same 0, 1 or x. No latches are paired. `options` are those of
    `netc.sec.check`; in the trace, states and values that are x are 2.
    """
    if mode not in MODES:
        raise NetcError("--three-valued", f"{mode!r}; it is {' or '.join(map(repr, MODES))}")
    paired = pair(a, b, match, latches=False)
    first, second = dual_rail(a), dual_rail(b) if mode == "equal" else _one_rail(b)
    order = _position(a, paired.roots), _position(b, paired.root_of)
    miter = _miter(first, second, paired, order, mode == "equal")
    never = Aig(
        Ports(a.inputs, outputs=len(paired.roots)), np.zeros((0, 2), np.uint32), 0 * first.roots[: len(order[0])]
    )
    answer = replace(sec.check(miter, never, match="order", latches=(), **options), matched=paired.matched)
    trace = answer.trace
    if trace is None:
        return answer
    starts = trace.first[: first.ports.latches], trace.first[first.ports.latches :]
    theirs = np.empty_like(trace.inputs)
    theirs[:, paired.input_of] = trace.inputs
    clash = sec.last_step(miter, trace.inputs, trace.first)[: len(paired.roots)]
    index = int(np.flatnonzero(clash)[0])
    values = (
        _value(first, trace, starts[0], int(order[0][index])),
        _value(second, replace(trace, inputs=theirs), starts[1], int(order[1][index])),
    )
    shown = np.frombuffer(a.ports.resets, np.uint8), np.frombuffer(b.ports.resets, np.uint8)
    of_second = shown[1] if mode == "equal" else starts[1].astype(np.uint8)
    return replace(
        answer,
        trace=sec.Trace(trace.inputs, shown[0], of_second),
        root=root_name(a, int(paired.roots[index])),
        values=values,
    )
