"""Substitution of signals under observability don't-cares."""

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.passes.dce import Dce
from netc.passes.redundancy import Redundancy
from netc.passes.sweep import Sweep
from netc.passes.transduction import Transduction

from netc import Aig, Builder, Context, NetcError
from netc.aig import NONE
from netc.simulation import simulate_nodes


def arbiter(width: int) -> Aig:
    """Round-robin grants, each with a chain of its own around the ring: no two nodes of the chains are equal."""
    build = Builder(2 * width)
    request = [build.input(index) for index in range(width)]
    first = [build.input(width + index) for index in range(width)]
    taken = []
    for start in range(width):
        chain = 0
        for step in range(width - 1, -1, -1):
            at = (start + step) % width
            chain = build.or_(first[at], build.and_(request[at] ^ 1, chain))
        taken.append(chain)
    return build.finish(taken)


@pytest.mark.parametrize("exhaustive", [0, 14])
def test_the_chains_of_an_arbiter_share_each_other(exhaustive: int) -> None:
    width = 7
    before = arbiter(width)
    assert Dce().run(Sweep().run(before, Context()).aig, Context()).aig.num_ands == before.num_ands
    after = Transduction(exhaustive=exhaustive).run(before, Context()).aig
    patterns = twins.all_patterns(before.ports.leaves)
    assert np.array_equal(twins.roots(before, patterns), twins.roots(after, patterns))
    assert after.ports is before.ports
    # One whole chain remains, and of each other its first stage; an AND and an OR a stage.
    assert after.num_ands <= 2 * (width + width - 1)
    assert before.num_ands > 10 * width


def test_it_finds_what_redundancy_removal_finds() -> None:
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    before = build.finish([build.or_(a, build.and_(a ^ 1, b))])
    for made in (Redundancy(), Transduction()):
        assert made.run(before, Context()).aig.num_ands == 1


def test_a_pair_of_signals_saves_what_no_single_one_does() -> None:
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    product = build.and_(build.and_(build.and_(a, c), b), d)
    before = build.finish([build.and_(a, b), build.and_(c, d), product, build.or_(a, product)])
    assert Transduction().run(before, Context()).aig.num_ands == 5
    for made in (Transduction(pairs=True), Transduction(pairs=True, wander=True, rounds=10)):
        after = made.run(before, Context()).aig
        patterns = twins.all_patterns(4)
        assert np.array_equal(twins.roots(before, patterns), twins.roots(after, patterns))
        assert after.num_ands == 3


@given(
    aig=strategies.aigs(),
    seed=st.integers(0, 100),
    window=st.sampled_from([1, 2, 4, 100]),
    exhaustive=st.sampled_from([0, 12]),
    share=st.floats(0, 1),
)
def test_wandering_keeps_functions_and_tells_the_truth(
    aig: Aig, seed: int, window: int, exhaustive: int, share: float
) -> None:
    made = Transduction(pairs=True, wander=True, rounds=3, seed=seed, window=window, exhaustive=exhaustive)
    whole = Context()
    made.run(aig, whole)
    cut = Context(int(share * whole.work))
    step = made.run(aig, cut)
    patterns = twins.all_patterns(aig.ports.leaves)
    assert np.array_equal(twins.roots(aig, patterns), twins.roots(step.aig, patterns))
    old, new = simulate_nodes(aig, patterns), simulate_nodes(step.aig, patterns)
    for node, lit in enumerate(step.image.tolist()):
        assert lit == NONE or np.array_equal(old[:, node], new[:, lit >> 1] ^ bool(lit & 1))
    if cut.stopped_at is not None:
        assert made.run(aig, Context(cut.stopped_at)).aig.same_as(step.aig)


def test_options_out_of_range_are_refused() -> None:
    aig = Builder(1).finish([2])
    for made in (Transduction(window=0), Transduction(conflicts=0), Transduction(tries=0), Transduction(rounds=2**31)):
        with pytest.raises(NetcError, match="transduction"):
            made.run(aig, Context())
    with pytest.raises(NetcError, match="pairs=true"):
        Transduction(wander=True).run(aig, Context())
