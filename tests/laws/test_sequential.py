"""What must hold for every registered pass that changes latches: seen by walking through all reachable states."""

from __future__ import annotations

from collections import deque
from itertools import product

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given, settings
from hypothesis import strategies as st
from netc.passes.dce import Dce
from netc.passes.strash import Strash

from netc import Aig, Context, Model, registry
from netc.aig import NONE
from netc.manager import optimize_with
from netc.ports import UNINITIALISED
from netc.protocols import SequentialPass
from netc.sequential import UNREAD, LatchMap, Reduction
from netc.simulation import simulate_nodes

PASSES = [
    made()
    for made in (registry.find("pass", registry.PASSES, name) for name in sorted(registry.PASSES))
    if isinstance(made(), SequentialPass)
]
EVERY_PASS = pytest.mark.parametrize("instance", PASSES, ids=lambda made: made.name)


def starts(aig: Aig) -> list[tuple[int, ...]]:
    return list(product(*([0, 1] if reset == UNINITIALISED else [reset] for reset in aig.ports.resets)))


def check_reduction(before: Aig, reduction: Reduction) -> None:
    """From every start, in every state that both can reach together: the same roots, a true image, a true map."""
    after, latches = reduction.aig, reduction.latches
    inputs, kept = twins.all_patterns(before.ports.inputs), latches.kept
    others = [np.delete(np.arange(len(aig.roots)), aig.ports.slices()["latch"]) for aig in (before, after)]
    named = np.flatnonzero(reduction.image != NONE)
    image = reduction.image[named]
    states = [(start, tuple(start[old] for old in kept)) for start in starts(before)]
    seen, queue = set(states), deque(states)
    while queue:
        pair = queue.popleft()
        leaves = [np.hstack([inputs, np.tile(np.array(state, np.bool_), (len(inputs), 1))]) for state in pair]
        roots = [twins.roots(aig, values) for aig, values in zip((before, after), leaves, strict=True)]
        assert np.array_equal(roots[0][:, others[0]], roots[1][:, others[1]])
        old, new = simulate_nodes(before, leaves[0]), simulate_nodes(after, leaves[1])
        assert np.array_equal(old[:, named], new[:, image >> 1] ^ (image & 1).astype(np.bool_))
        for latch, code in enumerate(latches.became.tolist()):
            if code != UNREAD:
                expected = code if code < 2 else pair[1][(code >> 1) - 1] ^ (code & 1)
                assert pair[0][latch] == expected, f"latch {latch} did not become {code}"
        steps = [values[:, aig.ports.slices()["latch"]] for aig, values in zip((before, after), roots, strict=True)]
        for reached in zip(*(map(tuple, step.astype(int).tolist()) for step in steps), strict=True):
            if reached not in seen:
                seen.add(reached)
                queue.append(reached)


def check_ports(before: Aig, reduction: Reduction) -> None:
    """All ports as they were but for latches; those keep order, resets and names."""
    after, kept = reduction.aig, reduction.latches.kept
    assert after.ports.resets == bytes(before.ports.resets[old] for old in kept)
    assert np.all(np.diff(kept) > 0)
    for new, old in enumerate(kept.tolist()):
        assert after.ports.name("latch", new) == before.ports.name("latch", old)
        assert reduction.latches.became[old] == 2 * (1 + new)
    for kind in ("input", "output", "bad", "constraint", "justice", "fairness"):
        assert after.ports.count(kind) == before.ports.count(kind)
        assert after.ports.names.get(kind) == before.ports.names.get(kind)
    for old, reset in enumerate(before.ports.resets):
        if reset == UNINITIALISED:
            assert old in kept or reduction.latches.became[old] == UNREAD


def named(aig: Aig) -> Aig:
    return aig.with_ports(aig.ports.with_names("latch", {latch: f"q{latch}" for latch in range(aig.ports.latches)}))


@EVERY_PASS
@given(aig=strategies.aigs(max_leaves=6, max_ands=25))
def test_the_result_is_the_same_from_reset_on_with_a_true_image_and_a_true_map(
    instance: SequentialPass, aig: Aig
) -> None:
    reduction = instance.run_sequential(named(aig), Context())
    check_reduction(aig, reduction)
    check_ports(named(aig), reduction)


@EVERY_PASS
@given(aig=strategies.aigs(max_leaves=6, max_ands=25))
def test_no_circuit_grows(instance: SequentialPass, aig: Aig) -> None:
    clean = Dce().run(Strash().run(aig, Context()).aig, Context()).aig
    after = instance.run_sequential(clean, Context()).aig
    assert after.ports.latches <= clean.ports.latches
    assert after.num_ands <= clean.num_ands


@EVERY_PASS
@given(aig=strategies.aigs(max_leaves=6, max_ands=25), share=st.floats(0, 1))
def test_a_budget_cuts_a_pass_at_an_equivalent_and_reproducible_place(
    instance: SequentialPass, aig: Aig, share: float
) -> None:
    whole = Context()
    first = instance.run_sequential(aig, whole)
    assert instance.run_sequential(aig, Context()).aig.same_as(first.aig)
    cut = Context(int(share * whole.work))
    short = instance.run_sequential(aig, cut)
    check_reduction(aig, short)
    if cut.stopped_at is not None:
        again = Context(cut.stopped_at)
        assert instance.run_sequential(aig, again).aig.same_as(short.aig)
        assert again.stopped_at == cut.stopped_at


PIPELINES = ["latches; scorr; dce; scorr{steps=2}", "rewrite; scorr; balance; sweep; latches; rewrite"]


@pytest.mark.parametrize("text", PIPELINES)
@given(aig=strategies.aigs(max_leaves=6, max_ands=25), share=st.one_of(st.none(), st.floats(0, 1)))
def test_pipelines_compose_images_and_maps(text: str, aig: Aig, share: float | None) -> None:
    model = Model(aig, images=2 * np.arange(aig.num_nodes, dtype=np.uint32))
    report = optimize_with(model, text, verify="off").model.report
    assert report is not None
    budget = None if share is None else 1 + int(share * report.work)
    found = optimize_with(model, text, verify="off", budget=budget).model
    assert found.report is not None
    latches = found.report.latches or LatchMap.identity(aig.ports)
    check_reduction(aig, Reduction(found.logic, found.origins, latches))
    if found.report.stopped_at is not None:
        again = optimize_with(model, text, verify="off", budget=found.report.stopped_at).model
        assert again.logic.same_as(found.logic)


@settings(max_examples=30)
@given(aig=strategies.aigs(max_leaves=6, max_ands=25))
def test_what_is_verified_is_never_refuted(aig: Aig) -> None:
    for verify in ("sim", "sat"):
        report = optimize_with(Model(aig), "latches; rewrite; scorr; scorr{steps=2}", verify=verify).model.report
        assert report is not None
        assert report.verified in ("proved", "simulated")
