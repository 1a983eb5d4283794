"""NumPy's .npz archives: a zip archive of .npy arrays, compressed or not. Arrays of Python objects are refused."""

from __future__ import annotations

from collections.abc import Callable

from netc.errors import NetcError
from netc.frontends.checkpoints import flat
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import BFLOAT16, Stored, Tensors
from netc.frontends.checkpoints.words import label
from netc.npy import LONGEST, NUMBERS, read_header, unread

__all__ = ["is_npz", "read"]

_MOST_ARRAYS = 20_000
_RAW_PAIRS = "V2"  # what NumPy and MLX write for bfloat16, which NumPy lacks: two bytes of no type
_LONGEST_TEXT = 1 << 20  # characters of a string: settings as JSON

_SAVE_EACH = "save each array under a name of its own: numpy.savez('model.npz', **{'0.weights': …, '0.indices': …})"


def is_npz(archive: Archive) -> bool:
    return bool(archive.members) and all(name.endswith(".npy") for name in archive.members)


def read(archive: Archive, allowed: int) -> tuple[str, Node, Tensors]:
    """The container's name for notes, the arrays by name, and what reads them.

    What has no dimension is a number or a string, or what the string says if it is JSON. `allowed` is how many bytes of
    arrays may be read. Raises `NetcError` for arrays of Python objects and damaged headers.
    """
    if len(archive.members) > _MOST_ARRAYS:
        raise NetcError("", f"the archive has {len(archive.members):,} arrays; netc reads {_MOST_ARRAYS:,}")
    tensors = Tensors(lambda _: None, allowed)
    reader = _Reader(archive, tensors)
    root = flat.tree((member.removesuffix(".npy"), reader.array(member)) for member in archive.members)
    name = "NumPy .npz archive"
    return f"{name} (type {_RAW_PAIRS} is read as bfloat16)" if reader.raw else name, root, tensors


def _place(member: str) -> str:
    return f"array {label(member.removesuffix('.npy'))}"


class _Reader:
    """Reads members; `text` is how many characters of strings it may still read, `raw` whether there was bfloat16."""

    def __init__(self, archive: Archive, tensors: Tensors) -> None:
        self.archive = archive
        self.tensors = tensors
        self.text = _LONGEST_TEXT
        self.raw = False

    def array(self, member: str) -> Node:
        """A string, a number, or an array whose header was read."""
        head = bytes(self.archive.unpacked(member, LONGEST))
        try:
            header = read_header(head)
        except NetcError as error:
            raise NetcError(_place(member), error.what) from None
        kind = header.kind
        if not kind or kind.startswith("O"):
            raise NetcError(_place(member), unread(kind), _SAVE_EACH)
        if kind == _RAW_PAIRS:
            self.raw = True
            kind = BFLOAT16
        if kind.startswith("U") and not header.shape:
            return flat.meaning(self.string(member, header.start, kind[1:], header.big))
        try:
            stored = Stored(kind, header.shape, self.numbers(member, header.start), header.big, header.fortran)
            return stored if header.shape or kind[:1] not in NUMBERS else self.tensors.array(stored).item()
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
