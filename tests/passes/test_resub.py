"""Windowed resubstitution."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from netc.passes.dce import Dce
from netc.passes.resub import Resub
from netc.passes.strash import Strash

from netc import Aig, Builder, Context, NetcError, load
from netc.aig import NONE
from netc.cec import prove
from netc.simulation import simulate_nodes


def resubbed(aig: Aig, **options: int) -> Aig:
    after = Resub(**options).run(aig, Context()).aig  # type: ignore[arg-type]
    assert prove(aig, after)
    assert after.ports is aig.ports
    return after


def test_a_node_equal_to_another_of_the_window_becomes_that_one() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    left = build.and_(build.and_(a, b), c)
    right = build.and_(a, build.and_(b, c))
    after = resubbed(build.finish([left, right]), gates=0)
    assert after.num_ands == 2
    assert after.outputs[0] == after.outputs[1]


def test_a_constant_in_disguise_becomes_a_constant() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    aig = build.finish([build.and_(build.and_(a, b), build.and_(b ^ 1, c))])
    after = resubbed(aig)
    assert (after.num_ands, after.outputs.tolist()) == (0, [0])


def test_a_node_becomes_one_gate_of_two_divisors() -> None:
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    x, y = build.and_(a, b), build.and_(c, d)
    minterms = [build.and_(x, build.and_(c, d ^ 1)), build.and_(x, build.and_(c ^ 1, d)), build.and_(x, y)]
    none = build.and_(x, build.and_(c ^ 1, d ^ 1))
    union = none
    for term in [*minterms, y]:
        union = build.or_(union, term)  # x OR y, the long way
    after = resubbed(build.finish([union, x, y]), gates=1)
    assert after.num_ands == 3


def test_depth_is_kept_where_that_is_asked_for() -> None:
    """A product of six as a tree that a long chain reads, beside a chain of five of them: sharing that costs levels."""
    build = Builder(9)
    a, b, c, d, e, f, *further = (build.input(index) for index in range(9))
    tree = build.and_(build.and_(build.and_(a, b), build.and_(c, d)), build.and_(e, f))
    for lit in further:
        tree = build.and_(tree, lit ^ 1)
    chain = build.and_(build.and_(build.and_(build.and_(b, c), d), e), f)
    aig = build.finish([tree, chain])
    free, kept = resubbed(aig), resubbed(aig, keep_depth=True)
    assert aig.depth == 6
    assert kept.depth <= 6
    assert kept.num_ands < aig.num_ands
    assert free.num_ands <= kept.num_ands


def test_an_exclusive_or_of_divisors_is_found() -> None:
    """The third of three pairwise XORs is the XOR of the first two; written out, each has three ANDs."""
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    x, y = build.xor(a, b), build.xor(b, c)
    odd = [p for p in itertools.product((0, 1), repeat=3) if p[0] ^ p[2]]
    union = 0
    for p in odd:
        union = build.or_(union, build.and_(build.and_(a ^ 1 ^ p[0], b ^ 1 ^ p[1]), c ^ 1 ^ p[2]))
    aig = build.finish([x, y, union])
    assert resubbed(aig).num_ands == 9


def test_a_redundant_fanin_inside_the_cone_is_found() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    aig = build.finish([build.and_(build.and_(a, b), build.or_(a, c))])  # the OR is 1 where a is
    assert resubbed(aig).num_ands == 1


def test_a_node_may_change_where_its_fanouts_cannot_tell() -> None:
    """(a AND b) OR c, only seen AND NOT c: c does not matter to it."""
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    inner = build.or_(build.and_(a, b), build.and_(c, d))
    aig = build.finish([build.and_(inner, c ^ 1)])
    assert resubbed(aig, gates=0).num_ands == 4
    assert resubbed(aig, gates=0, levels=2).num_ands == 2


@given(aig=strategies.aigs(max_ands=60))
def test_depth_never_grows_where_it_is_kept(aig: Aig) -> None:
    hashed = Strash().run(aig, Context()).aig
    after = resubbed(hashed, leaves=6, zero=True, keep_depth=True)
    assert after.depth <= hashed.depth


@given(aig=strategies.aigs(max_ands=60))
def test_images_are_true_where_functions_change(aig: Aig) -> None:
    step = Resub(leaves=6, gates=4, levels=3, zero=True).run(aig, Context())
    patterns = twins.all_patterns(aig.ports.leaves)
    assert np.array_equal(twins.roots(aig, patterns), twins.roots(step.aig, patterns))
    old, new = simulate_nodes(aig, patterns), simulate_nodes(step.aig, patterns)
    for node, lit in enumerate(step.image.tolist()):
        assert lit == NONE or np.array_equal(old[:, node], new[:, lit >> 1] ^ bool(lit & 1))


def test_a_chain_of_a_hundred_thousand_levels_passes() -> None:
    build = Builder(8)
    lit = build.input(0)
    for level in range(100_000):
        lit = build.and_(lit ^ 1, build.input(1 + level % 7) ^ (level // 7 & 1))
    aig = build.finish([lit])
    after = Resub(levels=2).run(aig, Context()).aig
    assert after.num_ands < aig.num_ands
    assert prove(aig, after)


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NetcError, match="leaves=20; it is 2 to 14"):
        resubbed(Builder(1).finish([2]), leaves=20)


@pytest.mark.corpus
def test_resubstitution_alone_beats_the_best_known_tools(corpus: object) -> None:
    """ABC's `resub -K 8` leaves 10,997 ANDs of voter, 21,690 of sqrt, 115 of ctrl, 861 of priority, 894 of adder."""
    counts = {"voter": 10_500, "sqrt": 19_500, "ctrl": 110, "priority": 720, "adder": 892}
    for name, most in counts.items():
        aig = load(f"{corpus}/aig/epfl/{name}.aig").logic
        context = Context()
        clean = Dce().run(Strash().run(aig, context).aig, context).aig
        assert resubbed(clean).num_ands <= most, name
