"""The schedule is checked by doing what it says: statement by statement, over slots, roots and locals."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from netc import Builder, LutNetwork
from netc.ports import Ports
from netc.schedule import Home, schedule


def random_luts(seed: int, inputs: int, luts: int, k: int, roots: int) -> LutNetwork:
    """LUTs of any tables, constants, wires and repeated fan-ins among them; roots of any node, complemented or not."""
    rng = np.random.default_rng(seed)
    fanins = np.array([rng.integers(max(0, 1 + inputs + i - 30), 1 + inputs + i, k) for i in range(luts)], np.uint32)
    tables = rng.integers(0, 2**64, luts, np.uint64) >> np.uint64(64 - 2**k)
    tables[rng.random(luts) < 0.1] = 0
    chosen = rng.integers(0, 2 * (1 + inputs + luts), roots)
    return LutNetwork(Ports(inputs=inputs, outputs=roots), fanins.reshape(luts, k), tables, chosen.astype(np.uint32))


def evaluate(network: LutNetwork, x: Any) -> Any:
    """``bool[n, roots]``, node by node."""
    values = [np.zeros(len(x), bool), *x.T]
    for fanins, table in zip(network.fanins.tolist(), network.tables.tolist(), strict=True):
        row = sum(values[node].astype(np.int64) << j for j, node in enumerate(fanins))
        values.append((np.uint64(table) >> np.asarray(row, np.uint64) & np.uint64(1)).astype(bool))
    return np.stack([values[lit >> 1] ^ bool(lit & 1) for lit in network.roots.tolist()], axis=1)


def follow(network: LutNetwork, block: int, x: Any) -> Any:
    """The roots as a program that keeps values only where the schedule puts them."""
    plan = schedule(network, block)
    first, count = plan.network.first_lut, plan.network.num_luts
    slots: list[Any] = [None] * plan.slots
    roots: list[Any] = [None] * len(network.roots)
    local: dict[int, Any] = {}

    def read(node: int) -> Any:
        number = int(plan.numbers[node])
        match Home(plan.homes[node]):
            case Home.LEAF:
                return x[:, number] if node else np.zeros(len(x), bool)
            case Home.SLOT:
                return slots[number]
            case Home.ROOT:
                return roots[number]
            case Home.LOCAL:
                return local[number]

    for index in range(count):
        if index % block == 0:
            local.clear()
        row = sum(read(node).astype(np.int64) << j for j, node in enumerate(plan.network.fanins[index].tolist()))
        table = np.uint64(plan.network.tables[index])
        value = (table >> np.asarray(row, np.uint64) & np.uint64(1)).astype(bool)
        number = int(plan.numbers[first + index])
        match Home(plan.homes[first + index]):
            case Home.SLOT:
                slots[number] = value
            case Home.ROOT:
                roots[number] = value
            case Home.LOCAL:
                local[number] = value
    for position in plan.pending_roots().tolist():
        lit = int(plan.network.roots[position])
        roots[position] = read(lit >> 1) ^ bool(lit & 1)
    return np.stack(roots, axis=1)


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("block", [1, 7, 1000])
def test_following_a_schedule_computes_the_network(k: int, block: int) -> None:
    for seed in range(8):
        network = random_luts(seed, inputs=6, luts=120, k=k, roots=15)
        x = np.array(list(product([False, True], repeat=6)))
        assert np.array_equal(follow(network, block, x), evaluate(network, x))


def test_what_costs_nothing_is_not_scheduled() -> None:
    # a constant, a wire, an inverter, an AND that reads one input twice, and a LUT that nobody reads
    fanins = np.array([[0, 0], [1, 0], [1, 2], [2, 2], [1, 2]], np.uint32)
    tables = np.array([0b1111, 0b1010, 0b0101, 0b1000, 0b1000], np.uint64)
    network = LutNetwork(Ports(inputs=2, outputs=4), fanins, tables, 2 * np.arange(3, 7, dtype=np.uint32))
    plan = schedule(network, 100)
    assert plan.network.num_luts == 0
    assert plan.network.roots.tolist() == [1, 2, 3, 4]
    assert plan.pending_roots().tolist() == [0, 1, 2, 3]


def test_a_root_that_is_asked_for_complemented_is_computed_complemented() -> None:
    builder = Builder(2)
    gate = builder.and_(builder.input(0), builder.input(1))
    plan = schedule(LutNetwork.of_aig(builder.finish([gate ^ 1])), 100)
    assert plan.network.tables.tolist() == [0b0111]
    assert plan.pending_roots().tolist() == []


def test_a_chain_needs_one_slot_and_locals_need_none() -> None:
    builder = Builder(101)
    lit = builder.input(0)
    for index in range(1, 101):
        lit = builder.and_(lit, builder.input(index)) ^ 1
    network = LutNetwork.of_aig(builder.finish([lit]))
    assert schedule(network, 1).slots == 1
    assert schedule(network, 10).slots == 1
    assert schedule(network, 100).slots == 0


def test_a_chain_of_a_hundred_thousand_levels_is_no_recursion() -> None:
    count = 100_000
    fanins = np.stack([np.arange(1, count + 1), np.full(count, 1)], axis=1).astype(np.uint32)
    fanins[0] = [1, 2]
    fanins[1:, 0] += 1
    tables = np.full(count, 0b0110, np.uint64)
    network = LutNetwork(Ports(inputs=2, outputs=1), fanins, tables, np.array([2 * (count + 2)]))
    assert schedule(network, 200).network.num_luts == count


def test_an_empty_network_has_an_empty_schedule() -> None:
    network = LutNetwork(Ports(), np.zeros((0, 2), np.uint32), np.zeros(0, np.uint64), np.zeros(0, np.uint32))
    plan = schedule(network, 1)
    assert (plan.network.num_luts, plan.slots, len(plan.pending_roots())) == (0, 0, 0)
