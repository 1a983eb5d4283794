"""From a truth table with don't-cares to a short formula.

An irredundant cover (Minato-Morreale) of the function and one of its complement go through espresso, and the shorter
result is factored. A function that is an XOR of functions of fewer variables is split first, where that is shorter.
"""

from __future__ import annotations

from collections.abc import Iterator

from netc.errors import InternalError
from netc.explanation.formula import FALSE, TRUE, Cube, Formula, factored, parity
from netc.explanation.table import cofactors, full, variable

__all__ = ["MOST_CUBES", "TooManyCubesError", "irredundant", "minimised"]

MOST_CUBES = 256  # no irredundant cover of eight variables has more: each cube alone covers some pattern


class TooManyCubesError(Exception):
    """A cover has more cubes than espresso is given."""


def minimised(on: int, care: int, k: int) -> Formula | None:
    """A formula of `k` variables that agrees with the table `on` wherever `care` is 1; None if covers get too long."""
    if not on & care:
        return FALSE
    if not ~on & care:
        return TRUE
    candidates = [made for made in _candidates(on, care, k) if made is not None]
    if not candidates:
        return None
    best = min(candidates, key=_cost)
    if (best.table(lambda j: variable(j, k), full(k)) ^ on) & care:
        raise InternalError("a minimised formula is not the function that it was made of")
    return best


def _cost(formula: Formula) -> tuple[int, int]:
    return len(formula.literals()), sum(part.complemented for part in formula.walk())


def _candidates(on: int, care: int, k: int) -> Iterator[Formula | None]:
    yield from _two_level(on & care, care, k)
    blocks = _xor_blocks(on, k)
    if len(blocks) > 1:
        parts = [_block(on, care, k, block) for block in blocks]
        odd = bool(on & 1) and len(blocks) % 2 == 0  # each part holds the value at zero once
        found = [part for part in parts if part is not None]
        yield parity(found, complemented=odd) if len(found) == len(parts) else None


def _two_level(on: int, care: int, k: int) -> Iterator[Formula | None]:
    """The function as a sum of products, and as a product of sums."""
    for complemented, wanted in ((False, on), (True, care & ~on)):
        try:
            made = factored(_espresso(wanted, care, k))
        except TooManyCubesError:
            yield None
        else:
            yield (~made).pushed() if complemented else made


def _xor_blocks(on: int, k: int) -> list[list[int]]:
    """The finest split of the variables such that the function is an XOR of functions of the parts.

    Two variables belong together where the derivative by one depends on the other.
    """
    blocks: list[list[int]] = []
    for i in range(k):
        low, high = cofactors(on, i, k)
        derivative = low ^ high
        touched = [j for j in range(k) if len(set(cofactors(derivative, j, k))) == 2]
        joined = [block for block in blocks if set(block) & set(touched)]
        blocks = [block for block in blocks if block not in joined]
        blocks.append(sorted({i, *(j for block in joined for j in block)}))
    return sorted(blocks)


def _block(on: int, care: int, k: int, block: list[int]) -> Formula | None:
    """The function with all variables outside a block at zero, in the patterns that the block can have."""
    for j in set(range(k)) - set(block):
        low, high = cofactors(care, j, k)
        on, care = cofactors(on, j, k)[0], low | high
    made = [found for found in _two_level(on & care, care, k) if found is not None]
    return min(made, key=_cost) if made else None


def irredundant(lower: int, upper: int, k: int) -> list[Cube]:
    """Cubes that cover `lower` and stay within `upper`: the Minato-Morreale procedure.

    Raises `TooManyCubesError` beyond `MOST_CUBES`.
    """
    made = 0

    def cover(low: int, high: int, below: int) -> tuple[list[Cube], int]:
        nonlocal made
        if not low:
            return [], 0
        if high == full(k):
            made += 1
            if made > MOST_CUBES:
                raise TooManyCubesError
            return [frozenset()], full(k)
        top = below - 1
        while True:
            (low0, low1), (high0, high1) = cofactors(low, top, k), cofactors(high, top, k)
            if low0 != low1 or high0 != high1:
                break
            top -= 1
        cubes0, table0 = cover(low0 & ~high1, high0, top)
        cubes1, table1 = cover(low1 & ~high0, high1, top)
        shared, table = cover(low0 & ~table0 | low1 & ~table1, high0 & high1, top)
        ones = variable(top, k)
        cubes = [*(cube | {(top, True)} for cube in cubes0), *(cube | {(top, False)} for cube in cubes1), *shared]
        return cubes, table0 & ~ones | table1 & ones | table

    return cover(lower, upper, k)[0]


def _espresso(on: int, care: int, k: int) -> list[Cube]:
    """A near-minimal cover of `on` within its don't-cares, by espresso."""
    if not on:
        return []
    ones = full(k)
    if not care & ~on:
        return [frozenset()]
    from pyeda.boolalg import espresso

    rows = [(_row(cube, k), (1,)) for cube in irredundant(on, on | ones & ~care, k)]
    rows += [(_row(cube, k), (2,)) for cube in irredundant(ones & ~care, ones & ~care, k)]
    espresso.set_config(
        single_expand=False,
        remove_essential=True,
        force_irredundant=True,
        unwrap_onset=True,
        recompute_onset=False,
        use_super_gasp=False,
    )
    made = espresso.espresso(k, 1, rows, intype=espresso.FTYPE | espresso.DTYPE)
    return [frozenset((j, part == _ZERO) for j, part in enumerate(row) if part != _EITHER) for row, _ in sorted(made)]


_ZERO, _ONE, _EITHER = 1, 2, 3  # espresso's positional cubes: a bit for each value that a variable may have


def _row(cube: Cube, k: int) -> tuple[int, ...]:
    row = [_EITHER] * k
    for j, complemented in cube:
        row[j] = _ZERO if complemented else _ONE
    return tuple(row)
