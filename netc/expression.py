"""Truth tables as expressions in the operators that C and Verilog share: ``~ & | ^`` and parentheses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

__all__ = ["expression"]

# Precedence, tightest first; anything looser than the context is put in parentheses.
_ATOM, _AND, _XOR, _OR = range(4)

_VARIABLE = [
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


# A tree: ("0",), ("1",), ("v", index, complemented), ("&" | "|" | "^", left, right)
_Tree = tuple[object, ...]


@lru_cache(maxsize=65536)
def _decompose(table: int, k: int) -> _Tree:
    full = (1 << (1 << k)) - 1
    if table == 0:
        return ("0",)
    if table == full:
        return ("1",)
    variables = [v & full for v in _VARIABLE[:k]]
    for index, variable in enumerate(variables):
        if table == variable:
            return ("v", index, False)
        if table == variable ^ full:
            return ("v", index, True)
    best: tuple[int, _Tree] | None = None
    for index, variable in enumerate(variables):
        shift = 1 << index
        low = table & ~variable & full
        high = table & variable
        f0, f1 = low | low << shift, high | high >> shift
        if f0 == f1:
            continue
        positive: _Tree = ("v", index, False)
        negative: _Tree = ("v", index, True)
        tree: _Tree
        if f0 == 0:
            tree = ("&", positive, _decompose(f1, k))
        elif f1 == 0:
            tree = ("&", negative, _decompose(f0, k))
        elif f0 == full:
            tree = ("|", negative, _decompose(f1, k))
        elif f1 == full:
            tree = ("|", positive, _decompose(f0, k))
        elif f0 == f1 ^ full:
            other = _decompose(f0, k)
            if other[0] == "v":  # keep complements off the operands of XOR
                tree = ("^", ("v", index, bool(other[2])), ("v", other[1], False))
            else:
                tree = ("^", positive, other)
        else:
            tree = ("|", ("&", positive, _decompose(f1, k)), ("&", negative, _decompose(f0, k)))
            if f0 & ~f1 == 0:  # increasing in this variable: the low cofactor needs no guard
                tree = ("|", ("&", positive, _decompose(f1, k)), _decompose(f0, k))
            elif f1 & ~f0 == 0:
                tree = ("|", ("&", negative, _decompose(f0, k)), _decompose(f1, k))
        cost = _size(tree)
        if best is None or cost < best[0]:
            best = (cost, tree)
    assert best is not None
    return best[1]


def _size(tree: _Tree) -> int:
    """Operators, complements included."""
    if tree[0] in ("0", "1"):
        return 0
    if tree[0] == "v":
        return int(bool(tree[2]))
    return 1 + _size(tree[1]) + _size(tree[2])  # type: ignore[arg-type]


def _render(tree: _Tree, operands: Sequence[str], zero: str, one: str) -> tuple[str, int]:
    kind = tree[0]
    if kind == "0":
        return zero, _ATOM
    if kind == "1":
        return one, _ATOM
    if kind == "v":
        name = operands[tree[1]]  # type: ignore[call-overload]
        return (f"~{name}" if tree[2] else name), _ATOM
    level = {"&": _AND, "^": _XOR, "|": _OR}[str(kind)]
    parts = []
    for side in tree[1:]:
        text, inner = _render(side, operands, zero, one)  # type: ignore[arg-type]
        parts.append(f"({text})" if inner not in (_ATOM, level) else text)
    return f" {kind} ".join(parts), level
