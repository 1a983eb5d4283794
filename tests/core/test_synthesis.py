"""Small circuits from truth tables: right for every row that matters, and as small as what is known of the function."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc import native


def words(rows: list[int], k: int) -> npt.NDArray[np.uint64]:
    made = np.zeros(max(1, 1 << k >> 6), np.uint64)
    for row, value in enumerate(rows):
        made[row >> 6] |= np.uint64(value << (row & 63))
    return made


def synthesize(lower: list[int], upper: list[int], k: int, thorough: bool) -> tuple[list[int], int]:
    """The circuit's value in each row, and its number of gates."""
    low, high = words(lower, k), words(upper, k)
    step = native.ffi.new("netc_step *")
    output = native.call(
        native.lib.netc_synthesize, native.view(low, np.uint64), native.view(high, np.uint64), k, int(thorough), step
    )
    gates = [(step.ands[2 * i], step.ands[2 * i + 1]) for i in range(step.num_ands)]
    native.lib.netc_free(step.ands)
    full = (1 << (1 << k)) - 1
    values = [0] + [sum(1 << row for row in range(1 << k) if row >> v & 1) for v in range(k)]

    def value(lit: int) -> int:
        return values[lit >> 1] ^ (full if lit & 1 else 0)

    for a, b in gates:
        values.append(value(a) & value(b))
    return [value(output) >> row & 1 for row in range(1 << k)], len(gates)


@pytest.mark.parametrize("thorough", [False, True])
@given(k=st.integers(0, 8), seed=st.integers(0, 2**32), sparse=st.floats(0, 1), free=st.floats(0, 1))
def test_a_circuit_lies_between_its_bounds(thorough: bool, k: int, seed: int, sparse: float, free: float) -> None:
    draw = random.Random(seed)
    lower = [int(draw.random() < sparse) for _ in range(1 << k)]
    upper = [int(value or draw.random() < free) for value in lower]
    rows, _ = synthesize(lower, upper, k, thorough)
    assert all(low <= row <= high for low, row, high in zip(lower, rows, upper, strict=True))


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("k", [1, 7, 16])
def test_an_and_of_k_inputs_has_k_minus_one_gates_and_a_parity_three_times_as_many(k: int, thorough: bool) -> None:
    everything = [int(row == (1 << k) - 1) for row in range(1 << k)]
    assert synthesize(everything, everything, k, thorough) == (everything, k - 1)
    parity = [row.bit_count() & 1 for row in range(1 << k)]
    assert synthesize(parity, parity, k, thorough) == (parity, 3 * (k - 1))


def test_parts_with_inputs_of_their_own_are_found() -> None:
    """(a XOR b AND c) OR (d AND (e OR f)), over scattered inputs of ten: 3 + 1 + 2 + 1 gates."""
    rows = []
    for row in range(1 << 10):
        a, b, c, d, e, f = (row >> v & 1 for v in (9, 0, 4, 7, 2, 5))
        rows.append((a ^ (b & c)) | (d & (e | f)))
    for thorough in (False, True):
        assert synthesize(rows, rows, 10, thorough) == (rows, 7)


def test_a_sum_with_shared_inputs_is_divided() -> None:
    """ab OR ac OR ad OR bc OR bd, algebraically (a + b)(c + d) + ab, is 5 gates; eight inputs hide it."""
    rows = []
    for row in range(1 << 8):
        a, b, c, d = (row >> v & 1 for v in (6, 1, 3, 4))
        rows.append(a & b | a & c | a & d | b & c | b & d)
    found, gates = synthesize(rows, rows, 8, True)
    assert found == rows
    assert gates <= 5


@given(seed=st.integers(0, 2**32))
def test_don_t_cares_remove_inputs(seed: int) -> None:
    """Whatever is known where a is true only, is found without a."""
    draw = random.Random(seed)
    inner = [draw.randrange(2) for _ in range(8)]
    lower = [inner[row >> 1 & 7] if row & 1 else 0 for row in range(1 << 7)]
    upper = [inner[row >> 1 & 7] if row & 1 else 1 for row in range(1 << 7)]
    rows, _ = synthesize(lower, upper, 7, True)
    assert all(rows[row] == rows[row ^ 1] for row in range(1 << 7))
