"""The header of NumPy's .npy files, read and written.

Source: NEP 1 and numpy/lib/format.py. A header is a Python literal; here it is only searched for its three entries, not
evaluated.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import numpy as np

from netc.errors import NetcError

__all__ = ["LONGEST", "NUMBERS", "Header", "read_header", "unread", "written_header"]

LONGEST = 4096  # bytes of a header that netc reads; one of plain numbers has 128
NUMBERS = "biuf"  # the letters of NumPy's types of plain numbers

_MAGIC = b"\x93NUMPY"
_ALIGNMENT = 64  # of the numbers, in bytes from the file's start

_NUMBER = re.compile(r"b1|[iu][1248]|f[248]")
_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|\[)""")
_ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)\b""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(([0-9,\sL]*)\)""")


@dataclass(frozen=True)
class Header:
    """What a file claims to hold, none of it believed yet.

    `kind` is NumPy's name of the type without its byte order, such as ``"f4"``, or empty for a structured one; `start`
    is the byte at which the numbers begin.
    """

    kind: str
    big: bool
    fortran: bool
    shape: tuple[int, ...]
    start: int

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type of plain numbers; `NetcError` for any other."""
        if not _NUMBER.fullmatch(self.kind):
            raise NetcError("", unread(self.kind))
        return np.dtype((">" if self.big else "<") + self.kind)


def unread(kind: str) -> str:
    """Why netc does not read an array of this type."""
    if not kind:
        return "this is a structured array, which netc does not read"
    if kind.startswith("O"):
        return "this is an array of Python objects, which NumPy would unpickle and netc does not"
    return f"this is an array of type {kind[:20]!a}, and not of numbers"


def read_header(data: bytes) -> Header:
    """The header at the beginning of `data`, of which the first `LONGEST` bytes are enough.

    `NetcError` without a place where there is none.
    """
    wide = 2 if data[6:7] == b"\x01" else 4  # versions 2 and 3 write the length in four bytes
    end = 8 + wide + int.from_bytes(data[8 : 8 + wide], "little")
    text = data[8 + wide : end]
    descr, order, shape = _DESCR.search(text), _ORDER.search(text), _SHAPE.search(text)
    if not data.startswith(_MAGIC) or end > min(len(data), LONGEST) or not (descr and order and shape):
        raise NetcError("", "this is no NumPy array, or its header is damaged")
    spelled = (descr[1] or b"").decode("latin-1")
    sizes = tuple(map(int, re.findall(rb"[0-9]+", shape[1])))
    return Header(spelled.lstrip("<>|="), spelled.startswith(">"), order[1] == b"True", sizes, end)


def written_header(dtype: np.dtype[np.generic], shape: tuple[int, ...], *, at_least: int = 0) -> bytes:
    """A header of version 1.0 for numbers in C order, padded so that they begin at a multiple of 64 bytes.

    `at_least` is for headers that are written again when the shape is known: how long the first one was.
    """
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    size = max(at_least, -(-(10 + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT)
    return _MAGIC + b"\x01\x00" + struct.pack("<H", size - 10) + text.ljust(size - 11).encode() + b"\n"
