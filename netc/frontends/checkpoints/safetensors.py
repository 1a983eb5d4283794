"""safetensors: a JSON header of names, types, shapes and places, then the bytes.

Source: huggingface/safetensors, README ("Format"): eight bytes of the header's length, little-endian; the header; a
buffer into which every tensor's ``data_offsets`` point. Tensors are little-endian, in C order, and do not overlap.
``__metadata__`` maps strings to strings.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from netc.errors import NetcError
from netc.frontends.checkpoints import flat
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import BFLOAT16, Stored, Tensors
from netc.frontends.checkpoints.words import label

__all__ = ["METADATA", "is_safetensors", "read"]

METADATA = "__metadata__"

_LONGEST_HEADER = 8 << 20  # JSON takes up to twenty times its size in memory
_MOST_BRACKETS = 400_000  # three a tensor, and what is in names

_KINDS = {f"{letter}{8 * size}": f"{letter.lower()}{size}" for letter in "FIU" for size in (1, 2, 4, 8)}
_KINDS |= {"BF16": BFLOAT16, "BOOL": "b1"}


def is_safetensors(data: bytes | mmap.mmap) -> bool:
    """Whether the first bytes are a length and the brace of a header."""
    return re.match(rb".{6}\0\0\{", data[:9], re.DOTALL) is not None


def read(data: bytes | mmap.mmap, allowed: int) -> tuple[Node, Tensors]:
    """The tensors by name, and the metadata under its own.

    `allowed` is how many bytes of tensors may be read.
    """
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise NetcError("byte 0x0", f"the header claims {length:,} bytes; the file ends before that")
    if length > _LONGEST_HEADER:
        raise NetcError("byte 0x0", f"the header claims {length:,} bytes; netc reads {_LONGEST_HEADER:,}")
    header = _header(bytes(data[8 : 8 + length]))
    buffer = memoryview(data)[8 + length :]
    named: list[tuple[str, Node]] = []
    places = []
    for name, entry in header.items():
        if name == METADATA:
            continue
        stored, place = _tensor(name, entry, buffer)
        named.append((name, stored))
        places.append((*place, name))
    for (_, end, one), (begin, _, other) in pairwise(sorted(places)):
        if begin < end:
            raise NetcError("", f"the tensors {label(one)} and {label(other)} overlap")
    root = flat.tree(named)
    metadata = header.get(METADATA)
    if isinstance(metadata, dict):
        root[METADATA] = {key: flat.meaning(value) for key, value in metadata.items() if isinstance(value, str)}
    return root, Tensors(lambda _: None, allowed)


def _header(text: bytes) -> dict[str, Any]:
    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise NetcError("byte 0x8", "the header has two entries of one name")
        return found

    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS:
        raise NetcError("byte 0x8", f"the header has more than {_MOST_BRACKETS:,} lists and objects")
    try:
        found = json.loads(text, object_pairs_hook=distinct)
    except (ValueError, RecursionError):
        raise NetcError("byte 0x8", "the header is no sound JSON") from None
    if not isinstance(found, dict):
        raise NetcError("byte 0x8", "the header is no JSON object")
    return found


def _tensor(name: str, entry: Any, buffer: memoryview) -> tuple[Stored, tuple[int, int]]:
    """A tensor, and where its bytes begin and end."""
    place = f"tensor {label(name)}"
    fields = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    counts = isinstance(offsets, list) and len(offsets) == 2 and all(type(offset) is int for offset in offsets)
    if not isinstance(dtype, str) or not isinstance(shape, list) or not isinstance(offsets, list) or not counts:
        raise NetcError(place, "its entry lacks dtype, shape or data_offsets")
    begin, end = offsets
    if not 0 <= begin <= end <= len(buffer):
        raise NetcError(place, f"it claims bytes {begin:,} to {end:,} of {len(buffer):,}")
    try:
        return Stored(_KINDS.get(dtype, dtype), tuple(shape), _window(buffer, begin, end)), (begin, end)
    except NetcError as error:
        raise NetcError(place, error.what) from None


def _window(buffer: memoryview, begin: int, end: int) -> Callable[[int], memoryview]:
    return lambda _: buffer[begin:end]
