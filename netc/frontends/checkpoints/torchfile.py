"""What torch.save writes: a zip archive since torch 1.6, a run of pickles before (torch/serialization.py)."""

from __future__ import annotations

import mmap
import struct

from netc.errors import NetcError
from netc.frontends.checkpoints import inert
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.inert import Node, Persistent
from netc.frontends.checkpoints.tensors import Embedded, Reference, Storage, Tensors, itemsize
from netc.frontends.checkpoints.words import label

__all__ = ["allowance", "embedded", "is_legacy", "read_legacy", "read_zip"]

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001

_SAVE_IT = "save the module itself instead: torch.save(model, 'model.pt')"
_ARRAYS = "save the weights and wiring of its layers with numpy.savez instead"


def allowance(size: int) -> int:
    """How many bytes of tensors may be read from a file of `size` bytes: some more than it has."""
    return 8 * size + (64 << 20)


def read_zip(archive: Archive, allowed: int) -> tuple[Node, Tensors]:
    """The object in an archive that torch.save wrote; `NetcError` with its name for other archives.

    `allowed` is how many bytes of tensors may be read.
    """
    pickles = [name for name in archive.members if name == "data.pkl" or name.endswith("/data.pkl")]
    stem = pickles[0].removesuffix("data.pkl") if pickles else ""
    parts = {name.removeprefix(stem).split("/")[0] for name in archive.members if name.startswith(stem)}
    last = {name.rsplit("/", 1)[-1] for name in archive.members}
    if parts & {"code", "constants.pkl"}:
        raise NetcError("", "this is a TorchScript archive: it holds a program, not the layers' attributes", _SAVE_IT)
    if last & {"archive_format", "serialized_exported_program.json"}:
        raise NetcError(
            "", "this is a torch.export archive (.pt2): it holds a program, not the layers' attributes", _SAVE_IT
        )
    if "model.weights.h5" in archive.members:
        raise NetcError("", "this is a Keras archive (.keras), which netc does not read", _ARRAYS)
    if len(pickles) != 1:
        found = "more than one data.pkl" if pickles else "no data.pkl"
        raise NetcError("", f"this zip archive is no checkpoint of torch: it has {found}")
    order = f"{stem}byteorder"
    little = order not in archive.members or bytes(archive.read(order)) != b"big"

    def storage(key: str) -> Storage | None:
        name = f"{stem}data/{key}"
        return Storage(archive.read(name), little) if name in archive.members else None

    try:
        root = inert.read(bytes(archive.read(pickles[0]))).root
    except NetcError as error:
        raise NetcError(f"{label(pickles[0])}, {error.place}" if error.place else "", error.what, error.hint) from None
    return root, Tensors(storage, allowed)


def is_legacy(first: inert.Pickle) -> bool:
    """Whether this pickle, a file's first, is the magic number of files from before zip."""
    return isinstance(first.root, int) and first.root == _LEGACY_MAGIC


def read_legacy(data: bytes | mmap.mmap, start: int) -> tuple[Node, Tensors]:
    """The object in a file from before zip; `start` is behind the magic number.

    There follow the version, the system, the object and the keys of its storages, each a pickle, then their numbers,
    little-endian always. A whole module's file names each class with its source, which is skipped.
    """
    root, storages = _legacy(data, start)
    return root, Tensors(storages.get, allowance(len(data)))


def embedded(data: bytes) -> Embedded:
    """A storage in a plain pickle of tensors: torch writes each as a file from before zip of its own."""
    first = inert.read(data)
    if not is_legacy(first):
        raise NetcError("", "a tensor's storage is in bytes that torch did not write")
    root, storages = _legacy(data, first.end)
    return root, storages.get


def _legacy(data: bytes | mmap.mmap, start: int) -> tuple[Node, dict[str, Storage]]:
    version = inert.read(data, start)
    system = inert.read(data, version.end)
    found = inert.read(data, system.end)
    keys = inert.read(data, found.end)
    if version.root != _LEGACY_VERSION:
        raise NetcError("", f"this torch file is not of version {_LEGACY_VERSION}, the only one without zip")
    if not isinstance(keys.root, list):
        raise NetcError("", "the file lacks the list of its storages")
    kinds: dict[str, str] = {}
    for reference in map(Reference.of, filter(_is_storage, found.persistent)):
        if kinds.setdefault(reference.key, reference.kind) != reference.kind:
            raise NetcError("", f"the storage {label(reference.key)} is of two types")
    storages: dict[str, Storage] = {}
    view, at = memoryview(data), keys.end
    for key in keys.root:
        if not isinstance(key, str) or key not in kinds:
            raise NetcError("", "the file lists a storage that no tensor uses")
        (count,) = struct.unpack("<q", view[at : at + 8]) if at + 8 <= len(view) else (-1,)
        end = at + 8 + count * itemsize(kinds[key])
        if count < 0 or end > len(view):
            raise NetcError(
                f"byte 0x{at:x}", f"the storage {label(key)} claims {count:,} numbers; the file ends before that"
            )
        storages[key] = Storage(view[at + 8 : end])
        at = end
    return found.root, storages


def _is_storage(node: Persistent) -> bool:
    return not (isinstance(node.key, tuple) and node.key[:1] == ("module",))
