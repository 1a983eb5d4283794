"""benchmarks/mutants.py: verdicts about circuits with one gate changed, and a wrong verdict is seen."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import netc
from netc.cec import Cec, Verdict

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    module = pytest.importorskip("mutants")
    monkeypatch.setattr("measure._SMALL_MB", float("inf"))  # peaks of memory are not what is tested
    if importlib.import_module("measure").ABC is None:
        pytest.skip("berkeley-abc is not installed")
    return module


@pytest.fixture
def circuits(mutants: Any, corpus: Path) -> dict[str, netc.Aig]:
    found: dict[str, netc.Aig] = mutants.corpus(corpus)
    assert len(found) > 50
    return {name: found[name] for name in ("iscas89/s641", "lgsynth91/C1355", "lgsynth91/alu4", "epfl/ctrl")}


@pytest.mark.corpus
def test_every_verdict_about_a_mutant_is_right(mutants: Any, circuits: dict[str, netc.Aig], tmp_path: Path) -> None:
    found = mutants.measured(circuits, 100, 16, 1, tmp_path)
    assert found["wrong"] == []
    assert found["undecided"] == []
    verdicts = found["verdicts"]
    assert verdicts["not equivalent"] + verdicts["equivalent"] == 116
    assert verdicts["equivalent"] == verdicts["equivalent, and ABC says equivalent"] > 0


@pytest.mark.corpus
def test_a_wrong_verdict_is_seen(
    mutants: Any, circuits: dict[str, netc.Aig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netc, "check", lambda *_, **__: Cec(Verdict.EQUIVALENT, "order", 1))
    assert len(mutants.measured(circuits, 4, 0, 1, tmp_path)["wrong"]) == 4

    def useless(a: netc.Aig, b: netc.Aig, **options: Any) -> Cec:
        answer = netc.cec.check(a, b, **options)
        if answer.counterexample is None:
            return answer
        return replace(answer, counterexample=~answer.counterexample)

    monkeypatch.setattr(netc, "check", useless)
    assert mutants.measured(circuits, 20, 0, 1, tmp_path)["wrong"]
