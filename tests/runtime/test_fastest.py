"""The engine ``auto``."""

from __future__ import annotations

import numpy as np
import pytest
from netc.runtime import fastest
from netc.runtime.machine_code import targets

from netc import Builder, Dense, LayeredNetwork, Model, NetcError, Tiled, compile


def test_it_is_one_of_the_others_and_answers_as_they_do() -> None:
    builder = Builder(8)
    aig = builder.finish([builder.and_(builder.input(i), builder.input((i * 3 + 1) % 8) ^ 1) for i in range(8)])
    x = np.random.default_rng(0).integers(0, 2, (700, 8)).astype(bool)
    net = compile(aig)
    assert net.engine.name in ("machine", "table")
    assert np.array_equal(net.bits(x), compile(aig, engine="table").bits(x))


def test_the_table_kernel_runs_where_machine_code_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(model: object, **options: object) -> None:
        raise NetcError("", "this system forbids programs to make machine code")

    monkeypatch.setattr(fastest, "MachineCodeEngine", forbidden)
    assert compile(Builder(1).finish([2])).engine.name == "table"


@pytest.mark.skipif(not targets(), reason="no machine code is made for this processor")
def test_programs_too_long_for_machine_code_are_left_to_the_table_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "_MOST_OPERATIONS", 0)
    builder = Builder(2)
    aig = builder.finish([builder.and_(builder.input(0), builder.input(1))])
    assert compile(aig).engine.name == "table"


def test_large_networks_of_templates_are_not_flattened(monkeypatch: pytest.MonkeyPatch) -> None:
    either = Dense(np.array([0b1110], np.uint64), np.array([[0, 1]], np.uint32))
    model = Model.of_layers(LayeredNetwork(64, [Tiled((either,), np.arange(64).reshape(32, 2))]))
    x = np.random.default_rng(0).integers(0, 2, (700, 64)).astype(bool)
    assert compile(model).engine.name in ("machine", "table", "template")
    monkeypatch.setattr(fastest, "_MOST_OPERATIONS", 31)
    net = compile(model)
    assert net.engine.name == "template"
    assert "as layers" in repr(model)
    assert np.array_equal(net.bits(x), x[:, 0::2] | x[:, 1::2])
