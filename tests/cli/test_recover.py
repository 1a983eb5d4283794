"""`netc recover` as a command: what it writes, prints and returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import helpers_recover as library
import numpy as np
import pytest

import netc as package
from netc.recipes import RECIPES

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    np.savez(tmp_path / "data.npz", x=library.X, labels=library.LABELS)
    packed = np.packbits(library.X, axis=1, bitorder="little")
    np.savez(tmp_path / "packed.npz", inputs_packed=packed, n_inputs=16, labels=library.LABELS)
    np.save(tmp_path / "x.npy", library.X)
    np.save(tmp_path / "labels.npy", library.LABELS)
    return library.saved(tmp_path / "weights.pt", library.LOGITS)


def test_a_search_writes_the_model_that_it_can_support(netc: Any, weights: Path) -> None:
    done = netc("recover", weights, "--recipe", "difflogic-mnist", "--search", "0..999", "--data", "data.npz")
    assert (done.code, done.text) == (0, "")
    lines = done.err.splitlines()
    assert lines[0] == "5 classes, as the labels have; --classes says if there are more"
    assert lines[1].split()[:2] == ["seed", "77"]
    assert lines[3].startswith("chance")
    assert lines[-1] == "wrote weights.npz"
    model = package.load(weights.with_name("weights.npz"))
    expected = library.classified(library.LOGITS, "difflogic-mnist", 77, library.X, 5)
    np.testing.assert_array_equal(package.compile(model).predict(library.X), expected)
    assert "recipe difflogic-mnist, seed 77; " in model.notes[-1]
    again = netc("recover", weights, "--recipe", "difflogic-mnist", "--seed", "77", "--data", "data.npz")
    assert again.code == 2
    assert "the file exists already" in again.err
    assert (
        netc("recover", weights, "--recipe", "difflogic-mnist", "--seed", "77", "--data", "data.npz", "--force").code
        == 0
    )


@pytest.mark.parametrize(
    "data", [["--data", "packed.npz"], ["--data", "x.npy", "--labels", "labels.npy"], ["--data", "data.npz", "-j", "3"]]
)
def test_a_seed_is_tried_on_data_of_any_kind(netc: Any, weights: Path, data: list[str]) -> None:
    done = netc("recover", weights, "--recipe", "difflogic-mnist", "--seed", "77", *data, "-o", "m.aig", "-q")
    assert (done.code, done.text, done.err) == (0, "", "")
    assert package.load(weights.with_name("m.aig")).head is not None


def test_a_wrong_seed_is_rejected_and_nothing_written(netc: Any, weights: Path) -> None:
    done = netc("recover", weights, "--recipe", "difflogic-mnist", "--seed", "78", "--data", "data.npz", "-o", "m.npz")
    assert done.code == 1
    assert "netc: this seed does not fit: " in done.err
    done = netc("recover", weights, "--recipe", "difflogic", "--search", "0..50", "--data", "data.npz", "-o", "m.npz")
    assert done.code == 1
    assert "netc: no seed stands out: " in done.err
    assert not weights.with_name("m.npz").exists()


def test_without_data_it_says_that_nothing_is_verified(netc: Any, weights: Path) -> None:
    done = netc(
        "recover", weights, "--recipe", "difflogic-mnist", "--input-bits", "16", "--classes", "5", "-o", "m.npz"
    )
    assert done.code == 0
    assert done.err.splitlines() == [
        "recipe difflogic-mnist, seed 0: not verified, --data tries it on labelled samples",
        "wrote m.npz",
    ]
    assert package.load(weights.with_name("m.npz")).notes[-1].endswith("not verified on data")


def test_weights_come_in_and_the_model_goes_out_through_pipes(netc: Any, weights: Path) -> None:
    args = ("--recipe", "difflogic-mnist", "--seed", "77", "--input-bits", "16", "-o", "-")
    done = netc("recover", "-", *args, input=weights.read_bytes())
    assert done.code == 0
    assert b"netc.json" in done.out
    assert netc("stats", "-", input=done.out).code == 0


def test_json_has_the_evidence(netc: Any, weights: Path) -> None:
    args = ("recover", weights, "--recipe", "difflogic-mnist", "--data", "data.npz", "--json", "-o", "m.npz")
    found = json.loads(netc(*args, "--search", "70..80").text)
    assert (found["recipe"], found["seed"], found["verified"], found["file"]) == ("difflogic-mnist", 77, True, "m.npz")
    assert found["evidence"]["best"]["accuracy"] > 0.8
    assert found["evidence"]["controls"] == 389
    wrong = netc(*args, "--seed", "1")
    assert wrong.code == 1
    assert json.loads(wrong.text)["file"] is None
    unverified = json.loads(netc("recover", weights, "--recipe", "difflogic", "--input-bits", "16", "--json").text)
    assert (unverified["verified"], unverified["evidence"]) == (None, None)


def test_the_list_has_every_recipe_and_what_cannot_be(netc: Any) -> None:
    done = netc("recover", "--list")
    assert done.code == 0
    assert all(any(line.startswith(name) for line in done.text.splitlines()) for name in RECIPES)
    assert "cannot be drawn again" in done.text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--recipe", "difflogic-minst"], "recipe: there is no recipe called 'difflogic-minst'"),
        (["--recipe", "difflogic"], "weights.pt: how many bits does the first layer take?"),
        (["--recipe", "difflogic", "--search", "9..1"], "--search: '9..1' is no range of seeds"),
        (["--recipe", "difflogic", "--search", "all"], "--search: 'all' is no range of seeds"),
        (["--recipe", "difflogic", "--search", "1..9", "--seed", "3"], "--seed: --search tries seeds"),
        (
            ["--recipe", "difflogic", "--search", "1..9", "--input-bits", "16"],
            "cannot be told without labelled",
        ),
        (["--recipe", "difflogic", "--labels", "labels.npy"], "--labels: labels of which samples?"),
        (["--recipe", "difflogic", "--data", "x.npy"], "x.npy: there are no labels in this file"),
        (["--recipe", "difflogic", "--data", "data.npz", "-o", "m.xyz"], "m.xyz: no target is known"),
        (["--recipe", "difflogic", "--seed", str(2**70), "--input-bits", "16"], "does not fit 64 bits"),
        (["--recipe", "difflogic", "--thresholds", "1,2"], "--thresholds: how many features are there?"),
        (["--recipe", "difflogic", "--tau", "-1", "--input-bits", "16"], "tau: -1.0 is no positive number"),
    ],
)
def test_mistakes_are_one_line(netc: Any, weights: Path, args: list[str], message: str) -> None:
    done = netc("recover", weights, *args)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) <= 2


def test_a_time_limit_and_an_interrupt_keep_what_was_found(netc: Any, weights: Path) -> None:
    args = ["recover", weights, "--recipe", "difflogic-mnist", "--search", "0..4294967295", "--data", "data.npz"]
    done = netc(*args, "--time-limit", "0.5", "-o", "limit.npz")
    assert done.code == 3
    assert "of 4,294,967,296 wirings" in done.err
    assert weights.with_name("limit.npz").exists()
    command = [sys.executable, "-c", "from netc.cli import main; main()", *map(str, args), "-o", "interrupt.npz"]
    process = subprocess.Popen(command, cwd=weights.parent, stderr=subprocess.PIPE, env=dict(os.environ))
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"stopped after" in err
    assert weights.with_name("interrupt.npz").exists()


def test_a_model_of_its_own_format_goes_through_every_command(netc: Any, weights: Path) -> None:
    assert netc("recover", weights, "--recipe", "difflogic-mnist", "--seed", "77", "--data", "data.npz").code == 0
    assert netc("compile", "weights.npz", "-o", "small.npz.xz", "-O2").code == 0
    assert netc("opt", "weights.npz", "-O1", "-o", "small.npz").code == 0
    assert netc("cec", "weights.npz", "small.npz").code == 0
    assert netc("cec", "small.npz.xz", "small.npz").code == 0
    piped = netc("compile", "weights.npz", "--target", "npz", "-o", "-", "-O0", "-q")
    assert piped.out[:4] == b"PK\x03\x04"
    assert netc("stats", "-", input=piped.out).code == 0
    scored = netc("run", "small.npz", "data.npz", "--json")
    assert json.loads(scored.text)["accuracy"] > 0.85
