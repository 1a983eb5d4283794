"""SAT sweeping."""

import numpy as np
import pytest
import twins
from netc.passes.dce import Dce
from netc.passes.sweep import Sweep

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def swept(aig: Aig, conflicts: int = 1000) -> Aig:
    return Dce().run(Sweep(conflicts).run(aig, Context()).aig, Context()).aig


def ripple(build: Builder, width: int, swap: bool) -> list[int]:
    """An adder; with `swap` its majority is built the other way round, so that nothing hashes together."""
    carry, sums = 0, []
    for index in range(width):
        a, b = build.input(index), build.input(width + index)
        if swap:
            total = build.xor(a, build.xor(b, carry))
            carry = build.or_(build.and_(a, build.or_(b, carry)), build.and_(b, carry))
        else:
            total, carry = build.full_adder(a, b, carry)
        sums.append(total)
    return [*sums, carry]


def test_two_adders_become_one() -> None:
    width = 12
    build = Builder(2 * width)
    first, second = ripple(build, width, False), ripple(build, width, True)
    aig = build.finish([*first, *second])
    after = swept(aig)
    assert after.outputs[: width + 1].tolist() == after.outputs[width + 1 :].tolist()
    assert after.num_ands < aig.num_ands * 0.6
    assert prove(aig, after)


def test_a_node_that_is_always_false_is_found_though_no_pattern_shows_it() -> None:
    """x < y and y < z and z < x for 8-bit numbers."""
    width = 8
    build = Builder(3 * width)

    def less(a: int, b: int) -> int:
        lit = 0
        for index in range(width):
            x, y = build.input(a * width + index), build.input(b * width + index)
            lit = build.mux(build.xor(x, y), y, lit)
        return lit

    never = build.and_(build.and_(less(0, 1), less(1, 2)), less(2, 0))
    assert swept(build.finish([never])).outputs.tolist() == [0]


def test_rare_events_are_not_merged_away() -> None:
    """All 40 inputs true: random patterns never show it, a proof must not pass it."""
    build = Builder(40)
    lit = build.input(0)
    for index in range(1, 40):
        lit = build.and_(lit, build.input(index))
    aig = build.finish([lit])
    after = swept(aig)
    assert after.num_ands == 39
    assert twins.roots(after, np.ones((1, 40), np.bool_)).tolist() == [[True]]


def test_complements_merge_too() -> None:
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    xor = build.append_and(build.append_and(a, b) ^ 1, build.append_and(a ^ 1, b ^ 1) ^ 1)
    xnor = build.append_and(build.append_and(a, b ^ 1) ^ 1, build.append_and(a ^ 1, b) ^ 1)
    after = swept(build.finish([xor, xnor]))
    assert after.num_ands == 3
    assert after.outputs[0] == after.outputs[1] ^ 1


def test_negative_conflicts_are_refused() -> None:
    with pytest.raises(NetcError, match="conflicts=-1"):
        Sweep(conflicts=-1).run(Builder(1).finish([2]), Context())


def test_two_threads_give_the_bytes_and_the_work_of_one() -> None:
    width = 24
    build = Builder(2 * width)
    aig = build.finish([*ripple(build, width, False), *ripple(build, width, True)])
    made, work = [], []
    for threads in (1, 2):
        context = Context(None, threads)
        made.append(Sweep(levels=True).run(aig, context).aig)
        work.append(context.work)
    assert made[0].same_as(made[1])
    assert work[0] == work[1]
    assert Dce().run(made[0], Context()).aig.num_ands == swept(aig).num_ands
    assert prove(aig, made[0])
