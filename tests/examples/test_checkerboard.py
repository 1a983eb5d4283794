"""The automaton that examples/checkerboard ships: what its README says of it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers_automata import checkpoint_cell

import netc
from netc.cli.main import main

HERE = Path(__file__).parents[2] / "examples" / "checkerboard"
README = (HERE / "README.md").read_text()
BOARD = np.array([[(y // 2 + x // 2) % 2 == 1 for x in range(16)] for y in range(16)])


@pytest.fixture(scope="module")
def trained() -> netc.Model:
    return netc.load(HERE / "model.npz")


@pytest.fixture(scope="module")
def small() -> netc.Model:
    return netc.load(HERE / "cell.aag")


def starts(count: int, height: int, width: int, seed: int = 5) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).integers(0, 2, (count, height, width, 8)).astype(np.bool_)


def steps_by_formulas(state: npt.NDArray[np.bool_], steps: int) -> npt.NDArray[np.bool_]:
    """The formulas that README prints, run by NumPy."""
    formulas = {}
    for line in README.splitlines():
        if line.startswith("    next "):
            left, _, right = line.strip().partition(" = ")
            formulas[int(left.removeprefix("next "))] = right.split("   ")[0]
    assert sorted(formulas) == list(range(8))
    offsets = {"nw": (-1, -1), "ne": (-1, 1), "e": (0, 1), "sw": (1, -1), "se": (1, 1)}
    height, width = state.shape[1:3]
    for _ in range(steps):
        padded = np.pad(state, ((0, 0), (1, 1), (1, 1), (0, 0)))
        names = {
            f"{name}{c}": padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width, c]
            for name, (dy, dx) in offsets.items()
            for c in range(8)
        }
        state = np.stack([eval(formulas[c], {"__builtins__": {}}, names) for c in range(8)], axis=-1)
    return state


def test_the_shipped_cell_is_the_trained_one(trained: netc.Model, small: netc.Model) -> None:
    by_definition = netc.Model.of_layers(checkpoint_cell(HERE / "model.npz")).logic
    assert netc.check(by_definition.with_ports(trained.logic.ports), trained.logic)
    assert netc.check(trained.logic, small.logic)
    assert small.logic.num_ands == 10
    assert netc.map_luts(small.logic, 2).num_luts == 8
    made = netc.optimize(trained, level=3)
    assert made.report is not None
    assert made.report.verified == "proved"
    assert made.logic.num_ands <= 10


def test_the_shipped_picture_is_what_the_command_draws(tmp_path: Path) -> None:
    command = next(line for line in README.splitlines() if "--picture" in line).removeprefix("$ netc ").split()
    command[command.index("cell.aag")] = str(HERE / "cell.aag")
    command[command.index("board.svg")] = str(tmp_path / "board.svg")
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0
    assert (tmp_path / "board.svg").read_bytes() == (HERE / "board.svg").read_bytes()


def test_the_formulas_of_the_readme_are_the_trained_cell(trained: netc.Model) -> None:
    state = starts(20, 16, 16)
    net = netc.compile(netc.Grid(trained, "zero"))
    for steps in (1, 2, 7):
        np.testing.assert_array_equal(steps_by_formulas(state, steps), net.run(state, steps))
    assert (steps_by_formulas(state, 20)[..., 0] == BOARD).all()


def test_every_one_of_thousands_of_starts_becomes_the_board(trained: netc.Model) -> None:
    after = netc.compile(netc.Grid(trained, "zero")).run(starts(10_000, 16, 16), 21, record=1)
    right = (after[..., 0] == BOARD).all(axis=(2, 3)).sum(axis=1)
    assert right[20] == right[21] == 10_000
    assert right[10] == 0  # and not at once


def test_all_starts_are_proved_to_end_in_one_state(small: netc.Model) -> None:
    grid = netc.Grid(small, "zero")
    outputs = grid.unrolled(16, 16, 20).outputs
    assert (outputs < 2).all()
    np.testing.assert_array_equal(outputs.reshape(16, 16, 8)[..., 0], BOARD)
    end = (outputs == 1).reshape(16, 16, 8)
    np.testing.assert_array_equal(netc.compile(grid).step(end), end)
    assert (grid.unrolled(16, 16, 19).outputs >= 2).any()


def test_other_sizes_do_what_the_readme_says(small: netc.Model) -> None:
    net = netc.compile(netc.Grid(small, "zero"))
    for height, width in [(4, 4), (8, 28), (40, 12), (64, 64)]:
        board = np.add.outer(np.arange(height) // 2, np.arange(width) // 2) % 2 == 1
        after = net.run(starts(4, height, width), max(height, width) + 4)
        assert (after[..., 0] == board).all()
    odd = net.run(starts(4, 15, 15), 60)[..., 0]
    assert (odd == odd[0]).all()
    assert not (odd[0] == np.add.outer(np.arange(15) // 2, np.arange(15) // 2) % 2).all()


def test_the_demonstration_says_what_the_readme_says(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(HERE / "demo.py"), run_name="__main__")
    out = capsys.readouterr().out
    assert "656 trained gates are 8 gates of two inputs at -O2, proved equal" in out
    assert "10,000 of 10,000 random starts" in out
    assert "2,048 of 2,048 outputs\nare constants, so all of the 2^2048 starts end alike: as the board" in out


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in HERE.iterdir() if path.is_file()) < 60_000


def test_training_is_written_down() -> None:
    """The checkpoint has the layers that the script trains."""
    arrays: dict[str, Any] = dict(np.load(HERE / "model.npz"))
    text = (HERE / "train.py").read_text()
    assert "PERCEIVE = (9, 8, 4, 2)" in text
    assert [arrays[f"params.perceive.{layer}"].shape for layer in range(3)] == [(4, 8, 16), (4, 4, 16), (4, 2, 16)]
    assert "UPDATE = (64, 64, 32, 16, CHANNELS)" in text
    assert [len(arrays[f"params.update.{layer}"]) for layer in range(5)] == [64, 64, 32, 16, 8]


def test_torch_runs_it_to_the_same_states(trained: netc.Model) -> None:
    """The cell of train.py, every gate the largest of its logits, on the same starts."""
    torch = pytest.importorskip("torch", reason="torch trained this automaton; netc runs it without")
    train = runpy.run_path(str(HERE / "train.py"))
    cell = train["Cell"](train["SEED"])
    with np.load(HERE / "model.npz") as arrays:
        for part in ("perceive", "update"):
            logits, wires = getattr(cell, part), getattr(cell, f"wires_{part}")
            for layer in range(len(logits)):
                logits[layer] = torch.tensor(arrays[f"params.{part}.{layer}"])
                for side, wire in zip("ab", wires[layer], strict=True):  # the seed draws the wires that are in the file
                    assert wire.tolist() == arrays[f"wires.{part}.{layer}.{side}"].tolist()
    state = starts(3, 16, 16)
    found = netc.compile(netc.Grid(trained, "zero")).run(state, 20, record=1)
    now = torch.tensor(np.moveaxis(state, -1, 0)).float()
    for after in found[1:]:
        with torch.no_grad():
            now = cell.run(now, 1, hard=True)
        np.testing.assert_array_equal(np.moveaxis(now.numpy(), 0, -1), after)
