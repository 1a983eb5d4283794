"""The Game of Life that examples/life ships."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.pictures import read_state

HERE = Path(__file__).parents[2] / "examples" / "life"


@pytest.fixture(scope="module")
def cell() -> netc.Model:
    return netc.load(HERE / "life.aag")


def next_generation(alive: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """B3/S23 on an endless plane, as the set of living cells."""
    around: dict[tuple[int, int], int] = {}
    for y, x in alive:
        for dy, dx in np.ndindex(3, 3):
            if (dy, dx) != (1, 1):
                place = (y + dy - 1, x + dx - 1)
                around[place] = around.get(place, 0) + 1
    return {place for place, count in around.items() if count == 3 or (count == 2 and place in alive)}


def test_the_cell_is_life_for_all_512_patches(cell: netc.Model) -> None:
    patches = np.arange(512)[:, None] >> np.arange(9) & 1
    count = patches.sum(axis=1) - patches[:, 4]
    expected = (count == 3) | ((count == 2) & (patches[:, 4] == 1))
    np.testing.assert_array_equal(netc.compile(cell).bits(patches)[:, 0], expected)


def test_the_shipped_file_is_what_the_script_writes(cell: netc.Model) -> None:
    made = runpy.run_path(str(HERE / "make_life.py"))["cell"]()
    assert b"".join(netc.emit(made, "aiger", ascii=True)) == (HERE / "life.aag").read_bytes()


def test_a_glider_glides(cell: netc.Model) -> None:
    glider = read_state(HERE / "glider.txt", 1)
    state = np.zeros((12, 40, 1), bool)
    state[:3, :3] = glider
    net = netc.compile(netc.Grid(cell, "periodic"))
    after = net.run(state, 16)
    np.testing.assert_array_equal(after, np.roll(state, (4, 4), (0, 1)))
    once_around = net.run(state, 4 * 120)  # the least common multiple of 12 and 40
    np.testing.assert_array_equal(once_around, state)


def test_a_pattern_in_the_open_lives_as_on_an_endless_plane(cell: netc.Model) -> None:
    """The R-pentomino for 60 generations, which stay clear of the border."""
    state = np.zeros((90, 90, 1), bool)
    for y, x in [(0, 1), (0, 2), (1, 0), (1, 1), (2, 1)]:
        state[44 + y, 44 + x] = True
    alive = {(int(y), int(x)) for y, x, _ in np.argwhere(state)}
    states = netc.compile(netc.Grid(cell, "zero")).run(state, 60, record=1)
    for after in states[1:]:
        alive = next_generation(alive)
        assert alive == {(int(y), int(x)) for y, x, _ in np.argwhere(after)}


def test_optimising_keeps_it(cell: netc.Model) -> None:
    small = netc.optimize(cell, level=3)
    assert small.report is not None
    assert small.report.verified == "proved"
    assert small.logic.num_ands < cell.logic.num_ands == 37
