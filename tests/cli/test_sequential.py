"""`netc opt --sequential`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netc import Builder, load, write

Netc = Callable[..., Any]


@pytest.fixture
def design(tmp_path: Path) -> Path:
    """Two registers that hold the same, one that is stuck, one that nothing reads."""
    build = Builder(2, 4)
    first, second, stuck, unread = map(build.latch, range(4))
    data = build.and_(build.input(0), build.input(1))
    names = {"latch": dict(enumerate(["first", "second", "stuck", "unread"]))}
    aig = build.finish(
        [build.or_(stuck, first), second], [data, data, build.and_(stuck, data), unread ^ 1], bytes(4), names=names
    )
    write(aig, tmp_path / "design.aig")
    return tmp_path / "design.aig"


def test_what_is_written_is_proved_and_the_json_has_the_map(netc: Netc, design: Path, tmp_path: Path) -> None:
    done = netc("opt", design, "-O3", "--sequential", "--require-proof", "--json", "-o", "small.aig")
    assert done.code == 0
    report = json.loads(done.text)
    assert report["verified"] == "proved"
    assert [entry["became"] for entry in report["latches"]] == ["latch", "same", "constant", "unread"]
    assert load(tmp_path / "small.aig").logic.ports.names["latch"] == {0: "first"}
    assert netc("sec", design, "small.aig").text.startswith("EQUIVALENT")


def test_the_report_has_a_line_for_each_latch_that_is_gone(netc: Netc, design: Path) -> None:
    done = netc("opt", design, "--sequential", "-o", "small.aig")
    assert "4 → 1 (1 constant, 1 same as another, 1 unread)\n" in done.err
    assert "  second: same as first\n  stuck: constant 0\n  unread: unread\n" in done.err
    assert "latches" not in netc("opt", design, "-o", "small.aig").err


def test_less_than_a_proof_is_not_written_if_one_is_required(netc: Netc, design: Path, tmp_path: Path) -> None:
    done = netc("opt", design, "--sequential", "--verify", "sim", "-o", "small.aig")
    assert "to verify: simulated" in done.err
    done = netc("opt", design, "--sequential", "--verify", "sim", "--require-proof", "-o", "other.aig")
    assert done.code == 2
    assert not (tmp_path / "other.aig").exists()


def test_options_that_do_not_go_together_are_refused(netc: Netc, design: Path, tmp_path: Path) -> None:
    for more, what in (
        (["-p", "strash"], "with -p the pipeline says it all"),
        (["--certify", "proof"], "there is no certificate of what passes do to latches"),
    ):
        done = netc("opt", design, "--sequential", *more)
        assert done.code == 2
        assert what in done.err
    assert not (tmp_path / "proof").exists()


def test_verilog_and_blif_have_it_too(netc: Netc, design: Path) -> None:
    assert netc("blif", design, "--sequential").text.count(".latch") == 1
    assert netc("verilog", design, "--sequential").text.count("<=") == 1
    assert netc("blif", design, "-O3").text.count(".latch") == 4
