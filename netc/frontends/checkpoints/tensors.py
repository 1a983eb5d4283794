"""Tensors and arrays in an inert tree, as NumPy views of the bytes of the file.

A tensor in a pickle is a call: ``_rebuild_tensor_v2(storage, offset, shape, strides, …)`` on a reference to a storage,
whose bytes lie elsewhere in the file (torch/_utils.py, torch/serialization.py). NumPy's arrays and scalars are calls of
``_reconstruct``, ``_frombuffer`` and ``scalar`` on bytes; JAX and MLX wrap them (jax/_src/array.py, mlx's array).
Containers that are no pickles give `Stored` arrays. All are read here, only when somebody asks, with every number
checked against the bytes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Global, Node, Object, Persistent
from netc.frontends.checkpoints.nodes import maker, sequence
from netc.frontends.checkpoints.words import describe, label

__all__ = ["Embedded", "Reference", "Storage", "Stored", "Tensors", "itemsize", "kind_of"]

Array = npt.NDArray[Any]

BFLOAT16 = "bfloat16"  # NumPy has no such type: read as the upper half of a float32

# NumPy's types with torch's names for each, as in torch.float32 and as in FloatStorage.
_NAMES = {
    "f8": ("float64", "double"),
    "f4": ("float32", "float"),
    "f2": ("float16", "half"),
    BFLOAT16: ("bfloat16",),
    "i8": ("int64", "long"),
    "i4": ("int32", "int"),
    "i2": ("int16", "short"),
    "i1": ("int8", "char"),
    "u8": ("uint64",),
    "u4": ("uint32",),
    "u2": ("uint16",),
    "u1": ("uint8", "byte"),
    "b1": ("bool",),
}
_DTYPES = {name: code for code, names in _NAMES.items() for name in names}
_UNTYPED = ("untyped", "_untyped")

_TORCH = {"torch._utils", "torch._tensor"}
_REBUILT = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"}
_WRAPPED = {"_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_device_tensor_from_cpu_tensor"}
_SUBCLASS = "_rebuild_from_type_v2"  # (function, class, arguments, state)
_NUMPY = {"numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric"}
_ARRAYS = {"_reconstruct", "_frombuffer"}
_SCALAR = "scalar"
_RAW_TYPES = {Global("ml_dtypes", "bfloat16"): BFLOAT16, Global("jax.numpy", "bfloat16"): BFLOAT16}

_JAX = {"_reconstruct_array", "reconstruct_device_array"}  # (function, arguments, NumPy's state, type)
_MLX = Global("mlx.core", "array")  # its state is (NumPy array, number of its type)
_MLX_BFLOAT16 = 12  # whose NumPy array is uint16
_FROM_BYTES = Global("torch.storage", "_load_from_bytes")  # a storage that was pickled without torch.save

_MOST_DIMENSIONS = 32  # what every NumPy can hold
_FREE_ELEMENTS = 1 << 22  # an expanded tensor (stride 0) may claim as many elements without having them


@dataclass(frozen=True)
class Storage:
    """Bytes that tensors share, and the order of bytes in their numbers."""

    data: memoryview
    little: bool = True


@dataclass(frozen=True, eq=False)
class Stored:
    """An array outside of pickles: its type and shape as the container claims, and its bytes when somebody asks.

    `kind` is one of NumPy's types (``"f4"``, …) or `BFLOAT16`; any other name is refused when the array is read.
    ``read(n)`` gives the n bytes that type and shape make; another number of bytes says that there are not so many.
    """

    kind: str
    shape: tuple[int, ...]
    read: Callable[[int], bytes | memoryview]
    big: bool = False
    fortran: bool = False

    def __post_init__(self) -> None:
        """Raise `NetcError` for a shape that no array has."""
        if prod(_counts(self.shape)) >= 2**62:
            raise NetcError("", "a tensor has a shape that is no list of counts")


def kind_of(name: str) -> str:
    """The `Stored.kind` of a type by its name in NumPy or torch, such as ``float32``; an unknown name as it is."""
    return _DTYPES.get(name, name)


class Reference(NamedTuple):
    """A reference to a storage: its key, NumPy's type ("" if untyped), its first element and their number."""

    key: str
    kind: str
    first: int
    elements: int

    @classmethod
    def of(cls, node: Node) -> Reference:
        """From ``("storage", type, key, device, elements)``, in old files with ``(view, first, elements)`` behind."""
        key = node.key if isinstance(node, Persistent) else ()
        if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage" or not isinstance(key[2], str):
            raise NetcError("", "a tensor refers to no storage")
        name = key[1].name if isinstance(key[1], Global) else ""
        kind = name.removesuffix("Storage").lower()
        if not name.endswith("Storage") or (kind not in _DTYPES and kind not in _UNTYPED):
            raise _unknown_type(name or describe(key[1]))
        view = key[5] if len(key) > 5 else None
        if isinstance(view, tuple) and len(view) == 3:
            return cls(key[2], _DTYPES.get(kind, ""), _count(view[1]), _count(view[2]))
        return cls(key[2], _DTYPES.get(kind, ""), 0, _count(key[4]))


def _unknown_type(name: str) -> NetcError:
    return NetcError("", f"a tensor of type {label(name)}, which netc does not read")


def _count(node: Node) -> int:
    if not isinstance(node, int) or isinstance(node, bool) or not 0 <= node < 2**62:
        raise NetcError("", "a tensor has a size that is no count")
    return node


def _counts(node: Node) -> tuple[int, ...]:
    if isinstance(node, Object) and node.cls == Global("torch", "Size") and len(node.args) == 1:
        node = node.args[0]
    if not isinstance(node, (tuple, list)) or len(node) > _MOST_DIMENSIONS:
        raise NetcError("", "a tensor has a shape that is no list of counts")
    return tuple(map(_count, node))


Embedded = tuple[Node, Callable[[str], Storage | None]]  # a reference to a storage, and what finds it


class Tensors:
    """Reads the tensors of one file.

    `storage` finds one by its key; `embedded` opens one that is in the tree itself, as bytes. `allowance` is how many
    bytes all that is read may add up to: tensors may share a storage, but not claim a small file again and again.
    """

    def __init__(
        self,
        storage: Callable[[str], Storage | None],
        allowance: int,
        embedded: Callable[[bytes], Embedded] | None = None,
    ) -> None:
        self._storage = storage
        self._embedded = embedded
        self._opened: dict[int, Embedded] = {}  # by identity: nodes live as long as their tree
        self._allowed = self._allowance = allowance

    def is_tensor(self, node: Node) -> bool:
        """Whether a node is a tensor or an array, though perhaps one that `array` refuses."""
        cls = maker(node)
        module, name = cls.module, cls.name
        if module in _TORCH:
            return name.startswith("_rebuild_")
        if isinstance(node, (np.ndarray, Stored)) or _is_jax(cls) or cls == _MLX:
            return True
        return module in _NUMPY and name in _ARRAYS

    def shape(self, node: Node) -> tuple[int, ...]:
        """The shape that a tensor claims, () for what is none: nothing is read."""
        node = _unwrapped(node)
        name = maker(node).name
        claimed: Node = node.shape if isinstance(node, (np.ndarray, Stored)) else ()
        if (name in _REBUILT or name == "_frombuffer") and len(node.args) > 2:
            claimed = node.args[2]
        elif name == "_reconstruct" and isinstance(node.state, tuple) and len(node.state) > 1:
            claimed = node.state[1]
        return _counts(claimed)

    def is_bfloat16(self, node: Node) -> bool:
        """Whether a tensor is stored as bfloat16, whose sums torch rounds to that: `array` gives float32."""
        plain = _unwrapped(node)
        if isinstance(plain, Stored):
            return plain.kind == BFLOAT16
        args = plain.args if maker(plain).name in _REBUILT else ()
        if not args or not isinstance(args[0], Persistent):
            return False
        kind = Reference.of(args[0]).kind
        return kind == BFLOAT16 or (not kind and len(args) > 6 and args[6] == Global("torch", BFLOAT16))

    def array(self, node: Node) -> Array:
        """The tensor as a read-only array: a view of the file, but for bool and bfloat16, which becomes float32."""
        plain = _unwrapped(node)
        if isinstance(plain, np.ndarray):
            return plain
        if isinstance(plain, Stored):
            return self._stored(plain)
        cls = maker(plain)
        if cls.module in _TORCH and cls.name in _REBUILT:
            return self._tensor(plain.args)
        if cls.module in _NUMPY and (cls.name in _ARRAYS or cls.name == _SCALAR):
            found = self._numpy(plain, cls.name)
            return _widened(found, BFLOAT16) if _is_mlx_bfloat16(node) and found.dtype == np.uint16 else found
        raise NetcError("", f"{describe(node)}, not a plain tensor")

    def number(self, node: Node) -> int | float | None:
        """A number, also in a tensor of one element or a NumPy scalar; else None, as for integers past 64 bits."""
        if isinstance(node, bool):
            return None
        if isinstance(node, float) or (isinstance(node, int) and abs(node) < 2**63):
            return node
        if self.is_tensor(node) or maker(node).name == _SCALAR:
            if prod(self.shape(node)) > 1:
                return None
            found = self.array(node)
            if found.size == 1 and found.dtype.kind in "iuf":
                value: int | float = found.reshape(-1)[0].item()
                return value
        return None

    def numbers(self, node: Node) -> Array | None:
        """A tensor, or a list of numbers or of lists of numbers, as an array; None for anything else."""
        if self.is_tensor(node):
            return self.array(node)
        rows = sequence(node)
        if not rows:
            return None
        lists = [inner for inner in map(sequence, rows) if inner is not None]
        self._spend(8 * (len(rows) + sum(map(len, lists))))
        if not lists:
            return _plain_array(rows)
        if len(lists) != len(rows) or len(set(map(len, lists))) != 1:
            return None
        flat = _plain_array([value for inner in lists for value in inner])
        return flat if flat is None else flat.reshape(len(rows), -1)

    def _spend(self, size: int) -> None:
        if size > self._allowed:
            what = f"it claims {size:,} bytes, more than a file of this size is believed"
            raise NetcError("", what, "if that is right, save it without compression")
        self._allowance -= size
        if self._allowance < 0:
            raise NetcError("", "the tensors claim the same bytes again and again")

    def _tensor(self, args: tuple[Node, ...]) -> Array:
        if len(args) < 4:
            raise NetcError("", "a tensor that is not complete")
        source, find = self._opened_storage(args[0])
        reference = Reference.of(source)
        kind, first, claimed = reference.kind, reference.first, reference.elements
        if not kind:  # an untyped storage counts bytes; the tensor's own type follows its hooks
            asked = args[6].name if len(args) > 6 and isinstance(args[6], Global) else "unknown"
            if asked not in _DTYPES:
                raise _unknown_type(asked)
            kind = _DTYPES[asked]
            first, claimed = first // itemsize(kind), claimed // itemsize(kind)
        storage = find(reference.key)
        if storage is None:
            raise NetcError("", f"the file lacks the storage {label(reference.key)}")
        item = itemsize(kind)
        offset, shape, strides = _count(args[1]), _counts(args[2]), _counts(args[3])
        held = max(0, min(claimed, len(storage.data) // item - first))
        size = prod(shape)
        if size == 0 or len(shape) != len(strides):
            raise NetcError("", f"a tensor of shape {shape}, strides {strides}")
        if offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) >= held:
            raise NetcError("", f"a tensor of shape {shape} reads outside its storage of {held:,} elements")
        if size > max(held, _FREE_ELEMENTS):
            raise NetcError("", f"a tensor of {size:,} elements over a storage of {held:,}")
        self._spend(size * item)
        flat = np.frombuffer(storage.data, _raw_dtype(kind, not storage.little), held, first * item)
        steps = tuple(step * item if n > 1 else item for n, step in zip(shape, strides, strict=True))
        view: Array = np.ndarray(shape, flat.dtype, flat, offset * item, steps)
        return _widened(view, kind)

    def _opened_storage(self, node: Node) -> Embedded:
        """What refers to a tensor's storage, and where that is looked for."""
        if maker(node) != _FROM_BYTES or self._embedded is None:
            return node, self._storage
        if id(node) not in self._opened:
            self._opened[id(node)] = self._embedded(_raw(node.args[0] if node.args else None))
        return self._opened[id(node)]

    def _stored(self, node: Stored) -> Array:
        if node.kind not in _NAMES:
            raise _unknown_type(node.kind)
        size = prod(_counts(node.shape)) * itemsize(node.kind)
        self._spend(size)
        raw = node.read(size)
        if not size or len(raw) != size:
            raise NetcError("", f"an array of shape {node.shape} and {len(raw):,} bytes, not {size:,}")
        flat = np.frombuffer(raw, _raw_dtype(node.kind, node.big))
        return _widened(flat.reshape(node.shape, order="F" if node.fortran else "C"), node.kind)

    def _numpy(self, node: Object, name: str) -> Array:
        args = node.args
        if name == _SCALAR and len(args) == 2:
            claimed, dtype, fortran, data = (), args[0], False, args[1]
        elif name == "_frombuffer" and len(args) == 4:
            data, dtype, claimed, fortran = args[0], args[1], args[2], args[3] == "F"
        elif name == "_reconstruct" and isinstance(node.state, tuple) and len(node.state) == 5:
            _, claimed, dtype, fortran, data = node.state
        else:
            raise NetcError("", "a NumPy array that is not complete")
        shape, raw, (kind, big) = _counts(claimed), _raw(data), _numpy_kind(dtype)
        if not raw or prod(shape) * itemsize(kind) != len(raw):
            raise NetcError("", f"a NumPy array of shape {shape} and type {kind} with {len(raw):,} bytes")
        self._spend(len(raw))
        flat = np.frombuffer(raw, _raw_dtype(kind, big))
        return _widened(flat.reshape(shape, order="F" if fortran is True else "C"), kind)


def _plain_array(values: Sequence[Node]) -> Array | None:
    """Integers as int64, numbers as float64; None if there is anything else."""
    if all(isinstance(value, int) and abs(value) < 2**63 and not isinstance(value, bool) for value in values):
        return np.array(values, np.int64)
    if all(isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**53) for value in values):
        return np.array(values, np.float64)
    return None


def _is_jax(cls: Global) -> bool:
    return cls.name in _JAX and cls.module.partition(".")[0] == "jax"


def _is_mlx_bfloat16(node: Node) -> bool:
    return maker(node) == _MLX and isinstance(node.state, tuple) and node.state[1:] == (_MLX_BFLOAT16,)


def _unwrapped(node: Node) -> Node:
    """The tensor in a parameter, in a tensor with attributes, in an array of JAX or MLX."""
    for _ in range(8):
        cls = maker(node)
        if cls.module in _TORCH and cls.name in _WRAPPED and node.args:
            node = node.args[0]
        elif cls.module in _TORCH and cls.name == _SUBCLASS and len(node.args) > 2 and isinstance(node.args[2], tuple):
            node = Object(node.args[0], node.args[2])
        elif _is_jax(cls) and len(node.args) > 2 and isinstance(node.args[1], tuple):
            inner = Object(node.args[0], node.args[1])
            inner.state = node.args[2]
            node = inner
        elif cls == _MLX and isinstance(node.state, tuple) and node.state:
            node = node.state[0]
        elif cls == _MLX and node.args:
            node = node.args[0]
        else:
            break
    return node


def itemsize(kind: str) -> int:
    """Bytes of a number; of an untyped storage's, 1."""
    return 2 if kind == BFLOAT16 else int(kind[1:] or 1)


def _raw(node: Node) -> bytes:
    """Bytes, or what protocols without bytes write: a latin-1 string, perhaps in a call of ``_codecs.encode``."""
    if isinstance(node, Object) and node.cls == Global("_codecs", "encode") and node.args:
        node = node.args[0]
    if isinstance(node, str):
        try:
            return node.encode("latin-1")
        except UnicodeEncodeError:
            raise NetcError("", "a NumPy array whose bytes are text") from None
    if not isinstance(node, bytes):
        raise NetcError("", f"a NumPy array made of {describe(node)}")
    return node


def _raw_dtype(kind: str, big: bool) -> np.dtype[Any]:
    """The type of a kind's numbers as they lie in a file; `_widened` makes numbers of those that NumPy lacks."""
    code = {BFLOAT16: "u2", "b1": "u1"}.get(kind, kind)
    return np.dtype((">" if big else "<") + code)


def _widened(view: Array, kind: str) -> Array:
    if kind == BFLOAT16:
        made: Array = (view.astype(np.uint32) << 16).view(np.float32)
    elif kind == "b1":
        made = np.asarray(view != 0)
    else:
        return view
    made.flags.writeable = False
    return made


def _numpy_kind(node: Node) -> tuple[str, bool]:
    """A type of plain numbers and whether it is big-endian.

    From ``numpy.dtype("f4", …)`` with its byte order in the state.
    """
    spelled = node.args[0] if maker(node) == Global("numpy", "dtype") and node.args else None
    if isinstance(spelled, Global) and spelled in _RAW_TYPES:
        return _RAW_TYPES[spelled], False
    if isinstance(spelled, str) and spelled.lstrip("<>|=") in _NAMES:
        big = spelled[:1] == ">" or (isinstance(node.state, tuple) and node.state[1:2] == (">",))
        return spelled.lstrip("<>|="), big
    raise NetcError("", f"a NumPy array of {describe(node)} that netc does not read")
