"""The engine ``auto``: one of the others, chosen once."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.runtime import fastest, kept, workshop
from netc.runtime.machine_code import targets
from netc.runtime.table import kernels
from netc.runtime.tuning import BLOCKS, Candidate, Plan

from netc import Builder, Dense, Grid, Head, LayeredNetwork, Model, NetcError, Tiled, compile

OTHER = Plan("table", 256)  # by rule nowhere


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where choices are kept: a cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "netc" / "choices"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[list[Plan]]:
    """What was compared so far; each time `OTHER` is the fastest."""
    found: list[list[Plan]] = []

    def compare(candidates: Sequence[Candidate]) -> tuple[dict[Plan, float], list[Plan]]:
        plans = [candidate.plan for candidate in candidates]
        found.append(plans)
        return {plan: 1e-6 if plan == OTHER else 1e-5 for plan in plans}, []

    monkeypatch.setattr(fastest, "compare", compare)
    return found


def model(inputs: int = 8) -> Model:
    builder = Builder(inputs)
    literals = [builder.and_(builder.input(i), builder.input((i * 3 + 1) % inputs) ^ 1) for i in range(inputs)]
    return Model(builder.finish(literals))


def samples(inputs: int = 8) -> Any:
    return np.random.default_rng(0).integers(0, 2, (700, inputs)).astype(bool)


def test_it_is_one_of_the_others_and_answers_as_they_do() -> None:
    net = compile(model())
    assert net.engine.name in ("machine", "table")
    assert net.choice.plan == (net.engine.name, 8 * net.engine.wide.plane_bytes)
    assert f"{net.choice.plan.block} samples a pass" in repr(net)
    assert np.array_equal(net.bits(samples()), compile(model(), engine="table").bits(samples()))


def test_what_was_measured_is_not_measured_again(compared: list[list[Plan]]) -> None:
    for _ in range(3):
        net = compile(model())
        assert net.choice.plan == OTHER
        assert (net.engine.name, net.engine.wide.plane_bytes) == ("table", 32)
    assert len(compared) == 1
    assert net.choice.why == "measured before"
    engines = ("machine", "table") if targets() else ("table",)
    assert sorted(compared[0]) == sorted(Plan(name, block) for name in engines for block in BLOCKS[name])


def test_another_program_head_or_kernel_is_measured_by_itself(compared: list[list[Plan]]) -> None:
    other = Model(compile(model()).model.logic, head=Head.group_sum(8, 2))
    for each in (model(9), other):
        compile(each)
    compile(model(), kernel=kernels()[-1])
    assert len(compared) == 4


def test_another_processor_or_build_measures_by_itself(
    compared: list[list[Plan]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compile(model())
    monkeypatch.setattr(kept, "_processor", lambda: "another")
    compile(model())
    core = tmp_path / "core"
    core.write_bytes(b"another build")
    monkeypatch.setattr("netc._core.__file__", str(core))
    compile(model())
    assert len(compared) == 3


@pytest.mark.parametrize("damage", [b"", b"table 25", b"table 256\n\0"])
def test_a_damaged_choice_is_measured_again_and_kept(damage: bytes, compared: list[list[Plan]], folder: Path) -> None:
    compile(model())
    (entry,) = folder.iterdir()
    entry.write_bytes(damage)
    for _ in range(2):
        assert compile(model()).choice.plan == OTHER
    assert len(compared) == 2
    assert [path.read_bytes() for path in folder.iterdir()] == [b"table 256\n"]


@pytest.mark.parametrize("text", [b"table 768\n", b"c 512\n", b"template 512\n", b"\xff\n"])
def test_what_somebody_else_kept_there_is_measured_again(
    text: bytes, compared: list[list[Plan]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(kept, "_text", lambda _: text)  # whole, with its digest, but nothing that may be chosen
        compile(model())
    for _ in range(2):
        assert compile(model()).choice.plan == OTHER
    assert len(compared) == 2
    assert [path.read_bytes() for path in folder.iterdir()] == [b"table 256\n"]


def test_choices_are_not_taken_from_where_others_can_write(compared: list[list[Plan]], folder: Path) -> None:
    compile(model())
    folder.chmod(0o777)
    compile(model())
    assert len(compared) == 2


def test_where_nothing_can_be_kept_it_is_measured_each_time(compared: list[list[Plan]], folder: Path) -> None:
    folder.parent.write_bytes(b"not a directory")
    for _ in range(2):
        assert compile(model()).choice.plan == OTHER
    assert len(compared) == 2


def test_what_there_was_no_time_to_compare_is_best_by_rule(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(fastest, "compare", lambda candidates: ({}, [each.plan for each in candidates[1:]]))
    net = compile(model())
    assert net.choice.why == "best by rule; there was no time to compare it"
    assert net.engine.name == ("machine" if targets() else "table")
    assert net.choice.plan == compile(model(), engine=net.engine.name).choice.plan
    assert not list(folder.iterdir())


def test_a_pickle_keeps_the_choice(compared: list[list[Plan]], folder: Path) -> None:
    data = pickle.dumps(compile(model()))
    for entry in folder.iterdir():
        entry.unlink()
    again = pickle.loads(data)  # noqa: TID251 - our own
    assert (again.choice.plan, again.asked, again.options) == (OTHER, "auto", {})
    assert again.engine.wide.plane_bytes == 32
    assert pickle.dumps(again) == data
    assert len(compared) == 1


@pytest.mark.parametrize("block", [256, 512])
def test_a_block_is_forced_on_any_engine(block: int, compared: list[list[Plan]]) -> None:
    for engine in ("auto", "table", *(["machine"] if targets() else [])):
        net = compile(model(), engine=engine, block=block)
        assert (net.choice.plan.block, 8 * net.engine.wide.plane_bytes) == (block, block)
        assert pickle.loads(pickle.dumps(net)).choice.plan == net.choice.plan  # noqa: TID251 - our own
    assert {plan.block for plans in compared for plan in plans} <= {block}


def test_blocks_that_are_not_there_are_refused() -> None:
    for engine in ("auto", "table", *(["machine"] if targets() else [])):
        with pytest.raises(NetcError, match="block=128; a block has 512 or 256 samples"):
            compile(model(), engine=engine, block=128)
    cell = Builder(9)
    grid = Grid(cell.finish([cell.input(4)]))
    with pytest.raises(NetcError, match="block=256; a grid is evaluated 512 cells a pass"):
        compile(grid, block=256)
    assert compile(grid).engine.wide.plane_bytes == 64


def test_the_table_kernel_runs_where_machine_code_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(model: object, **options: object) -> None:
        raise NetcError("", "this system forbids programs to make machine code")

    monkeypatch.setattr(workshop, "MachineCodeEngine", forbidden)
    assert compile(model()).engine.name == "table"


@pytest.mark.skipif(not targets(), reason="no machine code is made for this processor")
def test_a_choice_that_is_forbidden_by_now_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(fastest, "compare", lambda _: ({Plan("machine", 512): 1e-6}, []))
        assert compile(model()).choice.plan == ("machine", 512)
    test_the_table_kernel_runs_where_machine_code_is_forbidden(monkeypatch)


@pytest.mark.skipif(not targets(), reason="no machine code is made for this processor")
def test_programs_too_long_for_machine_code_are_left_to_the_table_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "_MOST_GATES", 0)
    net = compile(model())
    assert str(net.choice) == "table, 512 samples a pass: best by rule for a model like this"
    assert compile(model(), block=256).choice.plan == ("table", 256)


def test_large_networks_of_templates_are_not_flattened(monkeypatch: pytest.MonkeyPatch) -> None:
    either = Dense(np.array([0b1110], np.uint64), np.array([[0, 1]], np.uint32))
    tiled = Model.of_layers(LayeredNetwork(64, [Tiled((either,), np.arange(64).reshape(32, 2))]))
    x = samples(64)
    assert compile(tiled).engine.name in ("machine", "table", "template")
    monkeypatch.setattr(fastest, "_MOST_FLATTENED", 31)
    net = compile(tiled)
    assert net.engine.name == "template"
    assert "as layers" in repr(tiled)
    assert np.array_equal(net.bits(x), x[:, 0::2] | x[:, 1::2])
