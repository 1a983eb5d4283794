"""What became of the trained layers: a network a person can draw, and sums that must come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given

from netc import Dense, Head, InternalError, LayeredNetwork, Model, load, optimize
from netc.aig import NONE
from netc.stats import fate_of_layers, optimized_stats

DIGITS = Path(__file__).parents[1] / "examples" / "digits" / "model.pt"


def test_every_fate_in_a_small_network() -> None:
    # and, nand, a, constant 1, or of two inputs; of these the last is not read again
    first = Dense(np.array([8, 7, 10, 15, 14], np.uint64), np.array([[0, 1]] * 5, np.uint32))
    # and & ~nand is and; a & 1 is a; a & ~a is 0
    second = Dense(np.array([2, 8, 2], np.uint64), np.array([[0, 1], [2, 3], [2, 2]], np.uint32))
    model = Model.of_layers(LayeredNetwork(2, [first, second]), head=Head.group_sum(3, 1))
    assert fate_of_layers(optimize(model, level=2)) == [
        {"layer": 0, "neurons": 5, "constant": 1, "wire": 1, "same": 1, "gate": 1, "gone": 1},
        {"layer": 1, "neurons": 3, "constant": 1, "wire": 1, "same": 1, "gate": 0, "gone": 0},
    ]


@given(strategies.layered_networks())
def test_every_neuron_has_one_fate_and_it_is_true(network: LayeredNetwork) -> None:
    model = optimize(Model.of_layers(network), level=2)
    rows = fate_of_layers(model)
    assert [row["neurons"] for row in rows] == [layer.neurons for layer in network.layers]
    for row in rows:
        assert row["neurons"] == sum(row[name] for name in ("constant", "wire", "same", "gate", "gone"))
    used = model.origins[model.origins != NONE] >> 1
    values = twins.simulate(model.logic, twins.all_patterns(network.inputs))[:, used]
    constant = (values == values[:1]).all(axis=0)
    assert sum(row["constant"] for row in rows) <= constant.sum()
    assert sum(row["gate"] for row in rows) <= model.logic.num_ands


def test_a_circuit_without_layers_has_none() -> None:
    from netc import Builder

    made = optimize(Builder(1).finish([2]))
    assert optimized_stats(made)["layers"] == []
    with pytest.raises(InternalError, match="no report"):
        optimized_stats(Model(made.logic))


def test_stats_with_a_level(capsys: Any) -> None:
    import json

    from netc.cli.main import main

    with pytest.raises(SystemExit) as left:
        main(["stats", str(DIGITS), "-O1", "--json"])
    assert left.value.code in (0, None)
    found = json.loads(capsys.readouterr().out)
    model = optimize(load(DIGITS), level=1)
    assert found["optimized"]["ands"] == model.logic.num_ands < found["logic"]["ands"]
    assert found["optimized"]["layers"] == fate_of_layers(model)
    assert found["optimized"]["verified"] == "proved"
