"""What levels promise on a whole circuit: goals, and deep effort until its time is over or somebody presses Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netc import Aig, Builder, load, write
from netc.cec import Verdict, check

NETC = [sys.executable, "-c", "from netc.cli import main; main()"]


def adder(bits: int) -> Aig:
    """By a carry that ripples, each sum written with more ANDs than it needs."""
    build = Builder(2 * bits)
    carry, sums = 0, []
    for index in range(bits):
        a, b = build.input(index), build.input(bits + index)
        either = build.xor(a, b)
        sums.append(build.or_(build.and_(either, carry ^ 1), build.and_(build.and_(carry, carry), either ^ 1)))
        carry = build.or_(build.or_(build.and_(a, b), build.and_(a, carry)), build.and_(b, carry))
    return build.finish([*sums, carry])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(adder(24), tmp_path / "adder.aig")
    return tmp_path


def optimised(folder: Path, *options: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [*NETC, "opt", "adder.aig", "-o", "small.aig", "--json", *options],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert check(load(folder / "adder.aig").logic, load(folder / "small.aig").logic).verdict is Verdict.EQUIVALENT
    return found


def test_a_goal_moves_between_ands_and_levels(folder: Path) -> None:
    found = {goal: optimised(folder, "-O2", "--goal", goal) for goal in ("area", "balanced", "depth")}
    assert {report["verified"] for report in found.values()} == {"proved"}
    after = {goal: report["after"] for goal, report in found.items()}
    assert after["depth"]["levels"] < after["area"]["levels"] / 2
    assert after["area"]["ands"] < after["depth"]["ands"]
    assert after["depth"]["levels"] <= after["balanced"]["levels"] <= after["area"]["levels"]
    product = {goal: sizes["ands"] * sizes["levels"] for goal, sizes in after.items()}
    assert product["balanced"] <= min(product["area"], product["depth"])


def test_deep_effort_ends_with_its_time(folder: Path) -> None:
    write(adder(200), folder / "adder.aig")  # on which it would go on for minutes
    began = time.monotonic()
    deep = optimised(folder, "-O2", "--effort", "deep", "--time-limit", "4", code=3)
    assert 4 <= time.monotonic() - began < 60
    assert deep["after"]["ands"] < deep["before"]["ands"]
    assert deep["verified"] == "proved"


def test_ctrl_c_in_deep_effort_writes_what_was_best(folder: Path) -> None:
    optimised(folder, "-O2", "--save-each", "usual")
    process = subprocess.Popen(
        [*NETC, "opt", "adder.aig", "-O2", "--effort", "deep", "-o", "small.aig", "--save-each", "steps"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and len(list(folder.glob("steps/*"))) < len(list(folder.glob("usual/*"))):
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"best so far" in err
    before, after = load(folder / "adder.aig").logic, load(folder / "small.aig").logic
    assert after.num_ands < before.num_ands
    assert check(before, after).verdict is Verdict.EQUIVALENT
