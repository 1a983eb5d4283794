"""Samples and labels from files: .npy, .npz, .csv, text and .parquet, opened but not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.npy import Header
from netc.sources.npy import open_npy
from netc.sources.npz import headers, open_member, small
from netc.sources.rows import Array, Rows
from netc.sources.text import open_text

__all__ = ["Samples", "class_numbers", "open_labels", "open_samples"]

# Names under which files keep what we look for, in the order of preference.
_SAMPLE_KEYS = ("x", "X", "data", "inputs", "images", "pixels", "features")
_LABEL_KEYS = ("y", "Y", "labels", "label", "target", "targets")
_PACKED, _PACKED_COLUMNS = "inputs_packed", "n_inputs"


@dataclass(frozen=True)
class Samples:
    """`rows` as found; `packed` where they are packed bits, `bits` of them in a row if the file says so; labels if they
    lie in the same file.
    """

    rows: Rows
    packed: bool = False
    labels: Rows | None = None
    bits: int | None = None


def open_samples(path: str | Path) -> Samples:
    """Samples in a file.

    In an .npz they are the array called x, data, inputs, images, pixels or features, or the only two-dimensional one;
    ``inputs_packed`` with ``n_inputs`` is packed bits. In a .parquet they are all columns, side by side; a column may
    hold lists. Labels come along from the array or column called y or labels. Raises `NetcError` with the place for
    files that are damaged, empty or hold anything but numbers.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return Samples(open_npy(path))
    if suffix in (".csv", ".txt"):
        return Samples(open_text(path))
    if suffix == ".npz":
        return _in_archive(path, headers(path))
    if suffix == ".parquet":
        from netc.sources.parquet import column_names, open_parquet

        names = column_names(path)
        label = _first(_LABEL_KEYS, names)
        wanted = [name for name in names if name != label]
        labels = open_parquet(path, [label]) if label is not None else None
        return Samples(open_parquet(path, wanted), labels=labels)
    raise _unknown(path)


def open_labels(path: str | Path) -> Rows:
    """Class numbers in a file, one a row; see `class_numbers`."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return open_npy(path, flat=True)
    if suffix in (".csv", ".txt"):
        return open_text(path)
    if suffix == ".npz":
        arrays = headers(path)
        return open_member(path, name := _chosen(path, arrays, "labels", "y"), arrays[name], flat=True)
    if suffix == ".parquet":
        from netc.sources.parquet import column_names, open_parquet

        return open_parquet(path, [_chosen(path, column_names(path), "labels", "y")])
    raise _unknown(path)


def class_numbers(batch: Array, place: str) -> npt.NDArray[np.int64]:
    """A batch of labels as ``int64[n]``; `NetcError` at `place` where they are no class numbers."""
    flat = batch.reshape(-1)
    with np.errstate(invalid="ignore"):  # NaN and infinities are found by the comparison
        labels = flat.astype(np.int64)
    if (labels != flat).any() or (labels < 0).any():
        raise NetcError(place, "labels are class numbers, 0, 1, …")
    return labels


def _in_archive(path: Path, arrays: dict[str, Header]) -> Samples:
    label = _first(_LABEL_KEYS, arrays)
    labels = open_member(path, label, arrays[label], flat=True) if label is not None else None
    if _PACKED in arrays:
        said = small(path, _PACKED_COLUMNS, arrays[_PACKED_COLUMNS]) if _PACKED_COLUMNS in arrays else None
        bits = int(said[0]) if said is not None and said.size == 1 and said.dtype.kind in "iu" else None
        return Samples(open_member(path, _PACKED, arrays[_PACKED]), packed=True, labels=labels, bits=bits)
    name = _first(_SAMPLE_KEYS, arrays)
    if name is None:
        wide = [name for name, header in arrays.items() if len(header.shape) >= 2]
        if len(wide) != 1:
            raise NetcError(str(path), f"which array holds the samples? There are {', '.join(arrays)}", "call it x")
        name = wide[0]
    return Samples(open_member(path, name, arrays[name]), labels=labels)


def _chosen(path: Path, names: Iterable[str], what: str, hint: str) -> str:
    """The one that is called like labels, or the only one."""
    there = list(names)
    found = _first(_LABEL_KEYS, there)
    if found is None and len(there) == 1:
        return there[0]
    if found is None:
        raise NetcError(str(path), f"which of these are the {what}? There are {', '.join(there)}", f"call it {hint}")
    return found


def _first(wanted: tuple[str, ...], there: Iterable[str]) -> str | None:
    names = set(there)
    return next((name for name in wanted if name in names), None)


def _unknown(path: Path) -> NetcError:
    return NetcError(str(path), "netc reads samples from .npy, .npz, .csv, .txt and .parquet")
