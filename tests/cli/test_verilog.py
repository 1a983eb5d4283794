"""`netc verilog` as a person or a script meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_verilog import needs, random_aig, run

from netc import Aig, Dense, Encoder, Head, LayeredNetwork, Model, emit, load, write
from netc.ports import Ports

Netc = Callable[..., Any]


def classifier(path: Path) -> Path:
    """Three classes of six random gates, from four features with two thresholds each."""
    random = np.random.default_rng(5)
    layer = Dense(random.integers(0, 16, 18).astype(np.uint64), random.integers(0, 8, (18, 2)).astype(np.uint32))
    encoder = Encoder.thermometer(4, [0.25, 0.75])
    write(Model.of_layers(LayeredNetwork(8, [layer]), encoder=encoder, head=Head.group_sum(18, 3)), path)
    return path


def counter(path: Path) -> Aig:
    aig = random_aig(3, inputs=3, ands=30, outputs=4, resets=bytes([0, 1, 2]))
    write(aig, path)
    return aig


def passes(folder: Path, *files: str) -> bool:
    """Icarus runs them, and prints PASS."""
    needs("iverilog")
    run(folder, "iverilog", "-g2005", "-Wall", "-o", "sim", *files)
    return run(folder, "vvp", "-n", "./sim").startswith("PASS ")


def test_what_the_command_writes_is_what_the_library_writes(netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "--out", "top.v", "--top", "top", "-K", "3", "--reset", "rst", "--clock", "ck")
    assert (done.code, done.out, done.err) == (0, b"", "")
    expected = b"".join(emit(load(tmp_path / "in.aig"), "verilog", top="top", k=3, reset="rst", clock="ck"))
    assert (tmp_path / "top.v").read_bytes() == expected
    piped = netc("verilog", input=(tmp_path / "in.aig").read_bytes())
    assert piped.out == netc("verilog", "-", input=(tmp_path / "in.aig").read_bytes()).out
    assert piped.out.startswith(b"// Circuit circuit, written by netc ")
    assert b"output wire \\y[0] " in netc("verilog", "in.aig", "--flat-ports").out


def test_opt_and_verilog_in_a_pipe(netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    smaller = netc("opt", "-", "-O2", "-q", input=(tmp_path / "in.aig").read_bytes())
    done = netc("verilog", "--out", "top.v", "--testbench", "top_tb.v", "--top", "top", input=smaller.out)
    assert done.code == 0
    assert passes(tmp_path, "top.v", "top_tb.v")


def test_the_testbench_comes_with_the_module_and_passes(netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    options = ["--reset", "rst", "-O2", "--vectors", "77"]
    done = netc("verilog", "in.aig", "-o", "top.v", "--testbench", "top_tb.v", *options)
    assert done.code == 0
    assert b"with 77 vectors" in (tmp_path / "top_tb.v").read_bytes()
    assert passes(tmp_path, "top.v", "top_tb.v")
    both = netc("verilog", "in.aig", "--testbench", "-", *options)  # one file that runs
    (tmp_path / "both.v").write_bytes(both.out)
    assert passes(tmp_path, "both.v")


@pytest.mark.parametrize(
    ("outputs", "ports"), [("raw", "[17:0] y"), ("sums", "[1:0] score2"), ("argmax", "[1:0] argmax")]
)
def test_a_classifier_gives_bits_sums_or_the_class(outputs: str, ports: str, netc: Netc, tmp_path: Path) -> None:
    classifier(tmp_path / "model.aig")
    done = netc("verilog", "model.aig", "--outputs", outputs, "-O1", "-o", "top.v", "--testbench", "top_tb.v")
    assert done.code == 0
    assert f"    output wire {ports}" in (tmp_path / "top.v").read_text()
    assert "    input  wire [7:0] x," in (tmp_path / "top.v").read_text()  # the encoder's bits
    assert passes(tmp_path, "top.v", "top_tb.v")


def test_a_circuit_without_a_head_has_no_sums(netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "--outputs", "sums", "-o", "top.v")
    assert done.code == 2
    assert "no head" in done.err
    assert not (tmp_path / "top.v").exists()


def test_a_failure_leaves_neither_file(netc: Netc, tmp_path: Path) -> None:
    aig = counter(tmp_path / "in.aig")
    names = {"input": {0: "clk"}}
    write(aig.with_ports(Ports(3, aig.ports.resets, 4, names=names)), tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "--clock", "clk", "-o", "top.v", "--testbench", "top_tb.v")
    assert done.code == 2
    assert done.err == "netc: --clock: there is a port called clk already\n  hint: --clock clk_2 is free\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.aig"]
    assert b"input  wire clk_2" in netc("verilog", "in.aig").out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-K", "7"], "expressions of 7 inputs"),
        (["--top", "a b"], "--top: 'a b' is no name that every tool takes"),
        (["-o", "same.v", "--testbench", "same.v"], "same.v is the output file too"),
        (["--vectors", "0"], "Invalid value for '--vectors'"),
        (["-O", "9"], "Invalid value for '-O'"),
    ],
)
def test_bad_options_are_one_line_and_exit_2(options: list[str], message: str, netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    done = netc("verilog", "in.aig", *options)
    assert done.code == 2
    assert done.out == b""
    assert message in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.aig"]


def test_properties_are_refused_until_it_is_said_what_becomes_of_them(netc: Netc, tmp_path: Path) -> None:
    aig = Aig(Ports(inputs=1, outputs=1, bad=1), np.zeros((0, 2), np.uint32), np.array([2, 3], np.uint32))
    write(aig, tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "-o", "top.v")
    assert done.code == 2
    assert "--properties=outputs" in done.err
    assert not (tmp_path / "top.v").exists()
    assert b"bad" in netc("verilog", "in.aig", "--properties", "outputs").out
    assert b"bad" not in netc("verilog", "in.aig", "--properties=drop").out


def test_an_empty_pipe_fails_and_writes_nothing(netc: Netc, tmp_path: Path) -> None:
    done = netc("verilog", "--out", "top.v")
    assert done.code == 2
    assert "<stdin>: nothing came in" in done.err
    assert not (tmp_path / "top.v").exists()


def test_a_budget_stops_with_exit_3_and_a_result(netc: Netc, tmp_path: Path) -> None:
    counter(tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "-O3", "--budget", "5", "-o", "top.v", "--testbench", "top_tb.v")
    assert done.code == 3
    assert "--budget 5" in done.err or re.search(r"--budget \d+ gives", done.err)
    assert passes(tmp_path, "top.v", "top_tb.v")


def test_check_proves_what_it_writes_and_cec_reads_it(netc: Netc, tmp_path: Path) -> None:
    needs("yosys")
    counter(tmp_path / "in.aig")
    done = netc("verilog", "in.aig", "--check", "--out", "top.v")
    assert (done.code, done.err) == (0, "checked through Yosys: 7 of 7 outputs and next states proved\n")
    assert netc("cec", "in.aig", "top.v").text == "EQUIVALENT (7 outputs and next states, matched by order)\n"
    report = json.loads(netc("compile", "in.aig", "-o", "again.v", "--check", "--json").out)
    assert report["check"] == {"verdict": "equivalent", "roots": 7, "undecided": 0}
    refused = netc("compile", "in.aig", "-o", "in.c", "--check")
    assert (refused.code, refused.err) == (2, "netc: --check: Yosys checks Verilog; the target is c\n")


def test_check_without_yosys_writes_nothing(netc: Netc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter(tmp_path / "in.aig")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = netc("verilog", "in.aig", "--check", "--out", "top.v")
    assert done.code == 2
    assert done.err.startswith("netc: --check: this needs Yosys, and there is none\n  hint: ")
    assert not (tmp_path / "top.v").exists()
