"""Cellular automata: cells a second, beside the same gates as NumPy expressions over shifted arrays.

    python benchmarks/grid.py

The Game of Life and the checkerboard cell of examples/, on one large grid and on many small ones. NumPy runs one
operation an AND on packed words (64 cells a word, for whole rows: as fast as NumPy gets) and on bytes (one cell a byte,
as automata are usually written). Both answers are compared before anything is timed. Written to results/grid.json.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import save

import netc

EXAMPLES = Path(__file__).parents[1] / "examples"
ROUNDS = 3
LEAST_SECONDS = 0.5
CELLS = {"life": ("life/life.aag", "periodic"), "checkerboard": ("checkerboard/cell.aag", "zero")}
SHAPES = {"one grid of 2048 x 2048": (1, 2048, 2048), "1,000 grids of 64 x 64": (1000, 64, 64)}
RATE = 0.6


def gates(cell: netc.Aig) -> Callable[[list[Any]], list[Any]]:
    """The cell as NumPy operations on arrays of any shape, bools or words."""
    ands, live = cell.ands.tolist(), cell.live().tolist()

    def run(inputs: list[Any]) -> list[Any]:
        values = [np.zeros_like(inputs[0]), *inputs]

        def of(literal: int) -> Any:
            return ~values[literal >> 1] if literal & 1 else values[literal >> 1]

        for node, (a, b) in enumerate(ands, cell.first_and):
            values.append(of(a) & of(b) if live[node] else None)
        return [of(literal) for literal in cell.outputs.tolist()]

    return run


def by_bytes(grid: netc.Grid, state: Any) -> Any:
    """One step, one cell a byte."""
    mode: Any = "wrap" if grid.boundary == "periodic" else "constant"
    padded = np.pad(state, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=mode)
    _, height, width, _ = state.shape
    taps = grid.taps().tolist()
    inputs = [padded[:, f // 3 : f // 3 + height, f % 3 : f % 3 + width, c] for f, c in taps]
    return np.stack(gates(grid.cell.logic)(inputs), axis=-1)


def by_words(grid: netc.Grid, planes: Any) -> Any:
    """One step of ``uint64[channels, grids, height, words]``, 64 cells of a row a word."""
    mode: Any = "wrap" if grid.boundary == "periodic" else "constant"
    padded = np.pad(planes, ((0, 0), (0, 0), (1, 1), (1, 1)), mode=mode)
    height = planes.shape[2]
    one, most = np.uint64(1), np.uint64(63)
    here = padded[..., 1:-1]
    shifted = [here << one | padded[..., :-2] >> most, here, here >> one | padded[..., 2:] << most]
    inputs = [shifted[f % 3][c, :, f // 3 : f // 3 + height] for f, c in grid.taps().tolist()]
    return np.stack(gates(grid.cell.logic)(inputs))


def packed(state: Any) -> Any:
    planes = np.packbits(np.moveaxis(state, -1, 0), axis=-1, bitorder="little")
    return np.ascontiguousarray(planes).view(np.uint64)


def seconds_a_step(run: Callable[[int], Any]) -> float:
    """The best of some rounds, each of steps for half a second; what a call costs without any is taken off."""

    def seconds(steps: int) -> float:
        started = time.perf_counter()
        run(steps)
        return time.perf_counter() - started

    empty = min(seconds(0) for _ in range(ROUNDS))
    steps = 1
    while seconds(steps) - empty < LEAST_SECONDS:
        steps *= 2
    return (min(seconds(steps) for _ in range(ROUNDS)) - empty) / steps


def repeated(step: Callable[[Any], Any], state: Any) -> Callable[[int], None]:
    def run(steps: int) -> None:
        now = state
        for _ in range(steps):
            now = step(now)

    return run


def measured(grid: netc.Grid, shape: tuple[int, int, int]) -> dict[str, Any]:
    state = np.random.default_rng(0).integers(0, 2, (*shape, grid.channels)).astype(bool)
    words = packed(state)
    nets = {engine: netc.compile(grid, engine=engine) for engine in ("table", "c")}
    expected = by_bytes(grid, state)
    assert (packed(expected) == by_words(grid, words)).all()
    for net in nets.values():
        assert (net.step(state) == expected).all()
    table = nets["table"]
    runs: dict[str, Callable[[int], Any]] = {
        "numpy, bytes": repeated(lambda now: by_bytes(grid, now), state),
        "numpy, words": repeated(lambda now: by_words(grid, now), words),
        "netc, one thread": lambda steps: table.run(state, steps, threads=1),
        "netc": lambda steps: table.run(state, steps),
        "netc, engine c": lambda steps: nets["c"].run(state, steps),
        f"netc, asynchronous at {RATE}": lambda steps: table.run(state, steps, rate=RATE),
    }
    cells = int(np.prod(shape))
    return {name: round(cells / seconds_a_step(run)) for name, run in runs.items()}


def main() -> None:
    rows = []
    for name, (file, boundary) in CELLS.items():
        small = netc.optimize(netc.load(EXAMPLES / file), level=3)
        grid = netc.Grid(small, boundary)
        for shape_name, shape in SHAPES.items():
            rates = measured(grid, shape)
            rows.append({"cell": name, "ands": small.logic.num_ands, "grid": shape_name, "cells_per_second": rates})
            print(f"{name}, {small.logic.num_ands} ANDs, {boundary}, {shape_name}")
            for way, rate in rates.items():
                print(f"  {way:<28}{rate / 1e6:>10,.1f} million cells a second")
    save("grid", {"rows": rows})


if __name__ == "__main__":
    main()
