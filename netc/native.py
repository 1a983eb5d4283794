"""The one door to the C++ core: every array that crosses is checked here, every error code becomes an exception."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from netc._core import ffi, lib
from netc.errors import InternalError, NetcError

__all__ = [
    "NONE",
    "ContextLike",
    "aig_struct",
    "call",
    "checked",
    "ffi",
    "frozen",
    "lib",
    "machine_struct",
    "out",
    "take",
    "view",
]

NONE = 0xFFFFFFFF  # in an image: the old node has no literal in the new graph

# numpy's dtype, and the C type that cffi sees. cffi itself does not check dtypes.
_CTYPES = {
    np.dtype(np.uint8): "uint8_t[]",
    np.dtype(np.uint16): "uint16_t[]",
    np.dtype(np.int32): "int32_t[]",
    np.dtype(np.uint32): "uint32_t[]",
    np.dtype(np.int64): "int64_t[]",
    np.dtype(np.uint64): "uint64_t[]",
    np.dtype(np.float64): "double[]",
}

Array = npt.NDArray[Any]


class ContextLike(Protocol):
    """Anything that carries the C struct `netc_context` as `struct`."""

    struct: Any


def view(array: Array, dtype: npt.DTypeLike, *, writable: bool = False) -> Any:
    """The array as a C pointer, without a copy. It must be C-contiguous and of exactly this dtype."""
    want = np.dtype(dtype)
    if array.dtype != want or not array.dtype.isnative:
        raise InternalError(f"an array of {array.dtype} reached the core where {want} belongs")
    if not array.flags.c_contiguous:
        raise InternalError("a strided array reached the core")
    if writable and not array.flags.writeable:
        raise InternalError("a read-only array reached the core as an output")
    return ffi.from_buffer(_CTYPES[want], array, require_writable=writable)


def out(array: Array) -> Any:
    """An output array as a C pointer."""
    return view(array, array.dtype, writable=True)


def frozen(array: npt.ArrayLike, dtype: npt.DTypeLike) -> Array:
    """A read-only, C-contiguous array of this dtype: the same one if it is that already, else a copy.

    Values that the dtype cannot hold raise `NetcError`.
    """
    given = np.asarray(array)
    want = np.dtype(dtype)
    if given.dtype == want and given.flags.c_contiguous and not given.flags.writeable:
        return given
    if given.size and given.dtype != want:
        if given.dtype.kind not in "biu":
            raise NetcError("", f"expected an array of integers, got {given.dtype}")
        info = np.iinfo(want)
        if int(given.min()) < info.min or int(given.max()) > info.max:
            raise NetcError("", f"an array holds values outside {want}")
    copy = np.array(given, dtype=want, order="C")
    copy.flags.writeable = False
    return copy


def take(pointer: Any, count: int, dtype: npt.DTypeLike) -> Array:
    """An array that the core allocated, as a read-only numpy array that frees it when it goes."""
    owner = ffi.gc(pointer, lib.netc_free)
    array: Array = np.frombuffer(ffi.buffer(owner, count * np.dtype(dtype).itemsize), dtype=dtype)
    array.flags.writeable = False
    return array


def call(function: Any, *args: Any) -> int:
    """Call the core; its error codes become `NetcError`, `MemoryError` or `InternalError`."""
    return checked(function(*args))


def checked(result: int) -> int:
    """What the core returned; its error codes become `NetcError`, `MemoryError` or `InternalError`."""
    if result >= 0:
        return result
    what = ffi.string(lib.netc_error()).decode(errors="replace")
    place = ffi.string(lib.netc_error_place()).decode(errors="replace")
    if result == -1:
        raise NetcError(place, what, ffi.string(lib.netc_error_hint()).decode(errors="replace"))
    if result == -2:
        raise MemoryError(what)
    raise InternalError(what)


def aig_struct(ands: Array, leaves: int, roots: Array) -> Any:
    """A graph as the core sees it. Keep the arrays alive while it is used."""
    return ffi.new(
        "netc_aig *",
        {
            "ands": view(ands, np.uint32),
            "num_ands": len(ands),
            "leaves": leaves,
            "roots": view(roots, np.uint32),
            "num_roots": len(roots),
        },
    )


def machine_struct(ands: Array, inputs: int, roots: Array, initial: Array, free: int) -> Any:
    """A circuit with latches as the core sees it: its roots begin with their next states, and `initial` and `free` are
    what `netc.sequential.starts` gives. Keep the arrays alive while it is used.
    """
    aig = aig_struct(ands, inputs + len(initial), roots)
    return ffi.new(
        "netc_machine *", {"aig": aig[0], "inputs": inputs, "initial": view(initial, np.uint32), "free": free}
    )
