"""The self-checking testbench: it passes what is right, and fails what is not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import twins
from helpers_verilog import SIMULATORS, random_aig, simulate
from netc.backends.testbench import VerilogTestbench, initial_state, stimulus

from netc import Aig, Builder, Model, NetcError, emit
from netc.ports import Ports
from netc.simulation import unpack_columns


def both(aig: Aig, top: str, vectors: int = 100, **options: object) -> list[bytes]:
    """The module, and its testbench."""
    bench = b"".join(emit(aig, "verilog-testbench", top=top, vectors=vectors, **options))
    return [b"".join(emit(aig, "verilog", top=top, **options)), bench]


# ---- vectors -------------------------------------------------------------------------------------------------------


def test_few_inputs_are_tried_exhaustively() -> None:
    words, count = stimulus(5, 32, 1, exhaustive=True)
    assert count == 32
    assert np.array_equal(unpack_columns(words, count), twins.all_patterns(5))
    assert stimulus(0, 1, 1, exhaustive=True)[1] == 1
    assert stimulus(7, 128, 1, exhaustive=True)[0].shape == (7, 2)
    assert stimulus(5, 31, 1, exhaustive=True)[1] == 31
    assert stimulus(5, 32, 1, exhaustive=False)[1] == 32


def test_random_vectors_begin_with_zeros_and_ones_and_come_at_three_densities() -> None:
    words, count = stimulus(400, 1000, 1, exhaustive=True)
    rows = unpack_columns(words, count)
    assert rows.shape == (1000, 400)
    assert not rows[0].any()
    assert rows[1].all()
    density = rows[4:].reshape(-1, 4, 400).mean(axis=(0, 2))
    assert np.allclose(density, [1 / 2, 1 / 2, 1 / 16, 15 / 16], atol=0.01)
    assert np.array_equal(words, stimulus(400, 1000, 1, exhaustive=True)[0])
    assert not np.array_equal(words, stimulus(400, 1000, 2, exhaustive=True)[0])
    assert len(np.unique(rows, axis=0)) == 1000


def test_uninitialised_latches_start_at_random_values() -> None:
    resets = bytes([0, 1, 2] * 100)
    state = initial_state(resets, 1).reshape(-1, 3)
    assert not state[:, 0].any()
    assert state[:, 1].all()
    assert 30 < state[:, 2].sum() < 70


def test_there_is_at_least_one_vector() -> None:
    with pytest.raises(NetcError, match="--vectors: 0; at least 1"):
        list(VerilogTestbench(vectors=0).emit(Model(random_aig(1, inputs=2, ands=3, outputs=1))))


# ---- what is right passes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", SIMULATORS)
def test_right_modules_pass(tool: str, tmp_path: Path) -> None:
    sources: list[bytes] = []
    expected: dict[str, int] = {}
    empty = np.zeros((0, 2), np.uint32)
    cases: list[tuple[str, Aig, int, dict[str, object]]] = [
        ("few", random_aig(1, inputs=5, ands=40, outputs=4), 32, {}),
        ("many", random_aig(2, inputs=300, ands=900, outputs=90), 150, {"flat_ports": True}),
        ("wide", random_aig(3, inputs=70, ands=300, outputs=200), 300, {}),
        ("no_inputs", random_aig(4, inputs=0, ands=3, outputs=3), 1, {}),
        ("no_outputs", Aig(Ports(inputs=2), empty, empty.reshape(-1)), 4, {}),
        ("latches", random_aig(5, inputs=4, ands=80, outputs=6, resets=bytes([0, 1, 2] * 3)), 120, {}),
        ("reset", random_aig(6, inputs=4, ands=80, outputs=6, resets=bytes([0, 1, 2] * 3)), 120, {"reset": "rst"}),
        ("closed", random_aig(7, inputs=0, ands=30, outputs=2, resets=bytes([1, 0, 1, 2])), 50, {"clock": "ck"}),
        ("idle", random_aig(8, inputs=1, ands=9, outputs=2, resets=bytes([2, 2])), 9, {"reset": "r", "clock": "c"}),
    ]
    for top, aig, vectors, options in cases:
        sources += both(aig, top, vectors, **options)
        expected[top] = vectors
    lines = simulate(tool, tmp_path, sources, [f"{top}_tb" for top in expected])
    assert sorted(lines) == sorted(f"PASS {vectors} vectors" for vectors in expected.values())


def test_a_thousand_inputs_and_vectors_take_seconds(tmp_path: Path) -> None:
    aig = random_aig(9, inputs=1000, ands=5000, outputs=300)
    assert simulate("iverilog", tmp_path, both(aig, "big", 1000), ["big_tb"]) == ["PASS 1000 vectors"]


# ---- what is wrong fails -------------------------------------------------------------------------------------------


def counter() -> Aig:
    """Two bits that count where the input is 1, from 2; a third says whether they were 3 a cycle ago."""
    build = Builder(1, 3)
    enable, low, high, full = build.input(0), build.latch(0), build.latch(1), build.latch(2)
    next_states = [build.xor(low, enable), build.xor(high, build.and_(low, enable)), build.and_(low, high)]
    names = {
        "input": {0: "en"},
        "output": {0: "q[0]", 1: "q[1]", 2: 'was 100% "full\\'},
        "latch": {0: "low", 1: "high", 2: "full"},
    }
    return build.finish([low, high, full], next_states, bytes([0, 1, 2]), names=names)


MUTATIONS = {
    "an output": (b"high, low", b"high, ~low"),
    "a stuck output": (b"= full;", b"= 1'b1;"),
    "an initial value": (b"high = 1'b1", b"high = 1'b0"),
    "a missing initial value": (b"low = 1'b0", b"low"),
    "a next state": (b"low <= ", b"low <= ~"),
    "a gate": (b" & ", b" | "),
    "an edge": (b"posedge", b"negedge"),
    "a constant that is unknown": (b"= full;", b"= 1'bx;"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_wrong_module_fails_and_the_differences_are_named(mutation: str, tmp_path: Path) -> None:
    module, bench = both(counter(), "counter", 40)
    assert simulate("iverilog", tmp_path, [module, bench], ["counter_tb"]) == ["PASS 40 vectors"]
    before, after = MUTATIONS[mutation]
    assert module.count(before) >= 1
    lines = simulate("iverilog", tmp_path, [module.replace(before, after, 1), bench], ["counter_tb"])
    assert re.fullmatch(r"FAIL \d+ of 40 vectors", lines[-1])
    differing = {int(line.split()[1].rstrip(":")) for line in lines[:-1]}
    assert lines[-1] == f"FAIL {len(differing)} of 40 vectors"
    shape = re.compile(r'vector \d+: (q|was_100%_"full\\) is [0-9a-fxX], not [0-9a-f] for inputs [01]')
    assert all(shape.fullmatch(line) for line in lines[:-1])


def test_a_reset_to_the_wrong_value_fails(tmp_path: Path) -> None:
    module, bench = both(counter(), "counter", 20, reset="rst")
    assert simulate("iverilog", tmp_path, [module, bench], ["counter_tb"]) == ["PASS 20 vectors"]
    wrong = module.replace(b"high <= 1'b1", b"high <= 1'b0")
    assert wrong != module
    lines = simulate("iverilog", tmp_path, [wrong, bench], ["counter_tb"])
    assert lines[-1].startswith("FAIL ")


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    """The comparison itself is checked: one digit of what must come out is changed."""
    module, bench = both(random_aig(1, inputs=5, ands=40, outputs=4), "few", 32)
    digits = re.search(rb"expected\[0\] = \d+'h([0-9a-f_]+);", bench)
    assert digits is not None
    changed = digits[1][:-1] + (b"0" if digits[1][-1:] != b"0" else b"1")
    lines = simulate("iverilog", tmp_path, [module, bench.replace(digits[1], changed)], ["few_tb"])
    assert lines[-1] == "FAIL 1 of 32 vectors"
    assert lines[0].startswith("vector 0: y is ")
