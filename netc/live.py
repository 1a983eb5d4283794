"""Models that are in memory: modules of torch, parameters of JAX. Neither is imported here; both are the caller's.

A live object becomes the tree that reading a file gives, a module what its pickle would hold, so whatever family reads
the files reads these too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from netc.errors import NetcError
from netc.frontends.checkpoint import model_of
from netc.frontends.checkpoints.inert import Global, Node, Object
from netc.frontends.checkpoints.tensors import Stored, Tensors
from netc.frontends.checkpoints.tree import open_tree
from netc.model import Model

__all__ = ["from_jax", "from_torch"]

_DEEPEST = 100  # modules, lists and dictionaries within each other
_ALLOWANCE = 1 << 62  # bytes of tensors: they are in memory already


def from_torch(module: Any, *, name: str = "model", **options: Any) -> Model:
    """The model in a live ``torch.nn.Module``, or in a state_dict, as it would be read from its file.

    Tensors may be on any device; the module is not changed, run or kept. `options` are those of `netc.load` for
    checkpoints. Raises `NetcError` for a network that netc does not read, `TypeError` for what is no module.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, (torch.nn.Module, Mapping)):
        raise TypeError(f"from_torch takes a torch.nn.Module or a state_dict, not {type(module).__name__}")
    root = _Reader(torch).node(module)
    return model_of(open_tree("live module", root, Tensors(lambda _: None, _ALLOWANCE)), name, **options)


def from_jax(params: Any, wires: Any = None, *, name: str = "model", **options: Any) -> Model:
    """The model in trees of parameters and wiring: dictionaries, lists, tuples of arrays of JAX or NumPy.

    `wires` is the tree of indices that logic cellular automata keep beside their parameters, None where `params` hold
    all. `options` are those of `netc.load` for checkpoints. Raises `NetcError` for what netc does not read.
    """
    reader = _Reader(None)
    root = reader.node(params) if wires is None else {"params": reader.node(params), "wires": reader.node(wires)}
    return model_of(open_tree("live parameters", root, Tensors(lambda _: None, _ALLOWANCE)), name, **options)


class _Reader:
    """Makes inert nodes of live values; a value that is met twice becomes one node."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.made: dict[int, tuple[Any, Node]] = {}  # the value is kept, so that its number stays its own

    def node(self, value: Any, depth: int = 0) -> Node:
        if value is None or isinstance(value, (bool, int, float, str, bytes)):
            return value
        if depth > _DEEPEST:
            raise NetcError("", f"modules and lists are nested deeper than {_DEEPEST}")
        if id(value) not in self.made:
            self.made[id(value)] = value, None  # met again inside itself, it is nothing
            self.made[id(value)] = value, self.new(value, depth + 1)
        return self.made[id(value)][1]

    def new(self, value: Any, depth: int) -> Node:
        if self.torch is not None and isinstance(value, self.torch.Tensor):
            return self.tensor(value)
        if self.torch is not None and isinstance(value, self.torch.nn.Module):
            inner = getattr(value, "_orig_mod", None)  # the module in what torch.compile returns
            if inner is not None:
                return self.node(inner, depth)
            made = Object(_class(value))
            made.state = {key: self.node(held, depth) for key, held in vars(value).items()}
            return made
        if isinstance(value, Mapping):
            return {key: self.node(held, depth) for key, held in value.items() if isinstance(key, (str, int))}
        if isinstance(value, (list, tuple)):
            return [self.node(held, depth) for held in value]
        if hasattr(value, "__array__"):
            return _plain(np.asarray(value))
        return Object(_class(value))

    def tensor(self, value: Any) -> Node:
        try:
            held = value.detach().cpu()
            if held.dtype == self.torch.bfloat16:  # NumPy has no such type
                raw = held.contiguous().view(self.torch.int16).numpy().tobytes()
                return Stored("bfloat16", tuple(held.shape), lambda _size: raw)
            return _plain(held.resolve_conj().resolve_neg().numpy())
        except (NotImplementedError, RuntimeError, TypeError) as error:
            what = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise NetcError("", f"a {value.dtype} tensor that cannot be read: {what}") from None


def _class(value: Any) -> Global:
    return Global(type(value).__module__, type(value).__qualname__)


def _plain(array: Any) -> Node:
    """An array of numbers; of JAX's bfloat16 and its like as float32."""
    return array if array.dtype.kind in "biuf" else array.astype(np.float32)
