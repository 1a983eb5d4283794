"""Simulation-guided resubstitution."""

from __future__ import annotations

import pytest
from netc.passes.resub import Resub
from netc.passes.simresub import SimResub

from netc import Aig, Builder, Context, NetcError, load
from netc.cec import prove


def resubbed(aig: Aig, **options: int) -> Aig:
    after = SimResub(**options).run(aig, Context()).aig
    assert prove(aig, after)
    assert after.ports is aig.ports
    return after


def one_hot(build: Builder, count: int) -> list[int]:
    """Lines of which at most one is 1: each is its own input and none of those before."""
    lines, free = [], 1
    for index in range(count):
        if index:
            free = build.and_(free, build.input(index - 1) ^ 1)
        lines.append(build.and_(build.input(index), free))
    return lines


def test_what_no_input_produces_does_not_matter() -> None:
    """Of two lines that are never both 1, an XOR is an OR. Their cut is too wide for a window to know."""
    build = Builder(12)
    lines = one_hot(build, 12)
    aig = build.finish([*lines, build.xor(lines[0], lines[11])])
    assert Resub(leaves=6).run(aig, Context()).aig.num_ands == aig.num_ands
    assert resubbed(aig).num_ands == aig.num_ands - 2


def test_an_exclusive_or_of_divisors_is_found() -> None:
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    x, y = build.xor(a, b), build.xor(b, c)
    union = 0
    for p in range(8):
        bits = [p >> i & 1 for i in range(3)]
        if bits[0] ^ bits[2]:
            union = build.or_(union, build.and_(build.and_(a ^ 1 ^ bits[0], b ^ 1 ^ bits[1]), c ^ 1 ^ bits[2]))
    assert resubbed(build.finish([x, y, union])).num_ands == 9


def test_without_conflicts_only_what_needs_none_is_taken() -> None:
    build = Builder(12)
    lines = one_hot(build, 12)
    aig = build.finish([*lines, build.xor(lines[0], lines[11])])
    assert resubbed(aig, conflicts=0).num_ands <= aig.num_ands


def test_effort_ends_the_pass_with_what_it_has() -> None:
    build = Builder(12)
    lines = one_hot(build, 12)
    pairs = [build.xor(lines[i], lines[11 - i]) for i in range(6)]
    aig = build.finish([*lines, *pairs])
    assert resubbed(aig).num_ands < resubbed(aig, effort=0).num_ands <= aig.num_ands


def test_options_that_make_no_sense_are_refused() -> None:
    for options in ({"leaves": 1}, {"gates": 9}, {"divisors": 1}, {"conflicts": -1}, {"effort": -1}):
        with pytest.raises(NetcError, match=f"{next(iter(options))}=(1|9|-1)"):
            resubbed(Builder(1).finish([2]), **options)


@pytest.mark.corpus
def test_control_logic_gains_beyond_windows(corpus: object) -> None:
    for name in ("i2c", "router", "priority"):
        aig = load(f"{corpus}/aig/epfl/{name}.aig").logic
        assert resubbed(aig).num_ands < 0.96 * Resub().run(aig, Context()).aig.num_ands, name
