"""benchmarks/inference.py: it measures, it would see a wrong answer, and its page says what its JSON says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import netc

ROOT = Path(__file__).parents[2]
TINY = "3x40"


@pytest.fixture
def inference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The script as a module, with a cache of its own for what gcc makes."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module = pytest.importorskip("inference")
    monkeypatch.setattr("measure._SMALL_MB", float("inf"))  # peaks of memory are not what is tested
    for cached in (module.network, module.reference, module.samples):
        cached.cache_clear()
    return module


def quick(inference: Any) -> Any:
    return inference.Clock(1, 1e-4)


needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@needs_gcc
def test_gates_and_bools_are_measured_beside_the_reference(inference: Any) -> None:
    for figures, details in (
        inference.gates(TINY, "-O0", 20, 30, 1, quick(inference)),
        inference.bools(TINY, quick(inference)),
    ):
        assert all(one.value > 0 for one in figures)
        assert details["as trained"]["gates"] == 3 * 40
        assert 0 < details["after -O1"]["operations"] < 3 * 40


@needs_gcc
def test_the_reference_of_another_network_does_not_agree(inference: Any) -> None:
    built = inference.build(inference.network(TINY, 0), "-O0")
    other = inference.network("2x40", 0)
    assert inference.agrees(inference.network(TINY, 0), inference.Reference(inference.network(TINY, 0), built), 128)
    assert not inference.agrees(other, inference.Reference(other, built), 128)


def test_packed_bits_calls_and_threads_are_measured(inference: Any) -> None:
    for figures, details in (
        inference.packed(TINY, quick(inference)),
        inference.latency(TINY, 8, 3, quick(inference)),
        inference.threads(TINY, 1.9, 1.95, quick(inference)),
    ):
        assert all(one.value > 0 for one in figures)
        assert all(of["gates"] == 3 * 40 for of in details.values())


def test_a_network_is_built_from_its_file_in_a_process_of_its_own(inference: Any) -> None:
    figures, details = inference.building(TINY, {}, (0.1, 0.03), None, quick(inference))
    found = {one.what: one.value for one in figures}
    assert found["CPU"] > 0
    assert 0 < found["peak memory"] < 2
    assert details["engine"] in ("table", "machine")


def test_the_page_says_what_the_results_say(inference: Any, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    shutil.copy(ROOT / "docs" / "performance.md", page)
    inference.page(page)
    assert page.read_text() == (ROOT / "docs" / "performance.md").read_text()
    assert (tmp_path / "performance.svg").read_bytes() == (ROOT / "docs" / "performance.svg").read_bytes()


def test_a_page_without_markers_stays_as_it_is(inference: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(netc.NetcError, match="no markers of inference"):
        inference.page(page)
    assert page.read_text() == "nothing\n"
