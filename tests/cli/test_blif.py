"""`netc blif`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import twins
import twins_blif

from netc import Aig, Builder, Dense, Head, LayeredNetwork, Model, emit, load, write
from netc.cec import check
from netc.files import Source
from netc.frontends.blif import load as load_blif
from netc.ports import Ports

Netc = Callable[..., Any]


def read(text: str) -> Model:
    return load_blif(Source("t.blif", text.encode()))


def adder() -> Aig:
    """A full adder with the carry kept: two inputs, one latch."""
    build = Builder(2, 1)
    total, carry = build.full_adder(build.input(0), build.input(1), build.latch(0))
    names = {"input": {0: "a", 1: "b"}, "latch": {0: "c"}, "output": {0: "sum"}}
    return build.finish([total], [carry], b"\x00", names=names)


def random_graph() -> Aig:
    """300 ANDs over ten inputs and six latches."""
    rng = np.random.default_rng(3)
    rows = []
    for index in range(300):
        a, b = rng.integers(2, 2 * (17 + index), 2).tolist()
        rows.append((max(a, b), min(a, b)))
    roots = rng.integers(2 * 166, 2 * 317, 14).astype(np.uint32)
    return Aig(Ports(inputs=10, resets=bytes([0, 1, 0, 1, 2, 2]), outputs=8), np.array(rows, np.uint32), roots)


def test_the_command_writes_to_standard_output(netc: Netc, tmp_path: Path) -> None:
    write(adder(), tmp_path / "adder.aig")
    done = netc("blif", "adder.aig", "-K", "3", "--clock", "clk", "--model", "accumulate")
    assert done.code == 0
    assert done.err == ""
    assert done.text == b"".join(emit(adder(), "blif", k=3, clock="clk", model="accumulate")).decode()
    piped = netc("blif", input=(tmp_path / "adder.aig").read_bytes())
    assert read(piped.text).logic.ports.latches == 1


def test_the_command_optimizes_and_reads_its_own_output(netc: Netc, tmp_path: Path) -> None:
    aig = random_graph()
    write(aig, tmp_path / "random.aig")
    done = netc("blif", "random.aig", "-O2", "-o", "small.blif", "--clock", "ck")
    assert (done.code, done.out) == (0, b"")
    small = load(tmp_path / "small.blif")
    assert small.logic.num_ands < aig.num_ands
    assert check(small.logic, aig)
    again = netc("blif", "small.blif")
    assert "small: all latches are clocked by re 'ck'" not in again.err  # the model is called after its .model line
    assert "all latches are clocked by re 'ck'" in again.err
    assert netc("blif", "small.blif", "-q").err == ""


def test_the_command_takes_another_model_as_top(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "two.blif").write_text(
        ".model outer\n.inputs a\n.outputs y\n.subckt inner i=a o=y\n.end\n"
        ".model inner\n.inputs i\n.outputs o\n.names i o\n0 1\n.end\n"
    )
    assert netc("blif", "two.blif").text.startswith(".model outer\n.inputs a\n")
    assert netc("blif", "two.blif", "--top", "inner").text.startswith(".model inner\n.inputs i\n")
    wrong = netc("blif", "two.blif", "--top", "other")
    assert wrong.code == 2
    assert "there is no model 'other'" in wrong.err


def test_the_command_merges_clocks_when_told(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "two.blif").write_text(
        ".model m\n.inputs d c1 c2\n.outputs q\n.latch d p re c1 0\n.latch p q re c2 0\n.end\n"
    )
    refused = netc("blif", "two.blif")
    assert refused.code == 2
    assert "--merge-clocks" in refused.err
    merged = netc("blif", "two.blif", "--merge-clocks")
    assert "different clocks are read as if they shared one" in merged.err
    assert ".latch d p 0\n.latch p q 0\n" in merged.text


def test_the_command_lowers_the_head(netc: Netc, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    layer = Dense(random.integers(0, 16, 12).astype(np.uint64), random.integers(0, 6, (12, 2)).astype(np.uint32))
    network, head = LayeredNetwork(6, [layer]), Head.group_sum(12, 3)
    write(Model.of_layers(network, head=head), tmp_path / "model.aig")
    bits = twins.layers(network, twins.all_patterns(6))
    scores = np.array(twins.scores(head, bits))
    raw = netc("blif", "model.aig", "-K", "4")
    assert np.array_equal(twins_blif.roots(raw.text, twins.all_patterns(6)), bits)
    sums = netc("blif", "model.aig", "--outputs", "sums").text
    digits = twins_blif.roots(sums, twins.all_patterns(6))
    added = np.zeros_like(scores)
    for column, name in enumerate(twins_blif.ports(sums, "outputs")):
        label, digit = re.fullmatch(r"score(\d)\[(\d)\]", name).groups()  # type: ignore[union-attr]
        added[:, int(label)] += digits[:, column] << int(digit)
    assert np.array_equal(added, scores)
    winner = twins_blif.roots(netc("blif", "model.aig", "--outputs", "argmax").text, twins.all_patterns(6))
    assert (winner * [1, 2]).sum(axis=1).tolist() == twins.first_largest(scores.tolist())
    write(adder(), tmp_path / "adder.aig")
    assert netc("blif", "adder.aig", "--outputs", "argmax").code == 2


def test_the_command_says_what_is_wrong_and_writes_nothing(netc: Netc, tmp_path: Path) -> None:
    ports = Ports(inputs=1, outputs=1, bad=1)
    write(Aig(ports, np.zeros((0, 2), np.uint32), np.array([2, 3], np.uint32)), tmp_path / "bad.aig")
    refused = netc("blif", "bad.aig", "-o", "out.blif")
    assert refused.code == 2
    assert "--properties=outputs" in refused.err
    assert not (tmp_path / "out.blif").exists()
    assert netc("blif", "bad.aig", "--properties", "drop").code == 0
    assert netc("blif", "bad.aig", "-K", "1").code == 2
    (tmp_path / "broken.blif").write_text(".model m\n.outputs y\n.end\n")
    broken = netc("blif", "broken.blif")
    assert broken.code == 2
    assert broken.err == "netc: broken.blif:2:10: nothing drives signal 'y'\n"


def test_a_run_that_stops_at_its_budget_says_so(netc: Netc, tmp_path: Path) -> None:
    write(random_graph(), tmp_path / "random.aig")
    done = netc("blif", "random.aig", "-O3", "--budget", "1000")
    assert done.code == 3
    assert "--budget" in done.err
    assert check(read(done.text).logic, random_graph())
