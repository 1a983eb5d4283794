"""Random circuits of the kinds that people have, and of those that nobody has but any file may hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netc.aig import Aig
from netc.fuzz.gates import Gates

__all__ = ["FAMILIES", "circuit"]


def circuit(chosen: random.Random) -> tuple[str, Aig]:
    """The name of a family and one of its circuits; one in three has names for its ports."""
    family = chosen.choice(list(FAMILIES))
    aig = FAMILIES[family](chosen)
    return family, _named(chosen, aig) if chosen.random() < 1 / 3 else aig


def _size(chosen: random.Random, most: int) -> int:
    """Mostly small, since small circuits are fast and hold most mistakes."""
    return max(1, int(most ** chosen.random()))


def soup(chosen: random.Random) -> Aig:
    """Any ANDs of any literals: equal and constant fan-ins, duplicates, dead ones."""
    gates = Gates(chosen.randrange(0, 12), _resets(chosen, chosen.choice((0, 0, 0, 3))))
    for _ in range(_size(chosen, 400)):
        gates.and_(*gates.some(chosen, 2))
        if chosen.random() < 0.05 and gates.ands:
            gates.and_(*chosen.choice(gates.ands))
    return gates.finish(gates.some(chosen, chosen.randrange(0, 9)), gates.some(chosen, len(gates.resets)))


def layered(chosen: random.Random) -> Aig:
    """As a trained network of logic gates: layers of two-input functions, randomly wired, some of them the same."""
    gates = Gates(chosen.randrange(2, 20))
    width, previous = _size(chosen, 60), gates.leaves
    skewed = chosen.random() < 0.5  # training leaves many gates that only pass a signal on
    for _ in range(chosen.randrange(1, 6)):
        layer = []
        for _ in range(width):
            table = chosen.choice((10, 12, 8, 14, 6, 9)) if skewed else chosen.randrange(16)
            layer.append(gates.function(table, chosen.choice(previous), chosen.choice(previous)))
        previous = layer
    return gates.finish([lit ^ (chosen.random() < 0.1) for lit in previous])


def arithmetic(chosen: random.Random) -> Aig:
    """Sums, products, comparisons and counts of ones; often twice, in two structures, with their difference."""
    width = chosen.randrange(1, 7)
    gates = Gates(2 * width + 1)
    a, b, carry = gates.leaves[:width], gates.leaves[width : 2 * width], gates.leaves[-1]
    what = chosen.choice((_sum, _product, _less, _ones))
    first = what(gates, a, b, carry, False)
    if chosen.random() < 0.5:
        return gates.finish(first)
    second = what(gates, *((b, a) if what in (_sum, _product) else (a, b)), carry, True)
    differences = [gates.xor(x, y) for x, y in zip(first, second, strict=True)]
    return gates.finish([*first, *chosen.choice((second, [], [gates.any_of(differences)]))])


def _sum(gates: Gates, a: list[int], b: list[int], carry: int, other: bool) -> list[int]:
    sums = []
    for x, y in zip(a, b, strict=True):
        digit, carry = gates.full_adder(x, y, carry, other=other)
        sums.append(digit)
    return [*sums, carry]


def _product(gates: Gates, a: list[int], b: list[int], _carry: int, other: bool) -> list[int]:
    total = [0] * (len(a) + len(b))
    for i, x in enumerate(a):
        carry = 0
        for j, y in enumerate(b):
            total[i + j], carry = gates.full_adder(gates.and_(x, y), total[i + j], carry, other=other)
        total[i + len(b)] = carry
    return total


def _less(gates: Gates, a: list[int], b: list[int], equal: int, other: bool) -> list[int]:
    for x, y in zip(a, b, strict=True):
        equal = gates.majority(x ^ 1, y, equal) if other else gates.mux(gates.xor(x, y), y, equal)
    return [equal]


def _ones(gates: Gates, a: list[int], b: list[int], carry: int, other: bool) -> list[int]:
    count = [0] * (len(a) + len(b) + 1).bit_length()
    for bit in [*a, *b, carry][:: -1 if other else 1]:
        for position, digit in enumerate(count):
            xor = gates.xor_by_minterms if other else gates.xor
            count[position], bit = xor(digit, bit), gates.and_(digit, bit)
    return count


def linear(chosen: random.Random) -> Aig:
    """Checksums and scramblers: XORs of many inputs, shared or not."""
    gates = Gates(chosen.randrange(2, 40))
    if chosen.random() < 0.3:  # a register with feedback, so many steps on
        state, taps = gates.leaves, [chosen.random() < 0.3 for _ in gates.leaves]
        for _ in range(chosen.randrange(1, 20)):
            top = state[-1]
            state = [gates.xor(lit, top) if tap else lit for lit, tap in zip([top, *state], taps, strict=False)]
        return gates.finish(state)
    outputs = []
    for _ in range(chosen.randrange(1, 8)):
        lit = chosen.randrange(2)
        for other in chosen.sample(gates.leaves, chosen.randrange(1, 1 + len(gates.leaves))):
            lit = gates.xor(lit, other) if chosen.random() < 0.7 else gates.xor_by_minterms(lit, other)
        outputs.append(lit)
    return gates.finish([*outputs, gates.all_of(outputs)])


def control(chosen: random.Random) -> Aig:
    """Decoders, multiplexers, priorities and shared enables."""
    selects = chosen.randrange(1, 5)
    gates = Gates(selects + (1 << selects))
    select, data = gates.leaves[:selects], gates.leaves[selects:]
    lines = [gates.all_of([lit ^ 1 ^ (row >> j & 1) for j, lit in enumerate(select)]) for row in range(1 << selects)]
    picked = gates.any_of([gates.and_(line, value) for line, value in zip(lines, data, strict=True)])
    tree = data
    for lit in select:
        tree = [gates.mux(lit, tree[i + 1], tree[i]) for i in range(0, len(tree), 2)]
    grants, free = [], 1
    for request in data:
        grants.append(gates.and_(request, free))
        free = gates.and_(free, request ^ 1)
    outputs = [picked, tree[0], gates.xor(picked, tree[0]), free, *grants, *lines]
    return gates.finish(chosen.sample(outputs, chosen.randrange(1, len(outputs) + 1)))


def sequential(chosen: random.Random) -> Aig:
    """Counters, shift registers with feedback, and random next states; resets of all kinds; properties."""
    latches = _size(chosen, 24)
    gates = Gates(chosen.randrange(0, 6), _resets(chosen, latches))
    state = gates.leaves[gates.inputs :]
    kind = chosen.randrange(3)
    if kind == 0:
        carry = gates.leaves[0] if gates.inputs else 1
        following = []
        for bit in state:
            following.append(gates.xor(bit, carry))
            carry = gates.and_(bit, carry)
    elif kind == 1:
        taps = [bit for bit in state if chosen.random() < 0.4]
        feedback = gates.leaves[0]
        for tap in taps:
            feedback = gates.xor(feedback, tap)
        following = [feedback, *state[:-1]]
    else:
        for _ in range(_size(chosen, 200)):
            gates.and_(*gates.some(chosen, 2))
        following = gates.some(chosen, latches)
    following = [lit ^ (chosen.random() < 0.1) for lit in following]
    outputs = [*gates.some(chosen, chosen.randrange(0, 5)), *chosen.sample(state, min(2, latches))]
    if chosen.random() < 0.7:
        return gates.finish(outputs, following)
    justice = tuple(chosen.randrange(1, 3) for _ in range(chosen.randrange(0, 3)))
    bad, constraints, fairness = (chosen.randrange(0, 3) for _ in range(3))
    roots = gates.some(chosen, bad + constraints + sum(justice) + fairness)
    properties: dict[str, Any] = {"bad": bad, "constraints": constraints, "justice": justice, "fairness": fairness}
    return gates.finish(outputs, following, roots=roots, **properties)


def degenerate(chosen: random.Random) -> Aig:
    """No gate, no input, no output, constants, one root many times, long chains, unread inputs."""
    kind = chosen.randrange(6)
    if kind == 0:
        return Gates(0).finish([chosen.randrange(2) for _ in range(chosen.randrange(0, 3))])
    if kind == 1:
        gates = Gates(chosen.randrange(1, 70))
        return gates.finish(gates.some(chosen, chosen.randrange(0, 70)))
    if kind == 2:
        gates = Gates(2)
        lit = gates.xor(*gates.leaves)
        return gates.finish([lit ^ chosen.randrange(2) for _ in range(chosen.randrange(1, 200))])
    if kind == 3:  # a chain, of ANDs, of alternating polarity, or of parities
        gates = Gates(chosen.randrange(1, 40))
        lit, flip, parity = gates.leaves[0], chosen.randrange(2), chosen.random() < 0.3
        for _ in range(_size(chosen, 5000)):
            other = chosen.choice(gates.leaves)
            lit = gates.xor(lit, other) if parity else gates.and_(lit ^ flip, other)
        return gates.finish([lit])
    if kind == 4:  # latches that are fed by constants, themselves and each other
        gates = Gates(chosen.randrange(0, 2), _resets(chosen, 4))
        return gates.finish(gates.leaves, [0, 1, gates.leaves[-2], gates.leaves[-1] ^ 1])
    gates = Gates(chosen.randrange(500, 2000))  # wide and shallow
    return gates.finish([gates.and_(*chosen.sample(gates.leaves, 2)) for _ in range(chosen.randrange(1, 600))])


def doubled(chosen: random.Random) -> Aig:
    """A circuit beside a copy of itself with a gate or two written differently: full of equivalent nodes."""
    name = chosen.choice(("soup", "layered", "arithmetic", "linear", "control"))
    aig = FAMILIES[name](chosen)
    gates = Gates(aig.inputs, aig.ports.resets)
    maps = []
    for _ in range(2):
        image = [0, *gates.leaves]
        for a, b in aig.ands.tolist():
            x, y = image[a >> 1] ^ (a & 1), image[b >> 1] ^ (b & 1)
            if chosen.random() < 0.1:  # x & y, as x & (~x | y)
                y = gates.and_(x, y ^ 1) ^ 1
            image.append(gates.and_(x, y))
        maps.append(image)
    roots = [image[lit >> 1] ^ (lit & 1) for image in maps for lit in aig.outputs.tolist()]
    return gates.finish(roots, [maps[0][lit >> 1] ^ (lit & 1) for lit in aig.next_states.tolist()])


FAMILIES: dict[str, Callable[[random.Random], Aig]] = {
    "soup": soup,
    "layered": layered,
    "arithmetic": arithmetic,
    "linear": linear,
    "control": control,
    "sequential": sequential,
    "degenerate": degenerate,
    "doubled": doubled,
}


def _resets(chosen: random.Random, count: int) -> bytes:
    return bytes(chosen.choice((0, 0, 1, 2)) for _ in range(count))


_WORDS = ("a", "clk", "x[0]", "x[1]", "wire", "always", "", " ", "n1", "\\", '"', "é", "a b", "#", "1'b0", "y", "reset")


def _named(chosen: random.Random, aig: Aig) -> Aig:
    """The circuit with names for some ports: plain ones, keywords, repeated ones and hostile ones."""
    ports = aig.ports
    for kind in ("input", "output", "latch"):
        count = ports.count(kind)
        plain = chosen.random() < 0.5
        names = {
            index: f"{kind[0]}{index}" if plain else chosen.choice(_WORDS)
            for index in range(min(count, 40))
            if plain or chosen.random() < 0.7
        }
        if names:
            ports = ports.with_names(kind, names)
    return aig.with_ports(replace(ports, comment=b"" if chosen.random() < 0.8 else b"a comment\n"))
