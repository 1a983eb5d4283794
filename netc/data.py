"""Samples and labels from files: .npy, .npz, .csv and text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError

__all__ = ["Samples", "load_labels", "load_samples"]

# Names under which .npz files keep what we look for, in the order of preference.
_SAMPLE_KEYS = ("x", "X", "data", "inputs", "images", "pixels", "features")
_LABEL_KEYS = ("y", "Y", "labels", "label", "target", "targets")


@dataclass(frozen=True, eq=False)
class Samples:
    """``x`` as found; ``packed`` where the file holds packed bits, `columns` of them in a row if it says so; labels if
    they lie in the same file.
    """

    x: npt.NDArray[Any]
    packed: bool = False
    labels: npt.NDArray[Any] | None = None
    columns: int | None = None


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file by name; a file with one array gives it under ``""``."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".npy":
            return {"": np.load(path, mmap_mode="r", allow_pickle=False)}
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        if suffix in (".csv", ".txt"):
            return {"": _read_text(path)}
    except OSError as error:
        raise NetcError(str(path), error.strerror or "this is no NumPy file") from None
    except NetcError:
        raise
    except Exception as error:  # noqa: BLE001 - numpy and zipfile raise many kinds for damaged files
        raise NetcError(str(path), f"this file cannot be read: {error}") from None
    raise NetcError(str(path), "netc reads samples from .npy, .npz, .csv and .txt")


def _read_text(path: Path) -> npt.NDArray[np.float64]:
    """Numbers in lines, separated by commas or spaces; a first line of words is a header."""
    rows: list[list[float]] = []
    with path.open() as file:
        for number, line in enumerate(file, 1):
            fields = line.replace(",", " ").split()
            if not fields or fields[0].startswith("#"):
                continue
            try:
                row = [float(field) for field in fields]
            except ValueError:
                if rows or number > 1:
                    raise NetcError(f"{path}:{number}", f"{line.strip()[:40]!r} is no line of numbers") from None
                continue
            if rows and len(row) != len(rows[0]):
                raise NetcError(f"{path}:{number}", f"{len(row)} numbers where the lines before have {len(rows[0])}")
            rows.append(row)
    if not rows:
        raise NetcError(str(path), "there are no numbers in this file")
    return np.array(rows)


def load_samples(path: str | Path) -> Samples:
    """Samples from a file. In an .npz they are the array called x, data, inputs, images, pixels or features, or the
    only two-dimensional one; ``inputs_packed`` with ``n_inputs`` is packed bits. Labels called y or labels come
    along.
    """
    arrays = _read(Path(path))
    if "" in arrays:
        x = arrays[""]
        return Samples(x if x.ndim == 2 else np.atleast_2d(x))
    labels = next((arrays[key] for key in _LABEL_KEYS if key in arrays), None)
    if "inputs_packed" in arrays:
        said = arrays.get("n_inputs")
        columns = int(said.reshape(-1)[0]) if said is not None and said.size == 1 and said.dtype.kind in "iu" else None
        return Samples(arrays["inputs_packed"], packed=True, labels=labels, columns=columns)
    key = next((key for key in _SAMPLE_KEYS if key in arrays), None)
    if key is None:
        wide = [name for name, array in arrays.items() if array.ndim >= 2]
        if len(wide) != 1:
            raise NetcError(str(path), f"which array holds the samples? There are {', '.join(arrays)}", "call it x")
        key = wide[0]
    x = arrays[key]
    return Samples(x.reshape(len(x), -1) if x.ndim > 2 else x, labels=labels)


def load_labels(path: str | Path) -> npt.NDArray[np.int64]:
    """Class numbers, one a sample."""
    arrays = _read(Path(path))
    found = arrays.get("")
    if found is None:
        found = next((arrays[key] for key in _LABEL_KEYS if key in arrays), None)
    if found is None and len(arrays) == 1:
        found = next(iter(arrays.values()))
    if found is None:
        raise NetcError(str(path), f"which array holds the labels? There are {', '.join(arrays)}", "call it y")
    flat = np.asarray(found).reshape(-1)
    labels = flat.astype(np.int64)
    if (labels != flat).any():
        raise NetcError(str(path), "labels are class numbers, 0, 1, …")
    return labels
