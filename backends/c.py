"""Portable C99: a self-contained source with a public header, for GCC, Clang and any other C or C++ compiler.

The gates are straight-line statements over planes of bits, in functions of bounded size that run one after another. A
value that is used within its function only is a local; the others live in the inputs ``X(i)``, the outputs ``Y(i)`` or
a slot ``m[i]`` of scratch memory. What surrounds the gates is in runtime/: netc_runtime.h, netc_targets.inc, by which a
source includes itself once for each instruction set, and netc_kernels.inc, which that compiles each time.

One source holds everything; or the gates are in several, units that a compiler takes side by side.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from importlib.metadata import version
from typing import ClassVar, NamedTuple
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.expression import expression
from netc.head import Head
from netc.lut import MAX_K
from netc.model import Model
from netc.names import bus_of
from netc.ports import Ports
from netc.printing import OWN, LutPrinter, Style, fanin_mark
from netc.properties import CHOICES, without_properties
from netc.schedule import Schedule, schedule

from . import c_interface as interface

__all__ = ["C"]

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MOST_UNITS = 128  # more of them keep no machine busier, and every one is a file
_LONGEST_PREFIX = 48  # C99 promises 31 significant characters of external names; compilers in use have no limit

# Nodes are named by where they live; the order is that of `Home`.
_STYLES = (Style("X(", ")"), Style("m[", "]"), Style("Y(", ")"), Style("n", declare="const V "))

_LINE = 110  # characters
_PLAIN = (string.ascii_letters + string.digits + " _-.,:").encode()


@dataclass(frozen=True)
class C:
    """C99 with the network, its head and its encoder.

    `emit` gives one source, which needs no other file, and `pair` that and its header. `sources` spreads a larger
    network over several, for compilers that run side by side, and `files` adds a program and a Makefile to them.

    Law: ``PREFIX_bits``, ``_scores`` and ``_predict`` answer as `netc.runtime.net.Net` does, whatever instruction set
    runs. The sources compile by themselves, as C and as C++; two networks with different prefixes link into one
    program. Latches become ``PREFIX_step``.
    """

    name: ClassVar[str] = "c"
    suffix: ClassVar[str] = ".c"
    prefix: str = ""  # of all public names, a C identifier; default: the model's name made legal
    gates_per_function: int = 100  # gcc's time for a function grows faster than its length
    functions_per_unit: int = 20  # at least, of a network that is spread over several sources
    k: int = 3  # most operands of a statement, 2 to 6; a network not optimised yet is printed as trained
    properties: str | None = None  # outputs or drop: what becomes of bad states, constraints, justice, fairness

    def __post_init__(self) -> None:
        if self.prefix and (not _IDENTIFIER.fullmatch(self.prefix) or self.prefix.lower() == "netc"):
            hint = "letters, digits and _, a letter first; netc is taken"
            raise NetcError("", f"{self.prefix!r} cannot be a prefix in C", hint)
        for bound in ("gates_per_function", "functions_per_unit"):
            if getattr(self, bound) < 1:
                raise NetcError("", f"{bound} is {getattr(self, bound)}; it is at least 1")
        if not 2 <= self.k <= MAX_K:
            raise NetcError("", f"k is {self.k}; it is 2 to {MAX_K}")
        if self.properties not in (None, *CHOICES):
            raise NetcError("", f"properties is {self.properties!r}; it is {' or '.join(CHOICES)}")

    def emit(self, model: Model) -> Iterator[bytes]:
        """The source, which needs no other file."""
        return self._program(model).source()

    def pair(self, model: Model) -> dict[str, Iterator[bytes]]:
        """That source as model.c, and its header model.h; only what is read is made."""
        return self._program(model).pair()

    def sources(self, model: Model) -> dict[str, Iterator[bytes]]:
        """The `pair`, if its functions fill no more than a unit; else model.c, units model_gates_0.c …, two headers."""
        return self._program(model).sources()

    def files(self, model: Model) -> dict[str, Iterator[bytes]]:
        """A directory: the sources, main.c and a Makefile."""
        program = self._program(model)
        sources = program.sources()
        objects = " ".join(f"{name[:-2]}.o" for name in sources if name.endswith(".c"))
        main, makefile = program.named(_resource("netc_main.c").decode()), interface.MAKEFILE.format(objects=objects)
        return {**sources, "main.c": iter([main]), "Makefile": iter([makefile.encode()])}

    def _program(self, model: Model) -> _Program:
        logic = without_properties(model.logic, self.properties, "C")
        if logic is not model.logic:
            model = replace(model, logic=logic)
        return _Program(model, self.prefix or legal_prefix(model.name), self)


def _resource(name: str) -> bytes:
    return resources.files("netc.runtime").joinpath(name).read_bytes()


def legal_prefix(name: str) -> str:
    """A C identifier like this name."""
    prefix = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST_PREFIX].rstrip("_")
    if not prefix:
        return "circuit"
    return prefix if prefix[0].isalpha() and prefix.lower() != "netc" else f"net_{prefix}"


@dataclass(frozen=True)
class _Program:
    """One model on its way to C."""

    model: Model
    prefix: str
    options: C

    @cached_property
    def plan(self) -> Schedule:
        return schedule(self.model.network(self.options.k), self.options.gates_per_function)

    @cached_property
    def printer(self) -> LutPrinter:
        plan = self.plan
        return LutPrinter(plan.network, _statement, numbers=plan.numbers, styles=_STYLES, kinds=plan.homes)

    @cached_property
    def pending(self) -> npt.NDArray[np.int64]:
        return self.plan.pending_roots()

    @property
    def num_functions(self) -> int:
        most = self.options.gates_per_function
        return -(-self.plan.network.num_luts // most) + -(-len(self.pending) // most)

    @property
    def functions_per_unit(self) -> int:
        return max(self.options.functions_per_unit, -(-self.num_functions // _MOST_UNITS))

    @property
    def num_units(self) -> int:
        return -(-self.num_functions // self.functions_per_unit)

    @property
    def ports(self) -> Ports:
        return self.model.logic.ports

    @property
    def head(self) -> Head | None:
        """A machine has no classes: its outputs are read step by step."""
        return None if self.ports.latches else self.model.head

    @property
    def has_scores(self) -> bool:
        return self.head is not None and not self.head.only_class

    def groups(self) -> list[interface.Group]:
        found = [interface.EVAL, interface.STEP if self.ports.latches else interface.BITS]
        if self.head is not None:
            found.append(interface.PREDICT)
        if self.has_scores:
            found.append(interface.SCORES)
        if self.model.encoder is not None:
            found.append(interface.ENCODE)
        return found

    def named(self, text: str) -> bytes:
        return interface.named(text, self.prefix).encode()

    def header(self) -> Iterator[bytes]:
        ports = self.ports
        name, gates = _comment(self.model.name), self.plan.network.num_luts
        yield f"/* {name}: {gates} gates. Made by netc {version('netc')}.\n".encode()
        for kind in ("input", "output", "latch"):
            yield from _port_lines(ports, kind)
        yield b" */\n"
        facts = {
            "inputs": ports.inputs,
            "outputs": ports.outputs,
            "latches": ports.latches,
            "classes": self.head.classes if self.head else 0,
            "has_scores": int(self.has_scores),
            "features": self.model.encoder.features if self.model.encoder else 0,
            "slots": self.plan.slots,
        }
        yield self.named(interface.HEADER.format(**facts))
        for group in self.groups():
            yield self.named(group.declares)
        if self.head is not None and self.model.class_names:
            yield self.named(interface.CLASS_NAMES)
        yield self.named(interface.HEADER_END)

    def pair(self) -> dict[str, Iterator[bytes]]:
        return {"model.c": self.source(), "model.h": self.header()}

    def sources(self) -> dict[str, Iterator[bytes]]:
        if self.num_units <= 1:
            return self.pair()
        units = {f"model_gates_{index}.c": self.unit(index) for index in range(self.num_units)}
        runtime = iter([_resource("netc_runtime.h")])
        return {"model.c": self.rest(), "model.h": self.header(), "netc_runtime.h": runtime, **units}

    def source(self) -> Iterator[bytes]:
        """Everything in one file."""
        yield from self.header()
        yield self.named(interface.SELF_BY_NAME)
        yield _resource("netc_runtime.h")
        yield self._each_target()
        functions = range(self.num_functions)
        yield interface.GATES.encode()
        yield from self._functions(functions)
        yield from self._rest([f"gates_{index}" for index in functions])

    def rest(self) -> Iterator[bytes]:
        """What is in no unit."""
        yield b'#include "model.h"\n#include "netc_runtime.h"\n'
        yield interface.SELF.format(name="model.c").encode()
        yield self._each_target()
        yield interface.GATES.encode()
        units = [f"unit_{index}" for index in range(self.num_units)]
        for unit in units:
            yield f"UNIT({unit});\n".encode()
        yield from self._rest(units)

    def unit(self, index: int) -> Iterator[bytes]:
        """Some of the functions, and one for the other sources that runs them."""
        first = index * self.functions_per_unit
        functions = range(first, min(first + self.functions_per_unit, self.num_functions))
        yield b'#include "netc_runtime.h"\n'
        yield interface.SELF.format(name=f"model_gates_{index}.c").encode()
        yield self._each_target()
        yield interface.GATES.encode()
        yield from self._functions(functions)
        calls = "".join(interface.CALL.format(name=f"gates_{function}") for function in functions)
        yield f"UNIT(unit_{index}) {{\n{calls}}}\n".encode()
        yield (interface.GATES_END + interface.ONCE + interface.ONCE_END).encode()

    def _each_target(self) -> bytes:
        return b"\n" + _resource("netc_targets.inc") + self.named(interface.AT)

    def _rest(self, parts: Sequence[str]) -> Iterator[bytes]:
        """What surrounds the gates, whose parts these are."""
        yield interface.EVAL_BEGIN.encode()
        for part in parts:
            yield f"    {interface.CALL.format(name=part)}".encode()
        yield interface.EVAL_END.encode()
        yield interface.GATES_END.encode()
        yield _resource("netc_kernels.inc")
        yield interface.ONCE.encode()
        yield from self._data()
        for group in self.groups():
            yield self.named(group.defines)
        yield interface.ONCE_END.encode()

    def _functions(self, which: range) -> Iterator[bytes]:
        for index in which:
            yield f"GATES(gates_{index}) {{\n    (void)x, (void)y, (void)m;\n".encode()
            yield from self._body(index)
            yield b"}\n\n"

    def _body(self, index: int) -> Iterator[bytes]:
        """The gates come first; then what is to be copied."""
        most, gates = self.options.gates_per_function, self.plan.network.num_luts
        first = index * most
        if first < gates:
            yield from self.printer.chunks(first, min(first + most, gates))
        else:
            first = (index - -(-gates // most)) * most
            yield self._copies(self.pending[first : first + most].tolist())

    def _copies(self, positions: Sequence[int]) -> bytes:
        """Outputs that are no gate of their own: constants, inputs, complements and repetitions."""
        plan = self.plan
        lines = []
        for position in positions:
            node, complement = divmod(int(plan.network.roots[position]), 2)
            style = _STYLES[plan.homes[node]]
            source = f"{style.prefix}{plan.numbers[node]}{style.suffix}" if node else "zero"
            lines.append(f"    Y({position}) = {'~' if complement else ''}{source};\n")
        zero = "    const V zero = {0};\n" if (plan.network.roots[positions] < 2).any() else ""
        return (zero + "".join(lines)).encode()

    def _data(self) -> Iterator[bytes]:
        """The tables of head, resets and encoder, and the struct that holds them together."""
        head, encoder = self.head, self.model.encoder
        if head is not None:
            counts = _counts(head)
            columns = (f"{{{', '.join(map(str, column))}}}" for column in counts.columns)
            yield from self._array("static const uint32_t model_votes", map(str, counts.votes))
            yield from self._array("static const netc_column model_columns", columns, nothing="{0, 0, 0, 0}")
            yield from self._array("static const size_t model_first_column", map(str, counts.first_column))
            yield from self._array("static const uint32_t model_start", map(str, counts.start))
            if self.model.class_names:
                yield from self._array("const char *const model_class_name", map(_string, self.model.class_names))
        if self.ports.latches:
            yield from self._array("static const uint8_t model_resets", (str(int(r == 1)) for r in self.ports.resets))
        if encoder is not None:
            if np.isinf(encoder.threshold).any():
                yield b"\n#include <math.h>\n"
            yield from self._array("static const uint32_t model_feature", map(str, encoder.feature.tolist()))
            yield from self._array("static const double model_threshold", map(_double, encoder.threshold.tolist()))
        if head is not None:
            votes = f"model_votes, model_columns, model_first_column, model_start, {counts.base}u, {counts.digits}"
        else:
            votes = "NULL, NULL, NULL, NULL, 0, 0"
        yield self.named(interface.NETWORK.format(votes=votes))
        if self.has_scores and head is not None:
            for name, value in (("beta", head.beta), ("tau", head.tau)):
                yield self.named(f"\nstatic const float model_{name} = (float){_double(float(np.float32(value)))};")
            yield b"\n"
        if encoder is not None:
            yield self.named(interface.ENCODER.format(at_least=int(encoder.at_least)))

    def _array(self, declaration: str, values: Iterable[str], *, nothing: str = "0") -> Iterator[bytes]:
        """An array's definition, some values a line. C has no empty arrays: one of no values holds `nothing`."""
        yield self.named(f"\n{declaration}[] = {{\n   ")
        line, empty = "", True
        for value in values:
            if len(line) + len(value) > _LINE:
                yield f"{line}\n   ".encode()
                line = ""
            line, empty = f"{line} {value},", False
        yield f"{f' {nothing}' if empty else line}\n}};\n".encode()


def _statement(table: int, k: int) -> str:
    return f"    {OWN} = {expression(table, [fanin_mark(index) for index in range(k)])};\n"


class _Counts(NamedTuple):
    """A head as what netc_runtime.h counts: votes by class, by binary digit of the weight, and by its sign."""

    votes: list[int]
    columns: list[tuple[int, int, int, int]]
    first_column: list[int]
    start: list[int]
    base: int
    digits: int


def _counts(head: Head) -> _Counts:
    """Negative weights count the votes that are not given, as -w * x = -w + w * !x, and the offset holds the -w.

    `start` are the offsets less their least, `base`, so that counts are unsigned numbers of `digits` binary digits.
    """
    votes: list[int] = []
    columns, first_column, offsets, largest = [], [0], [], 0
    for index in range(head.classes):
        bits, weights = head.bit[head.row(index)], head.weight[head.row(index)].astype(np.int64)
        size = np.abs(weights)
        for digit in range(int(size.max(initial=0)).bit_length()):
            for flip in (0, 1):
                chosen = bits[(size >> digit & 1 == 1) & ((weights < 0) == flip)]
                if len(chosen):
                    columns.append((digit, flip, len(votes), len(chosen)))
                    votes += chosen.tolist()
        first_column.append(len(columns))
        offsets.append(int(head.offset[index]) + int(weights[weights < 0].sum()))
        largest = max(largest, offsets[-1] + int(size.sum()))
    base = min(offsets)
    start = [offset - base for offset in offsets]
    return _Counts(votes, columns, first_column, start, base % 2**32, (largest - base).bit_length())


def _double(value: float) -> str:
    """A C constant that is exactly this number."""
    if np.isinf(value):
        return "HUGE_VAL" if value > 0 else "-HUGE_VAL"
    return repr(value)


def _string(text: str) -> str:
    """A C string literal: anything but plain letters, digits and spaces becomes three octal digits of UTF-8."""
    data = text.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in data) + '"'


def _comment(text: str) -> str:
    """Text that cannot end a comment, begin one, continue a line or be a trigraph: other bytes are %XX, as in a URL."""
    return quote(text, safe=" _-.,:;()[]{}<>+=$#@!&|^~'\"", errors="surrogateescape")


def _port_lines(ports: Ports, kind: str) -> Iterator[bytes]:
    """Which port is which, a line a name, with ``a[0]``, ``a[1]`` … in one."""
    names = sorted(ports.names.get(kind, {}).items())
    at = 0
    while at < len(names):
        first, name = names[at]
        bus = bus_of(name)
        count = 1
        while bus and at + count < len(names) and names[at + count] == (first + count, f"{bus[0]}[{bus[1] + count}]"):
            count += 1
        if bus and count > 1:
            span = f"{kind}s {first}..{first + count - 1}: {_comment(bus[0])}[{bus[1]}..{bus[1] + count - 1}]"
        else:
            span = f"{kind} {first}: {_comment(name)}"
        yield f" *   {span}\n".encode()
        at += count
