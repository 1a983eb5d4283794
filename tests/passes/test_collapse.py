"""Outputs derived anew from their truth tables."""

import math
import random
from collections.abc import Callable
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


def calculation(value: Callable[[int], int], inputs: int, digits: list[int], seed: int) -> Aig:
    """Digits of a number that rows have, of inputs and outputs drawn to be exchanged and complemented; as decisions."""
    draw = random.Random(seed)
    build = Builder(inputs)
    place = draw.sample(range(inputs), inputs)
    flips = draw.getrandbits(inputs)
    outputs = []
    for digit in digits:
        level = [value(row ^ flips) >> digit & 1 for row in range(1 << inputs)]
        for index in place:
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [build.mux(build.input(index), high, low) for low, high in pairs]
        outputs.append(level[0] ^ draw.randrange(2))
    return build.finish(draw.sample(outputs, len(outputs)))


def quotient(a: int, b: int, otherwise: int) -> int:
    return a // b if b else otherwise


# The ANDs that are enough: seven for each full adder, one for each product of digits, ten for each digit that a row of
# a division or of a root may subtract from, with an OR for each that is beyond it.
CALCULATIONS: dict[str, tuple[Callable[[int], int], int, list[int], int]] = {
    "product": (lambda row: (row & 31) * (row >> 5), 10, [1, 3, 5, 8], 25 + 7 * 20),
    "uneven product": (lambda row: (row & 7) * (row >> 3), 10, [2, 4, 6, 9], 21 + 7 * 14),
    "square": (lambda row: row * row, 10, [3, 6, 9, 12, 19], 45 + 7 * 40),
    "root": (math.isqrt, 14, [0, 2, 3, 5], 10 * (2 + 4 + 5 + 6 + 7 + 8 + 9)),
    "quotient": (lambda row: quotient(row & 63, row >> 6, 0), 12, [0, 1, 3], 10 * 21 + 5 + 11),
    "quotient of ones by zero": (lambda row: quotient(row & 31, row >> 5, 31), 10, [0, 1, 3], 10 * 15 + 4),
    "remainder": (lambda row: (row & 31) % (row >> 5) if row >> 5 else 0, 10, [1, 2, 4], 10 * 15 + 4 + 9),
    # Repeated subtraction of nothing leaves what fits into the remainder.
    "long remainder": (lambda row: (row & 127) % (row >> 7 or 8), 10, [0, 1, 2], 10 * (1 + 2 + 3 + 4 * 4) + 3),
}


@pytest.mark.parametrize("name", CALCULATIONS)
def test_what_calculates_is_calculated(name: str) -> None:
    """Whichever digits there are, and however inputs and outputs are exchanged and complemented."""
    value, inputs, digits, enough = CALCULATIONS[name]
    before = calculation(value, inputs, digits, seed=len(name))
    after = Collapse(orders=0, rounds=0).run(before, Context()).aig
    assert before.num_ands > enough
    assert after.num_ands <= enough
    assert prove(before, after)


def test_what_differs_from_a_product_in_one_row_is_none() -> None:
    """A product of which a digit is wrong, and one with another's digit for its own."""
    product = CALCULATIONS["product"][0]
    for wrong in (lambda row: product(row) ^ (row == 777) << 3, lambda row: product(row) & ~8 | product(row) >> 1 & 8):
        before = calculation(wrong, 10, [1, 3, 5], seed=2)
        after = Collapse(orders=0, rounds=0).run(before, Context()).aig
        assert after.num_ands <= before.num_ands
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
