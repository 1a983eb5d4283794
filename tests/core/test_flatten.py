"""From tables to ANDs."""

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given

from netc import Aig, Dense, LayeredNetwork, LutNetwork, NetcError, Tiled, simulate
from netc.flatten import Flattened, flatten, lut_to_aig
from netc.ports import Ports
from netc.simulation import simulate_nodes

XOR2, AND2 = 0x6, 0x8
XOR3, MAJ3, MUX = 0x96, 0xE8, 0xCA  # MUX: fan-in 2 selects fan-in 1, else fan-in 0


def one_layer(tables: list[int], k: int) -> LayeredNetwork:
    wiring = np.tile(np.arange(k, dtype=np.uint32), (len(tables), 1))
    return LayeredNetwork(k, [Dense(np.array(tables, np.uint64), wiring)])


@pytest.mark.parametrize(
    ("tables", "k", "ands"),
    [
        ([AND2], 2, 1),
        ([XOR2], 2, 3),
        ([XOR2, AND2], 2, 3),  # a half adder
        ([XOR3], 3, 6),
        ([MAJ3], 3, 4),
        ([MUX], 3, 3),
        ([XOR3, MAJ3], 3, 7),  # a full adder
        ([XOR3 ^ 0xFF, MAJ3 ^ 0xFF], 3, 7),
        ([0x69, 0xB2], 3, 7),  # parity with a full subtractor's borrow, a majority with one input complemented
        ([0x6996], 4, 9),
        ([0x0, 0xF, 0xA, 0x5], 2, 0),  # constants, a wire and an inverter
    ],
)
def test_well_known_functions_take_their_optimal_form(tables: list[int], k: int, ands: int) -> None:
    aig, _ = flatten(one_layer(tables, k))
    assert aig.num_ands == ands
    patterns = twins.all_patterns(k)
    expected = [[bool(table >> e & 1) for table in tables] for e in range(1 << k)]
    assert simulate(aig, patterns).tolist() == expected


def test_every_function_of_three_inputs_is_right_and_small() -> None:
    network = one_layer(list(range(256)), 3)
    aig, _origins = flatten(network)
    values = simulate(aig, twins.all_patterns(3))
    assert values.tolist() == [[bool(table >> e & 1) for table in range(256)] for e in range(8)]
    sizes = [flatten(one_layer([table], 3))[0].num_ands for table in range(256)]
    assert max(sizes) == 6  # parity is the largest


def test_every_class_of_four_inputs_is_right() -> None:
    tables = np.random.default_rng(4).permutation(65536)[:3000].tolist()
    aig, _ = flatten(one_layer(tables, 4))
    values = simulate(aig, twins.all_patterns(4))
    assert np.array_equal(values, np.array([[table >> e & 1 for table in tables] for e in range(16)], np.bool_))


@given(strategies.layered_networks(max_k=8))
def test_flattening_keeps_the_function_and_every_neuron(network: LayeredNetwork) -> None:
    aig, origins = flatten(network)
    patterns = twins.all_patterns(network.inputs)
    assert np.array_equal(simulate(aig, patterns), twins.layers(network, patterns))
    assert aig.is_hashed
    nodes = simulate_nodes(aig, patterns)
    first = network.layers[0]
    if isinstance(first, Dense):  # the first layer's neurons are known by their tables alone
        of_layer = nodes[:, origins[: first.neurons] >> 1] ^ (origins[: first.neurons] & 1).astype(np.bool_)
        assert np.array_equal(of_layer, twins.layers(LayeredNetwork(network.inputs, [first]), patterns))


@given(strategies.layered_networks(max_k=6))
def test_a_layered_network_as_luts_is_the_same_function(network: LayeredNetwork) -> None:
    luts = LutNetwork.of_layers(network)
    patterns = twins.all_patterns(network.inputs)
    assert np.array_equal(twins.lut_roots(luts, patterns), twins.layers(network, patterns))


@given(strategies.luts())
def test_a_lut_network_as_ands_is_the_same_function(network: LutNetwork) -> None:
    aig, image = lut_to_aig(network)
    patterns = twins.all_patterns(network.ports.inputs)
    assert np.array_equal(simulate(aig, patterns), twins.lut_roots(network, patterns))
    assert len(image) == network.num_nodes


@given(strategies.aigs())
def test_an_aig_as_luts_is_the_same_function(aig: Aig) -> None:
    network = LutNetwork.of_aig(aig)
    patterns = twins.all_patterns(aig.ports.leaves)
    assert np.array_equal(twins.lut_roots(network, patterns), twins.roots(aig, patterns))


def test_full_adders_are_found_across_a_lut_network() -> None:
    """A ripple adder of 3-input LUTs: seven ANDs a bit, though each carry is made by the LUT before."""
    bits = 8
    fanins, tables = [], []
    carry = 0
    roots = []
    for i in range(bits):
        node = 1 + 2 * bits + 2 * i
        fanins += [[1 + i, 1 + bits + i, carry], [1 + i, 1 + bits + i, carry]]
        tables += [XOR3, MAJ3]
        roots.append(2 * node)
        carry = node + 1
    ports = Ports(inputs=2 * bits, outputs=bits)
    network = LutNetwork(ports, np.array(fanins, np.uint32), np.array(tables, np.uint64), np.array(roots, np.uint32))
    aig, _ = lut_to_aig(network)
    assert aig.num_ands == 3 + 7 * (bits - 1)


def test_padding_reads_false() -> None:
    template = (Dense(np.array([AND2 ^ 0xF], np.uint64), np.array([[0, 1]])),)  # NAND
    network = LayeredNetwork(1, [Tiled(template, np.array([[0, -1], [0, 0]]))])
    aig, _ = flatten(network)
    assert simulate(aig, np.array([[0], [1]])).tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda: LayeredNetwork(1, [Dense(np.array([2]), np.array([[1, 0]]))]), "layer 0: a neuron reads output 1"),
        (lambda: LayeredNetwork(2, [Dense(np.array([16]), np.array([[1, 0]]))]), "bits past 4"),
        (lambda: LayeredNetwork(2, [Dense(np.array([[1, 2]]), np.array([[1, 0]]))]), "need 1"),
        (
            lambda: LayeredNetwork(1, [Tiled((Dense(np.array([1]), np.array([[0]])),), np.array([[1]]))]),
            "reads outside",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused_with_their_number(network: object, message: str) -> None:
    with pytest.raises(NetcError, match=message):
        network()  # type: ignore[operator]


def test_a_model_of_layers_is_flattened_only_when_its_graph_is_looked_at() -> None:
    network = one_layer([XOR2, AND2], 2)
    logic = Flattened(network)
    assert "2 neurons as layers" in repr(logic)
    named = logic.with_ports(logic.ports.with_names("output", {1: "carry"}))
    assert (named.inputs, named.ports.outputs) == (2, 2)
    assert "as layers" in repr(named)
    aig, origins = flatten(network)
    assert named.num_ands == 3
    assert np.array_equal(named.ands, aig.ands)
    assert np.array_equal(logic.origins, origins)
    assert logic.same_as(aig)
    assert "3 ANDs" in repr(logic)
    assert logic.with_ports(named.ports).same_as(named)
    assert not hasattr(logic, "latches")


def test_ports_that_do_not_fit_the_layers_are_refused() -> None:
    with pytest.raises(NetcError, match="layers of other widths"):
        Flattened(one_layer([AND2], 2), Ports(inputs=3, outputs=1))
