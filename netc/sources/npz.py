"""Arrays in .npz archives, compressed or not: read from beginning to end, and checked against their checksums."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from netc.errors import NetcError
from netc.npy import LONGEST, Header, read_header
from netc.sources.npy import Layout, layout, native_order, windows
from netc.sources.rows import Array, Held, Rows

__all__ = ["Zipped", "headers", "open_member", "small"]

_SUFFIX = ".npy"
_PIECE = 1 << 20
_SMALL = 1 << 10  # bytes of what is read at once


@contextmanager
def _opened(path: Path, name: str | None = None) -> Iterator[zipfile.ZipFile]:
    """The archive; what goes wrong with it, or with its member `name`, is a `NetcError`."""
    place = str(path) if name is None else f"{path}: array {name}"
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise NetcError(place, f"the archive is damaged, or of a kind that netc does not read: {error}") from None
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None


def headers(path: Path) -> dict[str, Header]:
    """The headers of all arrays by name, in the order of the archive; members that are none are left out."""
    found: dict[str, Header] = {}
    with _opened(path) as archive:
        for member in archive.namelist():
            if member.endswith(_SUFFIX):
                name = member.removesuffix(_SUFFIX)
                with _opened(path, name), archive.open(member) as stream:
                    try:
                        found[name] = read_header(stream.read(LONGEST))
                    except NetcError as error:
                        raise NetcError(f"{path}: array {name}", error.what) from None
    return found


def small(path: Path, name: str, header: Header) -> Array | None:
    """An array that is no larger than a handful of numbers; None if it is."""
    at = layout(header, flat=True)
    if at.size > _SMALL:
        return None
    return next(Zipped(path, name, at).batches(_SMALL), np.empty((0, 1), at.dtype)).reshape(-1)


def open_member(path: Path, name: str, header: Header, *, flat: bool = False) -> Zipped:
    """One of `headers`; `flat`: every number is a row. Raises `NetcError` for what is no array of numbers."""
    place = f"{path}: array {name}"
    try:
        found = layout(header, flat=flat)
    except NetcError as error:
        raise NetcError(place, error.what, error.hint) from None
    with _opened(path, name) as archive:
        size = archive.getinfo(name + _SUFFIX).file_size
    if found.start + found.size > size:
        raise NetcError(place, _short(found, size - found.start))
    return Zipped(path, name, found)


def _short(claimed: Layout, there: int) -> str:
    return f"the header promises {claimed.size:,} bytes of numbers; the member ends after {there:,}"


@dataclass(frozen=True)
class Zipped:
    """The rows of a member, which can only be read in order."""

    path: Path
    name: str
    layout: Layout

    @property
    def columns(self) -> int:
        return self.layout.columns

    @property
    def count(self) -> int:
        return self.layout.height

    @property
    def extent(self) -> int:
        return self.layout.height

    def batches(self, rows: int) -> Iterator[Array]:
        with _opened(self.path, self.name) as archive, archive.open(self.name + _SUFFIX) as stream:
            at = self.layout
            self._read(stream, memoryview(bytearray(at.start)))
            if at.fortran:
                yield from self._transposed(stream, rows)
                return
            for begin in range(0, at.height, rows):
                batch = np.empty((min(rows, at.height - begin), at.columns), at.dtype)
                if batch.size:
                    self._read(stream, batch.reshape(-1).view(np.uint8).data)
                yield native_order(batch)

    def parts(self, rows: int) -> Iterator[Rows]:
        return map(Held, self.batches(rows))

    def _read(self, stream: IO[bytes], to: memoryview) -> None:
        """Fills `to`; at the member's end zipfile compares the checksum."""
        while len(to):
            piece = stream.read(min(len(to), _PIECE))
            if not piece:
                raise EOFError("a member ends before the size that the archive says")
            to[: len(piece)] = piece
            to = to[len(piece) :]

    def _transposed(self, stream: IO[bytes], rows: int) -> Iterator[Array]:
        """Column after column is not the order that rows are wanted in: by way of a temporary file."""
        with tempfile.TemporaryFile(prefix="netc-") as file:
            left, piece = self.layout.size, bytearray(_PIECE)
            file.write(bytes(self.layout.start))
            while left:
                part = memoryview(piece)[: min(left, _PIECE)]
                self._read(stream, part)
                file.write(part)
                left -= len(part)
            file.flush()
            yield from windows(file.fileno(), str(self.path), self.layout, 0, self.layout.height, rows)
