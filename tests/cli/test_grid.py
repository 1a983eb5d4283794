"""`netc grid` as a person or a script meets it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import twins

from netc import Aig, Builder, Grid, compile, write
from netc.cli.main import main

Netc = Callable[..., Any]

GLIDER = ".#.\n..#\n###\n"


def two_channels() -> Aig:
    build = Builder(18)
    return build.finish([build.xor(build.input(1), build.input(8)), build.and_(build.input(9), build.input(2)) ^ 1])


@pytest.fixture
def life(tmp_path: Path) -> Path:
    shipped = Path(__file__).parents[2] / "examples" / "life" / "life.aag"
    (tmp_path / "life.aag").write_bytes(shipped.read_bytes())
    (tmp_path / "glider.txt").write_text(GLIDER)
    return tmp_path / "life.aag"


def test_a_glider_at_the_terminal(netc: Netc, life: Path) -> None:
    done = netc("grid", life, "--init", "glider.txt", "--size", "6x6", "--steps", 4)
    assert done.code == 0, done.err
    assert done.text == "......\n..#...\n...#..\n.###..\n......\n......\n"
    assert re.search(r"6 x 6 cells, 4 steps in [\d.]+ s \([\d,]+/s, engine (machine|table)\)", done.err)


def test_every_nth_state_is_printed_with_a_line_between(netc: Netc, life: Path) -> None:
    done = netc("grid", "-q", life, "--init", "glider.txt", "--size", "6x5", "--steps", 9, "--every", 4)
    assert done.err == ""
    frames = done.text.split("\n\n")
    assert len(frames) == 3
    assert frames[0] == ".#...\n..#..\n###..\n.....\n.....\n....."
    assert frames[1] == ".....\n..#..\n...#.\n.###.\n.....\n....."


def test_the_size_of_a_file_is_the_grids(netc: Netc, life: Path) -> None:
    done = netc("grid", "-q", life, "--init", "glider.txt", "--steps", 0)
    assert done.text == GLIDER


@pytest.mark.parametrize("boundary", ["periodic", "zero"])
@pytest.mark.parametrize("order", ["neighbour", "channel"])
def test_states_are_what_the_library_gives(netc: Netc, tmp_path: Path, boundary: str, order: str) -> None:
    cell = two_channels()
    write(cell, tmp_path / "cell.aig")
    state = np.random.default_rng(3).integers(0, 2, (2, 6, 7, 2)).astype(bool)
    np.save(tmp_path / "start.npy", state)
    options = ["--init", "start.npy", "--steps", 5, "--boundary", boundary, "--order", order]
    done = netc("grid", "cell.aig", *options, "-o", "end.npy")
    assert done.code == 0, done.err
    assert done.text == ""
    assert "2 grids of 6 x 7 cells" in done.err
    expected = [twins.grid(cell, one, 5, boundary, order) for one in state]
    np.testing.assert_array_equal(np.load(tmp_path / "end.npy"), expected)
    netc("grid", "cell.aig", *options, "--every", 1, "-o", "all.npy")
    assert np.load(tmp_path / "all.npy").shape == (6, 2, 6, 7, 2)
    shown = netc("grid", "-q", "cell.aig", *options, "--channel", 1).text.splitlines()
    assert shown == ["".join(".#"[int(cell)] for cell in row) for row in expected[0][..., 1]]


def test_async_and_random_starts_follow_the_seed(netc: Netc, tmp_path: Path) -> None:
    cell = two_channels()
    write(cell, tmp_path / "cell.aig")
    options = ["cell.aig", "--size", "9x11", "--steps", 6, "--async", 0.5, "-q"]
    for seed, engine in ((0, "table"), (1, "table"), (1, "c")):
        netc("grid", *options, "--seed", seed, "--engine", engine, "-o", f"{seed}{engine}.npy")
    netc("grid", "-q", "cell.aig", "--size", "9x11", "--steps", 0, "--seed", 1, "-o", "start.npy")
    found = {name: np.load(tmp_path / f"{name}.npy") for name in ("0table", "1table", "1c")}
    np.testing.assert_array_equal(found["1table"], found["1c"])
    assert (found["0table"] != found["1table"]).any()
    expected = compile(Grid(cell)).run(np.load(tmp_path / "start.npy"), 6, rate=0.5, seed=1)
    np.testing.assert_array_equal(found["1c"], expected)


def test_a_picture_has_the_start_and_the_end_or_every_nth_state(netc: Netc, life: Path, tmp_path: Path) -> None:
    done = netc("grid", life, "--init", "glider.txt", "--steps", 6, "--picture", "a.svg")
    assert done.text == ""
    space = "{http://www.w3.org/2000/svg}"
    captions = [text.text for text in ET.parse(tmp_path / "a.svg").iter(f"{space}text")]
    assert captions == ["start", "step 6"]
    netc("grid", life, "--init", "glider.txt", "--steps", 6, "--every", 2, "--picture", "b.svg")
    captions = [text.text for text in ET.parse(tmp_path / "b.svg").iter(f"{space}text")]
    assert captions == ["start", "step 2", "step 4", "step 6"]
    done = netc("grid", life, "--init", "glider.txt", "--steps", 500, "--every", 1, "--picture", "c.svg")
    assert done.code == 2
    assert "501 states; a picture has at most 400" in done.err
    assert not (tmp_path / "c.svg").exists()


def test_json_says_what_was_run(netc: Netc, life: Path) -> None:
    done = netc("grid", life, "--init", "glider.txt", "--size", "20x20", "--steps", 8, "--every", 4, "--json")
    facts = json.loads(done.text)
    assert facts["after"] == [0, 4, 8]
    assert facts["alive"] == [5, 5, 5]
    assert (facts["height"], facts["width"], facts["channels"], facts["grids"]) == (20, 20, 1, 1)
    assert facts["netc"]
    assert facts["schema"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", "16"], "--size: '16' is no size"),
        (["--size", "0x4"], "--size: '0x4' is no size"),
        (["--size", "2x9", "--init", "glider.txt"], "--size: 2x9 is smaller than the state of 3 x 3 in glider.txt"),
        (["--size", "9x9", "--channel", "1"], "--channel: there is no channel 1; this cell has 1"),
        (["--init", "none.txt"], "none.txt: No such file"),
        (["--init", "twos.npy"], "twos.npy: a state has at least one cell, and holds bits, 0 or 1"),
        (["--init", "words.npy"], "words.npy: a state has at least one cell"),
        ([], "a random start needs --size"),
        (["--size", "4x4", "--steps", "99999999999999999999"], "99999999999999999999 steps"),
        (
            ["--size", "4x4", "--steps", "99999999999999999999", "--every", "1", "--picture", "a.svg"],
            "a picture has at",
        ),
        (["--size", "4x4", "--async", "2"], "2.0 is not in the range"),
    ],
)
def test_what_cannot_be_run_is_one_line(
    life: Path,
    tmp_path: Path,
    options: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "twos.npy", np.full((3, 3), 2))
    np.save(tmp_path / "words.npy", np.full((3, 3), "x"))
    with pytest.raises(SystemExit) as left:
        main(["grid", str(life), *options])
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""


def test_a_circuit_that_is_no_cell_is_named(netc: Netc, tmp_path: Path) -> None:
    build = Builder(4)
    write(build.finish([build.input(0)]), tmp_path / "and.aig")
    done = netc("grid", "and.aig", "--size", "4x4")
    assert done.code == 2
    assert done.err.startswith("netc: and.aig: a circuit of 4 inputs and 1 outputs is no cell\n  hint: ")
