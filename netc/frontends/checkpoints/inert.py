"""A pickle as a tree of plain values: nothing is imported, nothing is called, whatever the file says.

A pickle is a program for a small stack machine. This one runs it as far as lists, tuples, dictionaries, numbers and
strings go; a class, a call and an object become a `Global` and an `Object`, which only say what the file asked for.
What those mean (a tensor, an ordered dictionary, a module) is read from the tree by whoever looks at it, so a file pays
for what is used and a hostile one gets no farther than being written down. All protocols, 0 to 5, without out-of-band
buffers.

Law: `read` ends in a tree or in `NetcError`. It takes time in proportion to the bytes it reads and memory to the
opcodes and strings among them, never to a number that the file claims; it does not recurse, and neither does dropping
the tree.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from netc.errors import NetcError

__all__ = ["Global", "Node", "Object", "Persistent", "Pickle", "read"]

MOST_OPCODES = 10_000_000  # a tree of at most a gigabyte; wiring as lists of numbers takes about 5 opcodes a gate

Node = Any  # None, bool, int, float, str, bytes, list, tuple, dict, or one of the three below


@dataclass(frozen=True, slots=True)
class Global:
    """A class or function that the file names."""

    module: str
    name: str


class Object:
    """What the file wanted made: ``cls(*args)``, then what was put into it.

    `state` is what BUILD gave it (for NEWOBJ_EX, until then, the keywords), `pairs` what was set by key, `elements`
    what was appended or added.
    """

    __slots__ = ("args", "cls", "elements", "pairs", "state")

    def __init__(self, cls: Node, args: Node = ()) -> None:
        self.cls = cls
        self.args = args
        self.state: Node = None
        self.pairs: dict[Node, Node] | None = None
        self.elements: list[Node] | None = None


class Persistent:
    """A reference to something outside the pickle, such as a tensor's storage."""

    __slots__ = ("key",)

    def __init__(self, key: Node) -> None:
        self.key = key


class Pickle(NamedTuple):
    """What one pickle holds, where it ends, and the references in it in order of appearance."""

    root: Node
    end: int
    persistent: list[Persistent]


def read(data: bytes | mmap.mmap, start: int = 0) -> Pickle:
    """The pickle that begins at byte `start`; `NetcError` with the byte for anything that is no pickle."""
    machine = _Machine(data, start)
    try:
        return machine.run()
    except IndexError:  # of an empty stack, or of the data at its end
        raise machine.error("it takes something from an empty stack, or ends too early") from None


_SET, _FROZENSET = Global("builtins", "set"), Global("builtins", "frozenset")


def _hashes_fast(node: Node) -> bool:
    """Whether a dictionary may hash it: integers of any size could be made to collide."""
    if isinstance(node, int):
        return -(2**63) <= node < 2**64
    return node is None or isinstance(node, (str, bytes, float, Global, Object, Persistent))


def _key(node: Node) -> Node:
    """`node` as the key of a dictionary; inside an `Object` if hashing it could be slow, deep or impossible."""
    if _hashes_fast(node) or (isinstance(node, tuple) and len(node) <= 8 and all(map(_hashes_fast, node))):
        return node
    return Object(None, (node,))


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"\n": b""}


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1] == b"x" and len(code) == 3:
        return bytes([int(code[1:], 16)])
    if code.isdigit() and max(code) < ord("8"):
        return bytes([int(code, 8) & 255])
    return _ESCAPES.get(code, code if code in b"\\'\"" else match[0])


class _Machine:
    """The stack machine: `stack` is what lies above the last mark, `below` what lies under each mark."""

    def __init__(self, data: bytes | mmap.mmap, start: int) -> None:
        self.data = data
        self.at = start  # the next byte
        self.opcode_at = start
        self.stack: list[Node] = []
        self.below: list[list[Node]] = []
        self.memo: dict[int, Node] = {}
        self.persistent: list[Persistent] = []

    def error(self, what: str) -> NetcError:
        return NetcError(f"byte 0x{self.opcode_at:x}", f"this is no sound pickle: {what}")

    def run(self) -> Pickle:
        data = self.data
        for _ in range(MOST_OPCODES):
            self.opcode_at = self.at
            opcode = data[self.at]
            self.at += 1
            if opcode == _STOP:
                return Pickle(self.stack.pop(), self.at, self.persistent)
            action = _ACTIONS.get(opcode)
            if action is None:
                raise self.error(f"there is no opcode 0x{opcode:02x}")
            action(self)
        raise NetcError(f"byte 0x{self.at:x}", f"the pickle has more than {MOST_OPCODES:,} parts")

    # Reading arguments.

    def bytes_(self, count: int) -> bytes:
        if not 0 <= count <= len(self.data) - self.at:
            raise self.error(f"it claims {count} bytes where {len(self.data) - self.at} are left")
        self.at += count
        return bytes(self.data[self.at - count : self.at])

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.bytes_(size), "little", signed=signed)

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise self.error("a line does not end")
        text = self.bytes_(end - self.at)
        self.at += 1
        return text

    def decode(self, data: bytes, codec: str = "utf-8", errors: str = "surrogatepass") -> str:
        try:
            return data.decode(codec, errors)
        except UnicodeDecodeError:
            raise self.error("a string is not valid text") from None

    def text_line(self) -> str:
        return self.decode(self.line())

    def decimal(self, text: bytes) -> int:
        try:
            return int(text)
        except ValueError:
            raise self.error("an integer is malformed") from None

    # The stack.

    def push(self, node: Node) -> None:
        self.stack.append(node)

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Node]:
        nodes = self.stack
        self.stack = self.below.pop()
        return nodes

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise self.error(f"memo {index} was never set")
        self.stack.append(self.memo[index])

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    # Numbers and strings.

    def int_line(self) -> None:
        text = self.line()
        self.push({b"00": False, b"01": True}.get(text) if text in (b"00", b"01") else self.decimal(text))

    def long_line(self) -> None:
        self.push(self.decimal(self.line().removesuffix(b"L")))

    def float_line(self) -> None:
        try:
            self.push(float(self.line()))
        except ValueError:
            raise self.error("a float is malformed") from None

    def string_line(self) -> None:
        text = self.line().strip()
        if len(text) < 2 or text[:1] not in (b"'", b'"') or text[:1] != text[-1:]:
            raise self.error("a string is not quoted")
        self.push(_ESCAPE.sub(_unescape, text[1:-1]).decode("latin-1"))

    # Containers.

    def dict_(self, nodes: list[Node]) -> dict[Node, Node]:
        if len(nodes) % 2:
            raise self.error("a key has no value")
        return {_key(nodes[i]): nodes[i + 1] for i in range(0, len(nodes), 2)}

    def extend(self, nodes: list[Node]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(nodes)
        elif isinstance(target, Object):
            target.elements = [] if target.elements is None else target.elements
            target.elements.extend(nodes)
        else:
            raise self.error(f"it appends to a {type(target).__name__}")

    def set_items(self, nodes: list[Node]) -> None:
        target = self.stack[-1]
        if isinstance(target, dict):
            target.update(self.dict_(nodes))
        elif isinstance(target, Object):
            target.pairs = {} if target.pairs is None else target.pairs
            target.pairs.update(self.dict_(nodes))
        else:
            raise self.error(f"it sets items of a {type(target).__name__}")

    def append(self) -> None:
        node = self.stack.pop()
        self.extend([node])

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def tuple_(self, count: int) -> None:
        if len(self.stack) < count:
            raise self.error("a tuple is longer than the stack")
        at = len(self.stack) - count
        self.stack[at:] = [tuple(self.stack[at:])]

    # Globals and objects.

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise self.error("a class has a name that is no string")
        self.push(Global(module, name))

    def call(self) -> None:
        args, cls = self.stack.pop(), self.stack.pop()
        if not isinstance(args, tuple):
            raise self.error("a call has arguments that are no tuple")
        self.push(Object(cls, args))

    def call_with_keywords(self) -> None:
        keywords = self.stack.pop()
        self.call()
        self.stack[-1].state = keywords

    def inst(self) -> None:
        cls = Global(self.text_line(), self.text_line())
        self.push(Object(cls, tuple(self.pop_mark())))

    def obj(self) -> None:
        nodes = self.pop_mark()
        self.push(Object(nodes[0], tuple(nodes[1:])))

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if not isinstance(target, Object):
            raise self.error(f"it sets the state of a {type(target).__name__}")
        target.state = state

    def reference(self, key: Node) -> None:
        self.persistent.append(Persistent(key))
        self.push(self.persistent[-1])

    def elements_of(self, cls: Global, nodes: list[Node]) -> None:
        made = Object(cls)
        made.elements = nodes
        self.push(made)

    def protocol(self) -> None:
        version = self.number(1)
        if version > 5:
            raise self.error(f"it is of protocol {version}; the newest is 5")

    def unsupported(self) -> None:
        raise NetcError(
            f"byte 0x{self.opcode_at:x}",
            "the pickle refers to data outside the file",
            "save it again with pickle's defaults",
        )


def _float64(data: bytes) -> float:
    value: float = struct.unpack(">d", data)[0]
    return value


def _drop(_: object) -> None:
    """A value that is only read past."""


_STOP = ord(".")

_BY_LETTER: dict[bytes, Callable[[_Machine], None]] = {
    # The stack and the memo.
    b"(": _Machine.mark,
    b"0": _Machine.pop,
    b"1": lambda m: _drop(m.pop_mark()),
    b"2": lambda m: m.push(m.stack[-1]),
    b"g": lambda m: m.get(m.decimal(m.line())),
    b"h": lambda m: m.get(m.number(1)),
    b"j": lambda m: m.get(m.number(4)),
    b"p": lambda m: m.put(m.decimal(m.line())),
    b"q": lambda m: m.put(m.number(1)),
    b"r": lambda m: m.put(m.number(4)),
    b"\x94": lambda m: m.put(len(m.memo)),
    b"\x80": _Machine.protocol,
    b"\x95": lambda m: _drop(m.number(8)),  # a frame's size: only a hint for buffered readers
    # Constants and numbers.
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _Machine.int_line,
    b"J": lambda m: m.push(m.number(4, signed=True)),
    b"K": lambda m: m.push(m.number(1)),
    b"M": lambda m: m.push(m.number(2)),
    b"L": _Machine.long_line,
    b"\x8a": lambda m: m.push(m.number(m.number(1), signed=True)),
    b"\x8b": lambda m: m.push(m.number(m.number(4, signed=True), signed=True)),
    b"F": _Machine.float_line,
    b"G": lambda m: m.push(_float64(m.bytes_(8))),
    # Strings and bytes. Python 2 did not tell them apart; latin-1 keeps its bytes.
    b"S": _Machine.string_line,
    b"T": lambda m: m.push(m.bytes_(m.number(4, signed=True)).decode("latin-1")),
    b"U": lambda m: m.push(m.bytes_(m.number(1)).decode("latin-1")),
    b"V": lambda m: m.push(m.decode(m.line(), "raw-unicode-escape", "strict")),
    b"X": lambda m: m.push(m.decode(m.bytes_(m.number(4)))),
    b"\x8c": lambda m: m.push(m.decode(m.bytes_(m.number(1)))),
    b"\x8d": lambda m: m.push(m.decode(m.bytes_(m.number(8)))),
    b"B": lambda m: m.push(m.bytes_(m.number(4))),
    b"C": lambda m: m.push(m.bytes_(m.number(1))),
    b"\x8e": lambda m: m.push(m.bytes_(m.number(8))),
    b"\x96": lambda m: m.push(m.bytes_(m.number(8))),
    # Containers.
    b"]": lambda m: m.push([]),
    b"}": lambda m: m.push({}),
    b")": lambda m: m.push(()),
    b"l": lambda m: m.push(m.pop_mark()),
    b"d": lambda m: m.push(m.dict_(m.pop_mark())),
    b"t": lambda m: m.push(tuple(m.pop_mark())),
    b"\x85": lambda m: m.tuple_(1),
    b"\x86": lambda m: m.tuple_(2),
    b"\x87": lambda m: m.tuple_(3),
    b"a": _Machine.append,
    b"e": lambda m: m.extend(m.pop_mark()),
    b"s": _Machine.set_item,
    b"u": lambda m: m.set_items(m.pop_mark()),
    b"\x8f": lambda m: m.elements_of(_SET, []),
    b"\x90": lambda m: m.extend(m.pop_mark()),
    b"\x91": lambda m: m.elements_of(_FROZENSET, m.pop_mark()),
    # Classes, objects, references.
    b"c": lambda m: m.push(Global(m.text_line(), m.text_line())),
    b"\x93": _Machine.stack_global,
    b"R": _Machine.call,
    b"\x81": _Machine.call,
    b"\x92": _Machine.call_with_keywords,
    b"i": _Machine.inst,
    b"o": _Machine.obj,
    b"b": _Machine.build,
    b"P": lambda m: m.reference(m.text_line()),
    b"Q": lambda m: m.reference(m.stack.pop()),
    b"\x82": _Machine.unsupported,
    b"\x83": _Machine.unsupported,
    b"\x84": _Machine.unsupported,
    b"\x97": _Machine.unsupported,
    b"\x98": _Machine.unsupported,
}


_ACTIONS = {letter[0]: action for letter, action in _BY_LETTER.items()}
