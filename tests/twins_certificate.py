"""A slow checker of certificates, written from docs/certificates.md alone: the specification of the one in C."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ROOT_KINDS = ("output", "latch", "bad", "constraint", "justice", "fairness")


class RefusedError(Exception):
    """The certificate proves nothing."""


@dataclass
class Circuit:
    """Nodes: 0 is constant false, then inputs, latches and ANDs in the order of the file."""

    inputs: int
    resets: list[int]
    ands: list[tuple[int, int]]
    roots: dict[str, list[int]]
    justice: list[int] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        return self.inputs + len(self.resets)


def read_circuit(path: Path) -> Circuit:
    """AIGER 1.9, ASCII or binary."""
    data = path.read_bytes()
    at = 0

    def line() -> list[str]:
        nonlocal at
        end = data.index(b"\n", at)
        words = data[at:end].decode().split()
        at = end + 1
        return words

    kind, *header = line()
    most, inputs, latches, outputs, ands, bad, constraints, justice, fairness = map(int, (header + ["0"] * 4)[:9])
    binary = kind == "aig"
    node_of = {0: 0} | ({variable: variable for variable in range(1, most + 1)} if binary else {})

    def define(text: str) -> None:
        assert int(text) % 2 == 0
        assert int(text) // 2 not in node_of
        node_of[int(text) // 2] = len(node_of)

    if not binary:
        for _ in range(inputs):
            define(line()[0])
    states, resets = [], []
    for index in range(latches):
        words = line()
        if not binary:
            define(words.pop(0))
        own = 2 * next(variable for variable, node in node_of.items() if node == 1 + inputs + index)
        states.append(int(words[0]))
        resets.append({0: 0, 1: 1, own: 2}[int(words[1])] if len(words) > 1 else 0)
    roots = {"latch": states}
    for name, count in (("output", outputs), ("bad", bad), ("constraint", constraints)):
        roots[name] = [int(line()[0]) for _ in range(count)]
    sizes = [int(line()[0]) for _ in range(justice)]
    roots["justice"] = [int(line()[0]) for _ in range(sum(sizes))]
    roots["fairness"] = [int(line()[0]) for _ in range(fairness)]

    def literal(variable_literal: int) -> int:
        return 2 * node_of[variable_literal // 2] + variable_literal % 2

    def delta() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    gates = []
    for index in range(ands):
        if binary:
            first = 2 * (1 + inputs + latches + index) - delta()
            gates.append((first, first - delta()))
        else:
            out, a, b = line()
            gates.append((literal(int(a)), literal(int(b))))
            define(out)
    return Circuit(inputs, resets, gates, {name: [literal(lit) for lit in lits] for name, lits in roots.items()}, sizes)


def formula(before: Circuit, after: Circuit, lines: list[str]) -> list[list[int]]:
    """The clauses that say that the circuits differ, by the numbering of docs/certificates.md."""
    counts = {"input": before.inputs, **{kind: len(before.roots[kind]) for kind in ROOT_KINDS}}
    if counts != {"input": after.inputs, **{kind: len(after.roots[kind]) for kind in ROOT_KINDS}}:
        raise RefusedError("the circuits have different ports")
    partner = {kind: list(range(count)) for kind, count in counts.items()}
    for line in lines:
        kind, start, end = line.split()
        if kind == "justice" or kind not in partner or max(int(start), int(end)) >= counts[kind]:
            raise RefusedError(line)
        partner[kind][int(start)] = int(end)
    if any(sorted(partners) != list(range(counts[kind])) for kind, partners in partner.items()):
        raise RefusedError("the map is no pairing")
    if before.resets != [after.resets[end] for end in partner["latch"]] or before.justice != after.justice:
        raise RefusedError("resets or justice properties differ")

    leaves = before.leaves
    nodes = 1 + leaves + len(before.ands)
    leaf = {0: 0}
    leaf |= {1 + end: 1 + start for start, end in enumerate(partner["input"])}
    leaf |= {1 + before.inputs + end: 1 + before.inputs + start for start, end in enumerate(partner["latch"])}

    def of_before(lit: int) -> int:
        return -(lit // 2 + 1) if lit % 2 else lit // 2 + 1

    def of_after(lit: int) -> int:
        node = lit // 2
        variable = 1 + leaf[node] if node in leaf else nodes + node - leaves
        return -variable if lit % 2 else variable

    clauses = [[-1]]
    for circuit, of in ((before, of_before), (after, of_after)):
        for index, (a, b) in enumerate(circuit.ands):
            out = of(2 * (1 + leaves + index))
            clauses += [[-out, of(a)], [-out, of(b)], [out, -of(a), -of(b)]]
    differ: list[int] = []
    for kind in ROOT_KINDS:
        for place, lit in enumerate(before.roots[kind]):
            d = nodes + len(after.ands) + len(differ) + 1
            a, b = of_before(lit), of_after(after.roots[kind][partner[kind][place]])
            clauses += [[-d, a, b], [-d, -a, -b]]
            differ.append(d)
    return [list(dict.fromkeys(clause)) for clause in [*clauses, differ]]


def defines(clause: list[int], against: list[int], known: dict[int, frozenset[int]]) -> bool:
    """Whether a clause may be part of the definition of its first literal: `against` names all with its negation."""
    facing = [number for number, other in known.items() if -clause[0] in other]
    return against == facing and all(any(-lit in known[number] for lit in clause[1:]) for number in facing)


def follow(clauses: list[list[int]], proof: str) -> list[list[int]]:
    """The clauses that a proof derives from these, up to the empty one."""
    known = {index + 1: frozenset(clause) for index, clause in enumerate(clauses)}
    variables = {abs(lit) for clause in clauses for lit in clause}
    last = len(clauses)
    derived: list[list[int]] = []
    for line in proof.splitlines():
        words = line.split()
        if words[1] == "d":
            for word in words[2:-1]:
                if known.pop(int(word), None) is None:
                    raise RefusedError(line)
            continue
        try:
            numbers = [int(word) for word in words]
        except ValueError:
            raise RefusedError(line) from None
        end = numbers.index(0) if 0 in numbers else len(numbers)
        clause, hints = numbers[1:end], numbers[end + 1 : -1]
        if numbers[0] <= last or numbers[-1] != 0 or 0 in hints:
            raise RefusedError(line)
        false, done = set(clause), False
        if any(-lit in false for lit in clause):
            raise RefusedError(line)
        if clause and abs(clause[0]) not in variables and defines(clause, [-hint for hint in hints], known):
            known[last := numbers[0]] = frozenset(clause)
            derived.append(clause)
            continue
        for hint in hints:
            if hint not in known or done:
                raise RefusedError(line)
            left = known[hint] - false
            done = not left
            if len(left) > 1 or any(-lit in false for lit in left):
                raise RefusedError(line)
            false |= {-lit for lit in left}
        if not done:
            raise RefusedError(line)
        last = numbers[0]
        known[last] = frozenset(clause)
        derived.append(clause)
        if not clause:
            break
    return derived


def formula_of(folder: Path) -> list[list[int]]:
    before, after = (read_circuit(folder / name) for name in ("before.aig", "after.aig"))
    return formula(before, after, (folder / "map").read_text().splitlines())


def check(folder: Path) -> int:
    """How many steps the proof takes; `RefusedError` if it is none."""
    derived = follow(formula_of(folder), (folder / "proof.lrat").read_text())
    if derived[-1:] != [[]]:
        raise RefusedError("there is no empty clause")
    return len(derived)
