"""AIGER as a library reads it that shares no code with netc or ABC: mockturtle, through aigverse."""

from __future__ import annotations

from pathlib import Path

import pytest
import strategies
import twins
from hypothesis import assume, given
from hypothesis import strategies as st

from netc import Aig, load, optimize, write

aigverse_io = pytest.importorskip("aigverse.io", reason="aigverse is not installed")
algorithms = pytest.importorskip("aigverse.algorithms", reason="aigverse is not installed")


@given(strategies.aigs(latches=False, properties=False), st.booleans())
def test_what_mockturtle_reads_is_the_same_function(
    tmp_path_factory: pytest.TempPathFactory, aig: Aig, as_text: bool
) -> None:
    assume(aig.inputs and aig.ports.outputs)
    path = tmp_path_factory.getbasetemp() / ("made.aag" if as_text else "made.aig")
    write(aig, path)
    read = aigverse_io.read_ascii_aiger_into_aig if as_text else aigverse_io.read_aiger_into_aig
    theirs = algorithms.simulate(read(str(path)))
    patterns = twins.all_patterns(aig.inputs)  # row e has input j at bit j of e, like a truth table
    ours = twins.roots(aig, patterns)
    for index, table in enumerate(theirs):
        assert [table.get_bit(row) for row in range(len(patterns))] == ours[:, index].tolist()


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["ctrl", "int2float", "router", "cavlc", "priority", "i2c"])
def test_mockturtle_proves_what_the_optimizer_made(corpus: Path, tmp_path: Path, name: str) -> None:
    source = corpus / "aig" / "epfl" / f"{name}.aig"
    small = optimize(load(source), level=2)
    write(small, tmp_path / "small.aig")
    spec, made = (aigverse_io.read_aiger_into_aig(str(path)) for path in (source, tmp_path / "small.aig"))
    assert made.num_gates == small.logic.num_ands
    assert algorithms.equivalence_checking(spec, made) is True
