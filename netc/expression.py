"""Truth tables as expressions in the operators that C and Verilog share: ``~ & | ^`` and parentheses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["VARIABLES", "expression"]

# Precedence, tightest first; anything looser than the context is put in parentheses.
_ATOM, _AND, _XOR, _OR = range(4)

# The truth tables of six variables.
VARIABLES = [
    0xAAAAAAAAAAAAAAAA,
    0xCCCCCCCCCCCCCCCC,
    0xF0F0F0F0F0F0F0F0,
    0xFF00FF00FF00FF00,
    0xFFFF0000FFFF0000,
    0xFFFFFFFF00000000,
]


def expression(table: int, operands: Sequence[str], *, zero: str = "0", one: str = "1") -> str:
    """The function of up to 6 operands whose bit e is its value where operand j is bit j of e.

    Operands are put in as they are given, so they must be names or be in parentheses. `zero` and `one` are the
    constants. XORs and MUXes are found; other functions come as few ANDs and ORs as cofactoring by the best
    variable gives.
    """
    k = len(operands)
    full = (1 << (1 << k)) - 1
    return _render(_decompose(table & full, k), operands, zero, one)[0]


class _Constant(NamedTuple):
    value: bool


class _Variable(NamedTuple):
    operand: int
    complemented: bool


class _Gate(NamedTuple):
    operator: str  # &, | or ^
    left: _Tree
    right: _Tree


_Tree = _Constant | _Variable | _Gate
_LEVELS = {"&": _AND, "^": _XOR, "|": _OR}


@lru_cache(maxsize=65536)
def _decompose(table: int, k: int) -> _Tree:
    full = (1 << (1 << k)) - 1
    if table in (0, full):
        return _Constant(table == full)
    variables = [v & full for v in VARIABLES[:k]]
    for index, variable in enumerate(variables):
        if table in (variable, variable ^ full):
            return _Variable(index, table != variable)
    best: tuple[int, _Tree] | None = None
    for index, variable in enumerate(variables):
        shift = 1 << index
        low = table & ~variable & full
        high = table & variable
        f0, f1 = low | low << shift, high | high >> shift
        if f0 == f1:
            continue
        positive, negative = _Variable(index, False), _Variable(index, True)
        if f0 == 0:
            tree = _Gate("&", positive, _decompose(f1, k))
        elif f1 == 0:
            tree = _Gate("&", negative, _decompose(f0, k))
        elif f0 == full:
            tree = _Gate("|", negative, _decompose(f1, k))
        elif f1 == full:
            tree = _Gate("|", positive, _decompose(f0, k))
        elif f0 == f1 ^ full:
            other = _decompose(f0, k)
            if isinstance(other, _Variable):  # keep complements off the operands of XOR
                tree = _Gate("^", _Variable(index, other.complemented), _Variable(other.operand, False))
            else:
                tree = _Gate("^", positive, other)
        elif f0 & ~f1 == 0:  # increasing in this variable: the low cofactor needs no guard
            tree = _Gate("|", _Gate("&", positive, _decompose(f1, k)), _decompose(f0, k))
        elif f1 & ~f0 == 0:
            tree = _Gate("|", _Gate("&", negative, _decompose(f0, k)), _decompose(f1, k))
        else:
            tree = _Gate("|", _Gate("&", positive, _decompose(f1, k)), _Gate("&", negative, _decompose(f0, k)))
        cost = _size(tree)
        if best is None or cost < best[0]:
            best = (cost, tree)
    assert best is not None
    return best[1]


def _size(tree: _Tree) -> int:
    """Operators, complements included."""
    if isinstance(tree, _Gate):
        return 1 + _size(tree.left) + _size(tree.right)
    return int(isinstance(tree, _Variable) and tree.complemented)


def _render(tree: _Tree, operands: Sequence[str], zero: str, one: str) -> tuple[str, int]:
    if isinstance(tree, _Constant):
        return (one if tree.value else zero), _ATOM
    if isinstance(tree, _Variable):
        return f"{'~' * tree.complemented}{operands[tree.operand]}", _ATOM
    level = _LEVELS[tree.operator]
    parts = []
    for side in (tree.left, tree.right):
        text, inner = _render(side, operands, zero, one)
        parts.append(f"({text})" if inner not in (_ATOM, level) else text)
    return f" {tree.operator} ".join(parts), level
