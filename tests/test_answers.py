"""Answers as files: what NumPy reads back, and the same text that NumPy writes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netc import NetcError
from netc.answers import NpyAnswers, TextAnswers, lines_of

SHAPES = hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=9)


@given(hnp.arrays(st.sampled_from([np.int32, np.uint8, np.bool_]), SHAPES), st.sampled_from([" ", ","]))
def test_lines_are_what_numpy_writes(table: np.ndarray, separator: str) -> None:
    wanted = io.BytesIO()
    np.savetxt(wanted, table.astype(np.int64), fmt="%d", delimiter=separator)
    assert lines_of(table, separator) == wanted.getvalue()


def test_bits_without_a_separator_are_strings() -> None:
    assert lines_of(np.array([[True, False, True], [False, False, True]]), "") == b"101\n001\n"


def test_rows_without_numbers_are_empty_lines() -> None:
    assert lines_of(np.empty((3, 0), np.int32), " ") == b"\n\n\n"
    assert lines_of(np.empty((0, 3), np.int32), " ") == b""


@pytest.mark.parametrize("count", [None, 7])
@pytest.mark.parametrize("width", [(), (3,)])
def test_arrays_written_in_pieces_are_read_by_numpy(tmp_path: Path, count: int | None, width: tuple[int, ...]) -> None:
    table = np.arange(7 * 3).reshape(7, 3).astype(np.int32)[:, 0] if not width else np.arange(21).reshape(7, 3)
    with (tmp_path / "x.npy").open("wb") as file:
        sink = NpyAnswers(file, "x.npy", count)
        sink.write(table[:0])
        sink.write(table[:4])
        sink.write(table[4:])
        sink.finish()
    found = np.load(tmp_path / "x.npy")
    np.testing.assert_array_equal(found, table)
    assert found.dtype == table.dtype


def test_a_stream_cannot_learn_its_length_at_the_end() -> None:
    with pytest.raises(NetcError, match="cannot go back"):
        NpyAnswers(io.BytesIO(), "x.npy.gz", None)


def test_text_comes_piece_after_piece() -> None:
    file = io.BytesIO()
    sink = TextAnswers(file, ",")
    sink.write(np.array([[1, -20], [300, 4]]))
    sink.write(np.array([[5, 6]]))
    sink.finish()
    assert file.getvalue() == b"1,-20\n300,4\n5,6\n"
