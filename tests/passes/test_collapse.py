"""Outputs derived anew from their truth tables."""

import random
from itertools import combinations

import pytest
from netc.passes.collapse import Collapse

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def add_majority(build: Builder, k: int, negated: int = 0) -> int:
    """Whether more than half of k inputs are true (those of `negated` complemented), by every product there is."""
    output = 0
    for chosen in combinations(range(k), k // 2 + 1):
        product = 1
        for index in chosen:
            product = build.and_(product, build.input(index) ^ (negated >> index & 1))
        output = build.or_(output, product)
    return output


def majority(k: int, negated: int = 0) -> Aig:
    build = Builder(k)
    return build.finish([add_majority(build, k, negated)])


@pytest.mark.parametrize("negated", [0, 0b1011001])
def test_a_majority_is_counted(negated: int) -> None:
    """Seven inputs, some complemented: four full adders of seven ANDs, the last of which needs its carry alone."""
    before = majority(7, negated)
    after = Collapse().run(before, Context()).aig
    assert before.num_ands > 90
    assert after.num_ands <= 4 * 7 - 3
    assert prove(before, after)


def test_outputs_share_what_they_have_in_common() -> None:
    """An adder of four bits whose every output is a sum of minterms of its own."""
    build = Builder(8)
    outputs = []
    for bit in range(5):
        output = 0
        for row in range(256):
            if ((row & 15) + (row >> 4)) >> bit & 1:
                product = 1
                for index in range(8):
                    product = build.and_(product, build.input(index) ^ 1 ^ (row >> index & 1))
                output = build.or_(output, product)
        outputs.append(output)
    before = build.finish(outputs)
    after = Collapse(rounds=10).run(before, Context()).aig
    assert after.num_ands <= 4 + 3 * 7 + 3  # a half adder, three full adders, and a few more
    assert prove(before, after)


def test_only_what_is_small_is_taken_apart() -> None:
    """The output of few inputs becomes smaller, the one of many stays."""
    build = Builder(40)
    small, wide = add_majority(build, 5), 1
    for index in range(40):
        wide = build.and_(wide, build.input(index))
    before = build.finish([small, wide])
    after = Collapse().run(before, Context()).aig
    assert after.num_ands <= 39 + 14
    assert prove(before, after)


def test_a_random_function_of_few_inputs_does_not_grow() -> None:
    draw = random.Random(5)
    build = Builder(6)
    lits = [build.input(index) for index in range(6)]
    for _ in range(30):
        a, b = draw.sample(lits, 2)
        lits.append(build.and_(a ^ draw.randrange(2), b ^ draw.randrange(2)))
    before = build.finish(lits[-5:])
    after = Collapse().run(before, Context()).aig
    assert after.num_ands <= before.num_ands
    assert prove(before, after)


def test_supports_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NetcError, match="support=17"):
        Collapse(support=17).run(majority(3), Context())
    with pytest.raises(NetcError, match="at least 0"):
        Collapse(rounds=-1).run(majority(3), Context())
