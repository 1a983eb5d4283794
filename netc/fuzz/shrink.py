"""Delta debugging: a failing circuit with as much as possible taken away, or failing bytes.

Everything is rebuilt here in plain Python: a pass of netc might be what fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netc.aig import Aig
from netc.ports import Ports

__all__ = ["Patience", "shrink_bytes", "shrink_circuit"]


@dataclass
class Patience:
    """How many more attempts may be made, and until when (`time.monotonic`)."""

    tries: int
    deadline: float

    def over(self) -> bool:
        return self.tries <= 0 or time.monotonic() > self.deadline


def shrink_circuit(aig: Aig, fails: Callable[[Aig], bool], patience: Patience) -> Aig:
    """The smallest circuit found that still fails: fewer ports, roots, gates and inputs, in turn, until none helps."""
    run = _Run(aig, fails, patience)
    while True:
        before = run.best
        for candidates in (_plainer, _fewer_names, _fewer_roots):
            run.first_of(candidates)
        run.fewer_gates()
        run.first_of(_fewer_leaves)
        if run.best is before or patience.over():
            return run.best


class _Run:
    def __init__(self, aig: Aig, fails: Callable[[Aig], bool], patience: Patience) -> None:
        self.best, self.fails, self.patience = aig, fails, patience

    def attempt(self, candidate: Aig) -> bool:
        """Whether the candidate is smaller and fails; it is the best one then."""
        if self.patience.over() or _measure(candidate) >= _measure(self.best):
            return False
        self.patience.tries -= 1
        if not self.fails(candidate):
            return False
        self.best = candidate
        return True

    def first_of(self, candidates: Callable[[Aig], Iterator[Aig]]) -> None:
        """Take the first candidate that fails, then the first of what can be made of that, and so on."""
        while any(map(self.attempt, candidates(self.best))):
            pass

    def fewer_gates(self) -> None:
        """Replace gates by their fan-ins, by constants, by an input: many at a time, then fewer."""
        size = self.best.num_ands
        while size and not self.patience.over():
            stop = self.best.num_ands
            while stop > 0 and not self.patience.over():
                chunk = range(max(0, stop - size), stop)
                if not any(self.attempt(candidate) for candidate in _without_gates(self.best, chunk)):
                    stop -= size
                stop = min(stop, self.best.num_ands)
            size //= 2


def _measure(aig: Aig) -> tuple[int, ...]:
    """What counts as smaller: gates first, then everything else that a reader has to look at."""
    ports = aig.ports
    names = sum(map(len, ports.names.values())) + bool(ports.comment)
    complements = int((aig.ands & 1).sum()) + int((aig.roots & 1).sum())
    return (aig.num_ands, len(aig.roots), ports.leaves, names, ports.latches, complements, int(aig.ands.sum()))


def _without_dead(ports: Ports, image: Sequence[int], ands: Sequence[tuple[int, int]], roots: Sequence[int]) -> Aig:
    """The graph of `roots`; `image` has for each old node the literal that stands for it, of a node not after it."""
    first = 1 + ports.leaves

    def of(lit: int) -> int:
        while image[lit >> 1] != lit & ~1:
            lit = image[lit >> 1] ^ (lit & 1)
        return lit

    roots = [of(lit) for lit in roots]
    alive = {lit >> 1 for lit in roots}
    resolved: dict[int, tuple[int, int]] = {}
    for node in range(first + len(ands) - 1, first - 1, -1):
        if node in alive:
            a, b = (of(lit) for lit in ands[node - first])
            resolved[node] = (a, b)
            alive.update((a >> 1, b >> 1))
    number = {node: node for node in range(first)}
    made: list[tuple[int, int]] = []
    for node in sorted(resolved):
        x, y = (2 * number[lit >> 1] | (lit & 1) for lit in resolved[node])
        number[node] = first + len(made)
        made.append((max(x, y), min(x, y)))
    kept = [2 * number[lit >> 1] | (lit & 1) for lit in roots]
    return Aig(ports, np.array(made, np.uint32).reshape(-1, 2), np.array(kept, np.uint32))


def _rebuilt(aig: Aig, changes: dict[int, int], ports: Ports | None = None, roots: Sequence[int] | None = None) -> Aig:
    image = [2 * node for node in range(aig.num_nodes)]
    for node, lit in changes.items():
        image[node] = lit
    ands = [(a, b) for a, b in aig.ands.tolist()]
    return _without_dead(ports or aig.ports, image, ands, aig.roots.tolist() if roots is None else roots)


def _plainer(aig: Aig) -> Iterator[Aig]:
    """Without dead gates; without properties, latches."""
    ports = aig.ports
    yield _rebuilt(aig, {})
    if ports.has_properties:
        plain = Ports(ports.inputs, ports.resets, ports.outputs)
        yield _rebuilt(aig, {}, plain, aig.roots.tolist()[: plain.num_roots])
    if ports.latches and not ports.has_properties:
        yield _rebuilt(aig, {}, Ports(inputs=ports.leaves, outputs=ports.outputs), aig.outputs.tolist())
        yield aig.combinational()


def _chunks(count: int, start: int = 0) -> Iterator[range]:
    """All, halves, quarters, … single ones."""
    size = count
    while size:
        for at in range(0, count, size):
            yield range(start + at, start + min(count, at + size))
        size //= 2


def _fewer_roots(aig: Aig) -> Iterator[Aig]:
    """Without some outputs."""
    ports = aig.ports
    for gone in _chunks(ports.outputs):
        roots = [lit for index, lit in enumerate(aig.roots.tolist()) if index not in gone]
        fewer = replace(_unnamed(ports, "output", set(gone)), outputs=ports.outputs - len(gone))
        yield _rebuilt(aig, {}, fewer, roots)


def _unnamed(ports: Ports, kind: str, gone: set[int]) -> Ports:
    """With the names that are left when ports of a kind go."""
    names = ports.names.get(kind, {})
    moved = {index - sum(other < index for other in gone): names[index] for index in names if index not in gone}
    return replace(ports, names={**ports.names, kind: moved} if moved else _without(ports.names, kind))


def _without(names: Mapping[str, Mapping[int, str]], kind: str) -> dict[str, Mapping[int, str]]:
    return {other: named for other, named in names.items() if other != kind}


def _fewer_names(aig: Aig) -> Iterator[Aig]:
    """Without comment, without all names, those of a kind, some of them."""
    ports = aig.ports
    yield aig.with_ports(replace(ports, comment=b"", names={}))
    yield aig.with_ports(replace(ports, comment=b""))
    for kind, names in ports.names.items():
        order = list(names)
        for gone in _chunks(len(order)):
            left = {index: names[index] for at, index in enumerate(order) if at not in gone}
            others = _without(ports.names, kind)
            yield aig.with_ports(replace(ports, names={**others, kind: left} if left else others))


def _without_gates(aig: Aig, chunk: range) -> Iterator[Aig]:
    """With something simpler in place of some ANDs: a fan-in each, a constant, the first input."""
    ands = aig.ands.tolist()
    nodes = [aig.first_and + index for index in chunk]
    for side in (0, 1):
        yield _rebuilt(aig, {node: ands[index][side] for node, index in zip(nodes, chunk, strict=True)})
    for lit in (0, 1, 2) if aig.ports.leaves else (0, 1):
        yield _rebuilt(aig, dict.fromkeys(nodes, lit))


def _fewer_leaves(aig: Aig) -> Iterator[Aig]:
    """Without inputs and latches: unread ones first, then with constants in their place."""
    ports = aig.ports
    if ports.has_properties:
        return
    fanouts = [0] * aig.num_nodes
    for lit in [*aig.ands.reshape(-1).tolist(), *aig.roots.tolist()]:
        fanouts[lit >> 1] += 1
    unread = [node for node in range(1, 1 + ports.inputs) if not fanouts[node]]
    if unread:
        yield _without_inputs(aig, dict.fromkeys(unread, 0))
    for node in range(1, 1 + ports.inputs):
        yield _without_inputs(aig, {node: 0})
        yield _without_inputs(aig, {node: 1})
    for index in range(ports.latches):
        node = 1 + ports.inputs + index
        for lit in (0, 1):
            yield _without_latch(aig, node, index, lit)


def _without_inputs(aig: Aig, values: dict[int, int]) -> Aig:
    ports = aig.ports
    kept = [node for node in range(1, aig.num_nodes) if node not in values]
    number = {0: 0, **{node: at + 1 for at, node in enumerate(kept)}}
    fewer = _unnamed(ports, "input", {node - 1 for node in values})
    return _renumbered(aig, values, number, replace(fewer, inputs=ports.inputs - len(values)))


def _without_latch(aig: Aig, node: int, index: int, value: int) -> Aig:
    ports = aig.ports
    kept = [other for other in range(1, aig.num_nodes) if other != node]
    number = {0: 0, **{other: at + 1 for at, other in enumerate(kept)}}
    resets = ports.resets[:index] + ports.resets[index + 1 :]
    made = _renumbered(aig, {node: value}, number, None)
    roots = made.roots.tolist()
    del roots[ports.outputs + index]
    fewer = replace(_unnamed(ports, "latch", {index}), resets=resets)
    return Aig(fewer, made.ands, np.array(roots, np.uint32))


def _renumbered(aig: Aig, values: dict[int, int], number: dict[int, int], ports: Ports | None) -> Aig:
    def of(lit: int) -> int:
        return values[lit >> 1] ^ (lit & 1) if lit >> 1 in values else 2 * number[lit >> 1] | (lit & 1)

    ands = [sorted(map(of, pair), reverse=True) for pair in aig.ands.tolist()]
    roots = np.array([of(lit) for lit in aig.roots.tolist()], np.uint32)
    if ports is None:  # a graph with one leaf less, whose ports the caller makes
        ports = Ports(aig.ports.leaves - len(values), b"", len(roots))
    return Aig(ports, np.array(ands, np.uint32).reshape(-1, 2), roots)


def shrink_bytes(data: bytes, fails: Callable[[bytes], bool], patience: Patience) -> bytes:
    """The data with as many pieces taken out as still fails."""
    size = len(data) // 2
    while size and not patience.over():
        at, found = 0, False
        while at < len(data) and not patience.over():
            candidate = data[:at] + data[at + size :]
            patience.tries -= 1
            if fails(candidate):
                data, found = candidate, True
            else:
                at += size
        if not found:
            size //= 2
    return data
