"""The pass manager: reports, budgets, limits, best results, verification."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import twins

from netc import Aig, Builder, Context, Head, InternalError, Model, NetcError, check, load, optimize, registry, write
from netc.aig import Step
from netc.cli.main import main
from netc.manager import optimize_with


def messy(width: int = 8) -> Aig:
    """Two adders built in two ways, and dead logic."""
    build = Builder(2 * width)
    outputs = []
    for style in range(2):
        carry = 0
        for index in range(width):
            a, b = build.input(index), build.input(width + index)
            if style:
                total, carry = build.full_adder(a, b, carry)
            else:
                total = build.xor(a, build.xor(b, carry))
                carry = build.or_(build.and_(a, b), build.and_(carry, build.or_(a, b)))
            outputs.append(total)
    build.and_(2, 4)
    return build.finish(outputs)


def test_the_report_has_a_line_a_pass_and_says_that_it_is_proved() -> None:
    model = optimize(messy(), pipeline="strash; dce; sweep; dce")
    report = model.report
    assert report is not None
    assert [entry.text for entry in report.passes] == ["strash", "dce", "sweep", "dce"]
    assert report.before.ands > report.after.ands == model.logic.num_ands
    assert (report.verified, report.stopped_at) == ("proved", None)
    assert report.work == sum(entry.work for entry in report.passes)
    assert "ANDs" in "\n".join(report.lines(each_pass=True))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_every_level_keeps_the_function(level: int) -> None:
    before = messy(4)
    after = optimize(before, level=level)
    patterns = twins.all_patterns(8)
    assert np.array_equal(twins.roots(before, patterns), twins.roots(after.logic, patterns))


def test_higher_levels_are_no_worse() -> None:
    sizes = [optimize(messy(), level=level).logic.num_ands for level in range(4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[3] < sizes[1]


def test_repeat_ends_when_nothing_is_gained() -> None:
    report = optimize(messy(), pipeline="repeat{n=50}(strash; dce)").report
    assert report is not None
    assert len(report.passes) == 4  # once to gain, once to see that nothing is gained any more


def test_repeat_goes_on_only_while_a_round_gains_so_many_percent() -> None:
    first = optimize(messy(), pipeline="strash; dce").report
    assert first is not None
    share = 100 * (first.before.ands - first.after.ands) // first.before.ands
    for gain, passes in ((share, 4), (share + 1, 2)):
        report = optimize(messy(), pipeline=f"repeat{{n=50,gain={gain}}}(strash; dce)").report
        assert report is not None
        assert len(report.passes) == passes
        assert report.after.ands == first.after.ands  # what gained less is kept all the same


def test_repeat_goes_on_for_levels_where_they_are_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PASSES, "flatten", "test_manager:Flatten")
    monkeypatch.setattr(
        registry, "resolve", lambda target: Flatten if target == "test_manager:Flatten" else _resolve(target)
    )
    model = optimize_with(Model(chain(6)), "repeat(flatten)", goal="depth", verify="off").model
    assert model.logic.depth == 1
    assert model.logic.num_ands > 6


def chain(ands: int) -> Aig:
    build = Builder(ands + 1)
    lit = build.input(0)
    for index in range(ands):
        lit = build.and_(lit, build.input(index + 1))
    return build.finish([lit])


def test_a_climb_with_slack_goes_through_a_larger_graph_to_a_smaller_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PASSES, "stair", "test_manager:Stair")
    monkeypatch.setattr(
        registry, "resolve", lambda target: Stair if target == "test_manager:Stair" else _resolve(target)
    )
    for slack, ands in ((0, 5), (1, 5), (2, 4)):
        model = optimize(chain(5), pipeline=f"climb{{n=8,slack={slack}}}(stair)", verify="off")
        assert model.logic.num_ands == ands


def test_best_keeps_the_smallest_branch() -> None:
    report = optimize(messy(), pipeline="best(fold | sweep; dce | dce)").report
    alone = optimize(messy(), pipeline="sweep; dce").report
    assert report is not None
    assert alone is not None
    assert report.after.ands == alone.after.ands


def test_what_a_refuted_pass_made_is_never_returned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(registry.PASSES, "break", "test_manager:Break")
    monkeypatch.setattr(
        registry, "resolve", lambda target: Break if target == "test_manager:Break" else _resolve(target)
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InternalError, match="not equivalent") as caught:
        optimize(messy(), pipeline="strash; break")
    (folder,) = tmp_path.iterdir()
    assert str(folder) in str(caught.value)
    before, after = (load(folder / f"{name}.aig").logic for name in ("before", "after"))
    assert check(before, messy())
    assert not check(before, after)
    with pytest.raises(InternalError, match="not equivalent"):
        optimize(messy(), pipeline="break", verify="sim")
    assert optimize(messy(), pipeline="break", verify="off").report is not None


def test_a_refuted_result_is_exit_code_70_and_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(registry.PASSES, "break", "test_manager:Break")
    monkeypatch.setattr(
        registry, "resolve", lambda target: Break if target == "test_manager:Break" else _resolve(target)
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source, target = tmp_path / "in.aig", tmp_path / "out.aig"
    write(messy(), source)
    target.write_bytes(b"old")
    with pytest.raises(SystemExit) as ended:
        main(["opt", str(source), "-p", "strash; break", "-o", str(target)])
    assert ended.value.code == 70
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert str(folder) in capsys.readouterr().err
    assert target.read_bytes() == b"old"


_resolve = registry.resolve


@dataclass(frozen=True)
class Break:
    """A pass with a bug: it complements the first output."""

    name: ClassVar[str] = "break"

    def run(self, aig: Aig, context: Context) -> Step:
        roots = aig.roots.copy()
        roots[0] ^= 1
        return Step(Aig(aig.ports, aig.ands, roots), 2 * np.arange(aig.num_nodes, dtype=np.uint32))


@dataclass(frozen=True)
class Stair:
    """Of five ANDs it makes seven, and of seven four; it keeps no function."""

    name: ClassVar[str] = "stair"

    def run(self, aig: Aig, context: Context) -> Step:
        ands = {5: 7, 7: 4}.get(aig.num_ands, aig.num_ands)
        made = np.array([(4, 2)] * ands, np.uint32)
        return Step(Aig(aig.ports, made, aig.roots & np.uint32(1)), np.zeros(aig.num_nodes, np.uint32))


@dataclass(frozen=True)
class Flatten:
    """Takes a level away for two ANDs more; it keeps no function."""

    name: ClassVar[str] = "flatten"

    def run(self, aig: Aig, context: Context) -> Step:
        levels = max(1, aig.depth - 1)
        first = chain(levels).ands
        wide = np.array([(4, 2)] * (aig.num_ands + 2 * (aig.depth - levels) - levels), np.uint32).reshape(-1, 2)
        inputs = aig.ports.inputs - levels - 1
        lits = np.where(first >> 1 > levels + 1, first + 2 * np.uint32(inputs), first).astype(np.uint32)
        made = np.concatenate([lits, wide])
        root = np.uint32(2 * (aig.first_and + levels - 1))
        return Step(Aig(aig.ports, made, np.array([root], np.uint32)), np.zeros(aig.num_nodes, np.uint32))


@dataclass(frozen=True)
class Slow:
    """A pass that counts work until it is stopped."""

    name: ClassVar[str] = "slow"

    def run(self, aig: Aig, context: Context) -> Step:
        while not context.stop(1):
            time.sleep(0.001)
        return Step(aig, 2 * np.arange(aig.num_nodes, dtype=np.uint32))


@pytest.fixture
def slow_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PASSES, "slow", "test_manager:Slow")
    monkeypatch.setattr(registry, "resolve", lambda target: Slow if target == "test_manager:Slow" else _resolve(target))


def test_a_limit_keeps_the_best_that_it_met_and_what_comes_after_runs() -> None:
    aig = messy()
    # the first rewrite is cut, and strash comes after all the same
    text = f"limit{{work={aig.num_ands + 2}}}(dce; rewrite; rewrite; rewrite); strash"
    report = optimize(aig, pipeline=text).report
    assert report is not None
    assert report.stopped_at is None
    assert report.passes[-1].text == "strash"
    assert report.after.ands <= report.before.ands


def test_small_leaves_a_larger_graph_as_it_is() -> None:
    aig = messy()
    for nodes, passes in ((aig.num_ands, ["dce"]), (aig.num_ands - 1, [])):
        report = optimize(aig, pipeline=f"small{{nodes={nodes}}}(dce)").report
        assert report is not None
        assert [each.text for each in report.passes] == passes


def test_a_time_limit_keeps_the_best_so_far_and_names_its_budget(slow_pass: None) -> None:
    model = optimize(messy(), pipeline="sweep; dce; slow; strash", time_limit=0.3)
    report = model.report
    assert report is not None
    assert report.stopped_at is not None
    assert [entry.text for entry in report.passes] == ["sweep", "dce", "slow"]
    assert report.after.ands < report.before.ands
    again = optimize(messy(), pipeline="sweep; dce; slow; strash", budget=report.stopped_at)
    assert again.logic.same_as(model.logic)
    assert any("--budget" in line for line in report.lines())


def test_ctrl_c_keeps_the_best_so_far(slow_pass: None) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    outcome = optimize_with(Model(messy()), "sweep; dce; slow; strash")
    assert outcome.interrupted
    assert outcome.model.report is not None
    assert outcome.model.report.after.ands < outcome.model.report.before.ands
    assert outcome.model.report.verified == "proved"


def test_ctrl_c_in_the_library_raises(slow_pass: None) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        optimize(messy(), pipeline="slow")


def test_stopping_after_some_passes_and_seeing_each() -> None:
    seen: list[tuple[int, str, int]] = []
    outcome = optimize_with(
        Model(messy()),
        "strash; dce; sweep; dce",
        stop_after=2,
        save_each=lambda index, text, model: seen.append((index, text, model.logic.num_ands)),
    )
    assert [(index, text) for index, text, _ in seen] == [(1, "strash"), (2, "dce")]
    assert outcome.model.report is not None
    assert outcome.model.report.stopped_at is None


def test_logic_on_both_sides_of_lower_head_is_proved() -> None:
    aig = messy(3)
    model = Model(aig, head=Head.group_sum(aig.ports.outputs, 2))
    after = optimize(model, pipeline="strash; lower-head; rewrite; sweep; dce")
    assert after.report is not None
    assert after.report.verified == "proved"
    patterns = twins.all_patterns(6)
    assert model.head is not None
    expected = twins.first_largest(twins.scores(model.head, twins.roots(aig, patterns)))
    assert twins.roots(after.logic, patterns)[:, 0].astype(int).tolist() == expected


def test_an_unknown_way_to_verify_is_refused() -> None:
    with pytest.raises(NetcError, match="'hope'"):
        optimize(messy(), verify="hope")


def test_a_level_that_is_not_there_is_refused() -> None:
    with pytest.raises(NetcError, match="-O4"):
        optimize(messy(), level=4)
