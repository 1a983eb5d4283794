"""Which container a checkpoint is in, and the tree of values inside.

Every reader gives the same: dictionaries and lists whose leaves are tensors, which `Tensors` reads when somebody asks.
So a family of networks sees no container.
"""

from __future__ import annotations

import mmap

from netc.errors import NetcError
from netc.files import Source
from netc.frontends.checkpoints import inert, msgpack, npz, orbax, safetensors, torchfile
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Tensors

__all__ = ["archive_of", "read"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PICKLE = tuple(bytes([0x80, protocol]) for protocol in (2, 3, 4, 5))

_FROM_TORCH = "save the module with torch.save(model, 'model.pt'), or its weights and wiring in one dictionary"
_AS_ARRAYS = "save the weights and wiring of its layers with numpy.savez instead"


def _other(data: bytes | mmap.mmap) -> tuple[str, str]:
    """What a file is that no reader here takes, by its first bytes, and what to do instead; "" if they say nothing."""
    head = data[:16]
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "an HDF5 file (Keras writes these)", _AS_ARRAYS
    if head.startswith(b"\x93NUMPY"):
        return "a single NumPy array", "numpy.savez saves several under their names"
    if head.startswith(b"GGUF"):
        return "a GGUF file", _AS_ARRAYS
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model", _AS_ARRAYS
    if head[:1] == b"\x08" and head[1:2] < b"\x20" and head[2:3] in (b"\x12", b"\x1a", b"\x3a", b"\x42"):
        return "an ONNX model: arithmetic on tensors, not gates and wiring", _FROM_TORCH
    if data[257:262] == b"ustar":
        return "a tar archive (torch before 0.4 wrote these)", _FROM_TORCH
    if head[:1] in (b"{", b"["):
        return ("a JSON file" if b'"' in head else ""), _FROM_TORCH
    return "", ""


def archive_of(source: Source) -> Archive | None:
    """The members of a zip archive, None for what is none; `NetcError` with the file's name where it is damaged."""
    try:
        return Archive(source.data) if source.data[:4] in _ZIP else None
    except NetcError as error:
        raise source.located(error) from None


def read(source: Source, archive: Archive | None = None) -> tuple[str, Node, Tensors]:
    """The container's name for notes, the tree, and its tensors; `NetcError` says what an unreadable file is.

    `archive` is `archive_of` the source, for who has it already.
    """
    data = source.data
    if source.path is not None and source.is_directory:
        return "orbax directory", *orbax.read(source.path, torchfile.allowance)
    allowed = torchfile.allowance(len(data))
    archive = archive_of(source) if archive is None else archive
    if archive is not None:
        if npz.is_npz(archive):
            return npz.read(archive, allowed)
        return "torch zip archive", *torchfile.read_zip(archive, allowed)
    if safetensors.is_safetensors(data):
        return "safetensors file", *safetensors.read(data, allowed)
    what, instead = _other(data) if data[:2] not in _PICKLE else ("", "")
    if what:
        raise NetcError("", f"this is {what}, which netc does not read", instead)
    if msgpack.is_msgpack(data):
        return "MessagePack file", *msgpack.read(data, allowed)
    first = inert.read(data)
    if torchfile.is_legacy(first):
        return "torch file of before 1.6", *torchfile.read_legacy(data, first.end)
    return "pickle", first.root, Tensors(lambda _: None, allowed, torchfile.embedded)
