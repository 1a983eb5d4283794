"""Graphs written gate by gate in plain Python, so that circuits to test the core with are not made by the core."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from netc.aig import Aig
from netc.ports import Ports

__all__ = ["Gates"]


class Gates:
    """ANDs over inputs and latches. Nothing is folded or hashed."""

    def __init__(self, inputs: int, resets: bytes = b"") -> None:
        self.inputs, self.resets = inputs, resets
        self.ands: list[tuple[int, int]] = []

    @property
    def leaves(self) -> list[int]:
        """The literals of inputs and latches."""
        return [2 * (1 + index) for index in range(self.inputs + len(self.resets))]

    @property
    def nodes(self) -> int:
        return 1 + self.inputs + len(self.resets) + len(self.ands)

    def and_(self, a: int, b: int) -> int:
        self.ands.append((max(a, b), min(a, b)))
        return 2 * (self.nodes - 1)

    def or_(self, a: int, b: int) -> int:
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        return self.and_(self.or_(a, b), self.and_(a, b) ^ 1)

    def xor_by_minterms(self, a: int, b: int) -> int:
        """The same function as `xor` in another structure."""
        return self.or_(self.and_(a, b ^ 1), self.and_(a ^ 1, b))

    def mux(self, select: int, then: int, otherwise: int) -> int:
        return self.or_(self.and_(select, then), self.and_(select ^ 1, otherwise))

    def majority(self, a: int, b: int, c: int) -> int:
        return self.or_(self.and_(a, b), self.and_(c, self.or_(a, b)))

    def full_adder(self, a: int, b: int, c: int, *, other: bool = False) -> tuple[int, int]:
        """Sum and carry; `other` writes them in another structure."""
        xor = self.xor_by_minterms if other else self.xor
        return xor(xor(a, b), c), self.majority(a, b, c) if other else self.or_(
            self.and_(a, b), self.and_(xor(a, b), c)
        )

    def function(self, table: int, a: int, b: int) -> int:
        """Any of the 16 functions of two signals, as a sum of minterms; bit 2·b + a of the table is its value."""
        total = 0
        for row in range(4):
            if table >> row & 1:
                total = self.or_(total, self.and_(a ^ 1 ^ (row & 1), b ^ 1 ^ (row >> 1)))
        return total

    def all_of(self, lits: Sequence[int]) -> int:
        result = 1
        for lit in lits:
            result = self.and_(result, lit)
        return result

    def any_of(self, lits: Sequence[int]) -> int:
        return self.all_of([lit ^ 1 for lit in lits]) ^ 1

    def some(self, chosen: random.Random, count: int, recent: float = 0.5) -> list[int]:
        """Literals of any nodes, the constant among them; recent ones are likelier."""
        return [
            chosen.randrange(max(0, 2 * self.nodes - 24) if chosen.random() < recent else 0, 2 * self.nodes)
            for _ in range(count)
        ]

    def finish(self, outputs: Sequence[int], next_states: Sequence[int] = (), **more: Any) -> Aig:
        """The graph. `more` is what `Ports` takes, and ``roots``: literals of properties, in a graph's order."""
        properties = list(more.pop("roots", ()))
        ports = Ports(inputs=self.inputs, resets=self.resets, outputs=len(outputs), **more)
        roots = [*outputs, *next_states, *properties]
        return Aig(ports, np.array(self.ands, np.uint32).reshape(-1, 2), np.array(roots, np.uint32))
