"""Portable C99: a self-contained source with a public header, for GCC, Clang and any other C or C++ compiler.

The gates are straight-line statements over planes of bits, in functions of bounded size that run one after another. A
value that is used within its function only is a local; the others live in the inputs ``X(i)``, the outputs ``Y(i)`` or
a slot ``m[i]`` of scratch memory. What surrounds the gates is netc_runtime.h, whose text the source carries.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from importlib.metadata import version
from typing import ClassVar
from urllib.parse import quote

import numpy as np

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
_LONGEST_PREFIX = 48  # C99 promises 31 significant characters of external names; compilers in use have no limit

# Nodes are named by where they live; the order is that of `Home`.
_STYLES = (Style("X(", ")"), Style("m[", "]"), Style("Y(", ")"), Style("n", declare="const V "))

_GATES_HEAD = """
/* The gates. X(i) is input plane i, Y(i) output plane i, m[i] a slot of scratch memory, each of NETC_LANES words. */
#define V netc_plane
#define X(i) x[(i) * NETC_PASSES]
#define Y(i) y[(i) * NETC_PASSES]
#define GATES(name) \\
    NETC_NOINLINE void name(const V *NETC_RESTRICT x, V *NETC_RESTRICT y, V *NETC_RESTRICT m)

"""

_GATES_END = """\
#undef V
#undef X
#undef Y
#undef GATES

void model_eval(const uint64_t *inputs, uint64_t *outputs, uint64_t *scratch) {
    netc_plane *m = (netc_plane *)scratch;
    int pass;
    for (pass = 0; pass < NETC_PASSES; pass++) {
        const netc_plane *x = (const netc_plane *)inputs + pass;
        netc_plane *y = (netc_plane *)outputs + pass;
        (void)x, (void)y, (void)m;
"""

_NETWORK = """
static const netc_network model_network = {{
    model_eval, MODEL_INPUTS + MODEL_LATCHES, MODEL_OUTPUTS + MODEL_LATCHES, MODEL_SCRATCH, MODEL_LATCHES,
    MODEL_CLASSES, {tables},
}};
"""

_ENCODER = """
static const netc_encoder model_encoder = {{MODEL_FEATURES, MODEL_INPUTS, model_feature, model_threshold, {at_least}}};
"""

_LINE = 110  # characters
_PLAIN = (string.ascii_letters + string.digits + " _-.,:").encode()

_MAKEFILE = """\
# `make` builds the program `model`, `make libmodel.so` a shared library. See model.h for what is in it.
# The gates gain nothing from higher levels of -O. On x86-64, CFLAGS="-O1 -march=native" is several times faster.
CFLAGS ?= -O1

model: main.o model.o
\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ main.o model.o

main.o model.o: model.h

libmodel.so: model.c
\t$(CC) $(CFLAGS) $(LDFLAGS) -shared -fPIC -o $@ model.c

clean:
\trm -f model libmodel.so main.o model.o

.PHONY: clean
"""


@dataclass(frozen=True)
class C:
    """C99 with the network, its head and its encoder; `emit` gives the source, `files` all that a directory holds.

    Law: ``PREFIX_bits``, ``_scores`` and ``_predict`` answer as `netc.runtime.net.Net` does. The source compiles by
    itself, as C and as C++; two of them with different prefixes link into one program. Latches become ``PREFIX_step``.
    """

    name: ClassVar[str] = "c"
    suffix: ClassVar[str] = ".c"
    prefix: str = ""  # of all public names, a C identifier; default: the model's name made legal
    gates_per_function: int = 200  # gcc's time for a function grows faster than its length
    k: int = 3  # most operands of a statement, 2 to 6; a network not optimised yet is printed as trained
    properties: str | None = None  # outputs or drop: what becomes of bad states, constraints, justice, fairness

    def __post_init__(self) -> None:
        if self.prefix and (not _IDENTIFIER.fullmatch(self.prefix) or self.prefix.lower() == "netc"):
            hint = "letters, digits and _, a letter first; netc is taken"
            raise NetcError("", f"{self.prefix!r} cannot be a prefix in C", hint)
        if self.gates_per_function < 1:
            raise NetcError("", f"gates_per_function is {self.gates_per_function}; it is at least 1")
        if not 2 <= self.k <= MAX_K:
            raise NetcError("", f"k is {self.k}; it is 2 to {MAX_K}")
        if self.properties not in (None, *CHOICES):
            raise NetcError("", f"properties is {self.properties!r}; it is {' or '.join(CHOICES)}")

    def emit(self, model: Model) -> Iterator[bytes]:
        """The source, which needs no other file."""
        return self._unit(model).source()

    def files(self, model: Model) -> dict[str, Iterator[bytes]]:
        """model.c, model.h, a small program main.c, and a Makefile; only those that are read are made."""
        unit = self._unit(model)
        main = resources.files("netc.runtime").joinpath("netc_main.c").read_text("utf-8")
        return {
            "model.c": unit.source(),
            "model.h": unit.header(),
            "main.c": iter([interface.named(main, unit.prefix).encode()]),
            "Makefile": iter([_MAKEFILE.encode()]),
        }

    def _unit(self, model: Model) -> _Unit:
        logic = without_properties(model.logic, self.properties, "C")
        if logic is not model.logic:
            model = replace(model, logic=logic)
        return _Unit(model, self.prefix or legal_prefix(model.name), self.k, self.gates_per_function)


def legal_prefix(name: str) -> str:
    """A C identifier like this name."""
    prefix = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST_PREFIX].rstrip("_")
    if not prefix:
        return "circuit"
    return prefix if prefix[0].isalpha() and prefix.lower() != "netc" else f"net_{prefix}"


@dataclass(frozen=True)
class _Unit:
    """One model on its way to C."""

    model: Model
    prefix: str
    k: int
    gates: int

    @cached_property
    def plan(self) -> Schedule:
        return schedule(self.model.network(self.k), self.gates)

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
        found = [interface.STEP if self.ports.latches else interface.BITS]
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
        yield self.named(interface.HEADER.format(**facts) + interface.EVAL)
        for group in self.groups():
            yield self.named(group.declares)
        if self.head is not None and self.model.class_names:
            yield self.named(interface.CLASS_NAMES)
        yield self.named(interface.HEADER_END)

    def source(self) -> Iterator[bytes]:
        yield from self.header()
        yield b"\n"
        yield resources.files("netc.runtime").joinpath("netc_runtime.h").read_bytes()
        yield from self._gates()
        yield from self._data()
        for group in self.groups():
            yield self.named(group.defines)

    def _gates(self) -> Iterator[bytes]:
        """The bounded functions, and `eval`, which runs them."""
        yield _GATES_HEAD.encode()
        functions = 0
        for body in self._bodies():
            yield f"GATES({self.prefix}_gates_{functions}) {{\n    (void)x, (void)y, (void)m;\n".encode()
            yield from body
            yield b"}\n\n"
            functions += 1
        yield self.named(_GATES_END)
        for index in range(functions):
            yield f"        {self.prefix}_gates_{index}(x, y, m);\n".encode()
        yield b"    }\n}\n"

    def _bodies(self) -> Iterator[Iterable[bytes]]:
        plan = self.plan
        printer = LutPrinter(plan.network, _statement, numbers=plan.numbers, styles=_STYLES, kinds=plan.homes)
        for first in range(0, plan.network.num_luts, self.gates):
            yield printer.chunks(first, min(first + self.gates, plan.network.num_luts))
        pending = plan.pending_roots()
        for first in range(0, len(pending), self.gates):
            yield [self._copies(pending[first : first + self.gates].tolist())]

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
            votes = zip(head.bit.tolist(), head.weight.tolist(), strict=True)
            pairs = (f"{{{bit}, {weight}}}" for bit, weight in votes)
            yield from self._array("static const netc_vote model_votes", pairs, nothing="{0, 0}")
            yield from self._array("static const size_t model_first_vote", map(str, head.start.tolist()))
            yield from self._array("static const int32_t model_offset", map(str, _offsets(head)))
            if self.model.class_names:
                yield from self._array("const char *const model_class_name", map(_string, self.model.class_names))
        if self.ports.latches:
            yield from self._array("static const uint8_t model_resets", (str(int(r == 1)) for r in self.ports.resets))
        if encoder is not None:
            if np.isinf(encoder.threshold).any():
                yield b"\n#include <math.h>\n"
            yield from self._array("static const uint32_t model_feature", map(str, encoder.feature.tolist()))
            yield from self._array("static const double model_threshold", map(_double, encoder.threshold.tolist()))
        tables = "model_votes, model_first_vote, model_offset" if head is not None else "NULL, NULL, NULL"
        yield self.named(_NETWORK.format(tables=tables))
        if self.has_scores and head is not None:
            for name, value in (("beta", head.beta), ("tau", head.tau)):
                yield self.named(f"\nstatic const float model_{name} = (float){_double(float(np.float32(value)))};")
            yield b"\n"
        if encoder is not None:
            yield self.named(_ENCODER.format(at_least=int(encoder.at_least)))

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


def _offsets(head: Head) -> list[int]:
    """A class's offset and its negative weights, because the runtime counts those as votes not given."""
    rows = [head.weight[head.row(index)].astype(np.int64) for index in range(head.classes)]
    return [int(offset) + int(row[row < 0].sum()) for offset, row in zip(head.offset, rows, strict=True)]


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
