"""`exact`: small windows become the smallest circuits of their functions."""

from __future__ import annotations

import random

import numpy as np
import pytest
import strategies
import twins
from netc.passes.exact import Exact
from netc.passes.resub import Resub
from netc.passes.rewrite import Rewrite
from netc.passes.walk import Walk

from netc import Aig, Builder, Context, NetcError


def same_function(before: Aig, after: Aig) -> bool:
    patterns = twins.all_patterns(before.ports.leaves)
    return np.array_equal(twins.roots(before, patterns), twins.roots(after, patterns))


def full_adder() -> Aig:
    """Sum and carry beside each other, which share nothing: ten ANDs."""
    build = Builder(3)
    a, b, c = (build.input(index) for index in range(3))
    total = build.xor(build.xor(a, b), c)
    return build.finish([total, build.or_(build.and_(a, build.or_(b, c)), build.and_(b, c))])


def test_a_full_adder_has_seven_ands() -> None:
    before = full_adder()
    after = Exact(nodes=12, conflicts=5000).run(before, Context()).aig
    assert before.num_ands == 10
    assert after.num_ands == 7
    assert same_function(before, after)
    assert after.ports is before.ports


def test_outputs_share_what_they_have_in_common() -> None:
    """a b c and a b NOT c, d: with a b made twice, in other orders."""
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    before = build.finish([build.and_(a, build.and_(b, c)), build.and_(b, build.and_(a, c ^ 1)), build.and_(d, c)])
    after = Exact().run(before, Context()).aig
    assert (before.num_ands, after.num_ands) == (5, 4)
    assert same_function(before, after)


def stubborn() -> Aig:
    """A graph that rewrite, resub and walk leave at five ANDs; drawn at random."""
    build = Builder(4)
    made: dict[int, int] = {}
    for node, (x, y) in enumerate([(4, 2), (11, 9), (9, 6), (14, 13), (17, 13)], 5):
        lits = [made.get(lit >> 1, build.input((lit >> 1) - 1) if lit >> 1 <= 4 else 0) ^ (lit & 1) for lit in (x, y)]
        made[node] = build.and_(*lits)
    return build.finish([made[8], made[9]])


def test_it_finds_what_other_passes_do_not() -> None:
    before = stubborn()
    for other in (Rewrite(), Rewrite(inputs=5), Resub(leaves=10, gates=3), Walk()):
        assert other.run(before, Context()).aig.num_ands == 5
    after = Exact().run(before, Context()).aig
    assert after.num_ands == 4
    assert same_function(before, after)


@pytest.mark.parametrize("around", [0, 12])
@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_keep_their_functions(seed: int, around: int) -> None:
    before = strategies.tangle(random.Random(seed), 7, 40, near=12, outputs=5)
    after = Exact(around=around).run(before, Context()).aig
    assert after.num_ands <= before.num_ands
    assert same_function(before, after)


def test_what_never_occurs_and_what_nothing_sees_is_used() -> None:
    """Of a c and b NOT c one is false, so that their XOR is an OR; and (a XOR d) is seen only where a is true."""
    build = Builder(4)
    a, b, c, d = (build.input(index) for index in range(4))
    chosen = build.or_(build.and_(a, build.xor(a, d)), build.and_(a ^ 1, c))
    before = build.finish([build.xor(build.and_(a, c), build.and_(b, c ^ 1)), chosen])
    assert Exact(leaves=2, nodes=3, around=0).run(before, Context()).aig.num_ands == before.num_ands == 11
    after = Exact(leaves=2, nodes=3, around=8).run(before, Context()).aig
    assert after.num_ands == 6
    assert same_function(before, after)


def test_few_conflicts_and_little_work_find_less() -> None:
    before = full_adder()
    assert Exact(nodes=12, conflicts=1).run(before, Context()).aig.num_ands >= 7
    assert Exact(work=1).run(before, Context()).aig.num_ands > 7


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("leaves=7", "leaves=7; it is 2 to 6"),
        ("outputs=5", "outputs=5; it is 1 to 4"),
        ("nodes=1", "nodes=1; it is 2 to 12"),
        ("around=13", "around=13; it is 0 to 12"),
        ("conflicts=0", "conflicts=0; it is at least 1"),
        ("work=0", "work=0; it is at least 1"),
    ],
)
def test_what_is_out_of_range_is_refused(option: str, text: str) -> None:
    name, value = option.split("=")
    with pytest.raises(NetcError, match=text):
        Exact(**{name: int(value)}).run(full_adder(), Context())
