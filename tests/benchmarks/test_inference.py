"""benchmarks/inference.py: it measures, it would see a wrong answer, and its page says what its JSON says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TINY = "3x40"

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture
def inference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The script as a module, in a hurry, with a cache of its own for what gcc makes."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module = pytest.importorskip("inference")
    monkeypatch.setattr("measure._SMALL_MB", float("inf"))  # peaks of memory are not what is tested
    monkeypatch.setattr(module, "control", lambda cores: [1.0, 1.3])  # its kernel needs AVX-512
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module.best, "__defaults__", (1e-4,))
    return module


@needs_gcc
def test_gates_are_measured_beside_the_reference(inference: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "ENGINES", ("table",))
    for level in (0, 1):
        (row,) = inference._gates(TINY, "-O0", 20, 30, "as it stands", level)
        times = row["microseconds_per_512"]
        assert row["value"] == pytest.approx(times["reference"] / times["table"])
        assert row["met"] == (row["value"] >= 20)
        assert 0 < row["operations"]["table"] < 3 * 40


@needs_gcc
def test_the_reference_of_another_network_does_not_agree(inference: Any) -> None:
    model, other = inference.named(TINY), inference.named("2x40")
    built = inference.build(model, "-O0")
    assert inference.agrees(model, inference.Reference(model, built), 128)
    assert not inference.agrees(other, inference.Reference(other, built), 128)


def test_a_row_is_marked_where_the_control_loop_was_slowed_down(inference: Any) -> None:
    found = inference.alternate({"nothing": lambda: None})
    assert found["busy"] == pytest.approx(1.15)
    made = inference.row("gates", "something", 2.0, "x", 1.0, None, busy=found["busy"])
    assert "(machine busy)" in inference.table([made])
    assert "(machine busy)" not in inference.table([made | {"busy": 1.05}])


def test_a_network_answers_from_its_file_in_a_process_of_its_own(inference: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    inference.netc.save(inference.named(TINY), path)
    cpu, wall, megabytes, engine = inference.first_answer(str(path), "table")
    assert 0 < cpu < 60
    assert 0 < wall < 60
    assert 0 < megabytes < 2000
    assert engine == "table"


def test_blocks_are_measured_beside_each_other(inference: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "ENGINES", ("table",))
    (row,) = inference._blocks(TINY, 3)
    assert set(row["microseconds_per_512"]) == {f"table, {block} samples a pass" for block in (256, 512)}
    assert min(row["value"], *row["microseconds_per_512"].values()) > 0
    assert row["compile_milliseconds"]["again"] > 0
    assert " samples a pass: " in row["auto"]


def test_the_page_says_what_the_results_say(inference: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    shutil.copy(ROOT / "docs" / "performance.md", page)
    monkeypatch.setattr(inference, "PAGE", page)
    inference.write_page()
    assert page.read_text() == (ROOT / "docs" / "performance.md").read_text()
    assert page.with_suffix(".svg").read_bytes() == (ROOT / "docs" / "performance.svg").read_bytes()
