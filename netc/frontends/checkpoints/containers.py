"""Which container a checkpoint is in, and the tree of values inside."""

from __future__ import annotations

import mmap

from netc.errors import NetcError
from netc.files import Source
from netc.frontends.checkpoints import inert, torchfile
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Tensors

__all__ = ["read"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PICKLE = tuple(bytes([0x80, protocol]) for protocol in (2, 3, 4, 5))

_INSTEAD = "save the module with torch.save(model, 'model.pt'), or its weights and wiring in one dictionary"


def _other(data: bytes | mmap.mmap) -> str:
    """What a file is that no reader here takes, by its first bytes; "" if they say nothing."""
    head = data[:16]
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "an HDF5 file"
    if head.startswith(b"\x93NUMPY"):
        return "a single NumPy array"
    if head.startswith(b"GGUF"):
        return "a GGUF file"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= len(data) - 8:
        return "a safetensors file"
    if head[:1] == b"\x08" and head[1:2] < b"\x20" and head[2:3] in (b"\x12", b"\x1a", b"\x3a", b"\x42"):
        return "an ONNX model"
    if data[257:262] == b"ustar":
        return "a tar archive (torch before 0.4 wrote these)"
    if head[:1] in (b"{", b"["):
        return "a JSON file" if b'"' in head else ""
    if b"\x80" < head[:1] < b"\x90" or head[:1] in (b"\xde", b"\xdf"):
        return "a MessagePack file"
    return ""


def read(source: Source) -> tuple[str, Node, Tensors]:
    """The container's name for notes, the tree, and its tensors; `NetcError` says what an unreadable file is."""
    data = source.data
    if data[:4] in _ZIP:
        return "torch zip archive", *torchfile.read_zip(data)
    if data[:2] not in _PICKLE and (other := _other(data)):
        raise NetcError("", f"this is {other}, which netc does not read", _INSTEAD)
    first = inert.read(data)
    if torchfile.is_legacy(first):
        return "torch file of before 1.6", *torchfile.read_legacy(data, first.end)
    return "pickle", first.root, Tensors(lambda _: None, torchfile.allowance(data))
