"""`netc fuzz`: what it says, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Netc = Callable[..., Any]

ROOT = Path(__file__).parents[2]


def test_a_run_says_what_it_did_and_the_same_seed_does_the_same(netc: Netc) -> None:
    args = ("fuzz", "--runs", "12", "--seed", "3", "--only", "passes", "--only", "formats")
    first, second = (json.loads(netc(*args, "--json").text) for _ in range(2))
    assert first["cases"] == 12
    assert first["failures"] == []
    assert set(first["by_check"]) <= {"pass", "model-pass", "file", "file-abc"}
    assert sum(first["by_check"].values()) == sum(first["by_family"].values()) == 12
    assert first["oracles"].keys() == {"abc", "cc", "iverilog", "yosys"}
    for tool, found in first["oracles"].items():
        assert tool == "abc" or found["cases"] == 0
    assert {**first, "seconds": 0} == {**second, "seconds": 0}
    shown = netc(*args)
    assert shown.code == 0
    assert "12 cases of seed 3" in shown.text
    assert shown.text.endswith("0 failures\n")


def test_what_cannot_be_is_refused(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "no.json").write_text("{}")
    for args, message in (
        (("--only", "pases"), "there is no kind 'pases'"),
        (("--runs", "1", "-o", "file"), "this is a file, not a directory"),
        (("--replay", "no.json"), "this is no failure that netc fuzz kept"),
        (("--replay", "nowhere.json"), "No such file"),
    ):
        done = netc("fuzz", *args)
        assert done.code == 2
        assert message in done.err


def test_a_kept_failure_is_replayed(netc: Netc) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed")
    done = netc("fuzz", "--replay", ROOT / "tests" / "regress" / "names-this-and-super.json")
    assert done.code == 0
    assert done.err.endswith("names-this-and-super.json: holds\n")


def test_control_c_ends_a_run_with_130(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from netc.cli import main; main()", "fuzz", "--seconds", "600"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(4)
    os.killpg(process.pid, signal.SIGINT)  # to its children, too, as a terminal does
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, b"netc: interrupted")
