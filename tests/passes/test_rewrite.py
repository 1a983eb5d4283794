"""Rewriting with cuts of four and five leaves."""

import random

import pytest
import strategies
from netc.passes.dce import Dce
from netc.passes.rewrite import Rewrite
from netc.passes.strash import Strash

from netc import Aig, Builder, Context, NetcError, load
from netc.cec import prove


def naive_mux_tree() -> Aig:
    """A multiplexer of four written as a sum of minterms: every minterm builds its own select term."""
    build = Builder(6)
    s0, s1 = build.input(4), build.input(5)
    terms = [build.and_(build.and_(build.input(i), s0 ^ 1 ^ (i & 1)), s1 ^ 1 ^ (i >> 1)) for i in range(4)]
    return build.finish([build.or_(build.or_(terms[0], terms[1]), build.or_(terms[2], terms[3]))])


def test_a_sum_of_minterms_becomes_a_tree_of_multiplexers() -> None:
    before = naive_mux_tree()
    after = Rewrite().run(before, Context()).aig
    assert (before.num_ands, after.num_ands) == (11, 9)  # three multiplexers of three ANDs
    assert prove(before, after)


def test_a_function_written_twice_in_different_ways_is_shared() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    first = build.or_(build.and_(a, b), build.and_(a, c))
    second = build.and_(a, build.or_(b, c))
    aig = build.finish([first, second])
    after = Rewrite().run(aig, Context()).aig
    assert (aig.num_ands, after.num_ands) == (5, 2)
    assert after.outputs[0] == after.outputs[1]


def test_nothing_is_replaced_where_nothing_is_gained() -> None:
    build = Builder(3)
    aig = build.finish(build.full_adder(build.input(0), build.input(1), build.input(2)))
    assert Rewrite().run(aig, Context()).aig.num_ands == 7


def test_a_redundant_cone_becomes_a_wire() -> None:
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    aig = build.finish([build.or_(build.and_(a, b), build.and_(a, b ^ 1))])
    after = Rewrite().run(aig, Context()).aig
    assert after.num_ands == 0
    assert after.outputs.tolist() == [a]


def test_five_leaves_show_what_four_do_not() -> None:
    """Both products of five literals, the one that differs at the bottom: the other four are enough."""
    build = Builder(5)
    products = [build.input(0), build.input(0) ^ 1]
    for index in range(1, 5):
        products = [build.and_(product, build.input(index)) for product in products]
    before = build.finish([build.or_(*products)])
    assert before.num_ands == 9
    assert Rewrite().run(before, Context()).aig.num_ands > 3
    after = Rewrite(inputs=5).run(before, Context()).aig
    assert after.num_ands == 3
    assert prove(before, after)


@pytest.mark.parametrize("zero", [False, True])
def test_five_leaves_keep_functions_and_grow_nothing(zero: bool) -> None:
    draw = random.Random(7)
    for _ in range(30):
        before = strategies.tangle(draw, 8, 60, near=20, outputs=6)
        clean = Dce().run(Strash().run(before, Context()).aig, Context()).aig
        after = Rewrite(inputs=5, zero=zero).run(before, Context()).aig
        assert after.num_ands <= clean.num_ands
        assert prove(before, after)


def test_a_number_of_leaves_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(NetcError, match="inputs=6"):
        Rewrite(inputs=6).run(naive_mux_tree(), Context())


def test_a_number_of_cuts_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(NetcError, match="cuts=0"):
        Rewrite(cuts=0).run(naive_mux_tree(), Context())


@pytest.mark.corpus
def test_rewriting_alone_comes_near_the_best_known_tools(corpus: object) -> None:
    """ABC's `rewrite` brings these to 0.93 of the ANDs in geometric mean over the whole suite."""
    counts = {"voter": 11_600, "div": 43_000, "multiplier": 24_900, "sqrt": 18_800, "ctrl": 130}
    for name, most in counts.items():
        aig = load(f"{corpus}/aig/epfl/{name}.aig").logic
        after = Rewrite().run(aig, Context()).aig
        assert after.num_ands <= most, name
