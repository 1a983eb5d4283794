"""`--sequential`: levels that change latches, their report, and how they are verified."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from netc import Aig, Builder, Context, InternalError, Model, NetcError, load, optimize, registry, write
from netc.levels import level_text
from netc.manager import optimize_with
from netc.pipeline import parse
from netc.sec import check
from netc.sequential import UNREAD, LatchMap, Reduction

ABC = shutil.which("berkeley-abc") or shutil.which("abc")


def pipeline() -> Aig:
    """A pair of registers that hold the same, one that is stuck, one that nothing reads, and one without a reset."""
    build = Builder(2, 5)
    first, second, stuck, unread, free = map(build.latch, range(5))
    data = build.and_(build.input(0), build.input(1))
    same = build.or_(build.input(0) ^ 1, build.input(1) ^ 1) ^ 1
    names = {"latch": dict(enumerate(["first", "second", "stuck", "unread", "free"]))}
    return build.finish(
        [build.and_(build.xor(first, second), free), build.or_(stuck, first)],
        [data, same ^ 1, build.and_(stuck, build.input(0)), unread ^ 1, build.xor(free, data)],
        b"\0\1\0\0\2",
        names=names,
    )


def test_latches_go_and_the_report_says_where() -> None:
    before = pipeline()
    after = optimize(before, level=2, sequential=True)
    report = after.report
    assert report is not None
    assert report.verified == "proved"
    assert after.logic.ports.resets == b"\0\2"
    assert after.logic.ports.names["latch"] == {0: "first", 1: "free"}
    assert report.latches is not None
    assert [fate["became"] for fate in report.latches.to_json()] == ["latch", "same", "constant", "unread", "latch"]
    lines = "\n".join(report.lines())
    assert "latches           5 → 2 (1 constant, 1 same as another, 1 unread)" in lines
    assert "second: the complement of first" in lines
    assert "stuck: constant 0" in lines
    assert report.to_json()["latches"][1] == {
        "latch": 1,
        "name": "second",
        "became": "same",
        "as": 0,
        "complemented": True,
    }
    assert check(before, after.logic)


@pytest.mark.parametrize("level", range(4))
def test_levels_without_it_keep_every_latch(level: int) -> None:
    after = optimize(pipeline(), level=level)
    assert after.logic.ports == pipeline().ports
    assert after.report is not None
    assert after.report.latches is None
    assert optimize(pipeline(), level=level, sequential=True).logic.ports.latches == 2
    assert str(parse(level_text(level, sequential=True)))


def test_maps_compose() -> None:
    # of four latches two are left; the third is the complement of the second, the fourth a constant
    first = LatchMap(np.array([2, 4, 5, 1]), np.array([0, 1]))
    # then the first is gone
    second = LatchMap(np.array([UNREAD, 2]), np.array([1]))
    both = first.then(second)
    assert both.became.tolist() == [UNREAD, 2, 3, 1]
    assert both.kept.tolist() == [1]
    assert list(both.lines()) == ["latch 0: unread", "latch 2: the complement of latch 1", "latch 3: constant 1"]
    assert first.then(LatchMap(np.array([UNREAD, 1]), np.array([], np.int64))).became.tolist() == [UNREAD, 1, 0, 1]
    nothing = LatchMap(np.array([], np.int64), np.array([], np.int64))
    assert nothing.then(nothing).counts() == {}


def test_origins_survive_latches_that_go() -> None:
    before = pipeline()
    model = Model(before, images=2 * np.arange(before.num_nodes, dtype=np.uint32))
    found = optimize_with(model, "latches; scorr").model
    assert found.origins[1 + 2 + 1] == found.origins[1 + 2] ^ 1  # the second latch is the complement of the first
    assert found.origins[1 + 2 + 2] == 0


_resolve = registry.resolve


@dataclass(frozen=True)
class Forget:
    """A pass with a bug: a latch starts with the other value."""

    name: ClassVar[str] = "forget"

    def run_sequential(self, aig: Aig, context: Context) -> Reduction:
        ports = replace(aig.ports, resets=bytes([aig.ports.resets[0] ^ 1, *aig.ports.resets[1:]]))
        image = 2 * np.arange(aig.num_nodes, dtype=np.uint32)
        return Reduction(aig.with_ports(ports), image, LatchMap.identity(aig.ports))


@pytest.mark.parametrize("verify", ["sim", "sat"])
def test_what_a_wrong_pass_made_is_never_returned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verify: str) -> None:
    monkeypatch.setitem(registry.PASSES, "forget", "test_sequential:Forget")
    wrong = {"test_sequential:Forget": Forget}
    monkeypatch.setattr(registry, "resolve", lambda target: wrong.get(target) or _resolve(target))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InternalError, match="not equivalent"):
        optimize(pipeline(), pipeline="latches; forget", verify=verify)


def test_passes_that_change_latches_belong_at_the_top_level() -> None:
    with pytest.raises(NetcError, match="belongs at the top level"):
        parse("repeat{n=2}(scorr; rewrite)")


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_budget_leaves_an_equivalent_and_reproducible_result(share: float) -> None:
    whole = optimize(pipeline(), level=3, sequential=True).report
    assert whole is not None
    budget = 1 + int(share * whole.work)
    cut = optimize(pipeline(), level=3, sequential=True, budget=budget)
    assert cut.report is not None
    assert cut.report.verified == "proved"
    assert cut.report.stopped_at is not None
    assert optimize(pipeline(), level=3, sequential=True, budget=cut.report.stopped_at).logic.same_as(cut.logic)


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("name", ["s298", "s641", "s953", "s1423", "s9234.1", "s5378"])
def test_abc_proves_the_result(corpus: Path, tmp_path: Path, name: str) -> None:
    source, target = corpus / "aig" / "iscas89" / f"{name}.aig", tmp_path / "after.aig"
    after = optimize(load(source).logic, level=2, sequential=True)
    assert after.report is not None
    assert after.report.verified == "proved"
    write(after.logic, target)
    assert ABC is not None
    said = subprocess.run(
        [ABC, "-q", f"dsec -T 60 {source} {target}"], capture_output=True, text=True, timeout=90, check=False
    ).stdout
    assert "Networks are equivalent" in said
