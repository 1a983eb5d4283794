"""AIGER 1.9, ASCII and binary: the reader. The parsing is in the core; names and the model's own data are read here."""

from __future__ import annotations

import json
import mmap
from dataclasses import replace
from typing import Any

import numpy as np

from netc import native
from netc.aig import Aig
from netc.encoder import Encoder
from netc.errors import NetcError
from netc.files import Source
from netc.head import Head
from netc.model import Model
from netc.ports import KINDS, Ports

__all__ = ["MODEL_MARK", "load", "parse"]

# A comment line that starts so carries encoder, head and class names as JSON (see docs/formats.md).
MODEL_MARK = b"netc-model "

_KIND_OF = dict(zip(b"ilobcjf", KINDS, strict=True))


def parse(data: bytes | mmap.mmap) -> Aig:
    """The graph as the file has it: nothing folded, the comment kept. `NetcError.place` is line:column or a byte."""
    file = native.ffi.new("netc_aiger *")
    native.call(native.lib.netc_aiger_read, native.ffi.from_buffer("uint8_t[]", data), len(data), file)
    ands = native.take(file.ands, 2 * file.num_ands, np.uint32).reshape(-1, 2)
    roots = native.take(file.roots, file.num_roots, np.uint32)
    resets = native.take(file.reset, file.latches, np.uint8)
    justice = native.take(file.justice_size, file.justice, np.uint32)
    symbols = native.take(file.symbols, 4 * file.num_symbols, np.int64).reshape(-1, 4)
    names: dict[str, dict[int, str]] = {}
    for kind, index, start, length in symbols.tolist():
        of_kind = names.setdefault(_KIND_OF[kind], {})
        if index in of_kind:
            raise NetcError(f"byte 0x{start:x}", f"symbol {chr(kind)}{index} is given twice")
        of_kind[index] = bytes(data[start : start + length]).decode("utf-8", "surrogateescape")
    ports = Ports(
        inputs=file.inputs,
        resets=resets.tobytes(),
        outputs=file.outputs,
        bad=file.bad,
        constraints=file.constraints,
        justice=tuple(justice.tolist()),
        fairness=file.fairness,
        names=names,
        comment=bytes(data[file.comment :]) if file.comment >= 0 else b"",
    )
    return Aig(ports, ands, roots)


def _model_data(comment: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """The comment without netc's own line, and what that line says."""
    lines = comment.split(b"\n")
    for index, line in enumerate(lines):
        if line.startswith(MODEL_MARK):
            try:
                found = json.loads(line[len(MODEL_MARK) :])
            except ValueError as error:
                raise NetcError("comment", f"the netc-model line is damaged: {error}") from None
            if not isinstance(found, dict) or found.get("version") != 1:
                raise NetcError("comment", "the netc-model line is of another version of netc")
            return b"\n".join(lines[:index] + lines[index + 1 :]), found
    return comment, None


def load(source: Source) -> Model:
    """A model from an AIGER file: its logic, and the encoder, head and names that netc may have left in the comment."""
    try:
        aig = parse(source.data)
        comment, data = _model_data(aig.ports.comment)
        if data is None:
            return Model(aig, name=source.stem)
        try:
            return Model(
                aig.with_ports(replace(aig.ports, comment=comment)),
                encoder=Encoder.from_json(data["encoder"]) if data.get("encoder") else None,
                head=Head.from_json(data["head"]) if data.get("head") else None,
                name=source.stem,
                class_names=tuple(str(name) for name in data.get("class_names", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise NetcError("comment", f"the netc-model line is damaged: {error}") from None
    except NetcError as error:
        raise source.located(error) from None
