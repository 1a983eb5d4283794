"""Verilog-2005: one module, one scalar wire a node.

Scalars, because simulators take time quadratic in the readers of a vector: what takes hours as one wide internal bus
takes seconds as scalars. For the same reason each bit of an input bus is read once, into a wire, and a bus of outputs
is assigned once, as a concatenation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from netc.aig import Aig
from netc.errors import NetcError
from netc.expression import expression
from netc.lut import MAX_K, LutNetwork
from netc.model import Model
from netc.ports import UNINITIALISED
from netc.printing import OWN, fanin_mark, lut_chunks, text_chunks
from netc.properties import without_properties
from netc.resets import with_reset_input

from .verilog_names import Interface, Port, printable, written

_ZERO, _ONE = "1'b0", "1'b1"
_LATCHES_IN_A_BLOCK = 256  # synthesis takes time quadratic in the length of an always block
_NAMES_IN_A_LINE = 8


@dataclass(frozen=True)
class Verilog:
    """A module that synthesis and simulation read: ports, registers, a wire a node, nothing vendor-specific.

    Ports whose names are ``base[0]`` … ``base[n-1]`` are buses. Latches are registers on the rising edge of the clock.
    With `reset`, those that have a reset value take it while that input is 1; without, it is their initial value.
    Uninitialised latches have neither. Without latches there is neither clock nor reset.
    """

    name: ClassVar[str] = "verilog"
    suffix: ClassVar[str] = ".v"
    top: str = ""  # the module's name; by default the model's, made an identifier
    k: int = 2  # inputs of an expression, 2 to 6; 0 is one assignment an AND
    clock: str = ""  # the clock input; by default clk, or clk_2 … where a port is called so
    reset: str = ""  # a synchronous reset input, active high; without it registers have initial values
    flat_ports: bool = False  # scalars instead of buses
    properties: str = ""  # outputs or drop; by default a circuit with properties is refused

    def emit(self, model: Model) -> Iterator[bytes]:
        if self.k != 0 and not 2 <= self.k <= MAX_K:
            raise NetcError("-K", f"expressions of {self.k} inputs; 2 to {MAX_K}, or 0 for one assignment an AND")
        model = replace(model, logic=without_properties(model.logic, self.properties or None, "Verilog"))
        face = Interface.of(
            model.logic.ports,
            model.name,
            top=self.top,
            clock=self.clock,
            reset=self.reset,
            flat_ports=self.flat_ports,
        )
        network = self._network(model)
        latches = [written(name) for name in face.latches]
        names = [_ZERO, *map(written, face.bits), *latches]
        yield _header(model, network)
        yield from _lines(_declarations(face, network.ports.resets, _read(network)))
        yield from _wires(network, names, face.wire)
        literal = _Literals(names, face.wire)
        next_states = list(map(literal, network.of_kind("latch").tolist()))
        yield from _lines(_registers(latches, next_states, network.ports.resets, face))
        outputs = network.outputs.tolist()
        for port in face.outputs:
            yield from _lines(_assignment(port, [literal(outputs[position]) for position in port.members]))
        yield b"endmodule\n"
        if face.has_keywords:
            yield b"// verilator lint_on SYMRSVDWORD\n"
        yield b"\n`default_nettype wire\n"

    def logic_as_written(self, model: Model) -> Aig:
        """The graph that the module is, for whoever compares: with the names of the text, and the reset as logic."""
        logic = without_properties(model.logic, self.properties or None, "Verilog")
        face = Interface.of(
            logic.ports, model.name, top=self.top, clock=self.clock, reset=self.reset, flat_ports=self.flat_ports
        )
        names = {
            "input": _bits(face.inputs),
            "latch": dict(enumerate(face.latches)),
            "output": _bits(face.outputs),
        }
        named = logic.with_ports(replace(logic.ports, names=names))
        return with_reset_input(named, face.reset) if face.reset else named

    def _network(self, model: Model) -> LutNetwork:
        if self.k == 0:
            return LutNetwork.of_aig(model.logic)
        if model.as_trained:  # neurons as they were trained
            return model.network(self.k)
        return model.network(self.k).keeping_zero()


@dataclass(frozen=True)
class _Literals:
    """The text of a literal: the name of its node, complemented or not."""

    names: Sequence[str]
    wire: str

    def __call__(self, lit: int) -> str:
        if lit == 1:
            return _ONE
        node = lit >> 1
        name = self.names[node] if node < len(self.names) else f"{self.wire}{node}"
        return f"~{name}" if lit & 1 else name


def _bits(ports: Iterable[Port]) -> dict[int, str]:
    """Names of the circuit's ports: of buses with the index of the bit."""
    return {
        position: f"{port.name}[{index}]" if port.is_bus else port.name
        for port in ports
        for index, position in enumerate(port.members)
    }


def _lines(lines: Iterable[str]) -> Iterator[bytes]:
    return text_chunks(f"{line}\n" for line in lines)


def _plural(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "es" if thing.endswith("ch") else "s")


def _header(model: Model, network: LutNetwork) -> bytes:
    ports = network.ports
    counts = [
        _plural(ports.inputs, "input"),
        _plural(ports.outputs, "output"),
        *([_plural(ports.latches, "latch")] if ports.latches else []),
        f"{_plural(model.logic.num_ands, 'AND')} in {_plural(network.num_luts, 'wire')}",
    ]
    # The name is data: it stays within its line, and behind words that no tool takes for a directive.
    title = f"// Circuit {printable(model.name)}, written by netc {version('netc')}"
    return f"{title}\n// {', '.join(counts)}\n".encode("ascii")


def _read(network: LutNetwork) -> npt.NDArray[np.bool_]:
    """``bool[inputs]``: which inputs some LUT or root reads."""
    read = np.zeros(network.num_nodes, np.bool_)
    for column in range(network.k):
        read[network.fanins[:, column]] = True
    read[network.roots >> 1] = True
    return read[1 : 1 + network.ports.inputs]


def _declarations(face: Interface, resets: bytes, read: npt.NDArray[np.bool_]) -> Iterator[str]:
    declared = [f"input  wire {written(name)}" for name in (face.clock, face.reset) if name]
    declared += [f"input  wire {port.range}{port.written}" for port in face.inputs]
    declared += [f"output wire {port.range}{port.written}" for port in face.outputs]
    yield "`default_nettype none"
    yield ""
    if face.has_keywords:
        yield "// verilator lint_off SYMRSVDWORD"
    yield f"module {written(face.module).rstrip()} {'(' if declared else ';'}"
    for index, text in enumerate(declared):
        yield f"    {text}{',' if index + 1 < len(declared) else ''}"
    if declared:
        yield ");"
    for name, reset in zip(face.latches, resets, strict=True):
        initial = "" if face.reset or reset == UNINITIALISED else f" = 1'b{reset}"
        yield f"    reg {written(name)}{initial};"
    for port in face.inputs:
        if port.is_bus:
            for index, position in enumerate(port.members):
                if read[position]:
                    yield f"    wire {written(face.bits[position])} = {port.written}[{index}];"


def _wires(network: LutNetwork, names: Sequence[str], wire: str) -> Iterator[bytes]:
    fanins = [fanin_mark(index) for index in range(network.k)]

    def template(table: int, k: int) -> str:
        return f"    wire {OWN} = {expression(table, fanins[:k], zero=_ZERO, one=_ONE)};\n"

    return lut_chunks(network, template, names=names, prefix=wire)


def _registers(latches: Sequence[str], next_states: Sequence[str], resets: bytes, face: Interface) -> Iterator[str]:
    """Blocks of registers that have a reset input, then blocks of those that have none."""
    clock, reset = written(face.clock), written(face.reset)
    resettable = [index for index, value in enumerate(resets) if face.reset and value != UNINITIALISED]
    for block in _blocks(resettable):
        yield f"    always @(posedge {clock})"
        yield f"        if ({reset}) begin"
        for index in block:
            yield f"            {latches[index]} <= 1'b{resets[index]};"
        yield "        end else begin"
        for index in block:
            yield f"            {latches[index]} <= {next_states[index]};"
        yield "        end"
    free = [index for index, value in enumerate(resets) if not face.reset or value == UNINITIALISED]
    for block in _blocks(free):
        yield f"    always @(posedge {clock}) begin"
        for index in block:
            yield f"        {latches[index]} <= {next_states[index]};"
        yield "    end"


def _blocks(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(indices), _LATCHES_IN_A_BLOCK):
        yield indices[start : start + _LATCHES_IN_A_BLOCK]


def _assignment(port: Port, bits: Sequence[str]) -> Iterator[str]:
    if len(bits) == 1:
        yield f"    assign {port.written} = {bits[0]};"
        return
    yield f"    assign {port.written} = {{"
    high_first = bits[::-1]
    for start in range(0, len(bits), _NAMES_IN_A_LINE):
        end = "," if start + _NAMES_IN_A_LINE < len(bits) else ""
        yield f"        {', '.join(high_first[start : start + _NAMES_IN_A_LINE])}{end}"
    yield "    };"
