"""benchmarks/certificates.py: it measures, and the page says what its JSON says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="the source tree is not here")


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    module = pytest.importorskip("certificates")
    monkeypatch.setattr("measure._SMALL_MB", float("inf"))  # peaks of memory are not what is tested
    return module


def test_the_page_has_the_table_of_the_results(certificates: Any) -> None:
    results = json.loads((ROOT / "benchmarks/results/certificates.json").read_text())
    assert (ROOT / "docs/certificates.md").read_text().endswith(certificates.table(results["circuits"]) + "\n")
    assert set(results["accepted"].values()) == {len(results["circuits"])}


@pytest.mark.corpus
def test_a_circuit_is_measured_and_a_refusal_would_show(certificates: Any, corpus: Path, tmp_path: Path) -> None:
    from netc.certificate import build_checker

    build_checker(tmp_path / "netc_check")
    row = certificates.of_circuit(corpus / "aig/iscas89/s27.aig", tmp_path / "netc_check", None, sys.executable)
    assert row["netc_check"]["verified"]
    assert row["ands"][0] == 8
    assert row["steps"] > 0
    assert row["lrat_check"] is None
    assert not row["drat_trim"]["verified"]  # Python is no checker of proofs
