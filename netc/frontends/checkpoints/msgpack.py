"""MessagePack as flax writes it: nested maps, lists as maps of ``"0"``, ``"1"``, …, arrays as extensions.

Sources: the MessagePack specification; flax/serialization.py. Extension 1 is an array and 3 a NumPy scalar: MessagePack
of (shape, name of the type, bytes), little-endian in C order. Law: `read` ends in a tree or in `NetcError`, takes
memory for what is there and not for what a length claims, and does not recurse.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable

from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Stored, Tensors, kind_of
from netc.frontends.checkpoints.words import label

__all__ = ["is_msgpack", "read"]

_MOST_PARTS = 500_000
_DEEPEST = 64

_ARRAYS = (1, 3)
_PIECES = "__msgpack_chunked_array__"

# Numbers by opcode: how struct reads them.
_NUMBERS = dict(zip(range(0xCA, 0xD4), (">f", ">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"), strict=True))
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
# How many bytes a length takes, by opcode.
_BINARY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_STRING = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_LIST = {0xDC: 2, 0xDD: 4}
_MAP = {0xDE: 2, 0xDF: 4}
_EXTENSION = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTENSION = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def is_msgpack(data: bytes | mmap.mmap) -> bool:
    """Whether the first byte begins a map that is not empty."""
    return data[:1] in (b"\xde", b"\xdf") or b"\x80" < data[:1] < b"\x90"


def read(data: bytes | mmap.mmap, allowed: int) -> tuple[Node, Tensors]:
    """The tree in a file of one map; `allowed` is how many bytes of arrays may be read."""
    reader = _Reader(memoryview(data))
    root = reader.run(extensions=True)
    if reader.at < len(data):
        raise reader.error("it goes on behind its end")
    return root, Tensors(lambda _: None, allowed)


class _Open:
    """A list or a map that still lacks `left` nodes."""

    __slots__ = ("key", "left", "made")

    def __init__(self, made: list[Node] | dict[str, Node], left: int) -> None:
        self.made = made
        self.left = left
        self.key: str | None = None


class _Reader:
    """Reads nodes from `at` on."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.at = 0
        self.begin = 0  # of the node that is read

    def error(self, what: str) -> NetcError:
        return NetcError(f"byte 0x{self.begin:x}", f"this is no sound MessagePack: {what}")

    def run(self, *, extensions: bool) -> Node:
        """One node with all that is in it."""
        waiting: list[_Open] = []
        for _ in range(_MOST_PARTS):
            node = self.node(extensions)
            if isinstance(node, _Open) and node.left:
                waiting.append(node)
                if len(waiting) > _DEEPEST:
                    raise self.error(f"nodes are nested deeper than {_DEEPEST}")
                continue
            node = node.made if isinstance(node, _Open) else node
            while waiting:
                self.put(waiting[-1], node)
                if waiting[-1].left:
                    break
                node = waiting.pop().made
            else:
                return node
        raise NetcError(f"byte 0x{self.at:x}", f"the file has more than {_MOST_PARTS:,} parts")

    def put(self, target: _Open, node: Node) -> None:
        target.left -= 1
        if isinstance(target.made, list):
            target.made.append(node)
        elif target.key is not None:
            target.made[target.key] = node
            target.key = None
        else:
            if not isinstance(node, str):
                raise self.error("a key is no string")
            if node in target.made:
                raise self.error(f"there are two values for {label(node)}")
            if node == _PIECES:
                raise self.error("an array of more than a gigabyte, in pieces, which netc does not read")
            target.key = node

    def take(self, count: int) -> memoryview:
        if count > len(self.view) - self.at:
            raise self.error(f"it claims {count:,} bytes where {len(self.view) - self.at:,} are left")
        self.at += count
        return self.view[self.at - count : self.at]

    def length(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def node(self, extensions: bool) -> Node:
        """The next node, an `_Open` for a list or map."""
        self.begin = self.at
        code = self.take(1)[0]
        if code < 0x80:
            return code
        if code >= 0xE0:
            return code - 0x100
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        if code in _NUMBERS:
            return struct.unpack(_NUMBERS[code], self.take(struct.calcsize(_NUMBERS[code])))[0]
        if code < 0x90 or code in _MAP:
            return self.open({}, 2 * (code & 15 if code < 0x90 else self.length(_MAP[code])))
        if code < 0xA0 or code in _LIST:
            return self.open([], code & 15 if code < 0xA0 else self.length(_LIST[code]))
        if code < 0xC0 or code in _STRING:
            return self.string(code & 31 if code < 0xC0 else self.length(_STRING[code]))
        if code in _BINARY:
            found = self.take(self.length(_BINARY[code]))
            return bytes(found) if extensions else found
        if extensions and (code in _EXTENSION or code in _FIXED_EXTENSION):
            size = _FIXED_EXTENSION[code] if code in _FIXED_EXTENSION else self.length(_EXTENSION[code])
            kind = self.take(1)[0]
            return self.extension(kind, self.take(size))
        raise self.error(f"the byte 0x{code:02x} begins nothing here")

    def open(self, made: list[Node] | dict[str, Node], left: int) -> _Open:
        if left > len(self.view) - self.at:
            raise self.error(f"it claims {left:,} parts where {len(self.view) - self.at:,} bytes are left")
        return _Open(made, left)

    def string(self, size: int) -> str:
        try:
            return str(self.take(size), "utf-8")
        except UnicodeDecodeError:
            raise self.error("a string is not valid text") from None

    def extension(self, kind: int, data: memoryview) -> Node:
        """An array; anything else is nothing that a network needs."""
        if kind not in _ARRAYS:
            return None
        begin = self.begin
        try:
            parts = _Reader(data).run(extensions=False)
            shape, name, raw = parts if isinstance(parts, list) and len(parts) == 3 else [None] * 3
            if isinstance(shape, list) and isinstance(name, (str, memoryview)) and isinstance(raw, memoryview):
                dtype = name if isinstance(name, str) else str(name, "latin-1")
                return Stored(kind_of(dtype), tuple(shape), _window(raw))
        except NetcError as error:
            raise NetcError(f"byte 0x{begin:x}", error.what) from None
        raise self.error("an array is not (shape, type, bytes)")


def _window(raw: memoryview) -> Callable[[int], memoryview]:
    return lambda _: raw
