"""Covering graphs with LUTs."""

import time

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Builder, LutNetwork, NetcError, load, map_luts
from netc.aig import NONE
from netc.cec import prove
from netc.flatten import lut_to_aig
from netc.mapping import map_with_image
from netc.ports import Ports


@given(strategies.aigs(), st.integers(2, 6), st.sampled_from(["area", "depth"]))
def test_the_cover_is_the_same_function_and_its_image_is_true(aig: Aig, k: int, goal: str) -> None:
    network, image = map_with_image(aig, k, goal=goal)
    patterns = twins.all_patterns(aig.ports.leaves)
    assert network.k == k
    assert network.ports is aig.ports
    assert np.array_equal(twins.lut_roots(network, patterns), twins.roots(aig, patterns))
    values = twins.simulate(aig, patterns)
    back, _ = lut_to_aig(network)
    assert prove(aig, back)
    mapped = twins.simulate(lut_to_aig(network)[0], patterns)
    _, literal = lut_to_aig(network)
    for node, lit in enumerate(image.tolist()):
        if lit != NONE:
            of_lut = int(literal[lit >> 1])
            assert np.array_equal(values[:, node], mapped[:, of_lut >> 1] ^ bool(of_lut & 1))


@given(strategies.aigs(), st.integers(2, 6))
def test_depth_oriented_covers_are_never_deeper(aig: Aig, k: int) -> None:
    assert map_luts(aig, k, goal="depth").depth <= map_luts(aig, k, goal="area").depth
    assert map_luts(aig, k, goal="depth").depth <= aig.depth


def and_chain(width: int) -> Aig:
    build = Builder(width)
    lit = build.input(0)
    for index in range(1, width):
        lit = build.and_(lit, build.input(index))
    return build.finish([lit])


@pytest.mark.parametrize(("k", "luts"), [(2, 30), (3, 15), (4, 10), (6, 6)])
def test_a_chain_takes_as_few_luts_as_its_inputs_need(k: int, luts: int) -> None:
    """31 inputs through LUTs that each take k signals and give one: 30 / (k - 1)."""
    assert map_luts(and_chain(31), k).num_luts == luts


def test_xor_is_one_lut() -> None:
    build = Builder(2)
    network = map_luts(build.finish([build.xor(build.input(0), build.input(1))]), 2)
    assert network.num_luts == 1
    # the root's complement may stand on either side of the LUT
    assert int(network.tables[0]) ^ (0xF * (int(network.roots[0]) & 1)) == 0x6


def test_a_full_adder_is_two_luts_of_three() -> None:
    build = Builder(3)
    assert map_luts(build.finish(build.full_adder(2, 4, 6)), 3).num_luts == 2


def test_what_no_root_needs_is_not_covered() -> None:
    build = Builder(2)
    build.and_(2, 4)
    network = map_luts(build.finish([2, 1, 0, 5]), 4)
    assert network.num_luts == 0
    assert network.roots.tolist() == [2, 1, 0, 5]


@pytest.mark.parametrize("k", [1, 7])
def test_sizes_of_luts_that_do_not_exist_are_refused(k: int) -> None:
    with pytest.raises(NetcError, match="makes 2 to 6"):
        map_luts(and_chain(4), k)


@pytest.mark.corpus
def test_luts_are_as_few_as_abc_needs(corpus: object) -> None:
    """ABC's `if -K 6 -a` on the same graphs gives these counts; compared in sum, and none much worse."""
    abc = {"cavlc": 116, "i2c": 353, "voter": 2770, "router": 73, "priority": 266, "int2float": 47, "sin": 1450}
    ours = {name: map_luts(load(f"{corpus}/aig/epfl/{name}.aig").logic, 6).num_luts for name in abc}
    assert sum(ours.values()) <= sum(abc.values())
    assert all(ours[name] <= 1.1 * abc[name] for name in abc)


@pytest.mark.parametrize("k", [2, 3, 6])
def test_a_chain_of_100_000_levels_is_mapped_in_time_that_follows_its_length(k: int) -> None:
    levels, inputs = 100_000, 500
    node = np.arange(1 + inputs, 1 + inputs + levels)
    other = np.random.default_rng(7).integers(1, 1 + inputs, levels)
    ands = np.stack([2 * (node - 1) + 1, 2 * other], axis=1)
    ands[0] = 4, 2
    chain = Aig(Ports(inputs=inputs, outputs=1), ands.astype(np.uint32), np.array([2 * node[-1]], np.uint32))
    started = time.process_time()
    network = map_luts(chain, k)
    assert time.process_time() - started < 30  # its square takes minutes
    assert network.num_luts <= -(-levels // (k - 1))


@given(strategies.luts())
def test_keeping_zero_changes_polarity_and_nothing_else(network: LutNetwork) -> None:
    kept = network.keeping_zero()
    patterns = twins.all_patterns(network.ports.leaves)
    assert np.array_equal(twins.lut_roots(kept, patterns), twins.lut_roots(network, patterns))
    assert np.array_equal(kept.fanins, network.fanins)
    assert not (kept.tables & np.uint64(1))[(kept.fanins == 0).all(axis=1)].any()
    count = kept.num_luts  # each LUT as an output: all are 0 where all inputs are
    shown = LutNetwork(
        Ports(inputs=network.ports.leaves, outputs=count),
        kept.fanins,
        kept.tables,
        2 * np.arange(kept.first_lut, kept.num_nodes, dtype=np.uint32),
    )
    assert not twins.lut_roots(shown, np.zeros((1, network.ports.leaves), np.bool_)).any()


def test_keeping_zero_leaves_no_complement_in_an_adder() -> None:
    build = Builder(8)
    carry, sums = 0, []
    for bit in range(4):
        total, carry = build.full_adder(build.input(bit), build.input(4 + bit), carry)
        sums.append(total)
    kept = map_luts(build.finish([*sums, carry]), 3).keeping_zero()
    assert not (kept.roots & 1).any()
    parity, majority = 0b10010110, 0b11101000
    assert {int(table) for table in kept.tables} >= {parity, majority}
