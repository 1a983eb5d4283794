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


# ---- one solver, asked again and again ----------------------------------------------------------------------------

QUERY = 2**31 - 1


def session(
    script: list[list[int]], variables: int, conflicts: int = -1, propagations: int = -1
) -> list[tuple[int, list[int]]]:
    """Answer and model of each query; a query is a line that starts with QUERY."""
    flat = np.array([lit for line in script for lit in (*line, 0)], np.int32)
    queries = sum(line[:1] == [QUERY] for line in script)
    models = np.zeros((queries, 1 + variables), np.int32)
    native.call(
        native.lib.netc_sat_session,
        native.view(flat, np.int32),
        len(flat),
        variables,
        QUERY,
        conflicts,
        propagations,
        native.out(models),
    )
    return [(int(row[0]), row[1:].tolist()) for row in models]


@pytest.mark.parametrize("other", ["Cadical153", "Glucose4"])
@pytest.mark.parametrize("seed", range(4))
def test_incremental_answers_and_cores_are_those_of_other_solvers(other: str, seed: int) -> None:
    """Clauses of a formula that gets tighter, and between them queries under assumptions."""
    solver = getattr(pytest.importorskip("pysat.solvers"), other)
    random, variables = np.random.default_rng(seed), 60

    def some(count: int) -> list[int]:
        chosen = random.choice(variables, count, False) + 1
        return [int(var) * int(sign) for var, sign in zip(chosen, random.choice([-1, 1], count), strict=True)]

    script = []
    for _ in range(40):
        script += [some(3) for _ in range(7)]
        script.append([QUERY, *some(int(random.integers(0, 7)))])
    found, clauses, answers = iter(session(script, variables)), [], set()
    with solver() as reference:
        for line in script:
            if line[0] != QUERY:
                reference.add_clause(line)
                clauses.append(line)
                continue
            answer, model = next(found)
            answers.add(answer)
            assert (answer == SAT) == reference.solve(assumptions=line[1:])
            if answer == SAT:
                assert satisfied([*clauses, *([lit] for lit in line[1:])], model)
            else:
                core = [(index + 1) * sign for index, sign in enumerate(model) if sign]
                assert set(core) <= set(line[1:])
                assert not reference.solve(assumptions=core)
    assert answers == {SAT, UNSAT}


def parity(variables: int) -> tuple[list[list[int]], int]:
    """Two chains of XORs over the same variables, in two orders, that are said to differ: unsatisfiable."""
    clauses: list[list[int]] = []
    last = variables

    def xor(a: int, b: int) -> int:
        nonlocal last
        last += 1
        clauses.extend([[-a, -b, -last], [a, b, -last], [a, -b, last], [-a, b, last]])
        return last

    sums = []
    for order in (range(1, variables + 1), [*range(2, variables + 1, 2), *range(1, variables + 1, 2)]):
        total, *rest = order
        for var in rest:
            total = xor(total, var)
        sums.append(total)
    clauses += [[sums[0], sums[1]], [-sums[0], -sums[1]]]
    return clauses, last


@pytest.mark.parametrize(("clauses", "variables"), [pigeons(6), parity(9)])
def test_structured_formulas_agree_with_other_solvers(clauses: list[list[int]], variables: int) -> None:
    solvers = pytest.importorskip("pysat.solvers")
    for other in (solvers.Cadical153, solvers.Glucose4):
        with other(bootstrap_with=clauses) as reference:
            assert not reference.solve()
            assert solve(clauses, variables)[0] == UNSAT
        with other(bootstrap_with=clauses[:-1]) as reference:
            answer, model = solve(clauses[:-1], variables)
            assert (answer == SAT) == reference.solve()
            assert answer == UNSAT or satisfied(clauses[:-1], model)


def test_a_budget_of_propagations_gives_unknown_and_the_next_query_starts_afresh() -> None:
    clauses, variables = pigeons(7)
    assert session([*clauses, [QUERY]], variables, propagations=100)[0][0] == UNKNOWN
    few = session([*clauses, *[[QUERY]] * 400], variables, propagations=2000)
    assert few[0][0] == UNKNOWN
    assert few[-1][0] == UNSAT  # what was learnt is kept


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


@pytest.mark.parametrize("other", ["Cadical153"])
def test_a_search_that_drops_clauses_again_and_again_answers_right(other: str) -> None:
    """Some ten thousand conflicts a formula, with and without a proof: clauses move when others are dropped."""
    solver = getattr(pytest.importorskip("pysat.solvers"), other)
    random = np.random.default_rng(9)
    variables = 200
    clauses = [
        [
            int(v + 1) * int(s)
            for v, s in zip(random.choice(variables, 3, False), random.choice([-1, 1], 3), strict=True)
        ]
        for _ in range(860)
    ]
    assumptions = [[int(var) for var in random.choice(variables, 2, False) + 1] for _ in range(2)]
    found = session([*clauses, *([QUERY, *assumed] for assumed in [*assumptions, []])], variables)
    with solver(bootstrap_with=clauses) as reference:
        for assumed, (answer, model) in zip([*assumptions, []], found, strict=True):
            assert (answer == SAT) == reference.solve(assumptions=assumed)
            if answer == SAT:
                assert satisfied([*clauses, *([lit] for lit in assumed)], model)
    assert solve(clauses, variables)[0] == found[-1][0]


def test_the_proof_of_a_search_that_drops_clauses_holds() -> None:
    random = np.random.default_rng(9)
    clauses = [
        [int(v + 1) * int(s) for v, s in zip(random.choice(200, 3, False), random.choice([-1, 1], 3), strict=True)]
        for _ in range(860)
    ]
    answer, _, derived = prove(clauses, 200)
    assert answer == UNSAT
    assert derived[-1] == []
    assert session([*clauses, [QUERY]], 200, conflicts=4500)[0][0] == UNKNOWN  # more than are kept
