"""Constant, duplicate and dead latches, in linear time."""

from __future__ import annotations

import numpy as np
import pytest
from netc.passes.latches import Latches

from netc import Aig, Builder, Context, NetcError
from netc.ports import Ports
from netc.sec import check
from netc.sequential import Reduction


def reduced(aig: Aig, **options: int) -> Reduction:
    reduction = Latches(**options).run_sequential(aig, Context())
    assert check(aig, reduction.aig, latches=reduction.latches.pairs)
    return reduction


def fates(aig: Aig, **options: int) -> list[str]:
    return list(reduced(aig, **options).latches.lines())


def test_constants_duplicates_and_dead_latches_are_gone_and_the_map_says_what_they_became() -> None:
    build = Builder(1, 6)
    data, (stuck, copy, twin, opposite, unread, loop) = build.input(0), map(build.latch, range(6))
    aig = build.finish(
        [build.xor(copy, stuck), build.and_(twin, opposite ^ 1), build.and_(loop, data)],
        [build.and_(stuck, data), data, data, data ^ 1, build.xor(unread, data), build.or_(loop, stuck ^ 1)],
        b"\0\0\0\1\0\1",
    )
    assert fates(aig) == [
        "latch 0: constant 0",
        "latch 2: same as latch 1",
        "latch 3: the complement of latch 1",
        "latch 4: unread",
        "latch 5: constant 1",
    ]
    after = reduced(aig).aig
    assert (after.ports.latches, after.num_ands) == (1, 0)
    assert after.outputs.tolist() == [4, 4, 2]


def test_latches_that_may_start_with_any_value_are_not_merged_and_not_constant() -> None:
    build = Builder(1, 4)
    same = [build.input(0), build.input(0), build.latch(2), 0]
    aig = build.finish([build.latch(index) for index in range(4)], same, b"\2\2\2\2")
    assert reduced(aig).aig.ports.resets == b"\2\2\2\2"
    assert fates(aig) == []


def test_merging_two_latches_may_make_two_others_alike() -> None:
    """Two shift registers of the same input."""
    length = 6
    build = Builder(1, 2 * length)
    chains = [[build.latch(start + index) for index in range(length)] for start in (0, length)]
    aig = build.finish(
        [chain[-1] for chain in chains], [lit for chain in chains for lit in [build.input(0), *chain[:-1]]]
    )
    assert reduced(aig).aig.ports.latches == length
    assert reduced(aig, rounds=2).aig.ports.latches == 2 * length - 2


def test_names_and_properties_stay_with_what_is_left() -> None:
    names = {"latch": {0: "gone", 1: "left"}, "input": {0: "in"}}
    ports = Ports(inputs=1, resets=b"\0\1", outputs=1, bad=1, justice=(2,), names=names, comment=b"a comment")
    aig = Aig(ports, np.array([[4, 2]], np.uint32), np.array([6, 4, 2, 8, 5, 6], np.uint32))
    after = reduced(aig).aig
    assert after.ports == Ports(
        inputs=1,
        resets=b"\1",
        outputs=1,
        bad=1,
        justice=(2,),
        names={"latch": {0: "left"}, "input": {0: "in"}},
        comment=b"a comment",
    )
    assert after.roots.tolist() == [4, 2, 0, 1, 4]


def test_a_long_chain_that_becomes_unknown_step_by_step_takes_linear_work() -> None:
    length = 50_000
    build = Builder(1, length)
    aig = build.finish([build.latch(length - 1)], [build.input(0), *map(build.latch, range(length - 1))])
    context = Context()
    assert Latches().run_sequential(aig, context).aig.ports.latches == length
    assert context.work < 20 * length


def test_options_are_checked() -> None:
    with pytest.raises(NetcError, match="rounds=0"):
        Latches(rounds=0).run_sequential(Builder(1).finish([2]), Context())
