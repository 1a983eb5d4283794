"""Every format of samples: the numbers that NumPy and pyarrow put there, in pieces of any size, and what is damaged."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc import NetcError
from netc.data import class_numbers, open_labels, open_samples
from netc.sources.rows import Held, Rows, batch_rows, in_order, whole

Array = npt.NDArray[Any]
SUFFIXES = [".npy", ".npz", ".csv", ".txt", ".parquet"]
ROWS = 1000


def put(path: Path, table: Array) -> Path:
    """Writes a table with the library that the format belongs to."""
    if path.suffix == ".npy":
        np.save(path, table)
    elif path.suffix == ".npz":
        np.savez_compressed(path, x=table)
    elif path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        parquet = pytest.importorskip("pyarrow.parquet")
        columns = {f"c{i}": np.ascontiguousarray(column) for i, column in enumerate(table.T)}
        parquet.write_table(pa.table(columns), path, row_group_size=170)
    else:
        np.savetxt(path, table, fmt="%.17g", delimiter="," if path.suffix == ".csv" else " ")
    return path


def joined(parts: list[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty((0, 0))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["bytes", "floats", "signed"])
@pytest.mark.parametrize("rows", [1, 7, 170, 999, 1000, 5000])
def test_batches_and_parts_are_the_table_in_order(tmp_path: Path, suffix: str, kind: str, rows: int) -> None:
    random = np.random.default_rng(3)
    table = {
        "bytes": random.integers(0, 256, (ROWS, 5)).astype(np.uint8),
        "floats": random.normal(size=(ROWS, 5)) * 10.0 ** random.integers(-30, 30, (ROWS, 5)),
        "signed": random.integers(-1000, 1000, (ROWS, 5)),
    }[kind]
    if suffix == ".csv" and rows == 1 and kind == "bytes":
        table[0, 3] = 7
    found = open_samples(put(tmp_path / f"x{suffix}", table)).rows
    assert found.columns == 5
    assert found.count in (None, ROWS)
    batches = list(found.batches(rows))
    np.testing.assert_array_equal(joined(batches), table)
    assert [len(batch) for batch in batches] == [len(table[at : at + rows]) for at in range(0, ROWS, rows)]
    parts = list(found.parts(rows))
    np.testing.assert_array_equal(joined([whole(part) for part in parts]), table)
    assert sum(part.extent for part in parts) == found.extent


def test_numbers_in_text_become_bytes_until_one_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n# remark\n0, 1\r\n255,3\n\n4,256\n-1,0.5")
    batches = list(open_samples(tmp_path / "x.csv").rows.batches(2))
    assert [batch.dtype for batch in batches] == [np.uint8, np.float64]
    assert joined(batches).tolist() == [[0, 1], [255, 3], [4, 256], [-1, 0.5]]


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_decimals_are_read_to_the_nearest_double(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("x") / "x.txt"
    path.write_text("".join(f"{value!r} {value:.15g} {value:.3f}\n" for value in values))
    wanted = [[value, float(f"{value:.15g}"), float(f"{value:.3f}")] for value in values]
    assert whole(open_samples(path).rows).astype(float).tolist() == wanted


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("dtype", ["?", "<u2", ">i4", "<i8", "<f2", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_type_and_order_are_read(tmp_path: Path, suffix: str, dtype: str, order: Any) -> None:
    table = np.asarray(np.arange(60).reshape(12, 5) % 2, dtype, order=order)
    found = whole(open_samples(put(tmp_path / f"x{suffix}", table)).rows)
    np.testing.assert_array_equal(found, table)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")


def test_axes_after_the_first_are_one_row_and_one_axis_is_one_row(tmp_path: Path) -> None:
    cube = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(whole(open_samples(put(tmp_path / "x.npy", cube)).rows), cube.reshape(2, 12))
    np.testing.assert_array_equal(whole(open_samples(put(tmp_path / "y.npy", cube[0, 0])).rows), cube[0, :1])


def test_labels_and_packed_bits_come_along(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", inputs_packed=np.ones((4, 2), np.uint8), n_inputs=11, y=np.arange(4))
    samples = open_samples(tmp_path / "x.npz")
    assert samples.packed
    assert samples.bits == 11
    assert samples.labels is not None
    assert class_numbers(whole(samples.labels), "x").tolist() == [0, 1, 2, 3]
    np.save(tmp_path / "y.npy", np.array([[2.0], [5.0]]))
    assert class_numbers(whole(open_labels(tmp_path / "y.npy")), "y").tolist() == [2, 5]
    for wrong in ([-1], [0.5], [np.nan]):
        with pytest.raises(NetcError, match="class numbers"):
            class_numbers(np.array(wrong), "y")


def test_parquet_columns_may_be_lists_and_labels(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    lists = [[1, 2], [3, 4], [5, 6]]
    parquet.write_table(pa.table({"a": [0.5, None, 2.5], "b": lists, "label": [2, 1, 0]}), tmp_path / "x.parquet")
    samples = open_samples(tmp_path / "x.parquet")
    np.testing.assert_array_equal(whole(samples.rows), [[0.5, 1, 2], [np.nan, 3, 4], [2.5, 5, 6]])
    assert samples.labels is not None
    assert whole(samples.labels).ravel().tolist() == [2, 1, 0]
    parquet.write_table(pa.table({"b": [[1, 2], [3]]}), tmp_path / "y.parquet")
    with pytest.raises(NetcError, match="length"):
        whole(open_samples(tmp_path / "y.parquet").rows)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
@pytest.mark.parametrize("share", [0, 0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_an_error_with_its_name(tmp_path: Path, suffix: str, share: float) -> None:
    path = put(tmp_path / f"x{suffix}", np.random.default_rng(0).integers(0, 2, (ROWS, 50)).astype(np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(NetcError) as caught:
        whole(open_samples(path).rows)
    assert caught.value.place.startswith(str(path))
    assert "\n" not in caught.value.what


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bytes_of_chance_are_an_error_with_its_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    for seed in range(20):
        path.write_bytes(np.random.default_rng(seed).bytes(3000))
        with pytest.raises(NetcError) as caught:
            whole(open_samples(path).rows)
        assert caught.value.place.startswith(str(path))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
def test_damage_is_an_error_or_harmless(tmp_path: Path, suffix: str) -> None:
    path = put(tmp_path / f"x{suffix}", np.random.default_rng(0).integers(0, 2, (50, 9)).astype(np.uint8))
    data, random = path.read_bytes(), np.random.default_rng(1)
    for _ in range(150):
        damaged = bytearray(data)
        damaged[random.integers(len(data))] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            found = whole(open_samples(path).rows)
        except NetcError as error:
            assert error.place.startswith(str(path)) or error.place == ""
        else:
            assert found.ndim == 2


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("1,2\n3\n", ":2:1", "1 numbers where the lines before have 2"),
        ("1,2\n3,4,5\n", ":2:1", "3 numbers where the lines before have 2"),
        ("1,2\n3,x\n", ":2:3", "'x' is no number"),
        ("1,2\n3,,4\n", ":2:3", "a number is missing"),
        ("1,2\n3,0x10\n", ":2:3", "'0x10' is no number"),
        ("1,2\n3,nan(7)\n", ":2:3", "'nan(7)' is no number"),
        ("a,b\n", "", "there are no numbers in this file"),
        ("", "", "there are no numbers in this file"),
        ("\n \n# 1\n", "", "there are no numbers in this file"),
    ],
)
def test_what_is_wrong_with_text_is_said_with_line_and_column(tmp_path: Path, text: str, place: str, what: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(NetcError) as caught:
        whole(open_samples(path).rows)
    assert caught.value.place == f"{path}{place}"
    assert caught.value.what == what


def test_lines_are_counted_from_the_beginning_of_the_file_in_every_part(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2\n" * 700 + "1,y\n")
    *sound, broken = open_samples(path).rows.parts(100)
    assert sum(len(whole(part)) for part in sound) == 700
    with pytest.raises(NetcError) as caught:
        whole(broken)
    assert caught.value.place == f"{path}:701:3"


def npy(shape: str, *, descr: str = "'|u1'", data: bytes = b"") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (npy("(1000000000000, 1000)"), "the header promises"),
        (npy("(2, 2)", data=b"abc"), "the header promises 4 bytes of numbers; the file ends after 3"),
        (npy("(2, 2)", descr="'|O'"), "Python objects"),
        (npy("(2, 2)", descr="[('a', '<f4')]"), "structured array"),
        (npy("(2, 2)", descr="'<c8'", data=bytes(32)), "not of numbers"),
        (npy("(__import__('os').abort(),)"), "header is damaged"),
        (npy("()", descr="'<U9'", data=bytes(36)), "not of numbers"),
    ],
)
def test_headers_are_not_believed(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "x.npy").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", data)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(NetcError) as caught:
            open_samples(tmp_path / name)
        assert what.replace("the file", "the member" if name == "x.npz" else "the file") in caught.value.what


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0,)])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_may_be_empty(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    rows = open_samples(put(tmp_path / f"x{suffix}", np.empty(shape, np.uint8))).rows
    assert whole(rows).shape == (shape if len(shape) == 2 else (1, 0))


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "x.npy", np.zeros((1 << 16, 64), np.uint8))
    batches = open_samples(path).rows.batches(1 << 12)
    next(batches)
    with path.open("r+b") as file:
        file.truncate(8192)
    with pytest.raises(NetcError, match="became shorter"):
        for batch in batches:
            assert len(batch)


def test_files_that_are_not_there_or_unknown_are_errors(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        if suffix == ".parquet":
            pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        with pytest.raises(NetcError, match="No such file"):
            open_samples(tmp_path / f"none{suffix}")
    with pytest.raises(NetcError, match="netc reads samples from"):
        open_samples(tmp_path / "x.bmp")


@given(st.lists(st.integers(0, 9)), st.integers(1, 12))
def test_pieces_become_batches_of_one_size(sizes: list[int], rows: int) -> None:
    table = np.arange(sum(sizes))
    pieces = np.split(table, np.cumsum(sizes)[:-1]) if sizes else []
    found = list(in_order(iter(pieces), rows))
    assert [list(batch) for batch in found] == [list(table[at : at + rows]) for at in range(0, len(table), rows)]


def test_batches_are_bounded_in_bytes_and_never_empty() -> None:
    for row_bytes in (0, 1, 784, 1 << 20, 1 << 40):
        for threads in (1, 4, 1000):
            rows = batch_rows(row_bytes, threads)
            assert rows >= 1
            assert rows == 1 or rows * row_bytes <= 1 << 24


def test_held_rows_are_rows() -> None:
    held: Rows = Held(np.arange(10).reshape(5, 2))
    opener: Callable[[int], Any] = held.parts
    assert isinstance(held, Rows)
    assert [part.count for part in opener(2)] == [2, 2, 1]
