"""Balancing."""

import strategies
from hypothesis import given
from netc.passes.balance import Balance
from netc.passes.dce import Dce
from netc.passes.strash import Strash

from netc import Aig, Builder, Context
from netc.cec import prove


def chain(width: int) -> Aig:
    build = Builder(width)
    lit = build.input(0)
    for index in range(1, width):
        lit = build.and_(lit, build.input(index))
    return build.finish([lit])


def test_a_chain_becomes_a_tree() -> None:
    before = chain(64)
    after = Balance().run(before, Context()).aig
    assert (before.depth, after.depth, after.num_ands) == (63, 6, 63)
    assert prove(before, after)


def test_late_operands_come_last() -> None:
    build = Builder(6)
    late = build.xor(build.xor(build.input(0), build.input(1)), build.input(2))
    lit = late
    for index in range(3, 6):
        lit = build.and_(lit, build.input(index))
    after = Balance().run(build.finish([lit]), Context()).aig
    assert after.depth == 5  # four for the XORs, one more for everything else


def test_an_and_of_a_literal_and_its_complement_vanishes() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    aig = build.finish([build.append_and(build.append_and(a, b), build.append_and(a ^ 1, c))])
    assert Balance().run(aig, Context()).aig.outputs.tolist() == [0]


def test_ten_thousand_operands_of_one_and() -> None:
    after = Balance().run(chain(10_000), Context()).aig
    assert (after.depth, after.num_ands) == (14, 9_999)


@given(strategies.aigs())
def test_no_graph_gets_deeper(aig: Aig) -> None:
    before = Dce().run(Strash().run(aig, Context()).aig, Context()).aig
    assert Balance().run(before, Context()).aig.depth <= before.depth
