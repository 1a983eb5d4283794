"""Checks of the mapper and of what backends print: the same text twice, and the right circuit to other tools."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from netc import registry
from netc.aig import Aig
from netc.errors import NetcError
from netc.fuzz import evaluate, options, oracles
from netc.fuzz.check import Check, MismatchError, Params, same_words
from netc.fuzz.of_files import plain_ports
from netc.loading import load
from netc.mapping import map_luts
from netc.ports import Ports
from netc.targets import emit

__all__ = ["CHECKS"]

_MOST_ANDS, _MOST_PORTS = 1500, 200  # for tools that take seconds
_CYCLES = 40


def _plan_emit(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > 6000:
        return None
    target = chosen.choice(sorted(registry.BACKENDS))
    made = registry.find("backend", registry.BACKENDS, target)
    return {"target": target, "options": options.draw(chosen, made)}


def _run_emit(aig: Aig, params: Params) -> None:
    """Any circuit is printed, or refused for its properties; twice the same."""

    def text() -> bytes:
        return b"".join(emit(aig, params["target"], **params["options"]))

    try:
        first = text()
    except NetcError as error:
        first = str(error).encode()
    try:
        second = text()
    except NetcError as error:
        second = str(error).encode()
    if first != second:
        raise MismatchError(f"{params['target']}: the same circuit gives another text")
    if not first:
        raise MismatchError(f"{params['target']}: nothing was printed")


def _plan_map(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > 6000:
        return None
    goal, rounds = chosen.choice(("area", "depth")), chosen.randrange(0, 4)
    return {"k": chosen.randrange(2, 7), "goal": goal, "rounds": rounds, "seed": chosen.getrandbits(32)}


def _run_map(aig: Aig, params: Params) -> None:
    network = map_luts(aig, params["k"], goal=params["goal"], rounds=params["rounds"])
    leaves, samples = evaluate.patterns(params["seed"], aig.ports.leaves, 256)
    wanted = evaluate.root_values(aig, leaves, samples)
    same_words(wanted, evaluate.lut_roots(network, leaves, samples), leaves, where="mapped: ")
    if network.num_luts > max(1, aig.num_ands):
        raise MismatchError(f"mapped: {network.num_luts} LUTs for {aig.num_ands} ANDs")
    again = network.keeping_zero()
    same_words(wanted, evaluate.lut_roots(again, leaves, samples), leaves, where="mapped, keeping zero: ")


def _plan_verilog(chosen: random.Random, aig: Aig) -> Params | None:
    ports = aig.ports
    if aig.num_ands > _MOST_ANDS or max(ports.leaves, ports.outputs) > _MOST_PORTS or not ports.outputs:
        return None
    return {"k": chosen.choice((0, 2, 3, 4, 6)), "flat": chosen.random() < 0.3, "seed": chosen.getrandbits(32)}


def _subject(aig: Aig) -> Aig:
    """Without names, so that ports are called x, y and clk, and with all latches reset."""
    plain = plain_ports(aig)
    return plain.with_ports(replace(plain.ports, resets=plain.ports.resets.replace(b"\x02", b"\x00")))


def _run_simulated(aig: Aig, params: Params) -> None:
    """The module under Icarus Verilog answers as the evaluator does, cycle by cycle if there are latches."""
    aig = _subject(aig)
    if not aig.ports.outputs:
        return
    rows, wanted = _trace(aig, params["seed"])
    options_ = {"top": "dut", "k": params["k"], "flat_ports": params["flat"]}
    text = b"".join(emit(aig, "verilog", **options_)) + _driver(aig, rows, flat=params["flat"]).encode()
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        folder = Path(directory)
        (folder / "all.v").write_bytes(text)
        said = oracles.run(folder, [oracles.find("iverilog"), "-g2005", "-Wall", "-s", "drive", "-o", "all", "all.v"])
        if said:
            raise MismatchError(f"verilog: Icarus Verilog says {said.strip()[-300:]}")
        lines = oracles.run(folder, ["vvp", "-n", "all"]).split()
    if lines != wanted:
        at = next((i for i, pair in enumerate(zip(lines, wanted, strict=False)) if pair[0] != pair[1]), -1)
        raise MismatchError(f"verilog: row {at} gives {lines[at][:60] if lines else 'nothing'}, not {wanted[at][:60]}")


def _trace(aig: Aig, seed: int) -> tuple[list[str], list[str]]:
    """Rows of input digits and the output digits for them, the first port last, as Verilog writes a bus."""
    chosen = random.Random(seed)
    if not aig.ports.latches:
        words, samples = evaluate.patterns(seed, aig.inputs, 64)
        found = evaluate.root_values(aig, words, samples)
        return _digits(words, samples), _digits(found, samples)
    state = [int(reset == 1) for reset in aig.ports.resets]
    rows, outputs = [], []
    for _ in range(_CYCLES):
        row = [chosen.randrange(2) for _ in range(aig.inputs)]
        found = evaluate.root_values(aig, [*row, *state], 1)
        rows += _digits(row, 1)
        outputs += _digits(found[: aig.ports.outputs], 1)
        state = found[aig.ports.outputs :]
    return rows, outputs


def _digits(words: Sequence[int], samples: int) -> list[str]:
    return ["".join("01"[word >> sample & 1] for word in reversed(words)) for sample in range(samples)]


def _driver(aig: Aig, rows: Sequence[str], *, flat: bool) -> str:
    """A module that applies the rows and prints the outputs of each."""
    inputs, outputs = aig.inputs, aig.ports.outputs

    def connection(bus: str, width: int) -> list[str]:
        if flat:
            return [f".\\{bus}[{i}] ({bus}[{i}])" for i in range(width)]
        return [f".{bus}({bus})"] if width else []

    wires = [*connection("x", inputs), *connection("y", outputs), *([".clk(clk)"] if aig.ports.latches else [])]
    lines = [
        "module drive;",
        f"reg [{max(1, inputs) - 1}:0] x; wire [{outputs - 1}:0] y; reg clk;",
        f"dut dut({', '.join(wires)});",
        "initial begin clk = 0;",
    ]
    for row in rows:
        lines.append(
            f'{f"x = {inputs}" + chr(39) + f"b{row};" if inputs else ""} #1 $display("%b", y); #1 clk = 1; #1 clk = 0;'
        )
    return "\n".join([*lines, "end", "endmodule", ""])


def _run_yosys(aig: Aig, params: Params) -> None:
    """The module of the combinational core, read by Yosys and written as AIGER, is the same function."""
    plain = _subject(aig)
    core = Aig(Ports(inputs=plain.ports.leaves, outputs=len(plain.roots)), plain.ands, plain.roots)
    if not core.ports.outputs or not core.inputs:
        return
    text = b"".join(emit(core, "verilog", top="dut", k=params["k"], flat_ports=params["flat"]))
    script = (
        "read_verilog dut.v; hierarchy -check -top dut; proc; simplemap; aigmap; check -assert; "
        "write_aiger -symbols back.aig"
    )
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        folder = Path(directory)
        (folder / "dut.v").write_bytes(text)
        oracles.run(folder, [oracles.find("yosys"), "-q", "-p", script])
        back = load(folder / "back.aig").logic
    leaves, samples = evaluate.patterns(params["seed"], core.inputs)
    given = dict(zip(_bus("x", core.inputs, params["flat"]), leaves, strict=True))
    inputs = [given[_word(back.ports.name("input", index), given)] for index in range(back.inputs)]
    found = evaluate.root_values(back, inputs, samples)
    names = _bus("y", core.ports.outputs, params["flat"])
    by_name = {_word(back.ports.name("output", index), set(names)): word for index, word in enumerate(found)}
    wanted = evaluate.root_values(core, leaves, samples)
    same_words(wanted, [by_name[name] for name in names], leaves, where="verilog by way of Yosys: ")


def _bus(base: str, width: int, flat: bool) -> list[str]:
    return [base] if width == 1 and not flat else [f"{base}[{index}]" for index in range(width)]


def _word(name: str | None, known: object) -> str:
    """The name of ours among those that Yosys has for one signal."""
    words = [word.removeprefix("\\") for word in (name or "").split()]
    assert isinstance(known, (dict, set))
    found = [word for word in words if word in known]
    if not found:
        raise MismatchError(f"verilog: Yosys has a port {name!r}")
    return found[0]


def _run_testbench(aig: Aig, params: Params) -> None:
    """The testbench passes on its own module."""
    if not aig.ports.outputs:
        return
    given = {"top": "dut", "properties": "drop"}
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        folder = Path(directory)
        (folder / "dut.v").write_bytes(b"".join(emit(aig, "verilog", k=params["k"], **given)))
        (folder / "test.v").write_bytes(b"".join(emit(aig, "verilog-testbench", vectors=64, **given)))
        oracles.run(folder, [oracles.find("iverilog"), "-g2005", "-o", "all", "dut.v", "test.v"])
        said = oracles.run(folder, ["vvp", "-n", "all"])
    if "PASS" not in said or "FAIL" in said:
        raise MismatchError(f"verilog-testbench: {said.strip()[-300:]}")


CHECKS = (
    Check("emit", "backends", 12, _plan_emit, _run_emit),
    Check("map", "backends", 20, _plan_map, _run_map),
    Check("verilog-iverilog", "backends", 3, _plan_verilog, _run_simulated),
    Check("verilog-yosys", "backends", 2, _plan_verilog, _run_yosys),
    Check("testbench-iverilog", "backends", 1, _plan_verilog, _run_testbench),
)
