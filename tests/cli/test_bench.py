"""`netc bench` as a person or a script meets it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc import Builder, Dense, LayeredNetwork, Model, Tiled, save, write

Netc = Callable[..., Any]
ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits" / "model.pt"
QUICK = ("--engine", "table", "--seconds", "0.001")


def test_the_report_says_what_was_measured(netc: Netc) -> None:
    done = netc("bench", DIGITS, "-j", "2", *QUICK)
    assert done.code == 0
    assert done.err == ""
    for words in ("all engines right on 1,100 random samples", "gates alone", "classes a second", "2 threads", "in L2"):
        assert words in done.text
    assert [line.split()[1] for line in done.text.splitlines() if line.startswith("table, ")] == [
        "bool",
        "packed",
        "uint8",
    ]


def test_json_and_a_plot_come_together(netc: Netc, tmp_path: Path) -> None:
    done = netc("bench", DIGITS, *QUICK, "-j", "1", "--json", "--plot", "speed.svg")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["netc"]
    assert found["schema"] == 1
    assert found["threads"] == [1]
    assert [engine["name"] for engine in found["engines"]] == ["table"]
    assert set(found["limits"]) == {"registers", "l1", "l2", "l3"}
    texts = [text.text for text in ET.parse(tmp_path / "speed.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert "model: classes a second" in texts
    assert "table, 512 samples" in texts


def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_runs(netc: Netc, tmp_path: Path) -> None:
    done = netc("bench", tmp_path / "missing.pt", "--plot", "speed.gif")
    assert done.code == 2
    assert done.err == "netc: speed.gif: a plot is an .svg or a .png\n"
    assert not (tmp_path / "speed.gif").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--engine", "tabel"], "no engine called 'tabel'"),
        (["--seconds", "0"], "0.0 is not in the range"),
    ],
)
def test_bad_options_are_one_line(netc: Netc, arguments: list[str], words: str) -> None:
    done = netc("bench", DIGITS, *arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err


def test_a_circuit_comes_from_a_pipe(netc: Netc, tmp_path: Path) -> None:
    build = Builder(2)
    write(build.finish([build.xor(build.input(0), build.input(1))]), tmp_path / "xor.aag")
    done = netc("bench", *QUICK, input=(tmp_path / "xor.aag").read_bytes())
    assert done.code == 0
    assert "rows of bits a second" in done.text


def test_templates_are_kept_unless_a_level_is_asked_for(netc: Netc, tmp_path: Path) -> None:
    either = Dense(np.array([0b1110], np.uint64), np.array([[0, 1]], np.uint32))
    layer = Tiled((either,), np.arange(64).reshape(32, 2))
    save(Model.of_layers(LayeredNetwork(64, [layer])), tmp_path / "either.npz")
    np.save(tmp_path / "data.npy", np.eye(3, 64, dtype=np.uint8))
    quick = ("--engine", "template", "--seconds", "0.001", "-j", "1")
    done = netc("bench", tmp_path / "either.npz", *quick)
    assert done.code == 0
    assert "templates are kept: 1 neurons stand for 32; -O1 would flatten them" in done.err
    assert "32 gates as templates" in done.text
    assert json.loads(netc("bench", tmp_path / "either.npz", *quick, "--json").out)["ands"] is None
    refused = netc("bench", tmp_path / "either.npz", *quick, "-O1")
    assert refused.code == 2
    assert "optimising has flattened this model's templates" in refused.err
    for options in ((), ("-O1",), ("-O0",), ("--engine", "template")):
        done = netc("run", tmp_path / "either.npz", tmp_path / "data.npy", "--bits", "-q", *options)
        assert done.text.splitlines() == ["1" + "0" * 31, "1" + "0" * 31, "01" + "0" * 30]


def counter(path: Path) -> Path:
    build = Builder(1, 3)
    carry, following = build.input(0), []
    for index in range(3):
        following.append(build.xor(build.latch(index), carry))
        carry = build.and_(build.latch(index), carry)
    write(build.finish([carry], following), path)
    return path


def test_a_circuit_with_latches_is_measured_by_steps(netc: Netc, tmp_path: Path) -> None:
    done = netc("bench", counter(tmp_path / "counter.aag"), "-j", "1", *QUICK, "--plot", "steps.svg")
    assert done.code == 0
    for words in ("3 latches", "states too, bit for bit", "one step, sequences", "steps of sequences a second"):
        assert words in done.text
    assert sum(line.startswith("table, step by step, packed, state in planes") for line in done.text.splitlines()) == 3
    texts = [text.text for text in ET.parse(tmp_path / "steps.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert "counter: steps of sequences a second" in texts


def test_the_cell_of_an_automaton_is_measured_on_grids(netc: Netc) -> None:
    life = ROOT / "examples" / "life" / "life.aag"
    done = netc("bench", life, "--grid", "20x70", "--boundary", "zero", "-j", "1", *QUICK, "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["size"], found["unit"], found["threads"]) == ([20, 70], "cell", [1])
    assert all(rate["times_the_gates"] > 0 for rate in found["engines"][0]["rates"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--grid", "8"], "--grid: '8' is no size"),
        (["--grid", "8x8"], "counter.aag: a cell has no latches"),
        (["--order", "channel"], "--boundary and --order are those of --grid"),
    ],
)
def test_grids_that_are_none_are_refused(netc: Netc, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = netc("bench", counter(tmp_path / "counter.aag"), *arguments)
    assert done.code == 2
    assert words in done.err
