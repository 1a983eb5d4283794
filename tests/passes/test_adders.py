"""`adders`: bits are added up with the fewest full and half adders."""

from __future__ import annotations

import random

import numpy as np
import pytest
import twins
from netc.passes.adders import Adders
from netc.passes.resub import Resub
from netc.passes.rewrite import Rewrite
from netc.passes.sweep import Sweep

from netc import Aig, Builder, Context


def full_adder(build: Builder, a: int, b: int, c: int) -> tuple[int, int]:
    half = build.xor(a, b)
    return build.xor(half, c), build.or_(build.and_(a, b), build.and_(half, c))


def add(build: Builder, x: list[int], y: list[int], carry: int = 0) -> list[int]:
    """Two numbers, the least digit first, by a chain that begins with a half adder where no carry comes in."""
    total = []
    for index in range(max(len(x), len(y))):
        a, b = (number[index] if index < len(number) else 0 for number in (x, y))
        digit, carry = full_adder(build, a, b, carry)
        total.append(digit)
    return [*total, carry]


def count_by_halves(build: Builder, bits: list[int]) -> list[int]:
    """How many are 1, as the sum of the counts of two halves."""
    if len(bits) == 1:
        return bits
    middle = len(bits) // 2
    total = add(build, count_by_halves(build, bits[:middle]), count_by_halves(build, bits[middle:]))
    return total[: len(bits).bit_length()]


def counted(bits: int) -> Aig:
    """How many inputs are 1, each signal there once."""
    build = Builder(bits)
    aig = build.finish(count_by_halves(build, [build.input(index) for index in range(bits)]))
    return Sweep().run(aig, Context()).aig


def fewest_ands(bits: int) -> int:
    """Of a count by full adders of seven ANDs and half adders of three: a column takes them until one bit is left."""
    ands = 0
    while bits > 1:
        ands += 7 * ((bits - 1) // 2) + 3 * (1 - bits % 2)
        bits //= 2
    return ands


def adders(before: Aig) -> Aig:
    after = Adders().run(before, Context()).aig
    assert after.ports is before.ports
    assert after.num_ands <= before.num_ands
    return after


def numbers(aig: Aig) -> np.ndarray:
    """What the roots say as a binary number, for all values of the inputs."""
    roots = twins.roots(aig, twins.all_patterns(aig.ports.leaves)).astype(np.int64)
    return roots @ (1 << np.arange(roots.shape[1]))


@pytest.mark.parametrize("bits", [5, 6, 7, 11, 14])
def test_a_count_takes_as_few_adders_as_its_columns_need(bits: int) -> None:
    before = counted(bits)
    after = adders(before)
    assert after.num_ands <= fewest_ands(bits) < before.num_ands
    assert np.array_equal(numbers(after), twins.all_patterns(bits).sum(axis=1))


def test_adders_are_found_in_what_other_passes_have_made_of_them() -> None:
    before = counted(13)
    for other in (Resub(), Rewrite(), Resub(leaves=10)):
        before = other.run(before, Context()).aig
    after = adders(before)
    assert after.num_ands <= fewest_ands(13) < before.num_ands
    assert np.array_equal(numbers(after), twins.all_patterns(13).sum(axis=1))


def test_what_is_subtracted_is_a_complement_added() -> None:
    """(x - y) + (z - w) and one more bit, of three bits each, modulo 8: all of that in as few adders as a sum takes."""
    build = Builder(13)
    x, y, z, w = ([build.input(3 * number + digit) for digit in range(3)] for number in range(4))
    first, second = (add(build, a, [lit ^ 1 for lit in b], 1)[:3] for a, b in ((x, y), (z, w)))
    total = add(build, add(build, first, second)[:3], [build.input(12)])[:3]
    before = build.finish(total)
    after = adders(before)
    assert after.num_ands < before.num_ands
    inputs = twins.all_patterns(13).astype(np.int64)
    values = [inputs[:, 3 * number : 3 * number + 3] @ (1, 2, 4) for number in range(4)]
    assert np.array_equal(numbers(after), (values[0] - values[1] + values[2] - values[3] + inputs[:, 12]) % 8)


def test_partial_sums_that_are_read_stay() -> None:
    build = Builder(8)
    halves = [count_by_halves(build, [build.input(4 * half + index) for index in range(4)]) for half in range(2)]
    before = build.finish([*add(build, halves[0], halves[1]), *halves[0], *halves[1]])
    after = adders(before)
    assert np.array_equal(numbers(before), numbers(after))
    inputs = twins.all_patterns(8)
    left, right = inputs[:, :4].sum(axis=1), inputs[:, 4:].sum(axis=1)
    assert np.array_equal(numbers(after) % 16, left + right)


@pytest.mark.parametrize("seed", range(30))
def test_random_sums_keep_their_functions(seed: int) -> None:
    """Numbers added in a random order, some complemented, some digits dropped, some read by gates as well."""
    draw = random.Random(seed)
    build = Builder(10)
    waiting = [[build.input(index)] for index in range(10)]
    read = []
    while len(waiting) > 1:
        draw.shuffle(waiting)
        x, y = waiting.pop(), waiting.pop()
        flip = draw.random() < 0.3
        total = add(
            build, x, [lit ^ flip for lit in y], draw.choice([0, 0, 1, waiting.pop()[0] if len(waiting) > 1 else 0])
        )
        if draw.random() < 0.2:
            read.append(build.and_(total[-1], total[0] ^ 1))
        waiting.append(total[: draw.randint(1, len(total))] if draw.random() < 0.2 else total)
    before = build.finish([*waiting[0], *read])
    assert np.array_equal(numbers(before), numbers(adders(before)))


def test_a_long_chain_ends_well() -> None:
    """Two numbers of 20,000 digits, in a chain of 40,000 levels whose majorities share nothing with the sums."""
    digits = 20_000
    build = Builder(2 * digits)
    carry, total = 0, []
    for index in range(digits):
        a, b = build.input(index), build.input(digits + index)
        total.append(build.xor(a, build.xor(b, carry)))
        carry = build.or_(build.and_(a, b), build.and_(carry, build.or_(a, b)))
    before = build.finish([*total, carry])
    after = adders(before)
    assert after.num_ands == 7 * digits - 4
    assert after.num_ands < before.num_ands
