"""The four-input library: every structure computes its function, and how near the smallest ones are to the least."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from helpers_exact import exact

from netc import native

FULL = 0xFFFF
VARIABLES = (0xAAAA, 0xCCCC, 0xF0F0, 0xFF00)
# ANDs of the first structure: so many classes.
SIZES = {0: 2, 1: 1, 2: 2, 3: 7, 4: 9, 5: 24, 6: 30, 7: 60, 8: 39, 9: 36, 10: 11, 11: 1}
# Classes of which smaller circuits are known, by sharing that no tree shows.
LARGER = {0x0696: 8, 0x067A: 9, 0x0690: 10, 0x0168: 10, 0x06BD: 9, 0x06B0: 9}


def classes() -> list[int]:
    """The least member of each NPN class."""
    moves = np.array(
        [
            [sum((row >> order[v] & 1 ^ phase >> v & 1) << v for v in range(4)) for row in range(16)]
            for order in itertools.permutations(range(4))
            for phase in range(16)
        ]
    )
    seen = np.zeros(FULL + 1, np.bool_)
    found = []
    for table in range(FULL + 1):
        if not seen[table]:
            found.append(table)
            bits: npt.NDArray[np.int64] = table >> np.arange(16) & 1
            members = (bits[moves] << np.arange(16)).sum(axis=1)
            seen[members] = seen[members ^ FULL] = True
    return found


def structure(table: int, which: int) -> tuple[int, int] | None:
    """The function that a structure computes, and its ANDs; None where there are not so many."""
    ands, root = np.zeros(32, np.uint32), native.ffi.new("uint32_t *")
    count = native.call(native.lib.netc_four, table, which, native.view(ands, np.uint32, writable=True), root)
    if count == 16:
        return None
    values = [0, *VARIABLES]

    def value(lit: int) -> int:
        return values[lit >> 1] ^ (FULL if lit & 1 else 0)

    for a, b in ands[: 2 * count].reshape(-1, 2).tolist():
        values.append(value(a) & value(b))
    return value(root[0]), count


@pytest.fixture(scope="module")
def sizes() -> dict[int, int]:
    return {table: made[1] for table in classes() if (made := structure(table, 0)) is not None}


def test_every_structure_of_every_class_computes_its_function() -> None:
    drawn = np.random.default_rng(1).integers(0, FULL + 1, 300).tolist()
    tried = 0
    for table in classes() + drawn:
        which = 0
        while (made := structure(table, which)) is not None:
            assert made[0] == table, f"{table:#06x}, structure {which}"
            which += 1
        assert which > 0
        tried += which
    assert tried > 10_000


def test_there_are_222_classes_of_these_sizes(sizes: dict[int, int]) -> None:
    assert len(sizes) == 222
    assert {size: list(sizes.values()).count(size) for size in sorted(set(sizes.values()))} == SIZES
    assert {table: sizes[table] for table in LARGER} == LARGER


def test_no_circuit_is_smaller_where_six_ands_are_enough(sizes: dict[int, int]) -> None:
    """Each is refuted by SAT in a fraction of a second; those of seven take 24 seconds together."""
    small = [(table, size) for table, size in sizes.items() if 1 < size <= 6]
    assert len(small) == 72
    for table, size in small:
        assert exact([table], 4, size - 1) == (size, True), f"{table:#06x}"


def test_a_smaller_circuit_that_shares_is_found_and_proved(sizes: dict[int, int]) -> None:
    assert exact([0x0696], 4, sizes[0x0696] - 1) == (7, True)
