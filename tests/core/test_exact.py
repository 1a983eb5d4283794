"""Exact synthesis: no circuit of its size or less is missed, and what it finds is right."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from helpers_exact import exact, table_of
from hypothesis import given, settings
from hypothesis import strategies as st


def sizes_by_enumeration() -> dict[int, int]:
    """For each function of three inputs, the smaller of it and its complement: the fewest ANDs, up to five.

    Breadth first over the sets of functions that `n` ANDs make, one for all that differ by permuting and complementing
    inputs.
    """
    full = 255
    inputs = [table_of(3, lambda *row, v=v: row[v]) for v in range(3)]
    moves = []  # each as a table from functions to functions
    for order in itertools.permutations(range(3)):
        for phase in range(8):
            rows = [sum((row >> order[v] & 1 ^ phase >> v & 1) << v for v in range(3)) for row in range(8)]
            moved = [sum((table >> rows[row] & 1) << row for row in range(8)) for table in range(256)]
            moves.append([min(table, table ^ full) for table in moved])
    size = dict.fromkeys([0, *(min(table, table ^ full) for table in inputs)], 0)
    layer: set[tuple[int, ...]] = {()}
    for ands in range(1, 6):
        following = set()
        for made in layer:
            known = [*inputs, *made]
            for a, b in itertools.combinations(known, 2):
                for x, y in ((a, b), (a ^ full, b), (a, b ^ full), (a ^ full, b ^ full)):
                    table = min(x & y, (x & y) ^ full)
                    if table == 0 or table in known or table ^ full in known:
                        continue
                    for move in moves:
                        size.setdefault(move[table], ands)
                    if ands < 5:
                        following.add(min(tuple(sorted(move[each] for each in (*made, table))) for move in moves))
        layer = following
    return size


def test_sizes_of_all_functions_of_three_inputs_are_those_that_enumeration_gives() -> None:
    """What is not among the circuits of five ANDs needs six: the parity, for one."""
    sizes = sizes_by_enumeration()
    for table in range(256):
        normal = min(table, table ^ 255)
        assert exact([table], 3, 6) == (sizes.get(normal, 6), True), f"{table:#04x}"


@pytest.mark.parametrize(
    ("inputs", "outputs", "size"),
    [
        (2, [lambda a, b: a ^ b, lambda a, b: a & b], 3),  # the half adder's carry is a part of its sum
        (3, [lambda a, b, c: a ^ b ^ c, lambda a, b, c: a + b + c > 1], 7),
        (3, [lambda a, b, c: a & b & c, lambda a, b, c: a & b & (1 - c), lambda a, b, c: a & b], 3),
        (5, [lambda a, b, c, d, e: a & b & c & d & e], 4),
        (2, [lambda a, b: 1, lambda a, b: 1 - b, lambda a, b: a], 0),
    ],
)
def test_the_least_number_of_ands_for_several_functions_is_found_and_proved(
    inputs: int, outputs: list[Callable[..., int]], size: int
) -> None:
    tables = [table_of(inputs, function) for function in outputs]
    assert exact(tables, inputs, size) == (size, True)
    assert exact(tables, inputs, size + 2) == (size, True)
    if size:
        assert exact(tables, inputs, size - 1) == (size, True)


@settings(max_examples=60)
@given(inputs=st.integers(1, 4), data=st.data())
def test_what_is_found_is_right_in_every_row_that_matters(inputs: int, data: st.DataObject) -> None:
    rows = (1 << (1 << inputs)) - 1
    tables = data.draw(st.lists(st.integers(0, rows), min_size=1, max_size=3))
    care = data.draw(st.integers(0, rows))
    count, proved = exact(tables, inputs, 7, care, 300)
    wider, proved_of_all = exact(tables, inputs, 7, rows, 300)
    if proved and proved_of_all:
        assert count <= wider


def test_rows_that_do_not_matter_make_functions_smaller() -> None:
    parity = table_of(2, lambda a, b: a ^ b)
    assert exact([parity], 2, 3) == (3, True)
    assert exact([parity], 2, 3, care=0b0111) == (1, True)  # an OR, as both are never true
    assert exact([parity], 2, 3, care=0b0110) == (0, True)
    assert exact([parity], 2, 3, care=0b1001) == (0, True)


def test_too_few_conflicts_prove_nothing() -> None:
    parity = table_of(4, lambda *row: sum(row) & 1)
    assert exact([parity], 4, 8, conflicts=1) == (9, False)
