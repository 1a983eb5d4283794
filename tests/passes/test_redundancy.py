"""Redundancy removal."""

import numpy as np
import pytest
import twins
from netc.passes.redundancy import Redundancy

from netc import Aig, Builder, Context, NetcError
from netc.cec import prove


def check_equivalent(before: Aig, after: Aig) -> None:
    patterns = twins.all_patterns(before.ports.leaves)
    assert np.array_equal(twins.roots(before, patterns), twins.roots(after, patterns))


def test_an_untestable_fan_in_goes() -> None:
    # a | (not a & b) is a | b: that the second term needs a to be false is seen by no output.
    build = Builder(2)
    a, b = build.input(0), build.input(1)
    before = build.finish([build.or_(a, build.and_(a ^ 1, b))])
    after = Redundancy().run(before, Context()).aig
    check_equivalent(before, after)
    assert (before.num_ands, after.num_ands) == (2, 1)
    assert after.ports is before.ports


@pytest.mark.parametrize("exhaustive", [0, 12])
def test_a_chain_loses_every_repeated_condition(exhaustive: int) -> None:
    # A priority chain whose every stage asks again that no earlier request is there.
    width = 8
    build = Builder(width)
    quiet, grants = [1], []
    for index in range(width):
        grants.append(build.and_(build.input(index), quiet[-1]))
        quiet.append(build.and_(quiet[-1], build.input(index) ^ 1))
    waste = 0
    for index in range(1, width):
        waste = build.or_(waste, build.and_(build.and_(grants[index], quiet[index - 1]), build.input(index - 1) ^ 1))
    before = build.finish([*grants, waste])
    after = Redundancy(exhaustive=exhaustive).run(before, Context()).aig
    check_equivalent(before, after)
    # two ANDs a stage and the OR of the grants: nothing is left of the conditions
    assert after.num_ands <= 2 * width + width
    assert after.num_ands < before.num_ands


def test_a_circuit_without_redundancy_stays() -> None:
    build = Builder(3)
    before = build.finish(list(build.full_adder(build.input(0), build.input(1), build.input(2))))
    after = Redundancy().run(before, Context()).aig
    assert after.num_ands == before.num_ands
    assert prove(before, after)


def test_options_out_of_range_are_refused() -> None:
    aig = Builder(1).finish([2])
    for options in ({"window": 0}, {"conflicts": -1}, {"rounds": 0}):
        with pytest.raises(NetcError, match="redundancy"):
            Redundancy(**options).run(aig, Context())
