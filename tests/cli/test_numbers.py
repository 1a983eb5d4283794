"""Numbers that are too large, or none: one line with the option's name and exit code 2, never a bug report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import netc as library
from netc import Builder

Netc = Callable[..., Any]
HUGE = str(10**23)


@pytest.fixture
def design(tmp_path: Path) -> Path:
    build = Builder(2)
    path = tmp_path / "design.aig"
    library.write(build.finish([build.xor(build.input(0), build.input(1))]), path)
    return path


@pytest.mark.parametrize(
    "told",
    [
        "opt design.aig -o out.aig --budget HUGE",
        "opt design.aig -o out.aig -j HUGE",
        "opt design.aig -o out.aig --stop-after HUGE",
        "opt design.aig -o out.aig --time-limit nan",
        "opt design.aig -o out.aig -p sweep{seed=HUGE}",
        "opt design.aig -o out.aig -p climb{n=2,seed=HUGE}(sweep)",
        "opt design.aig -o out.aig -p collapse{orders=HUGE}",
        "cec design.aig design.aig --budget HUGE",
        "cec design.aig design.aig --time-limit nan",
        "sec design.aig design.aig --steps HUGE",
        "sim design.aig --random HUGE",
        "sim design.aig --random 3 --seed HUGE",
        "sim design.aig --random 3 --seed -1",
        "stats design.aig --time-limit nan",
        "fuzz --seconds nan",
        "fuzz --runs 1 --seed HUGE",
        "verilog design.aig -K HUGE",
        "compile design.aig -o out.c -j HUGE",
    ],
)
def test_a_number_that_does_not_fit_is_refused(netc: Netc, design: Path, told: str) -> None:
    done = netc(*told.replace("HUGE", HUGE).split())
    assert done.code == 2
    assert (HUGE in done.err) or ("nan" in done.err) or ("-1" in done.err)
    assert "bug" not in done.err
    assert sorted(path.name for path in design.parent.iterdir()) == ["design.aig"]


@pytest.mark.parametrize("told", ["--time-limit 1e300", "--time-limit inf", f"--memory-limit {HUGE}G"])
def test_a_limit_beyond_all_measure_is_none(netc: Netc, design: Path, told: str) -> None:
    assert netc("stats", design, *told.split()).code == 0
    assert netc("opt", design, "-o", "out.aig", *told.split()).code == 0
