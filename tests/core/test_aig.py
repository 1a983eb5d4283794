"""The graph and its laws."""

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Builder, NetcError
from netc.aig import NONE, compose
from netc.ports import Ports


def half_adder() -> Aig:
    build = Builder(2)
    total, carry = build.half_adder(build.input(0), build.input(1))
    return build.finish([total, carry])


def test_a_half_adder_has_three_ands_and_adds() -> None:
    aig = half_adder()
    assert (aig.num_ands, aig.depth) == (3, 2)
    values = twins.roots(aig, twins.all_patterns(2))
    assert values.astype(int).tolist() == [[0, 0], [1, 0], [1, 0], [0, 1]]


def test_a_full_adder_has_seven_ands_and_adds() -> None:
    build = Builder(3)
    aig = build.finish(build.full_adder(build.input(0), build.input(1), build.input(2)))
    assert aig.num_ands == 7
    values = twins.roots(aig, twins.all_patterns(3)).astype(int)
    assert (values[:, 0] + 2 * values[:, 1]).tolist() == [bin(e).count("1") for e in range(8)]


def test_append_and_writes_what_it_is_told_and_and_folds() -> None:
    build = Builder(1)
    x = build.input(0)
    twice = build.append_and(x, x)
    assert twice not in (x, 0, 1)
    assert build.and_(x, x) == x
    assert build.and_(x, x ^ 1) == 0
    assert build.and_(x, 1) == x
    assert build.and_(x, 0) == 0


def test_and_hashes_whatever_the_order_of_fanins() -> None:
    build = Builder(2)
    x, y = build.input(0), build.input(1)
    assert build.and_(x, y) == build.and_(y, x)


@pytest.mark.parametrize(
    ("ands", "roots", "message"),
    [
        ([[4, 2]], [4], "not of an earlier node"),
        ([[2, 3]], [4], "the larger literal comes first"),
        ([[3, 2]], [6], "the graph has 3 nodes"),
        ([[3, 2]], [4, 4], "2 roots for ports that need 1"),
    ],
)
def test_a_graph_that_breaks_a_law_is_refused(ands: list[list[int]], roots: list[int], message: str) -> None:
    with pytest.raises(NetcError, match=message):
        Aig(Ports(inputs=1, outputs=1), np.array(ands, np.uint32), np.array(roots, np.uint32))


def test_arrays_cannot_be_changed_through_the_graph() -> None:
    ands = np.array([[4, 2]], np.uint32)
    aig = Aig(Ports(inputs=2, outputs=1), ands, np.array([6], np.uint32))
    ands[0, 0] = 99
    assert aig.ands[0, 0] == 4
    with pytest.raises(ValueError, match="read-only"):
        aig.ands[0, 0] = 2


def test_numbers_that_do_not_fit_are_refused_and_not_wrapped() -> None:
    with pytest.raises(NetcError, match="outside uint32"):
        Aig(Ports(inputs=1, outputs=1), np.zeros((0, 2), np.uint32), np.array([-1]))


def test_an_empty_graph_is_a_graph() -> None:
    aig = Builder(0).finish([])
    assert (aig.num_nodes, aig.depth, aig.is_hashed) == (1, 0, True)


def test_a_chain_of_a_hundred_thousand_levels_is_walked() -> None:
    count = 100_000
    ands = np.empty((count, 2), np.uint32)
    ands[:, 0] = 2 * np.arange(2, 2 + count) + 1  # the complement of the AND before
    ands[0] = (5, 2)
    ands[1:, 1] = 2
    aig = Aig(Ports(inputs=2, outputs=1), ands[:, [0, 1]], np.array([2 * (2 + count)], np.uint32))
    assert aig.depth == count
    assert aig.live().sum() == count + 2


@given(strategies.aigs())
def test_levels_fanouts_and_liveness_agree_with_their_definitions(aig: Aig) -> None:
    levels = [0] * aig.first_and
    fanouts = [0] * aig.num_nodes
    for a, b in aig.ands.tolist():
        levels.append(1 + max(levels[a >> 1], levels[b >> 1]))
        fanouts[a >> 1] += 1
        fanouts[b >> 1] += 1
    live = {int(root) >> 1 for root in aig.roots}
    for root in aig.roots.tolist():
        fanouts[root >> 1] += 1
    for index in reversed(range(aig.num_ands)):
        if aig.first_and + index in live:
            live |= {int(lit) >> 1 for lit in aig.ands[index]}
    assert aig.levels.tolist() == levels
    assert aig.fanouts.tolist() == fanouts
    assert aig.depth == max((levels[root >> 1] for root in aig.roots.tolist()), default=0)
    assert set(np.flatnonzero(aig.live()).tolist()) == live


@given(strategies.aigs())
def test_hashed_means_that_hashing_changes_nothing(aig: Aig) -> None:
    assert aig.is_hashed == (twins.strash(aig) == [tuple(pair) for pair in aig.ands.tolist()])


@given(st.lists(st.integers(0, 9), min_size=5, max_size=5), st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_images_compose_like_functions(first: list[int], second: list[int]) -> None:
    a = np.array([NONE if lit == 9 else lit for lit in first], np.uint32)
    b = np.array([NONE if lit == 9 else lit for lit in second], np.uint32)
    expected = [NONE if lit == NONE or b[lit >> 1] == NONE else int(b[lit >> 1]) ^ (lit & 1) for lit in map(int, a)]
    assert compose(a, b).tolist() == expected


def test_the_combinational_core_turns_latches_into_ports() -> None:
    build = Builder(1, 1)
    aig = build.finish([build.latch(0)], [build.and_(build.input(0), build.latch(0))])
    core = aig.combinational()
    assert (core.inputs, core.ports.latches, core.ports.outputs) == (2, 0, 2)
