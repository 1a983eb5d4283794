"""Verilog tools as functions, and circuits to give them. Each call of a tool takes many modules at once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from netc import Aig, load
from netc.ports import UNINITIALISED, Ports

Bits = npt.NDArray[np.bool_]

SIMULATORS = ["iverilog", "verilator"]


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def run(folder: Path, *command: str | Path) -> str:
    """Standard output; a tool that fails, or says anything on standard error, fails the test."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode(errors="replace")[-4000:]
    assert not done.stderr, done.stderr.decode(errors="replace")[-4000:]
    return done.stdout.decode()


def simulate(tool: str, folder: Path, sources: Sequence[bytes], tops: Sequence[str]) -> list[str]:
    """The lines that the modules `tops` print, all in one simulation that ends when nothing happens any more."""
    needs(tool)
    instances = "".join(f"    {top} part{index}();\n" for index, top in enumerate(tops))
    text = b"\n".join(sources).replace(b"$finish;", b"") + f"\nmodule everything;\n{instances}endmodule\n".encode()
    (folder / "everything.v").write_bytes(text)
    if tool == "iverilog":
        run(folder, "iverilog", "-g2005", "-Wall", "-s", "everything", "-o", "everything.vvp", "everything.v")
        return run(folder, "vvp", "-n", "everything.vvp").splitlines()
    quick = "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"  # of the C++: these simulations are short
    build = ["verilator", "--binary", "-O0", "--top-module", "everything", "-o", "sim", "-MAKEFLAGS", quick]
    done = subprocess.run([*build, "everything.v"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "%Warning" not in done.stderr
    return run(folder, "./obj_dir/sim").splitlines()


def driver(top: str, aig: Aig, rows: Bits, *, reset: str = "", reset_at: Sequence[int] = ()) -> bytes:
    """A module ``drive_TOP`` that applies rows to the ports x and y and prints y, highest bit first, for each.

    With latches a row is a clock cycle, and y is printed before the edge; `reset` is 1 in the cycles `reset_at`.
    """
    inputs, outputs = aig.inputs, aig.ports.outputs
    connections = [".x(x)"] * bool(inputs) + [".y(y)"] * bool(outputs)
    if aig.ports.latches:
        connections += [".clk(clk)"] + [f".{reset}(rst)"] * bool(reset)
    lines = [
        f"module drive_{top};",
        f"    reg [{max(inputs, 1) - 1}:0] x; wire [{max(outputs, 1) - 1}:0] y; reg clk, rst; integer i;",
        f"    reg [{max(inputs, 1) - 1}:0] rows [0:{len(rows) - 1}];",
        f"    reg [{len(rows) - 1}:0] resets;",
        f"    {top} dut ({', '.join(connections)});",
        "    initial begin",
        "        clk = 0;",
        f"        resets = {len(rows)}'b{''.join('01'[i in reset_at] for i in reversed(range(len(rows))))};",
    ]
    if inputs:
        lines += [f"        rows[{i}] = {inputs}'b{digits(row)};" for i, row in enumerate(rows)]
    lines += [
        f"        for (i = 0; i < {len(rows)}; i = i + 1) begin",
        "            x = rows[i]; rst = resets[i];",
        f'            #1 $display("{top} %b", y);',
        "            #1 clk = 1; #1 clk = 0;",
        "        end",
        "    end",
        "endmodule",
    ]
    return "\n".join(lines).encode()


def digits(row: Bits) -> str:
    """Column 0 is the last digit, as in Verilog."""
    return "".join("01"[int(value)] for value in row[::-1])


def printed(lines: Sequence[str], top: str) -> list[str]:
    """What the driver of `top` printed."""
    return [line.split()[1] for line in lines if line.split()[0] == top]


def random_aig(seed: int, *, inputs: int, ands: int, outputs: int, resets: bytes = b"") -> Aig:
    """Any ANDs in any form, equal and constant fan-ins, duplicates and dead ones among them; any literals as roots."""
    random = np.random.default_rng(seed)
    first = 1 + inputs + len(resets)
    rows = []
    for node in range(first, first + ands):
        near = random.integers(max(0, 2 * node - 16), 2 * node)
        rows.append(sorted((int(near), int(random.integers(0, 2 * node))), reverse=True))
    ports = Ports(inputs=inputs, resets=resets, outputs=outputs)
    roots = random.integers(0, 2 * (first + ands), ports.num_roots).astype(np.uint32)
    return Aig(ports, np.array(rows, np.uint32).reshape(-1, 2), roots)


def yosys_back(folder: Path, modules: Mapping[str, bytes]) -> dict[str, Aig]:
    """Each module as Yosys reads it: latches with their initial values, ports and registers with their names."""
    needs("yosys")
    script = []
    for top, text in modules.items():
        (folder / f"{top}.v").write_bytes(text)
        script.append(
            f"read_verilog {top}.v; hierarchy -check -top {top}; proc; simplemap; aigmap; check -assert; "
            f"write_aiger -symbols {top}.aig; design -reset"
        )
    (folder / "back.ys").write_text("\n".join(script) + "\n")
    run(folder, "yosys", "-q", "-s", "back.ys")
    return {top: load(folder / f"{top}.aig").logic for top in modules}


def as_named(aig: Aig, reference: Aig) -> Aig:
    """The graph with the names of the reference, where Yosys adds aliases ("s6 y[2]") and keeps some escapes."""
    names: dict[str, dict[int, str]] = {}
    for kind, given in aig.ports.names.items():
        wanted = set(reference.ports.names.get(kind, {}).values())
        for index, text in given.items():
            words = [word for alias in text.split(" ") for word in (alias, alias.removeprefix("\\"))]
            names.setdefault(kind, {})[index] = next((word for word in words if word in wanted), text)
    return aig.with_ports(replace(aig.ports, names=names))


def without_input(aig: Aig, name: str) -> Aig:
    """The graph without an input that nothing reads: a clock."""
    names = dict(aig.ports.names["input"])
    position = next(index for index, given in names.items() if given == name)
    assert aig.fanouts[1 + position] == 0
    kept = {index - (index > position): given for index, given in names.items() if index != position}
    ports = Ports(
        inputs=aig.inputs - 1,
        resets=aig.ports.resets,
        outputs=aig.ports.outputs,
        names={**aig.ports.names, "input": kept},
    )
    moved = 2 * (aig.ands > 2 * position + 3).astype(np.uint32)
    return Aig(ports, aig.ands - moved, aig.roots - 2 * (aig.roots > 2 * position + 3).astype(np.uint32))


def with_reset(aig: Aig, name: str) -> Aig:
    """The graph whose next states a last input `name` overrides with the reset values, and nothing else resets."""
    ports = aig.ports
    reset = 2 * (1 + aig.inputs)

    def moved(lits: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        return lits + 2 * (lits >= reset).astype(np.uint32)

    ands = moved(aig.ands).tolist()
    next_states = moved(aig.next_states).tolist()
    for index, value in enumerate(ports.resets):
        if value != UNINITIALISED:  # next & ~reset, or ~(~next & ~reset)
            ands.append(sorted((next_states[index] ^ value, reset ^ 1), reverse=True))
            next_states[index] = 2 * (1 + ports.leaves + len(ands)) ^ value
    names = {**ports.names, "input": {**ports.names.get("input", {}), aig.inputs: name}}
    wider = Ports(inputs=aig.inputs + 1, resets=b"\2" * ports.latches, outputs=ports.outputs, names=names)
    roots = np.concatenate([moved(aig.outputs), np.array(next_states, np.uint32)])
    return Aig(wider, np.array(ands, np.uint32).reshape(-1, 2), roots)


def named(aig: Aig) -> Aig:
    """The graph with the names that Yosys reads back: of default ports, and of registers."""
    ports = aig.ports

    def bus(base: str, width: int) -> dict[int, str]:
        return {0: base} if width == 1 else {index: f"{base}[{index}]" for index in range(width)}

    names = {
        "input": bus("x", ports.inputs),
        "output": bus("y", ports.outputs),
        "latch": {index: f"s{index}" for index in range(ports.latches)},
    }
    return aig.with_ports(Ports(inputs=ports.inputs, resets=ports.resets, outputs=ports.outputs, names=names))
