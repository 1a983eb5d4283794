"""Directories that orbax writes: a JSON description of the tree, and its arrays in zarr, in one OCDBT store or apart.

Source: orbax/checkpoint, ``_METADATA`` of the PyTree handler. The arrays are read by tensorstore, an optional package,
one when somebody asks for it. Type, shape and chunks are checked before that; what a chunk decompresses to is up to
tensorstore.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Stored, Tensors, kind_of
from netc.frontends.checkpoints.words import label, listed

__all__ = ["read"]

_METADATA = "_METADATA"
_LONGEST_METADATA = 8 << 20
_MOST_FILES = 100_000

_INSTALL = "pip install 'netc[orbax]'"
_OF_ARRAYS = ("jax.Array", "np.ndarray", "scalar", "int", "float", "bool")


def read(path: Path, allowance: Callable[[int], int]) -> tuple[Node, Tensors]:
    """The tree in an orbax directory, lists as dictionaries of ``"0"``, ``"1"``, ….

    `allowance` says how many bytes of arrays may be read from files of so many bytes. Raises `NetcError` for other
    directories, and with the command to install it where tensorstore is missing.
    """
    folder = _find(path)
    described = _described(folder)
    try:
        tensorstore = importlib.import_module("tensorstore")
    except ImportError:
        raise NetcError("", "reading an orbax directory needs the package tensorstore", _INSTALL) from None
    size = sum(file.stat().st_size for file, _ in zip(folder.rglob("*"), range(_MOST_FILES), strict=False))
    allowed = allowance(size)
    store = _Store(tensorstore, folder, described, allowed)
    root: dict[str, Node] = {}
    for keys, kind in _leaves(described):
        if kind in _OF_ARRAYS:
            _put(root, keys, store.array(keys))
    if not root:
        raise NetcError("", "the directory describes no array")
    return root, Tensors(lambda _: None, allowed)


def _find(path: Path) -> Path:
    """The folder with the description: this one, or the only one below it."""
    for pattern in (_METADATA, f"*/{_METADATA}", f"*/*/{_METADATA}"):
        found = sorted(path.glob(pattern))
        if len(found) > 1:
            steps = listed(str(file.parent.relative_to(path)) for file in found)
            raise NetcError("", f"the directory holds several checkpoints: {steps}", "give the path of one of them")
        if found:
            return found[0].parent
    if (path / "saved_model.pb").exists():
        raise NetcError(
            "",
            "this is a TensorFlow SavedModel, which netc does not read",
            "save the weights and wiring of its layers with numpy.savez instead",
        )
    raise NetcError("", "this is a directory, and no orbax checkpoint: it has no _METADATA")


def _described(folder: Path) -> dict[str, Any]:
    file = folder / _METADATA
    try:
        if file.stat().st_size > _LONGEST_METADATA:
            raise NetcError(_METADATA, f"it has more than {_LONGEST_METADATA:,} bytes")
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise NetcError(_METADATA, error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise NetcError(_METADATA, "it is no sound JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("tree_metadata"), dict):
        raise NetcError(_METADATA, "it describes no tree", "netc reads what orbax's PyTree and Standard handlers save")
    return found


def _leaves(described: dict[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """The keys that lead to each leaf, and what it is."""
    leaves = []
    for entry in described["tree_metadata"].values():
        entry = entry if isinstance(entry, dict) else {}
        keys, value = entry.get("key_metadata"), entry.get("value_metadata")
        rows = keys if isinstance(keys, list) else []
        names = tuple(str(row["key"]) for row in rows if isinstance(row, dict) and "key" in row)
        if not rows or len(names) != len(rows) or not isinstance(value, dict):
            raise NetcError(_METADATA, "an entry of the tree lacks its keys or its type")
        leaves.append((names, str(value.get("value_type"))))
    return leaves


def _put(root: dict[str, Node], keys: tuple[str, ...], leaf: Stored) -> None:
    at: Any = root
    for key in keys[:-1]:
        at = at.setdefault(key, {})
        if not isinstance(at, dict):
            raise NetcError(_METADATA, f"{label('.'.join(keys))} is below another array")
    if keys[-1] in at:
        raise NetcError(_METADATA, f"there are two leaves called {label('.'.join(keys))}")
    at[keys[-1]] = leaf


class _Store:
    """Opens arrays with tensorstore."""

    def __init__(self, tensorstore: Any, folder: Path, described: dict[str, Any], allowed: int) -> None:
        self.tensorstore = tensorstore
        self.base = {"driver": "file", "path": f"{folder.resolve()}/"}
        self.together = described.get("use_ocdbt", (folder / "manifest.ocdbt").exists()) is True
        self.driver = "zarr3" if described.get("use_zarr3") is True else "zarr"
        self.allowed = allowed

    def array(self, keys: tuple[str, ...]) -> Stored:
        name = ".".join(keys)
        if self.together:
            kvstore: dict[str, Any] = {"driver": "ocdbt", "base": self.base, "path": f"{name}/"}
        elif "/" in name or name in ("", ".", ".."):
            raise NetcError(_METADATA, f"{label(name)} is no name of a folder")
        else:
            kvstore = {**self.base, "path": f"{self.base['path']}{name}/"}
        opened = self._ask(name, lambda: self.tensorstore.open({"driver": self.driver, "kvstore": kvstore}, read=True))
        shape = tuple(int(size) for size in opened.shape)
        chunk = tuple(int(size) for size in opened.chunk_layout.read_chunk.shape or shape)
        kind = kind_of(str(opened.dtype.name))
        if max(prod(shape), prod(chunk)) * opened.dtype.numpy_dtype.itemsize > self.allowed:
            raise NetcError(label(name), f"it claims {prod(shape):,} numbers in chunks of {prod(chunk):,}")
        return Stored(kind, shape, lambda _: bytes(self._ask(name, lambda: opened.read(order="C")).tobytes()))

    def _ask(self, name: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask().result()
        except Exception as error:  # noqa: BLE001 - tensorstore raises ValueError, RuntimeError, OSError and others
            reason = str(error).partition("\n")[0][:200]
            raise NetcError(label(name), f"tensorstore cannot read it: {label(reason)}") from None
