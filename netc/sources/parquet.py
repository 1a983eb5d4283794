"""Columns of numbers in Parquet files, by way of pyarrow (the extra ``netc[parquet]``), some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from netc.errors import NetcError
from netc.sources.rows import Array, Rows, in_order

__all__ = ["Groups", "column_names", "open_parquet"]

_BUFFER = 1 << 15  # bytes of each column that are read ahead


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise NetcError("", "reading .parquet needs the package pyarrow", "pip install 'netc[parquet]'") from None
    return pyarrow.parquet


def _opened(path: Path) -> Any:
    try:
        return _parquet().ParquetFile(path, memory_map=False, buffer_size=_BUFFER, pre_buffer=False)
    except NetcError as error:
        raise NetcError(str(path), error.what, error.hint) from None
    except OSError as error:
        raise NetcError(str(path), error.strerror or _first_line(error)) from None
    except Exception as error:  # noqa: BLE001 - pyarrow's own, which are of many kinds
        raise NetcError(str(path), f"this is no Parquet file, or it is damaged: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def column_names(path: Path) -> list[str]:
    with _opened(path) as file:
        return list(file.schema_arrow.names)


@dataclass(frozen=True)
class Groups:
    """Some columns of the row groups `first` up to `stop`: numbers, or lists of numbers that are all as long."""

    path: Path
    names: tuple[str, ...]
    columns: int
    count: int
    first: int
    stop: int

    @property
    def extent(self) -> int:
        return self.count

    def batches(self, rows: int) -> Iterator[Array]:
        return in_order(self._pieces(rows), rows)

    def _pieces(self, rows: int) -> Iterator[Array]:
        with _opened(self.path) as file:
            groups = range(self.first, self.stop)
            found = file.iter_batches(rows, row_groups=groups, columns=list(self.names), use_threads=False)
            while (batch := _next(self.path, found)) is not None:
                yield self._table([self._numbers(name, batch.column(name)) for name in self.names])

    def _numbers(self, name: str, column: Any) -> Array:
        """One column as ``[rows, numbers]``; a value that is missing is NaN."""
        wide = 1
        if _is_list(column.type):
            lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
            if len(lengths) > 1 or column.null_count:
                raise NetcError(_place(self.path, name), "its lists differ in length")
            wide, column = int(lengths[0]), column.flatten()
        numbers: Array = column.to_numpy(zero_copy_only=False)
        if numbers.dtype.kind == "O":  # truth values, some of them missing
            numbers = numbers.astype(np.float64)
        return numbers.reshape(-1, wide)

    def _table(self, parts: list[Array]) -> Array:
        width = sum(part.shape[1] for part in parts)
        if width != self.columns:
            raise NetcError(str(self.path), f"a row has {width} numbers where the rows before have {self.columns}")
        table = np.empty((len(parts[0]), width), np.result_type(*parts), order="F")
        at = 0
        for part in parts:
            table[:, at : at + part.shape[1]] = part
            at += part.shape[1]
        return table

    def parts(self, rows: int) -> Iterator[Rows]:
        """Row groups are what can be read apart: so many that together they have `rows` rows."""
        with _opened(self.path) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(self.first, self.stop)]
        first, count = self.first, 0
        for group, size in enumerate(sizes, self.first):
            count += size
            if count >= rows or group == self.stop - 1:
                yield replace(self, first=first, stop=group + 1, count=count)
                first, count = group + 1, 0


def _place(path: Path, name: str) -> str:
    return f"{path}: column {name!a}"


def _next(path: Path, batches: Iterator[Any]) -> Any:
    """The next of pyarrow's batches, or None."""
    try:
        return next(batches, None)
    except Exception as error:  # noqa: BLE001 - pyarrow's own, which are of many kinds
        raise NetcError(str(path), f"the file is damaged: {_first_line(error)}") from None


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def open_parquet(path: Path, names: list[str]) -> Groups:
    """These columns of a Parquet file, side by side. Raises `NetcError` where they are no numbers."""
    from pyarrow import types

    columns = 0
    with _opened(path) as file:
        for name in names:
            index = file.schema_arrow.get_field_index(name)
            if index < 0:
                raise NetcError(_place(path, name), "there are two columns of this name")
            kind = file.schema_arrow.field(index).type
            number = kind.value_type if _is_list(kind) else kind
            if not (types.is_integer(number) or types.is_floating(number) or types.is_boolean(number)):
                raise NetcError(_place(path, name), f"it has type {kind}; samples are numbers")
            if types.is_fixed_size_list(kind):
                columns += kind.list_size
            elif _is_list(kind):
                first = _next(path, file.iter_batches(1, columns=[name], use_threads=False))
                columns += len(first.column(0)[0] or ()) if first is not None else 0
            else:
                columns += 1
        return Groups(path, tuple(names), columns, file.metadata.num_rows, 0, file.num_row_groups)
