"""What must hold for every registered pass, on any graph."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given, settings
from hypothesis import strategies as st
from netc.passes.balance import Balance
from netc.passes.dce import Dce
from netc.passes.strash import Strash
from netc.passes.sweep import Sweep

from netc import Aig, Builder, Context, Model, NetcError, registry
from netc.aig import NONE, Step
from netc.manager import optimize_with
from netc.protocols import AigPass
from netc.simulation import simulate_nodes

PASSES = [
    made()
    for made in (registry.find("pass", registry.PASSES, name) for name in sorted(registry.PASSES))
    if isinstance(made(), AigPass)
]
PASSES += [Balance(xors=True), Sweep(levels=True)]
# Never more ANDs than a graph that is hashed and has no dead ones.
SHRINKING = [made for made in PASSES if made.name not in ("balance", "shorten")]


def clean(aig: Aig) -> Aig:
    context = Context()
    return Dce().run(Strash().run(Dce().run(aig, context).aig, context).aig, context).aig


def check_step(before: Aig, step: Step) -> None:
    """Ports kept, the same function at every root, and a true image."""
    assert step.aig.ports is before.ports
    patterns = twins.all_patterns(before.ports.leaves)
    assert np.array_equal(twins.roots(before, patterns), twins.roots(step.aig, patterns))
    old, new = simulate_nodes(before, patterns), simulate_nodes(step.aig, patterns)
    assert len(step.image) == before.num_nodes
    for node, lit in enumerate(step.image.tolist()):
        if lit != NONE:
            assert np.array_equal(old[:, node], new[:, lit >> 1] ^ bool(lit & 1)), f"the image of node {node} is wrong"


@pytest.mark.parametrize("instance", PASSES, ids=str)
@given(aig=strategies.aigs())
def test_the_result_is_equivalent_with_the_same_ports_and_a_true_image(instance: AigPass, aig: Aig) -> None:
    check_step(aig, instance.run(aig, Context()))


@pytest.mark.parametrize("instance", SHRINKING, ids=str)
@given(aig=strategies.aigs())
def test_no_graph_grows(instance: AigPass, aig: Aig) -> None:
    before = clean(aig)
    after = instance.run(before, Context()).aig
    assert clean(after).num_ands <= before.num_ands


@pytest.mark.parametrize("instance", PASSES, ids=str)
@given(aig=strategies.aigs())
def test_the_same_graph_gives_the_same_bytes(instance: AigPass, aig: Aig) -> None:
    assert instance.run(aig, Context()).aig.same_as(instance.run(aig, Context()).aig)


@pytest.mark.parametrize("instance", PASSES, ids=str)
@given(aig=strategies.aigs(), share=st.floats(0, 1))
def test_a_budget_cuts_a_pass_at_an_equivalent_place(instance: AigPass, aig: Aig, share: float) -> None:
    whole = Context()
    instance.run(aig, whole)
    budget = int(share * whole.work)
    cut = Context(budget)
    check_step(aig, instance.run(aig, cut))


@pytest.mark.parametrize("instance", PASSES, ids=str)
@given(aig=strategies.aigs(), share=st.floats(0, 1))
def test_a_run_that_stopped_is_reproduced_by_its_budget(instance: AigPass, aig: Aig, share: float) -> None:
    whole = Context()
    instance.run(aig, whole)
    cut = Context(int(share * whole.work))
    first = instance.run(aig, cut).aig
    if cut.stopped_at is not None:
        again = Context(cut.stopped_at)
        assert instance.run(aig, again).aig.same_as(first)
        assert again.stopped_at == cut.stopped_at


PIPELINES = [
    "strash; repeat{n=3}(rewrite; balance; sweep; dce)",
    "best(balance; rewrite | rewrite{zero=true}; balance | sweep)",
    "partition{nodes=7}(rewrite; dce)",
    "fold; partition{nodes=5}(best(rewrite | sweep; dce)); strash; dce",
    "limit{work=60}(rewrite; limit{work=20}(sweep; dce)); balance; rewrite",
    "strash; climb{n=6,stale=4}(rewrite{zero=true} | balance; sweep; dce | shorten; rewrite)",
    "limit{work=90}(climb{n=6,stale=6}(resub | relut{grow=30}; rewrite{zero=true} | balance)); small{nodes=9}(sweep)",
    "best(best(rewrite | order; balance) | limit{work=30}(sweep; dce); rewrite | partition{nodes=9}(resub)); refactor",
    "canonical(limit{work=60}(best(rewrite; balance | sweep); resub)); rewrite; canonical(canonical(refactor); dce)",
]


@pytest.mark.parametrize("text", PIPELINES)
@given(aig=strategies.aigs())
def test_pipelines_keep_function_ports_and_origins(text: str, aig: Aig) -> None:
    identity = 2 * np.arange(aig.num_nodes, dtype=np.uint32)
    outcome = optimize_with(Model(aig, images=identity), text, verify="off")
    check_step(aig, Step(outcome.model.logic, outcome.model.origins))


@pytest.mark.parametrize("text", PIPELINES)
@given(aig=strategies.aigs(), share=st.floats(0, 1))
def test_a_pipeline_that_stopped_is_reproduced_by_its_budget(text: str, aig: Aig, share: float) -> None:
    whole = optimize_with(Model(aig), text, verify="off").model.report
    assert whole is not None
    first = optimize_with(Model(aig), text, verify="off", budget=1 + int(share * whole.work)).model
    assert first.report is not None
    if first.report.stopped_at is not None:
        again = optimize_with(Model(aig), text, verify="off", budget=first.report.stopped_at).model
        assert again.logic.same_as(first.logic)
        assert again.report is not None
        assert again.report.stopped_at == first.report.stopped_at


@pytest.mark.parametrize("text", [text for text in PIPELINES if "|" in text])
@settings(max_examples=25)
@given(aig=strategies.aigs(), share=st.floats(0, 1.2))
def test_a_pipeline_gives_the_same_bytes_at_the_same_work_with_two_threads(text: str, aig: Aig, share: float) -> None:
    whole = optimize_with(Model(aig), text, verify="off").model.report
    assert whole is not None
    budget = 1 + int(share * whole.work)
    alone, together = (
        optimize_with(Model(aig), text, verify="off", budget=budget, threads=threads).model for threads in (1, 2)
    )
    assert together.logic.same_as(alone.logic)
    assert alone.report is not None
    assert together.report is not None
    assert together.report.stopped_at == alone.report.stopped_at
    assert together.report.work == alone.report.work
    assert [entry.text for entry in together.report.passes] == [entry.text for entry in alone.report.passes]


@given(aig=strategies.aigs(max_ands=60))
def test_threads_change_nothing(aig: Aig) -> None:
    text = "partition{nodes=6}(rewrite; dce); climb{n=5}(rewrite{zero=true} | balance; sweep; dce)"
    one = optimize_with(Model(aig), text, verify="off", threads=1).model
    two = optimize_with(Model(aig), text, verify="off", threads=2).model
    assert one.logic.same_as(two.logic)
    assert one.report is not None
    assert two.report is not None
    assert one.report.work == two.report.work


def numbers() -> list[tuple[str, str]]:
    """Each option of each pass that is a whole number."""
    made = [registry.find("pass", registry.PASSES, name)() for name in sorted(registry.PASSES)]
    return [(each.name, field.name) for each in made for field in dataclasses.fields(each) if field.type == "int"]


@pytest.mark.parametrize(("name", "option"), numbers())
@pytest.mark.parametrize("value", [-1, 2**63, 10**30, -(10**30)])
def test_a_number_out_of_bounds_is_refused_by_its_name(name: str, option: str, value: int) -> None:
    build = Builder(2)
    aig = build.finish([build.and_(build.input(0), build.input(1))])
    with pytest.raises(NetcError, match=f"{option}={value}; it is "):
        optimize_with(Model(aig), f"{name}{{{option}={value}}}")
