"""Checkpoints written by hand, so that the reader is tested without the framework that it reads.

`pickled` writes the reader's own inert values back as a pickle; the rest builds what torch builds: tensors over
storages, modules with their attributes, zip archives and the files from before them. `evaluate` is the network by brute
force.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.files import Source
from netc.frontends import checkpoint
from netc.frontends.checkpoints.inert import Global, Object, Persistent
from netc.model import Model

Array = npt.NDArray[Any]

LEGACY = (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True})

_STORAGES = {
    "f2": "HalfStorage",
    "f4": "FloatStorage",
    "f8": "DoubleStorage",
    "i1": "CharStorage",
    "i2": "ShortStorage",
    "i4": "IntStorage",
    "i8": "LongStorage",
    "u1": "ByteStorage",
    "b1": "BoolStorage",
}


def pickled(node: Any) -> bytes:
    """A pickle of protocol 4 of plain values and inert ones."""
    return b"\x80\x04" + _code(node) + b"."


def _code(node: Any) -> bytes:
    if node is None or isinstance(node, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[node]
    if isinstance(node, int):
        data = node.to_bytes(node.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8b" + struct.pack("<i", len(data)) + data
    if isinstance(node, float):
        return b"G" + struct.pack(">d", node)
    if isinstance(node, str):
        data = node.encode("utf-8", "surrogatepass")
        return b"X" + struct.pack("<I", len(data)) + data
    if isinstance(node, bytes):
        return b"B" + struct.pack("<I", len(node)) + node
    if isinstance(node, tuple):
        return b"(" + b"".join(map(_code, node)) + b"t"
    if isinstance(node, list):
        return b"](" + b"".join(map(_code, node)) + b"e"
    if isinstance(node, dict):
        return b"}" + _items(node)
    if isinstance(node, Global):
        return f"c{node.module}\n{node.name}\n".encode()
    if isinstance(node, Persistent):
        return _code(node.key) + b"Q"
    assert isinstance(node, Object)
    code = _code(node.cls) + _code(node.args) + b"R"
    if node.elements is not None:
        code += b"(" + b"".join(map(_code, node.elements)) + b"e"
    if node.pairs is not None:
        code += _items(node.pairs)
    return code + (_code(node.state) + b"b" if node.state is not None else b"")


def _items(items: Mapping[Any, Any]) -> bytes:
    return b"(" + b"".join(_code(key) + _code(value) for key, value in items.items()) + b"u"


class File:
    """Storages and tensors of one checkpoint."""

    def __init__(self) -> None:
        self.storages: dict[str, tuple[str, bytes, int]] = {}

    def storage(self, array: Array, kind: str = "") -> Persistent:
        key = str(len(self.storages))
        name = kind or _STORAGES[array.dtype.str.lstrip("<>|")]
        self.storages[key] = (name, array.tobytes(), array.size)
        return Persistent(("storage", Global("torch", name), key, "cuda:7", array.size))

    def tensor(self, array: Array, *, parameter: bool = False) -> Object:
        """A tensor that fills its storage, in C order."""
        strides = tuple(step // array.itemsize for step in np.empty(array.shape, array.dtype).strides)
        made = strided(self.storage(array), 0, array.shape, strides)
        return Object(Global("torch._utils", "_rebuild_parameter"), (made, True, {})) if parameter else made

    def bfloat16(self, array: Array) -> Object:
        """A tensor of the upper halves of float32 numbers."""
        upper = (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)
        return strided(self.storage(upper, "BFloat16Storage"), 0, array.shape, (array.shape[1], 1))

    def zipped(
        self, root: Any, *, stem: str = "model", extra: Mapping[str, bytes] | None = None, big: bool = False
    ) -> bytes:
        """What torch.save writes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(f"{stem}/data.pkl", pickled(root))
            archive.writestr(f"{stem}/byteorder", b"big" if big else b"little")
            for key, (_, data, _size) in self.storages.items():
                archive.writestr(f"{stem}/data/{key}", data)
            for name, data in (extra or {}).items():
                archive.writestr(name, data)
        return buffer.getvalue()

    def legacy(self, root: Any) -> bytes:
        """What torch.save wrote before 1.6."""
        magic = b"\x80\x02\x8a\x0a" + LEGACY[0].to_bytes(10, "little") + b"."
        head = magic + b"".join(pickled(part) for part in (*LEGACY[1:], root, list(self.storages)))
        return head + b"".join(struct.pack("<q", size) + data for _, data, size in self.storages.values())


def strided(storage: Persistent, offset: int, shape: Sequence[int], strides: Sequence[int]) -> Object:
    return Object(
        Global("torch._utils", "_rebuild_tensor_v2"),
        (storage, offset, tuple(shape), tuple(strides), False, ordered()),
    )


def ordered(items: Mapping[Any, Any] | None = None) -> Object:
    made = Object(Global("collections", "OrderedDict"))
    made.pairs = dict(items) if items else None
    return made


def module(cls: str, children: Mapping[str, Any] | None = None, /, **attributes: Any) -> Object:
    """A module as pickle sees it; tensors among the attributes become parameters, but for tuples of them."""
    home, _, name = cls.rpartition(".")
    made = Object(Global(home, name))
    parameters = {key: value for key, value in attributes.items() if isinstance(value, Object)}
    others = {key: value for key, value in attributes.items() if key not in parameters}
    made.state = {
        "training": False,
        "_parameters": parameters,
        "_buffers": ordered(),
        "_modules": ordered(children or {}),
        **others,
    }
    return made


def sequential(*children: Any) -> Object:
    return module("torch.nn.modules.container.Sequential", {str(i): child for i, child in enumerate(children)})


def logic_layer(file: File, logits: Array, pairs: Array, in_dim: int) -> Object:
    """A difflogic.LogicLayer of ``[neurons, 16]`` logits and ``[neurons, 2]`` inputs."""
    a, b = (file.tensor(np.ascontiguousarray(column)) for column in np.asarray(pairs, np.int64).T)
    weights = file.tensor(logits, parameter=True)
    dims = {"in_dim": in_dim, "out_dim": len(logits), "num_neurons": len(logits)}
    return module("difflogic.difflogic.LogicLayer", weights=weights, indices=(a, b), device="cuda", **dims)


def group_sum(k: int, tau: float = 1.0, **more: Any) -> Object:
    return module("difflogic.difflogic.GroupSum", k=k, tau=tau, **more)


def random_network(seed: int, widths: Iterable[int]) -> tuple[list[Array], list[Array]]:
    """Logits ``[neurons, 16]`` and pairs ``[neurons, 2]`` a layer, for layers of these widths after the first."""
    rng = np.random.default_rng(seed)
    before, *after = widths
    logits, pairs = [], []
    for width in after:
        logits.append(rng.standard_normal((width, 16), np.float32))
        pairs.append(rng.integers(0, before, (width, 2)))
        before = width
    return logits, pairs


def evaluate(gates: Sequence[Array], pairs: Sequence[Array], x: Array) -> Array:
    """The last layer's bits for rows of bits, by the definition of the gates' numbers."""
    for ids, wires in zip(gates, pairs, strict=True):
        a, b = x[:, wires[:, 0]].astype(int), x[:, wires[:, 1]].astype(int)
        x = ids[None] >> (3 - 2 * a - b) & 1
    return x.astype(bool)


def load(data: bytes, **options: Any) -> Model:
    """The model in a file that is only in memory."""
    return checkpoint.load(Source("model.pt", data), **options)
