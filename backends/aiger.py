"""AIGER 1.9, binary or ASCII, with what a model needs to predict again in the comment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netc import native
from netc.aig import Aig, Lits
from netc.errors import NetcError
from netc.model import Model
from netc.ports import KINDS, UNINITIALISED, Ports

_LETTERS = dict(zip(KINDS, "ilobcjf", strict=True))
_CHUNK = 1 << 20  # bytes
_NUMBERS = 1 << 16  # literals printed at a time

# The comment line that a reader of ours looks for; the reader has the same words.
_MODEL_MARK = "netc-model "


@dataclass(frozen=True)
class Aiger:
    """The graph as it stands, with symbols, resets, properties and comment.

    Encoder, head and class names go into a comment line of JSON, which netc reads back and other tools skip.
    """

    name: ClassVar[str] = "aiger"
    suffix: ClassVar[str] = ".aig"
    ascii: bool = False  # aag instead of aig

    def emit(self, model: Model) -> Iterator[bytes]:
        aig = model.logic
        yield from _definitions(aig, self.ascii)
        yield from _ands(aig, self.ascii)
        yield from _symbols(aig.ports)
        comment = _model_line(model) + aig.ports.comment
        if comment:
            yield b"c\n" + comment


def _numbers(lits: Lits) -> Iterator[bytes]:
    """One decimal a line."""
    buffer = np.empty(11 * min(_NUMBERS, max(1, len(lits))), np.uint8)
    for start in range(0, len(lits), _NUMBERS):
        part = np.ascontiguousarray(lits[start : start + _NUMBERS])
        size = native.call(native.lib.netc_write_numbers, native.view(part, np.uint32), len(part), native.out(buffer))
        yield buffer[:size].tobytes()


def _definitions(aig: Aig, ascii_format: bool) -> Iterator[bytes]:
    ports = aig.ports
    header = [aig.num_nodes - 1, ports.inputs, ports.latches, ports.outputs, aig.num_ands]
    properties = [ports.bad, ports.constraints, len(ports.justice), ports.fairness]
    while properties and properties[-1] == 0:
        properties.pop()
    kind = "aag" if ascii_format else "aig"
    yield f"{kind} {' '.join(map(str, header + properties))}\n".encode()
    if ascii_format:
        yield from _numbers(2 * np.arange(1, 1 + ports.inputs, dtype=np.uint32))
    lines = []
    for index, (reset, lit) in enumerate(zip(ports.resets, aig.next_states.tolist(), strict=True)):
        own = 2 * (1 + ports.inputs + index)
        shown = {0: "", 1: " 1", UNINITIALISED: f" {own}"}[reset]
        lines.append(f"{own} {lit}{shown}\n" if ascii_format else f"{lit}{shown}\n")
    yield "".join(lines).encode()
    for name in ("output", "bad", "constraint"):
        yield from _numbers(aig.of_kind(name))
    yield "".join(f"{size}\n" for size in ports.justice).encode()
    for name in ("justice", "fairness"):
        yield from _numbers(aig.of_kind(name))


def _ands(aig: Aig, ascii_format: bool) -> Iterator[bytes]:
    buffer = np.empty(_CHUNK, np.uint8)
    reached = native.ffi.new("int64_t *")
    at = 0
    while at < aig.num_ands:
        size = native.call(
            native.lib.netc_aiger_write_ands, aig.struct, at, int(ascii_format), native.out(buffer), _CHUNK, reached
        )
        at = int(reached[0])
        yield buffer[:size].tobytes()


def _symbols(ports: Ports) -> Iterator[bytes]:
    for kind in KINDS:
        lines = []
        for index, name in sorted(ports.names.get(kind, {}).items()):
            if "\n" in name or "\r" in name:
                raise NetcError(f"{kind} {index}", f"AIGER cannot hold a name with a line break: {name!r}")
            lines.append(f"{_LETTERS[kind]}{index} {name}\n")
            if len(lines) == _NUMBERS:
                yield "".join(lines).encode("utf-8", "surrogateescape")
                lines = []
        yield "".join(lines).encode("utf-8", "surrogateescape")


def _model_line(model: Model) -> bytes:
    if model.encoder is None and model.head is None:
        return b""
    data = {
        "version": 1,
        "encoder": model.encoder.to_json() if model.encoder else None,
        "head": model.head.to_json() if model.head else None,
        "class_names": list(model.class_names),
    }
    return f"{_MODEL_MARK}{json.dumps(data, separators=(',', ':'), allow_nan=False)}\n".encode()
