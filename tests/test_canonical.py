"""Canonical order: what a circuit is, whatever it is written like; and the combinator that works in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import strategies
import twins
from hypothesis import given

from netc import Aig, Builder, Model, NetcError, check, load, optimize, verification
from netc.aig import NONE
from netc.canonical import canonical
from netc.context import Context
from netc.manager import optimize_with
from netc.ports import Ports


def shuffled(aig: Aig, seed: int) -> Aig:
    """The same graph with leaves, roots and ANDs in another order, and fan-ins that are written first made later."""
    random = np.random.default_rng(seed)
    literal = np.zeros(aig.num_nodes, np.int64)
    literal[1 : aig.first_and] = 2 * (1 + random.permutation(aig.ports.leaves))
    waiting = list(range(aig.num_ands))
    ands: list[tuple[int, int]] = []
    done = np.arange(aig.num_nodes) < aig.first_and
    while waiting:
        ready = [index for index in waiting if done[aig.ands[index] >> 1].all()]
        index = ready[int(random.integers(len(ready)))]
        a, b = (int(literal[lit >> 1]) ^ int(lit & 1) for lit in aig.ands[index])
        ands.append((max(a, b), min(a, b)))
        literal[aig.first_and + index] = 2 * (aig.first_and + len(ands) - 1)
        done[aig.first_and + index] = True
        waiting.remove(index)
    roots = literal[aig.roots >> 1] ^ (aig.roots & 1)
    return Aig(aig.ports, np.array(ands, np.uint32).reshape(-1, 2), random.permutation(roots).astype(np.uint32))


def form(aig: Aig) -> Aig:
    return canonical(aig, Context()).aig


def conjunctions(random: np.random.Generator) -> Aig:
    """ANDs of the same operands, associated at random; an operand is read by two or more of them."""
    build = Builder(8)
    outputs = []
    for operands in ([0, 1, 2, 3, 4], [1, 3, 5, 6], [0, 2, 4, 6, 7], [0, 5, 7]):
        lits = [build.input(index) ^ (index & 1) for index in operands]
        while len(lits) > 1:
            a, b = (lits.pop(int(random.integers(len(lits)))) for _ in range(2))
            lits.append(build.append_and(max(a, b), min(a, b)))
        outputs.append(lits[0] ^ 1)
    top = build.append_and(*sorted(outputs[:2], reverse=True))
    return build.finish([*outputs, top])


@given(aig=strategies.aigs())
def test_it_is_the_circuit_with_its_ports_in_another_order(aig: Aig) -> None:
    found = canonical(aig, Context())
    assert found.aig.num_ands <= aig.num_ands
    leaves = aig.ports.leaves
    assert sorted(found.leaves.tolist()) == list(range(leaves))
    assert sorted(found.roots.tolist()) == list(range(len(aig.roots)))
    patterns = twins.all_patterns(leaves)
    moved = np.empty_like(patterns)
    moved[:, found.leaves] = patterns
    values = twins.simulate(found.aig, moved)
    assert np.array_equal(twins.roots(found.aig, moved)[:, found.roots], twins.roots(aig, patterns))
    known = np.flatnonzero(found.image != NONE)
    literal = found.image[known]
    assert np.array_equal(values[:, literal >> 1] ^ (literal & 1).astype(bool), twins.simulate(aig, patterns)[:, known])
    step = found.restored(found.aig)
    assert step.aig.ports == aig.ports
    assert np.array_equal(twins.roots(step.aig, patterns), twins.roots(aig, patterns))
    assert np.array_equal(twins.simulate(step.aig, patterns)[:, step.image >> 1], values)


def circuits() -> Iterator[tuple[str, Aig]]:
    build = Builder(17)  # an adder: each pair of bits is symmetric
    carry, outputs = build.input(16), []
    for index in range(8):
        total, carry = build.full_adder(build.input(index), build.input(8 + index), carry)
        outputs.append(total)
    yield "adder", build.finish([*outputs, carry])

    build = Builder(19)  # a rotator: the data are symmetric, and what shifts by 1 looks like what shifts by 2 at first
    data = [build.input(index) for index in range(16)]
    for stage, by in enumerate((1, 2, 4)):
        data = [build.mux(build.input(16 + stage), data[(at + by) % 16], data[at]) for at in range(16)]
    yield "rotator", build.finish(data)

    build = Builder(12)  # a parity of parities, symmetric all over
    rows = []
    for row in range(3):
        parity = 0
        for column in range(4):
            parity = build.xor(parity, build.input(4 * row + column))
        rows.append(parity)
    yield "parities", build.finish([build.and_(rows[0], build.and_(rows[1], rows[2]))])

    build = Builder(4)  # a decoder
    words = [0] * 16
    for word in range(16):
        lit = 1
        for bit in range(4):
            lit = build.and_(lit, build.input(bit) ^ (not word >> bit & 1))
        words[word] = lit
    yield "decoder", build.finish(words)

    yield "conjunctions", conjunctions(np.random.default_rng(0))


@pytest.mark.parametrize(("name", "aig"), list(circuits()), ids=[name for name, _ in circuits()])
def test_order_does_not_matter(name: str, aig: Aig) -> None:
    first = form(aig)
    for seed in range(8):
        assert form(shuffled(aig, seed)).same_as(first), name


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_random_circuits_does_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    lits = np.arange(2, 2 * (1 + 10 + 60)).astype(np.uint32)
    ands = [sorted(random.choice(lits[: 2 * (10 + index)], 2, replace=False), reverse=True) for index in range(60)]
    aig = Aig(Ports(inputs=10, outputs=12), np.array(ands, np.uint32), random.choice(lits, 12).astype(np.uint32))
    for other in range(4):
        assert form(shuffled(aig, other)).same_as(form(aig))


def test_how_trees_of_ands_associate_does_not_matter() -> None:
    first = form(conjunctions(np.random.default_rng(0)))
    for seed in range(1, 8):
        assert form(shuffled(conjunctions(np.random.default_rng(seed)), seed)).same_as(first)


def test_different_circuits_stay_different() -> None:
    aig = conjunctions(np.random.default_rng(0))
    roots: npt.NDArray[np.uint32] = aig.roots.copy()
    roots[0] ^= 1
    assert not form(Aig(aig.ports, aig.ands, roots)).same_as(form(aig))


def test_a_level_makes_the_same_of_a_circuit_however_it_is_written() -> None:
    aig = dict(circuits())["adder"]
    sizes = {
        (model.logic.num_ands, model.logic.depth)
        for model in (optimize(shuffled(aig, seed), level=3, budget=300_000) for seed in range(3))
    }
    assert len(sizes) == 1


def test_what_is_written_on_the_way_has_ports_where_they_were() -> None:
    aig = dict(circuits())["rotator"]
    seen: list[Aig] = []
    outcome = optimize_with(
        Model(aig),
        "strash; canonical(rewrite; best(resub | balance); dce); dce",
        stop_after=5,
        save_each=lambda number, text, model: seen.append(model.logic),
    )
    assert len(seen) == 5
    assert all(check(aig, made) for made in [*seen, outcome.model.logic])


def test_pieces_of_the_proof_have_ports_where_they_were() -> None:
    aig = dict(circuits())["rotator"]
    text = "best(strash | balance); canonical(best(rewrite | resub); refactor; best(dce | balance)); best(dce | strash)"
    report = optimize(aig, pipeline=text).report
    assert report is not None
    assert report.verified == "proved"


@pytest.mark.parametrize("name", ["adder", "rotator", "conjunctions"])
def test_what_is_to_be_compared_first_is_equal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    aig = dict(circuits())[name]
    pieces: list[verification.Piece] = []

    def compared(piece: verification.Piece, *_: object) -> str:
        pieces.append(piece)
        return "proved"

    monkeypatch.setattr(verification, "_compared", compared)
    text = "canonical(best(rewrite | strash); best(balance | resub); dce); best(dce | rewrite)"
    optimize(shuffled(aig, 1), pipeline=text)
    assert len(pieces) >= 3
    patterns = np.random.default_rng(1).integers(0, 2, (200, aig.ports.leaves)).astype(bool)
    for piece in pieces:
        assert np.array_equal(twins.roots(piece.before, patterns), twins.roots(piece.after, patterns))
        assert piece.image is not None
        known = np.flatnonzero(piece.image != NONE)
        literal = piece.image[known]
        after = twins.simulate(piece.after, patterns)[:, literal >> 1] ^ (literal & 1).astype(bool)
        assert np.array_equal(after, twins.simulate(piece.before, patterns)[:, known])


def test_a_certificate_of_a_run_in_canonical_order_is_accepted(tmp_path: Path) -> None:
    model = optimize(
        dict(circuits())["adder"], pipeline="canonical(rewrite; resub; dce)", certify=tmp_path / "certificate"
    )
    assert model.report is not None
    assert model.report.proof_steps > 0


def test_latches_keep_their_places_and_resets(tmp_path: Path) -> None:
    source = tmp_path / "machine.aag"
    source.write_text("aag 6 1 3 2 2\n2\n4 12 0\n6 4 1\n8 6 8\n8\n11\n10 2 7\n12 8 10\n")
    machine = load(source).logic
    made = optimize(machine, pipeline="canonical(rewrite; dce)").logic
    assert made.ports is machine.ports
    assert check(machine, made)


def test_a_larger_graph_is_taken_as_it_is() -> None:
    aig = shuffled(dict(circuits())["adder"], 1)
    assert optimize(aig, pipeline=f"canonical{{nodes={aig.num_ands - 1}}}(dce)").logic.same_as(aig)
    assert not optimize(aig, pipeline=f"canonical{{nodes={aig.num_ands}}}(dce)").logic.same_as(aig)


def test_it_takes_one_pipeline() -> None:
    with pytest.raises(NetcError, match="canonical takes one pipeline"):
        optimize(conjunctions(np.random.default_rng(0)), pipeline="canonical(dce | strash)")
