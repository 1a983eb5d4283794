"""Simulation against its twin, in every shape."""

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, LayeredNetwork, NetcError, simulate
from netc.ports import Ports
from netc.simulation import pack_columns, simulate_layers, simulate_nodes, unpack_columns


@given(strategies.aigs(), st.sampled_from([0, 1, 2, 63, 64, 65, 511, 512, 513, 1030]), st.integers(0, 99))
def test_roots_and_nodes_agree_with_the_twin(aig: Aig, samples: int, seed: int) -> None:
    patterns = np.random.default_rng(seed).integers(0, 2, (samples, aig.ports.leaves)).astype(np.bool_)
    assert np.array_equal(simulate(aig, patterns), twins.roots(aig, patterns))
    assert np.array_equal(simulate_nodes(aig, patterns), twins.simulate(aig, patterns))


@given(st.integers(0, 200), st.integers(0, 9), st.integers(0, 99))
def test_packing_and_unpacking_columns_are_inverse(samples: int, columns: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (samples, columns)).astype(np.bool_)
    assert np.array_equal(unpack_columns(pack_columns(bits), samples), bits)


def test_patterns_of_another_width_are_refused() -> None:
    with pytest.raises(NetcError, match=r"the circuit reads \(n, 0\)"):
        simulate(Aig(Ports(), np.zeros((0, 2), np.uint32), np.zeros(0, np.uint32)), np.zeros((1, 1)))


@given(strategies.layered_networks(max_k=8))
def test_layers_agree_with_the_twin(network: LayeredNetwork) -> None:
    patterns = twins.all_patterns(network.inputs)
    assert np.array_equal(simulate_layers(network, patterns), twins.layers(network, patterns))


def test_layers_refuse_patterns_of_another_width() -> None:
    with pytest.raises(NetcError, match=r"the network reads \(n, 3\)"):
        simulate_layers(LayeredNetwork(3, []), np.zeros((2, 4)))
