"""What a network becomes before an engine runs it: fewer, larger operations that compute the same."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
import twins

from netc import Dense, LayeredNetwork, Model, compile

AND, XOR, OR, FIRST = 8, 6, 14, 10

Gates = list[tuple[int, int, int]]


def network(inputs: int, *layers: Gates) -> LayeredNetwork:
    return LayeredNetwork(
        inputs,
        [
            Dense(np.array([gate[0] for gate in gates], np.uint64), np.array([gate[1:] for gate in gates], np.uint32))
            for gates in layers
        ],
    )


def operations(inputs: int, *layers: Gates) -> int:
    """Of the program, which is run on every input."""
    given = network(inputs, *layers)
    net = compile(Model.of_layers(given), engine="table")  # of three operands everywhere
    x: npt.NDArray[np.bool_] = np.array(list(itertools.product([False, True], repeat=inputs)))
    assert (net.bits(x) == twins.layers(given, x)).all()
    return int(net.engine.operations)


def test_a_gate_with_one_reader_is_merged_into_it() -> None:
    assert operations(3, [(AND, 0, 1), (FIRST, 2, 0)], [(XOR, 0, 1)]) == 1


def test_a_gate_with_two_readers_is_computed_twice_rather_than_stored() -> None:
    readers: Gates = [(XOR, 0, 1), (OR, 0, 2)]
    assert operations(4, [(AND, 0, 1), (FIRST, 2, 0), (FIRST, 3, 0)], readers) == 2


def test_a_gate_with_three_readers_is_stored() -> None:
    readers: Gates = [(XOR, 0, 1), (OR, 0, 2), (AND, 0, 3)]
    assert operations(5, [(AND, 0, 1), (FIRST, 2, 0), (FIRST, 3, 0), (FIRST, 4, 0)], readers) == 4


def test_a_gate_stays_if_one_of_its_readers_has_no_room() -> None:
    gates: list[Gates] = [
        [(AND, 0, 1), (XOR, 2, 3), (FIRST, 4, 0)],
        [(XOR, 0, 1), (OR, 0, 2)],
    ]
    # (0 & 1) has two readers, one of which would need four operands unless 2 ^ 3 were stored for it.
    assert operations(5, *gates) == 3


def test_an_output_is_kept_though_it_is_read() -> None:
    assert operations(3, [(AND, 0, 1), (FIRST, 2, 0)], [(FIRST, 0, 1), (XOR, 0, 1)]) == 2


def test_operands_that_coincide_leave_room() -> None:
    first: Gates = [(AND, 0, 1), (OR, 1, 2)]
    assert operations(3, first, [(XOR, 0, 1)]) == 1


@pytest.mark.parametrize("seed", range(20))
def test_random_networks_compute_the_same(seed: int) -> None:
    random = np.random.default_rng(seed)
    widths = [8, *random.integers(4, 40, 5).tolist()]
    layers = [
        [(int(random.integers(16)), int(random.integers(before)), int(random.integers(before))) for _ in range(width)]
        for before, width in itertools.pairwise(widths)
    ]
    assert 0 <= operations(8, *layers) <= sum(widths[1:])
