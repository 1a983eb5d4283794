"""Balancing."""

import pytest
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


@pytest.mark.parametrize("xors", [False, True])
@given(aig=strategies.aigs())
def test_no_graph_gets_deeper(xors: bool, aig: Aig) -> None:
    before = Dce().run(Strash().run(aig, Context()).aig, Context()).aig
    assert Balance(xors=xors).run(before, Context()).aig.depth <= before.depth


def parity(inputs: list[int], flips: int = 0, width: int = 64) -> Aig:
    """A chain of XORs, of which every other one is complemented if bit 0 of flips is set, and operands if bit 1 is."""
    build = Builder(width)
    lit = build.input(inputs[0])
    for place, index in enumerate(inputs[1:]):
        lit = build.xor(lit, build.input(index) ^ (flips >> 1 & place & 1)) ^ (flips & place & 1)
    return build.finish([lit])


@pytest.mark.parametrize("flips", range(4))
def test_a_chain_of_xors_becomes_a_tree(flips: int) -> None:
    before = parity(list(range(64)), flips)
    assert Balance().run(before, Context()).aig.depth == before.depth == 126
    after = Balance(xors=True).run(before, Context()).aig
    assert (after.depth, after.num_ands) == (12, 189)
    assert prove(before, after)


@pytest.mark.parametrize("flips", range(4))
def test_operands_that_a_tree_has_twice_cancel_out(flips: int) -> None:
    before = parity([0, 1, 2, 3, 1, 4, 0, 2], flips, 5)
    after = Dce().run(Balance(xors=True).run(before, Context()).aig, Context()).aig
    assert (after.depth, after.num_ands) == (2, 3)
    assert prove(before, after)
    nothing = parity([0, 1, 2, 1, 0, 2], flips, 3)
    assert Balance(xors=True).run(nothing, Context()).aig.roots[0] >> 1 == 0
    assert prove(nothing, Balance(xors=True).run(nothing, Context()).aig)


def test_an_xor_that_something_else_reads_into_stays() -> None:
    build = Builder(3)
    total, carry = build.full_adder(build.input(0), build.input(1), build.input(2))
    before = build.finish([total, carry])
    after = Balance(xors=True).run(before, Context()).aig
    assert after.num_ands == before.num_ands == 7
    assert prove(before, after)


def test_an_xor_is_one_operand_of_an_and() -> None:
    build = Builder(5)
    xor = build.xor(build.input(0), build.xor(build.input(1), build.xor(build.input(2), build.input(3))))
    before = build.finish([build.and_(build.input(4), xor)])
    after = Balance(xors=True).run(before, Context()).aig
    assert (before.depth, after.depth, after.num_ands) == (7, 5, 10)
    assert prove(before, after)
