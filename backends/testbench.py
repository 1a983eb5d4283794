"""A self-checking Verilog-2005 testbench: vectors from netc's own simulation, in one file with what must come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from netc.aig import Aig
from netc.errors import NetcError
from netc.model import Model
from netc.ports import UNINITIALISED
from netc.properties import without_properties
from netc.simulation import Words, all_patterns, simulate_words, unpack_columns

from .verilog_names import Interface, Port, written

Bits = npt.NDArray[np.bool_]

_WORD_BITS = 16384  # of a word of memory; every tool takes 65536 (IEEE 1364-2005, 4.3.1)


@dataclass(frozen=True)
class VerilogTestbench:
    """Applies vectors to the module that `Verilog` writes with the same options, and compares every output.

    The simulation prints ``PASS n vectors``; or a line for each output that differs and ``FAIL m of n vectors``. A
    circuit with latches runs `vectors` cycles from reset. Uninitialised latches are set to random values before the
    first cycle, through hierarchical names; a netlist that lost those names cannot be checked so.
    """

    name: ClassVar[str] = "verilog-testbench"
    suffix: ClassVar[str] = ".v"
    vectors: int = 1000  # at most: few inputs without latches are tried exhaustively
    seed: int = 1  # of the random vectors
    top: str = ""  # as in verilog, like the options that follow
    clock: str = ""
    reset: str = ""
    flat_ports: bool = False
    properties: str = ""

    def emit(self, model: Model) -> Iterator[bytes]:
        if self.vectors < 1:
            raise NetcError("--vectors", f"{self.vectors}; at least 1")
        aig = without_properties(model.logic, self.properties or None, "Verilog")
        face = Interface.of(
            aig.ports, model.name, top=self.top, clock=self.clock, reset=self.reset, flat_ports=self.flat_ports
        )
        words, count = stimulus(aig.inputs, self.vectors, self.seed, exhaustive=not aig.ports.latches)
        inputs = unpack_columns(words, count)
        if aig.ports.latches:
            start = initial_state(aig.ports.resets, self.seed)
            outputs = run(aig, inputs, start)
        else:
            start = np.zeros(0, np.bool_)
            outputs = unpack_columns(simulate_words(aig, words)[: aig.ports.outputs], count)
        bench = _Bench(face, aig.ports.resets, start, count)
        yield bench.head()
        yield from bench.memories(inputs[:, _order(face.inputs)], outputs[:, _order(face.outputs)])
        yield bench.body()


def stimulus(inputs: int, count: int, seed: int, *, exhaustive: bool) -> tuple[Words, int]:
    """``uint64[inputs, words]``, 64 vectors a word, and how many vectors they are.

    All vectors in counting order if `exhaustive` and there are at most `count`. Else all zeros, all ones, then random
    ones in turn: two with even odds, one mostly zeros, one mostly ones, since a wide AND is 0 on nearly every even one.
    The generator is numpy's PCG64, whose raw stream is the same in every version and on every machine.
    """
    if exhaustive and inputs < 63 and 2**inputs <= count:
        return all_patterns(inputs, 0, -(-(2**inputs) // 64)), 2**inputs
    size = -(-count // 64)
    raw = np.random.PCG64(seed).random_raw(4 * inputs * size)
    a, b, c, d = np.asarray(raw, np.uint64).reshape(4, inputs, size)
    even, zeros, ones = (np.uint64(mask * 0x1111_1111_1111_1111) for mask in (0b0011, 0b0100, 0b1000))
    words: Words = (a & even) | (a & b & c & d & zeros) | ((a | b | c | d) & ones)
    if inputs:
        words[:, 0] = (words[:, 0] & ~np.uint64(0b11)) | np.uint64(0b10)
    return words, count


def initial_state(resets: bytes, seed: int) -> Bits:
    """``bool[latches]``: the reset values, and random ones where there is none."""
    values = np.frombuffer(resets, np.uint8)
    random = np.asarray(np.random.PCG64([seed, 1]).random_raw(len(values)), np.uint64) >> np.uint64(63)
    state: Bits = np.where(values == UNINITIALISED, random != 0, values == 1)
    return state


def run(aig: Aig, inputs: Bits, start: Bits) -> Bits:
    """``bool[cycles, outputs]``: what a circuit with latches gives in each cycle, before its state changes."""
    ports = aig.ports
    outputs = np.empty((len(inputs), ports.outputs), np.bool_)
    next_states = ports.slices()["latch"]
    state = start.astype(np.uint64)
    for cycle, values in enumerate(inputs):
        roots = simulate_words(aig, np.concatenate([values.astype(np.uint64), state])[:, None])[:, 0] & np.uint64(1)
        outputs[cycle] = roots[: ports.outputs]
        state = roots[next_states]
    return outputs


def _order(ports: Sequence[Port]) -> list[int]:
    """The positions of a row of bits, lowest first: port after port."""
    return [position for port in ports for position in port.members]


@dataclass(frozen=True)
class _Memory:
    """How `count` rows of `width` bits lie in a memory: many in a word, each in whole hexadecimal digits.

    Long words, because Verilator makes code for each 32 bits of a short one, and the C++ compiler takes minutes over
    that.
    """

    name: str
    width: int
    count: int

    @property
    def stride(self) -> int:
        """Bits from one row to the next."""
        return -(-self.width // 4) * 4

    @property
    def rows(self) -> int:
        """Rows in a word."""
        return min(self.count, max(1, _WORD_BITS // self.stride))

    def declaration(self) -> str:
        words = -(-self.count // self.rows)
        return f"    reg [{self.rows * self.stride - 1}:0] {self.name} [0:{words - 1}];"

    def row(self) -> str:
        """The row whose number is in `index`."""
        return f"{self.name}[index / {self.rows}][index % {self.rows} * {self.stride} +: {self.width}]"

    def contents(self, rows: Bits) -> Iterator[str]:
        digits = self.stride // 4
        for start in range(0, self.count, self.rows):
            packed = np.packbits(rows[start : start + self.rows], axis=1, bitorder="little")[:, ::-1]
            texts = [bytes(row).hex()[-digits:] for row in packed]
            word = start // self.rows
            yield f"        {self.name}[{word}] = {self.rows * self.stride}'h{'_'.join(reversed(texts))};\n"


def _quoted(name: str) -> str:
    """A name inside a format string of $display."""
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


@dataclass(frozen=True)
class _Bench:
    """The text around the vectors."""

    face: Interface
    resets: bytes
    start: Bits
    count: int

    @property
    def vectors(self) -> _Memory:
        return _Memory("vectors", sum(len(port.members) for port in self.face.inputs), self.count)

    @property
    def expected(self) -> _Memory:
        return _Memory("expected", sum(len(port.members) for port in self.face.outputs), self.count)

    def head(self) -> bytes:
        face = self.face
        module = face.module
        inputs, outputs = self.vectors.width, self.expected.width
        lines = [
            f"// Checks the module {module} with {self.count} vectors, written by netc {version('netc')}",
            "// With Icarus Verilog: iverilog -g2005 -o sim MODULE.v THIS.v && vvp sim",
            f"// With Verilator: verilator --binary --top-module {module}_tb MODULE.v THIS.v",
            "`default_nettype none",
            "",
            f"module {written(f'{module}_tb')};",
        ]
        if face.clock:
            lines.append("    reg clock;")
        if face.reset:
            lines.append("    reg reset;")
        if inputs:
            lines += [f"    reg [{inputs - 1}:0] stimulus;", self.vectors.declaration()]
        if outputs:
            lines += [f"    reg [{outputs - 1}:0] wanted;", self.expected.declaration()]
        lines += ["    integer index;", "    integer failures;", "    reg failed;"]
        lines += [f"    wire {port.range}got{index};" for index, port in enumerate(face.outputs)]
        lines += [f"    {written(module)} dut (", *self._connections(), "    );", ""]
        return "\n".join([*lines, ""]).encode("ascii")

    def _connections(self) -> Iterator[str]:
        face = self.face
        joined = [(name, signal) for name, signal in ((face.clock, "clock"), (face.reset, "reset")) if name]
        joined += [(port.name, f"stimulus{where}") for port, where in _placed(face.inputs)]
        joined += [(port.name, f"got{index}") for index, port in enumerate(face.outputs)]
        for index, (name, signal) in enumerate(joined):
            yield f"        .{written(name)}({signal}){',' if index + 1 < len(joined) else ''}"

    def memories(self, inputs: Bits, outputs: Bits) -> Iterator[bytes]:
        yield b"    initial begin\n"
        for memory, rows in ((self.vectors, inputs), (self.expected, outputs)):
            if memory.width:
                yield from (line.encode("ascii") for line in memory.contents(rows))
        yield b"    end\n"

    def body(self) -> bytes:
        face = self.face
        lines = ["", "    initial begin", "        #1;  // the memories are full", "        failures = 0;"]
        tick = ["#1 clock = 1'b1;", "#1 clock = 1'b0;"] if face.clock else []
        if face.clock:
            lines.append("        clock = 1'b0;")
        if face.reset:
            lines += ["        reset = 1'b1;", *(f"        {step}" for step in tick), "        reset = 1'b0;"]
        free = [index for index, reset in enumerate(self.resets) if reset == UNINITIALISED]
        if free:
            lines.append("        #1;")
            lines += [f"        dut.{written(face.latches[index])} = 1'b{int(self.start[index])};" for index in free]
        lines.append(f"        for (index = 0; index < {self.count}; index = index + 1) begin")
        if self.vectors.width:
            lines.append(f"            stimulus = {self.vectors.row()};")
        lines.append("            #1;")
        if self.expected.width:
            lines += [
                f"            wanted = {self.expected.row()};",
                "            failed = 1'b0;",
                *self._comparisons(),
            ]
            lines.append("            if (failed) failures = failures + 1;")
        lines += [f"            {step}" for step in tick]
        lines += [
            "        end",
            f'        if (failures == 0) $display("PASS {self.count} vectors");',
            f'        else $display("FAIL %0d of {self.count} vectors", failures);',
            "        $finish;",
            "    end",
            "endmodule",
            "",
            "`default_nettype wire",
            "",
        ]
        return "\n".join(lines).encode("ascii")

    def _comparisons(self) -> Iterator[str]:
        """Output by output: all of them as one vector would be evaluated anew for each bit that changes."""
        for index, (port, where) in enumerate(_placed(self.face.outputs)):
            inputs, value = (" for inputs %h", ", stimulus") if self.vectors.width else ("", "")
            text = f"vector %0d: {_quoted(port.name)} is %h, not %h{inputs}"
            yield f"            if (got{index} !== wanted{where}) begin"
            yield "                failed = 1'b1;"
            yield f'                $display("{text}", index, got{index}, wanted{where}{value});'
            yield "            end"


def _placed(ports: Sequence[Port]) -> Iterator[tuple[Port, str]]:
    """Each port with its part of a row of bits, ``[7:4]``."""
    at = 0
    for port in ports:
        width = len(port.members)
        yield port, f"[{at + width - 1}:{at}]" if port.is_bus else f"[{at}]"
        at += width
