"""Answers written as they come: NumPy's format, or lines of numbers."""

from __future__ import annotations

import io
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.npy import written_header

__all__ = ["NpyAnswers", "TextAnswers", "lines_of"]

Array = npt.NDArray[Any]

_MOST_WORDS = 1 << 16  # of a table of spelled numbers
_LARGEST_DIGIT = 9
_HEADER = 128  # bytes: what numpy.save writes


class TextAnswers:
    """One line a sample, numbers separated by `separator`."""

    def __init__(self, file: IO[bytes], separator: str) -> None:
        self._file = file
        self._separator = separator

    def write(self, answers: Array) -> None:
        self._file.write(lines_of(answers, self._separator))

    def finish(self) -> None:
        """All answers have been written."""


class NpyAnswers:
    """An .npy file of ``[samples, …]``. Where `count` is not known before, `file` has to be able to go back."""

    def __init__(self, file: IO[bytes], name: str, count: int | None) -> None:
        if count is None and not (isinstance(file, io.BufferedWriter) and file.seekable()):
            what = "the header says how many answers there are, which is known at the end; this file cannot go back"
            raise NetcError(name, what, "write a plain .npy, or text")
        self._file = file
        self._promised = count
        self._written = 0
        self._like: Array | None = None

    def write(self, answers: Array) -> None:
        if self._like is None:
            self._like = answers[:0]
            self._file.write(self._header(self._like, self._promised or 0))
        self._file.write(np.ascontiguousarray(answers).data)
        self._written += len(answers)

    def finish(self) -> None:
        """All answers have been written, at least one batch of them."""
        if self._promised is None and self._like is not None:
            self._file.seek(0)
            self._file.write(self._header(self._like, self._written))

    @staticmethod
    def _header(like: Array, count: int) -> bytes:
        return written_header(like.dtype, (count, *like.shape[1:]), at_least=_HEADER)


def lines_of(answers: Array, separator: str) -> bytes:
    """Integers or truth values of shape ``[n]`` or ``[n, width]`` as decimals, a line a row.

    Each number of the range that occurs is spelled once, padded with zero bytes, which go at the end.
    """
    if not answers.size:
        return b"\n" * len(answers)
    table = answers.reshape(len(answers), -1).view(np.uint8 if answers.dtype == np.bool_ else answers.dtype)
    low, high = int(table.min()), int(table.max())
    if low >= 0 and high <= _LARGEST_DIGIT:
        return _digits(table, separator)
    if high - low < max(_MOST_WORDS, table.size):
        spelled = np.array([str(number) for number in range(low, high + 1)], "S")
        words = spelled.view(np.uint8).reshape(len(spelled), -1)[table.astype(np.int64) - low]
    else:
        words = table.astype("S").view(np.uint8).reshape(*table.shape, -1)
    rows, columns, width = words.shape
    text = np.zeros((rows, columns, width + 1), np.uint8)
    text[:, :, :width] = words
    text[:, :, width] = ord(separator) if separator else 0
    text[:, -1, width] = ord("\n")
    return text.tobytes().replace(b"\0", b"")


def _digits(table: Array, separator: str) -> bytes:
    """The same for numbers of one digit: nothing is padded."""
    rows, columns = table.shape
    step = 2 if separator else 1
    text = np.full((rows, step * columns + (not separator)), ord(separator or "\n"), np.uint8)
    text[:, : step * columns : step] = table + ord("0")
    text[:, -1] = ord("\n")
    return text.tobytes()
