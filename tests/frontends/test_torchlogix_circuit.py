from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.errors import NetcError

# What each operation gives for (in0, in1) = 00, 01, 10, 11.
OPERATIONS = {
    "CONST_FALSE": "0000",
    "CONST_TRUE": "1111",
    "WIRE": "0011",
    "NOT": "1100",
    "NOT_A": "1100",
    "NOT_B": "1010",
    "AND": "0001",
    "OR": "0111",
    "XOR": "0110",
    "NAND": "1110",
    "NOR": "1000",
    "XNOR": "1001",
    "AND_NOT_B": "0010",
    "AND_NOT_A": "0100",
    "OR_NOT_B": "1011",
    "OR_NOT_A": "1101",
}
PAIRS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool)


def gate(number: int, op: str, in0: int = -1, in1: int = -1) -> dict[str, Any]:
    return {"gate_id": number, "op": op, "in0": in0, "in1": in1, "node_idx": 0}


def load(tmp_path: Path, data: Any) -> netc.Model:
    (tmp_path / "circuit.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return netc.load(tmp_path / "circuit.json")


def circuit(**change: Any) -> dict[str, Any]:
    data = {"n_inputs": 2, "input_shape": [2], "outputs": [2], "output_shape": [1], "gates": [gate(2, "AND", 0, 1)]}
    return {**data, **change}


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_operation_computes_what_it_says(tmp_path: Path, op: str) -> None:
    model = load(tmp_path, circuit(gates=[gate(2, op, 0, 1)]))
    assert "".join(map(str, netc.compile(model).bits(PAIRS)[:, 0].astype(int))) == OPERATIONS[op]


def test_sums_are_classes_with_their_own_offsets(tmp_path: Path) -> None:
    """Simplifying adds constant true bits to a sum's beta."""
    gates = [gate(2, "AND", 0, 1), gate(3, "XOR", 0, 1)]
    sums = [
        {"node_id": 9, "input_ids": [2, 3, 0], "tau": 2.0, "beta": 0.5},
        {"node_id": 10, "input_ids": [3], "tau": 2.0, "beta": 2.5},
    ]
    net = netc.compile(load(tmp_path, circuit(gates=gates, sum_nodes=sums, outputs=[10, 9])))
    a, b = PAIRS.T.astype(int)
    first, second = (a & b) + (a ^ b) + a, (a ^ b)
    wanted = np.stack([(second + 2.5) / 2, (first + 0.5) / 2], axis=1)
    np.testing.assert_array_equal(net.logits(PAIRS), wanted.astype(np.float32))


def test_an_input_may_be_an_output(tmp_path: Path) -> None:
    net = netc.compile(load(tmp_path, circuit(outputs=[1, 0])))
    np.testing.assert_array_equal(net.bits(PAIRS), PAIRS[:, ::-1])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("{", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
        ([1, 2], "this JSON is no circuit of torchlogix"),
        ({"model": 1}, "this JSON is no circuit of torchlogix"),
        (circuit(n_inputs=-1), "n_inputs: -1 is no number"),
        (circuit(n_inputs=10**9), "it claims 1,000,000,000 inputs for 1 gates"),
        (circuit(gates=7), "gates: this is no list"),
        (circuit(gates=[gate(2, "MUX", 0, 1)]), "gate 0: there is no operation 'MUX'"),
        (circuit(gates=["AND"]), "gate 0: there is no operation 'AND'"),
        (circuit(gates=[gate(2, "AND", 0, 2)]), "gate 0: it reads 2, which no input and no gate before it is"),
        (circuit(gates=[gate(2, "AND", True, 1)]), "gate 0: it reads True"),
        (circuit(gates=[gate(1, "AND", 0, 1)]), "gate 0: there are two of the number 1"),
        (circuit(outputs=[5]), "outputs: it reads 5"),
        (circuit(outputs=[2, 9], sum_nodes=[{"node_id": 9, "input_ids": [2]}]), "1 of 2 are sums"),
        (circuit(outputs=[9], sum_nodes=[{"node_id": 9, "input_ids": [2], "tau": "x"}]), "tau: 'x' is no number"),
        (circuit(outputs=[9], sum_nodes=[{"node_id": 9, "input_ids": [2], "tau": 0}]), "tau is 0"),
        (
            circuit(outputs=[8, 9], sum_nodes=[{"node_id": n, "input_ids": [2], "beta": n / 10} for n in (8, 9)]),
            "sums of different scales",
        ),
    ],
)
def test_files_that_make_no_sense_are_refused(tmp_path: Path, data: Any, what: str) -> None:
    with pytest.raises(NetcError, match=what):
        load(tmp_path, data)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_circuits_that_torchlogix_traced_compute_what_it_computes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch evaluates the circuits")
    torchlogix = pytest.importorskip("torchlogix", reason="torchlogix traces the circuits")
    torch.manual_seed(1)
    layers = torchlogix.layers
    raw = {"parametrization_kwargs": {"weight_init": "random"}}
    module = torch.nn.Sequential(
        layers.LogicDense(12, 30, **raw), layers.LogicDense(30, 20, **raw), layers.GroupSum(4, tau=2.0, beta=1.0)
    ).eval()
    x = np.random.default_rng(1).integers(0, 2, (200, 12)).astype(bool)
    wanted = module(torch.from_numpy(x).float()).detach().numpy()
    torchlogix.utils.set_export_mode(module)
    traced = torchlogix.Circuit.from_model(module, input_shape=(12,))
    for simplified in (False, True):
        if simplified:
            traced.simplify()
        model = load(tmp_path, traced.to_dict())
        np.testing.assert_allclose(netc.compile(model).logits(x), wanted, rtol=1e-6)
