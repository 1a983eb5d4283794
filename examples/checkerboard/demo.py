"""What became of the trained automaton: its few gates as formulas, thousands of random starts, and a proof for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

import netc
from netc.expression import expression

HERE = Path(__file__).parent
SIDE, STEPS, STARTS = 16, 20, 10_000
NEIGHBOURS = ("nw", "n", "ne", "w", "", "e", "sw", "s", "se")


def formulas(grid: netc.Grid) -> list[str]:
    """The next state of each channel, from its neighbours' channels."""
    network = netc.map_luts(grid.cell.logic, 4)
    names = ["0", *(f"{NEIGHBOURS[neighbour]}{channel}" for neighbour, channel in grid.taps().tolist())]
    lines = []
    for index, (fanins, table) in enumerate(zip(network.fanins.tolist(), network.tables.tolist(), strict=True)):
        names.append(f"t{index}")
        lines.append(f"t{index} = {expression(table, [names[node] for node in fanins])}")
    for channel, root in enumerate(network.roots.tolist()):
        lines.append(f"next {channel} = {'~' if root & 1 else ''}{names[root >> 1]}")
    return lines


def board(side: int) -> npt.NDArray[np.bool_]:
    square = np.arange(side) // 2
    odd: npt.NDArray[np.bool_] = np.add.outer(square, square) % 2 == 1
    return odd


def main() -> None:
    model = netc.load(HERE / "model.npz")
    trained = model.trained
    assert trained is not None
    small = netc.optimize(model, level=2)
    assert small.report is not None
    gates = netc.map_luts(small.logic, 2).num_luts
    print(f"{trained.num_neurons} trained gates are {gates} gates of two inputs at -O2, {small.report.verified} equal:")

    grid = netc.Grid(small, boundary="zero")
    for line in formulas(grid):
        print(f"  {line}")

    net = netc.compile(grid)
    starts = np.random.default_rng(0).integers(0, 2, (STARTS, SIDE, SIDE, grid.channels)).astype(bool)
    right = (net.run(starts, STEPS)[..., 0] == board(SIDE)).all(axis=(1, 2))
    print(f"\n{right.sum():,} of {STARTS:,} random starts are a checkerboard after {STEPS} steps")

    unrolled = grid.unrolled(SIDE, SIDE, STEPS)
    outputs = unrolled.outputs
    constant = int((outputs < 2).sum())
    print(f"{STEPS} steps of {SIDE} x {SIDE} cells as one circuit, hashed: {constant:,} of {len(outputs):,} outputs")
    if constant == len(outputs):
        end = "as the board" if (outputs[:: grid.channels] == board(SIDE).reshape(-1)).all() else "wrong"
        print(f"are constants, so all of the 2^{unrolled.inputs} starts end alike: {end}")


if __name__ == "__main__":
    main()
