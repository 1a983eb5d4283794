"""netc's own exchange format: a .npz archive of plain arrays, and JSON for the rest; see docs/formats.md.

Members are stored, not deflated: what deflate writes depends on the version of zlib, and the same model shall give the
same bytes everywhere. Integers take the smallest type that holds them instead, and ``NAME.npz.xz`` compresses the rest.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.layers import Dense, LayeredNetwork
from netc.model import Model
from netc.npy import written_header
from netc.ports import KINDS, Ports

Array = npt.NDArray[Any]

# What the reader, netc/frontends/npz.py, looks for.
_MEMBER, _FORMAT, _VERSION = "netc.json", "netc-model", 1

_CHUNK = 1 << 20  # bytes
_DATE = 33  # 1 January 1980, the first day that a zip archive can name
_FAR, _MANY = 0xFFFFFFFF, 0xFFFF  # in a field: it is too narrow, look into those of zip64
_LARGEST, _MOST_MEMBERS = _FAR - 1, _MANY - 1


@dataclass(frozen=True)
class Npz:
    """All of a model but its report: layers as templates, logic, encoder, head, names, notes.

    The logic is left out where it is only the layers flattened.
    """

    name: ClassVar[str] = "npz"
    suffix: ClassVar[str] = ".npz"

    def emit(self, model: Model) -> Iterator[bytes]:
        description, arrays = _described(model)
        try:
            text = json.dumps(description, allow_nan=False, separators=(",", ":"))
        except ValueError:
            raise NetcError("", "a number of the encoder or the head is not finite") from None
        members: dict[str, list[bytes | memoryview]] = {_MEMBER: [text.encode("ascii")]}
        members |= {f"{name}.npy": list(_npy(_narrow(array))) for name, array in sorted(arrays.items())}
        yield from _zipped(members)


def _described(model: Model) -> tuple[dict[str, Any], dict[str, Array]]:
    """What becomes JSON, and the arrays by name."""
    ports, trained = model.logic.ports, model.trained
    plain = not (ports.latches or ports.has_properties)
    implied = model.as_trained and trained is not None and plain
    arrays: dict[str, Array] = {}
    description: dict[str, Any] = {
        "format": _FORMAT,
        "version": _VERSION,
        "name": model.name,
        "class_names": list(model.class_names),
        "notes": list(model.notes),
        "inputs": ports.inputs,
        "names": _names(ports),
        "encoder": model.encoder.to_json() if model.encoder is not None else None,
        "layers": _layers(trained, arrays) if trained is not None else None,
        "logic": None if implied else _logic(model, arrays),
        "head": model.head.to_json() if model.head is not None else None,
    }
    if ports.comment:
        arrays["comment"] = np.frombuffer(ports.comment, np.uint8)
    return description, arrays


def _names(ports: Ports) -> dict[str, dict[str, str]]:
    of_kind = {kind: ports.names.get(kind, {}) for kind in KINDS}
    return {kind: {str(index): names[index] for index in sorted(names)} for kind, names in of_kind.items() if names}


def _layers(network: LayeredNetwork, arrays: dict[str, Array]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Dense):
            _dense(f"layers.{index}", layer, arrays)
            rows.append({"kind": "dense"})
        else:
            arrays[f"layers.{index}.gather"] = layer.gather
            for step, dense in enumerate(layer.template):
                _dense(f"layers.{index}.template.{step}", dense, arrays)
            rows.append({"kind": "tiled", "template": len(layer.template), "by_channel": layer.by_channel})
    return rows


def _dense(name: str, layer: Dense, arrays: dict[str, Array]) -> None:
    arrays[f"{name}.tables"], arrays[f"{name}.wiring"] = layer.tables, layer.wiring


def _logic(model: Model, arrays: dict[str, Array]) -> dict[str, Any]:
    ports = model.logic.ports
    arrays["logic.ands"], arrays["logic.roots"] = model.logic.ands, model.logic.roots
    if ports.latches:
        arrays["logic.resets"] = np.frombuffer(ports.resets, np.uint8)
    if len(model.origins):
        arrays["logic.origins"] = model.origins
    counts = {"outputs": ports.outputs, "bad": ports.bad, "constraints": ports.constraints, "fairness": ports.fairness}
    return {**counts, "justice": list(ports.justice), "as_trained": model.as_trained}


def _narrow(array: Array) -> Array:
    """The same integers in the smallest type that holds them, little-endian."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    kind = next(
        kind
        for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8")
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    )
    return np.ascontiguousarray(array, np.dtype(kind).newbyteorder("<"))


def _npy(array: Array) -> Iterator[bytes | memoryview]:
    yield written_header(array.dtype, array.shape)
    if array.size:
        yield array.reshape(-1).view(np.uint8).data


def _zipped(members: dict[str, list[bytes | memoryview]]) -> Iterator[bytes]:
    """A zip archive of stored members without dates, attributes or checks left for later (PKWARE APPNOTE 4.3)."""
    at, directory = 0, []
    for name, parts in members.items():
        size, crc = sum(map(len, parts)), 0
        for part in parts:
            crc = zlib.crc32(part, crc)
        label = name.encode("ascii")
        shown, wide = (_FAR, struct.pack("<HHQQ", 1, 16, size, size)) if size > _LARGEST else (size, b"")
        common = struct.pack("<HHHHIIIHH", 0, 0, 0, _DATE, crc, shown, shown, len(label), len(wide))
        yield b"PK\x03\x04" + struct.pack("<H", _version(wide)) + common + label + wide
        for part in parts:
            yield from (bytes(part[first : first + _CHUNK]) for first in range(0, len(part), _CHUNK))
        directory.append(_entry(label, crc, size, at))
        at += 30 + len(label) + len(wide) + size
    listing, count = b"".join(directory), len(directory)
    yield listing
    if at > _LARGEST or count > _MOST_MEMBERS:
        end = at + len(listing)
        yield b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(listing), at)
        yield b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
        count, at = _MANY, _FAR
    yield b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(listing), at, 0)


def _version(wide: bytes) -> int:
    """That of zip that a reader needs."""
    return 45 if wide else 20


def _entry(label: bytes, crc: int, size: int, header: int) -> bytes:
    """A member's line in the directory; what takes more than 32 bits goes into its extra field."""
    large = [value for value in (size, size, header) if value > _LARGEST]
    wide = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, header = (_FAR if value > _LARGEST else value for value in (size, header))
    first = struct.pack("<HHHHHHIII", _version(wide), _version(wide), 0, 0, 0, _DATE, crc, size, size)
    return b"PK\x01\x02" + first + struct.pack("<HHHHHII", len(label), len(wide), 0, 0, 0, 0, header) + label + wide
