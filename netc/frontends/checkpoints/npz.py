"""NumPy's .npz archives: a zip archive of .npy arrays, compressed or not. Arrays of Python objects are refused.

Source: NEP 1 and numpy/lib/format.py. A header is a Python literal; here it is only searched for its three entries,
not evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from netc.errors import NetcError
from netc.frontends.checkpoints import flat
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Stored, Tensors
from netc.frontends.checkpoints.words import label

__all__ = ["is_npz", "read"]

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 4096
_NUMBERS = "biuf"  # the letters of NumPy's types of plain numbers
_MOST_ARRAYS = 20_000
_LONGEST_TEXT = 1 << 20  # characters of a string: settings as JSON

_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*['"]([^'"]*)['"]""")
_ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)\b""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(([0-9,\sL]*)\)""")
_STRUCTURED = re.compile(rb"""['"]descr['"]\s*:\s*\[""")

_SAVE_EACH = "save each array under a name of its own: numpy.savez('model.npz', **{'0.weights': …, '0.indices': …})"


def is_npz(archive: Archive) -> bool:
    return bool(archive.members) and all(name.endswith(".npy") for name in archive.members)


def read(archive: Archive, allowed: int) -> tuple[Node, Tensors]:
    """The arrays by name; what has no dimension is a number or a string, or what the string says if it is JSON.

    `allowed` is how many bytes of arrays may be read. Raises `NetcError` for arrays of Python objects, damaged headers.
    """
    if len(archive.members) > _MOST_ARRAYS:
        raise NetcError("", f"the archive has {len(archive.members):,} arrays; netc reads {_MOST_ARRAYS:,}")
    tensors = Tensors(lambda _: None, allowed)
    reader = _Reader(archive, tensors)
    root = flat.tree((member.removesuffix(".npy"), reader.array(member)) for member in archive.members)
    return root, tensors


def _place(member: str) -> str:
    return f"array {label(member.removesuffix('.npy'))}"


class _Reader:
    """Reads members; `text` is how many characters of strings it may still read."""

    def __init__(self, archive: Archive, tensors: Tensors) -> None:
        self.archive = archive
        self.tensors = tensors
        self.text = _LONGEST_TEXT

    def array(self, member: str) -> Node:
        """A string, a number, or an array whose header was read."""
        head = bytes(self.archive.unpacked(member, _LONGEST_HEADER))
        start = 10 if head[6:7] == b"\x01" else 12  # versions 2 and 3 write the length in four bytes
        end = start + int.from_bytes(head[8:start], "little")
        header = head[start:end]
        descr, order, shape = _DESCR.search(header), _ORDER.search(header), _SHAPE.search(header)
        if _STRUCTURED.search(header) is not None:
            raise NetcError(_place(member), "this is a structured array, which netc does not read", _SAVE_EACH)
        if not head.startswith(_MAGIC) or end > len(head) or descr is None or order is None or shape is None:
            raise NetcError(_place(member), "this is no NumPy array, or its header is damaged")
        spelled = descr[1].decode("latin-1")
        kind = spelled.lstrip("<>|=")
        big = spelled.startswith(">")
        if kind.startswith("O"):
            what = "this is an array of Python objects, which NumPy would unpickle and netc does not"
            raise NetcError(_place(member), what, _SAVE_EACH)
        if kind.startswith("V"):
            what = f"this is an array of raw bytes ({label(spelled)}): NumPy does not keep the type bfloat16"
            raise NetcError(_place(member), what, "save it as float32")
        sizes = tuple(map(int, re.findall(rb"[0-9]+", shape[1])))
        if kind.startswith("U") and not sizes:
            return flat.meaning(self.string(member, end, kind[1:], big))
        try:
            stored = Stored(kind, sizes, self.numbers(member, end), big, order[1] == b"True")
            return stored if sizes or kind[:1] not in _NUMBERS else self.tensors.array(stored).item()
        except NetcError as error:
            raise NetcError(_place(member), error.what) from None

    def numbers(self, member: str, start: int) -> Callable[[int], bytes | memoryview]:
        """What reads the numbers of an array, which begin at byte `start` of its member."""
        return lambda size: memoryview(self.archive.unpacked(member, start + size + 1))[start:]

    def string(self, member: str, start: int, length: str, big: bool) -> str:
        characters = int(length) if length.isdecimal() and len(length) < 9 else _LONGEST_TEXT + 1
        self.text -= characters
        if self.text < 0:
            raise NetcError(_place(member), f"the strings have more than {_LONGEST_TEXT:,} characters")
        raw = bytes(self.archive.unpacked(member, start + 4 * characters))[start:]
        try:
            return raw.decode("utf-32-be" if big else "utf-32-le").rstrip("\0")
        except UnicodeDecodeError:
            raise NetcError(_place(member), "this string is no text") from None
