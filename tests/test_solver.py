"""A solver of the user's, for what netc's own leaves open."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cec import multiplier, mutated

from netc import Aig, Context, NetcError, check
from netc.cec import Verdict
from netc.solver import _cnf, arguments, ask, representatives


def command(folder: Path, body: str) -> str:
    """A solver of a few lines."""
    script = folder / "a solver.py"
    script.write_text(f"import sys, time\n{body}\n")
    return f"{sys.executable} '{script}'"


def test_what_a_small_budget_leaves_open_cadical_proves() -> None:
    pytest.importorskip("pysat")
    first, second = multiplier(5, True), multiplier(5, False)
    assert (
        check(first, second, conflicts=1, classes=True).verdict is Verdict.UNDECIDED
    )  # by sweeping, not by all patterns
    answer = check(first, second, conflicts=1, solver="cadical")
    assert answer
    assert answer.by_solver > 0


def test_a_difference_that_the_solver_finds_is_simulated() -> None:
    pytest.importorskip("pysat")
    first = multiplier(5, True)
    second = multiplier(5, False)
    leaves = first.ports.leaves
    every = twins.all_patterns(leaves)
    for which in range(second.num_ands - 1, 0, -1):  # a mutant that differs, but rarely
        other = mutated(second, which, 0)
        if 0 < (twins.roots(first, every) != twins.roots(other, every)).any(axis=1).sum() < 40:
            break
    answer = check(first, other, conflicts=1, solver="cadical")
    assert answer.verdict is Verdict.DIFFERENT


@settings(max_examples=40)
@given(strategies.aigs(max_ands=20, latches=False, properties=False), st.data())
def test_the_formula_is_satisfiable_where_two_literals_differ(aig: Aig, data: st.DataObject) -> None:
    solver = pytest.importorskip("pysat.solvers").Cadical153
    literal = st.integers(0, 2 * aig.num_nodes - 1)
    a, b = data.draw(literal), data.draw(literal)
    lines = _cnf(aig.ands, aig.ports.leaves, a, b).decode().splitlines()
    clauses = [list(map(int, line.split()))[:-1] for line in lines[1:]]
    assert lines[0] == f"p cnf {aig.num_nodes} {len(clauses)}"
    ports = aig.ports.__class__(inputs=aig.ports.inputs, outputs=2)
    values = twins.roots(Aig(ports, aig.ands, np.array([a, b], np.uint32)), twins.all_patterns(aig.ports.leaves))
    with solver(bootstrap_with=clauses) as other:
        assert other.solve() == bool((values[:, 0] != values[:, 1]).any())


def test_representatives_are_the_first_of_their_class_in_the_right_phase() -> None:
    assert representatives(np.array([0, 2, 4, 5, 3, 1], np.uint32)).tolist() == [0, 2, 4, 5, 3, 1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit(3)", "exit code 3"),
        ("print('oh no', file=sys.stderr); sys.exit(1)", "exit code 1: oh no"),
        ("sys.exit(10)", "prints no values"),
        ("print('v 0'); sys.exit(10)", "do not tell the circuits apart"),
    ],
)
def test_a_solver_that_misbehaves_is_named(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(NetcError, match=message):
        check(multiplier(5, True), multiplier(5, False), conflicts=1, solver=command(tmp_path, body))


def test_a_solver_that_does_not_know_leaves_it_open(tmp_path: Path) -> None:
    answer = check(
        multiplier(5, True), multiplier(5, False), conflicts=1, solver=command(tmp_path, "print('s UNKNOWN')")
    )
    assert answer.verdict is Verdict.UNDECIDED


def test_a_solver_that_is_not_there_is_named() -> None:
    with pytest.raises(NetcError, match="No such file"):
        check(multiplier(5, True), multiplier(5, False), conflicts=1, solver="no-such-solver -q")
    with pytest.raises(NetcError, match="no command"):
        arguments(" ")
    with pytest.raises(NetcError, match="No closing quotation"):
        arguments("kissat 'a")


def test_cancelling_kills_the_solver(tmp_path: Path) -> None:
    context = Context()
    threading.Timer(0.3, context.cancel).start()
    started = time.monotonic()
    aig = multiplier(3, True)
    roots = aig.roots.tolist()
    equal, _ = ask(command(tmp_path, "time.sleep(60)"), aig.ands, aig.ports.leaves, roots[2], roots[3], context)
    assert equal is None
    assert context.stopped
    assert time.monotonic() - started < 30
