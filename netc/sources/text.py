"""Lines of numbers, separated by commas or blanks: .csv and text. The core reads them, in blocks of whole lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count as count_from
from pathlib import Path
from typing import BinaryIO

import numpy as np

from netc import native
from netc.errors import NetcError
from netc.sources.rows import Array, Rows

__all__ = ["Lines", "open_text"]

_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 26
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """The lines of numbers between two bytes of a file, at which lines begin; `width` bytes has a line, or about."""

    path: Path
    columns: int
    first: int
    stop: int
    width: int

    @property
    def count(self) -> None:
        return None

    @property
    def extent(self) -> int:
        return self.stop - self.first

    def batches(self, rows: int) -> Iterator[Array]:
        """Arrays of bytes while all numbers are integers from 0 to 255, then of float64."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.first)
                yield from self._batches(file, rows)
        except OSError as error:
            raise NetcError(str(self.path), error.strerror or str(error)) from None

    def _batches(self, file: BinaryIO, rows: int) -> Iterator[Array]:
        state = native.ffi.new("netc_lines *", {"columns": self.columns, "line": 1})
        batch: Array = np.empty((rows, self.columns), np.uint8)
        filled = 0
        for block in self._blocks(file):
            at = 0
            while at < len(block):
                narrow = self._read(block[at:], batch[filled:], state)
                at += state.bytes
                filled += state.rows
                if not narrow:
                    read, batch = batch[:filled], np.empty(batch.shape)
                    batch[:filled] = read
                if filled == rows:
                    yield batch
                    batch, filled = np.empty_like(batch), 0
        if filled:
            yield batch[:filled]

    def _read(self, block: Array, to: Array, state: native.ffi.CData) -> bool:
        """As many lines as there are and as `to` has room for; False if the next one needs float64."""
        pointer, null = native.out(to), native.ffi.NULL
        narrow = to.dtype == np.uint8
        try:
            code = native.call(
                native.lib.netc_read_lines,
                native.view(block, np.uint8),
                len(block),
                len(to),
                pointer if narrow else null,
                null if narrow else pointer,
                state,
            )
        except NetcError as error:
            line, _, column = error.place.partition(":")
            raise NetcError(f"{self.path}:{self._lines_before() + int(line)}:{column}", error.what) from None
        return code == 0

    def _lines_before(self) -> int:
        """Lines of the file before these: counted only when there is something to say about one of them."""
        lines, left = 0, self.first
        with self.path.open("rb") as file:
            while left and (block := file.read(min(left, _BLOCK))):
                lines += block.count(b"\n")
                left -= len(block)
        return lines

    def _blocks(self, file: BinaryIO) -> Iterator[Array]:
        """Whole lines, the last one ended if it is not."""
        rest, left = b"", self.stop - self.first
        while left:
            block = file.read(min(left, _BLOCK))
            if not block:
                raise NetcError(str(self.path), "the file became shorter while it was read")
            left -= len(block)
            end = block.rfind(b"\n") + 1
            if end:
                yield np.frombuffer(rest + block[:end], np.uint8)
                rest = block[end:]
            else:
                rest += block
            if len(rest) > _LONGEST_LINE:
                raise NetcError(str(self.path), f"a line has more than {_LONGEST_LINE >> 20} MiB")
        if rest:
            yield np.frombuffer(rest + b"\n", np.uint8)

    def parts(self, rows: int) -> Iterator[Rows]:
        size = max(1, rows * self.width)
        first = self.first
        with self.path.open("rb") as file:
            while first < self.stop:
                file.seek(first + size - 1)
                line = file.readline(_LONGEST_LINE)
                stop = min(self.stop, first + size - 1 + len(line)) if line else self.stop
                yield replace(self, first=first, stop=stop)
                first = stop


def open_text(path: Path) -> Lines:
    """The numbers of a text file. Its first line is a header if it begins with no number; lines that begin with # are
    comments. Raises `NetcError` where there are no numbers.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = len(_BYTE_ORDER_MARK) if file.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK else 0
            file.seek(start)
            for number in count_from(1):
                line = file.readline(_LONGEST_LINE)
                if not line:
                    raise NetcError(str(path), "there are no numbers in this file")
                fields = line.replace(b",", b" ").split()
                if fields and not fields[0].startswith(b"#") and (number > 1 or _is_number(fields[0])):
                    text = np.frombuffer(line.removesuffix(b"\n") + b"\n", np.uint8)
                    columns = native.call(native.lib.netc_count_fields, native.view(text, np.uint8), len(text))
                    return Lines(path, columns, start, size, len(line))
                start += len(line)
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None
    raise AssertionError


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
