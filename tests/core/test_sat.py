"""The CDCL solver against CaDiCaL (python-sat) and PicoSAT (pyeda)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import twins_certificate
from hypothesis import given
from hypothesis import strategies as st

from netc import NetcError, native

SAT, UNSAT, UNKNOWN = 10, 20, 0


def solve(
    clauses: list[list[int]], variables: int, assumptions: list[int] | None = None, conflicts: int = -1
) -> tuple[int, list[int]]:
    flat = np.array([lit for clause in clauses for lit in (*clause, 0)], np.int32)
    assumed = np.array(assumptions or [], np.int32)
    model = np.zeros(variables, np.int32)
    answer = native.call(
        native.lib.netc_sat_solve,
        native.view(flat, np.int32),
        len(flat),
        variables,
        native.view(assumed, np.int32),
        len(assumed),
        conflicts,
        native.out(model),
        native.ffi.NULL,
    )
    return answer, model.tolist()


def satisfied(clauses: list[list[int]], model: list[int]) -> bool:
    return all(any((lit > 0) == bool(model[abs(lit) - 1]) for lit in clause) for clause in clauses)


literals = st.integers(1, 8).flatmap(lambda var: st.sampled_from([var, -var]))
formulas = st.lists(st.lists(literals, max_size=4), max_size=40)


@given(formulas, st.lists(literals, max_size=4, unique_by=abs))
def test_small_formulas_agree_with_brute_force(clauses: list[list[int]], assumptions: list[int]) -> None:
    answer, model = solve(clauses, 8, assumptions)
    held = [[lit] for lit in assumptions]
    possible = any(satisfied(clauses + held, list(bits)) for bits in itertools.product([0, 1], repeat=8))
    assert answer == (SAT if possible else UNSAT)
    if answer == SAT:
        assert satisfied(clauses + held, model)
    else:  # the core alone is unsatisfiable with the clauses
        core = [[(index + 1) * sign] for index, sign in enumerate(model) if sign]
        assert all(unit[0] in assumptions for unit in core)
        assert not any(satisfied(clauses + core, list(bits)) for bits in itertools.product([0, 1], repeat=8))


def pigeons(holes: int) -> tuple[list[list[int]], int]:
    """One pigeon more than holes: unsatisfiable, and only by search."""

    def var(pigeon: int, hole: int) -> int:
        return pigeon * holes + hole + 1

    clauses = [[var(p, h) for h in range(holes)] for p in range(holes + 1)]
    clauses += [[-var(p, h), -var(q, h)] for h in range(holes) for p in range(holes + 1) for q in range(p)]
    return clauses, holes * (holes + 1)


def test_pigeons_do_not_fit() -> None:
    clauses, variables = pigeons(7)
    assert solve(clauses, variables)[0] == UNSAT


def test_a_budget_of_conflicts_gives_unknown_and_not_a_guess() -> None:
    clauses, variables = pigeons(9)
    assert solve(clauses, variables, conflicts=10)[0] == UNKNOWN


def test_a_literal_outside_the_formula_is_refused() -> None:
    with pytest.raises(NetcError, match="literal 3 of 2 variables"):
        solve([[3]], 2)


@pytest.mark.parametrize("seed", range(8))
def test_random_3sat_near_the_threshold_agrees_with_cadical_and_picosat(seed: int) -> None:
    cadical = pytest.importorskip("pysat.solvers").Cadical153
    picosat = pytest.importorskip("pyeda.boolalg.picosat")
    random = np.random.default_rng(seed)
    variables, count = 90, 384
    clauses = [
        [
            int(var + 1) * int(sign)
            for var, sign in zip(random.choice(variables, 3, False), random.choice([-1, 1], 3), strict=True)
        ]
        for _ in range(count)
    ]
    answer, model = solve(clauses, variables)
    with cadical(bootstrap_with=clauses) as other:
        expected = other.solve()
    assert (answer == SAT) == expected
    try:
        third = next(iter(picosat.satisfy_all(variables, [tuple(clause) for clause in clauses])), None) is not None
    except StopIteration:
        third = False
    assert third == expected
    if answer == SAT:
        assert satisfied(clauses, model)


# ---- proofs -------------------------------------------------------------------------------------------------------


def prove(
    clauses: list[list[int]], variables: int, assumptions: list[int] | None = None
) -> tuple[int, list[int], list[list[int]]]:
    """The answer, the core, and what the proof derives; the twin has followed it, trimmed and with deletions."""
    flat = np.array([lit for clause in clauses for lit in (*clause, 0)], np.int32)
    assumed = np.array(assumptions or [], np.int32)
    model = np.zeros(variables, np.int32)
    proof = native.ffi.gc(native.lib.netc_proof_new(len(clauses)), native.lib.netc_proof_free)
    answer = native.call(
        native.lib.netc_sat_solve,
        native.view(flat, np.int32),
        len(flat),
        variables,
        native.view(assumed, np.int32),
        len(assumed),
        -1,
        native.out(model),
        proof,
    )
    native.call(native.lib.netc_proof_trim, proof)
    buffer, text = np.empty(61, np.uint8), b""
    while size := native.call(native.lib.netc_proof_print, proof, native.out(buffer), len(buffer)):
        text += buffer[:size].tobytes()
    return answer, model.tolist(), twins_certificate.follow(clauses, text.decode())


@given(formulas, st.lists(literals, max_size=4, unique_by=abs))
def test_every_unsatisfiable_answer_has_a_proof(clauses: list[list[int]], assumptions: list[int]) -> None:
    answer, model, derived = prove(clauses, 8, assumptions)
    assert (answer, model) == solve(clauses, 8, assumptions)  # writing a proof changes no answer
    if answer == UNSAT:
        core = {-(index + 1) * sign for index, sign in enumerate(model) if sign}
        known = [set(clause) for clause in [*clauses, *derived]]
        assert core in known


@pytest.mark.parametrize("seed", range(6))
def test_proofs_of_long_searches_hold(seed: int) -> None:
    """Restarts, minimisation, and literals learnt at level 0."""
    random = np.random.default_rng(seed)
    clauses = [
        [int(v + 1) * int(s) for v, s in zip(random.choice(60, 3, False), random.choice([-1, 1], 3), strict=True)]
        for _ in range(330)
    ]
    answer, _, derived = prove(clauses, 60)
    assert answer == UNSAT
    assert derived[-1] == []


def test_the_proof_that_pigeons_do_not_fit_holds() -> None:
    clauses, variables = pigeons(6)
    answer, _, derived = prove(clauses, variables)
    assert answer == UNSAT
    assert derived[-1] == []
