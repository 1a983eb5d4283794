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


def neuron(weights: list[int], start: int, width: int, bits: int) -> Aig:
    """Which step of this width a weighted sum falls into, clamped, in binary; as decisions over all the inputs."""
    build = Builder(len(weights))

    def decided(index: int, total: int, bit: int) -> int:
        if index == len(weights):
            return min(max((total - start) // width, 0), (1 << bits) - 1) >> bit & 1
        high, low = (decided(index + 1, total + weight, bit) for weight in (weights[index], 0))
        return build.mux(build.input(index), high, low)

    return build.finish([decided(0, 0, bit) for bit in range(bits)])


def test_a_weighted_sum_is_added_up() -> None:
    """Fourteen digits -1, 0, 1 in all weights, and the ends clamped: what sixteen full adders take is enough."""
    before = neuron([5, -8, 16, 12, -4, 17, -2, 8, 3, -16], -6, 16, 3)
    after = Collapse(rounds=10).run(before, Context()).aig
    assert before.num_ands > 300
    assert after.num_ands <= 16 * 7
    assert prove(before, after)


def test_a_weighted_threshold_is_added_up() -> None:
    before = neuron([3, 5, -2, 7, 4, -6, 9, 5, -3, 8], 7, 8, 1)
    after = Collapse(rounds=10).run(before, Context()).aig
    assert after.num_ands < before.num_ands / 2
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
