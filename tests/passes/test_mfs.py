"""`mfs`: LUTs that drop inputs or read other signals, under don't-cares."""

import numpy as np
import pytest
import twins
from netc.passes.dce import Dce
from netc.passes.mfs import Mfs

from netc import Aig, Builder, Context, NetcError


def parity(build: Builder, lits: list[int]) -> int:
    output = 0
    for lit in lits:
        output = build.or_(build.and_(output, lit ^ 1), build.and_(output ^ 1, lit))
    return output


def hidden_redundancy() -> Aig:
    """A parity of eight inputs that two LUTs read, and that the output only shows where both agree without it."""
    build = Builder(10)
    inputs = [build.input(index) for index in range(10)]
    wide, a, b = parity(build, inputs[:8]), inputs[8], inputs[9]
    left = build.or_(build.and_(wide, a), build.and_(wide ^ 1, b))  # a or b, by the parity
    right = build.or_(build.and_(wide, b), build.and_(wide ^ 1, a))  # the other one
    return build.finish([build.and_(left, right), build.or_(left, right)])


def same_function(before: Aig, after: Aig) -> bool:
    patterns = twins.all_patterns(before.ports.leaves)
    return np.array_equal(twins.roots(before, patterns), twins.roots(after, patterns))


def test_inputs_that_no_output_can_see_are_dropped() -> None:
    """What comes out is a AND b, a OR b, whatever the parity; the smallest cuts that show it have ten leaves."""
    before = hidden_redundancy()
    after = Mfs(k=3, rounds=4).run(before, Context()).aig
    assert before.num_ands > 25
    assert after.num_ands <= 2
    assert same_function(before, after)
    assert after.ports is before.ports


def test_another_signal_takes_the_place_of_an_input() -> None:
    """A majority made twice, the second time in another order."""
    build = Builder(7)
    a, b, c, d, e, f, g = (build.input(index) for index in range(7))
    first = build.or_(build.and_(a, b), build.and_(c, build.or_(a, b)))
    second = build.or_(build.and_(c, a), build.and_(b, build.or_(c, a)))
    x = build.and_(build.or_(first, d), build.or_(e, f))
    y = build.and_(build.or_(second, e), build.or_(d, g))
    before = build.finish([x, y, first])
    after = Mfs(k=4).run(before, Context()).aig
    assert after.num_ands <= before.num_ands - 3
    assert same_function(before, after)


def test_it_may_grow_only_where_it_is_told_to() -> None:
    before = Dce().run(hidden_redundancy(), Context()).aig
    assert Mfs(window=1, cone=1).run(before, Context()).aig.num_ands <= before.num_ands


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("k=7", "k=7; it is 3 to 6"),
        ("window=0", "window=0; it is at least 1"),
        ("grow=-1", "grow=-1; it is at least 0"),
    ],
)
def test_what_is_out_of_range_is_refused(option: str, text: str) -> None:
    name, value = option.split("=")
    with pytest.raises(NetcError, match=text):
        Mfs(**{name: int(value)}).run(hidden_redundancy(), Context())
