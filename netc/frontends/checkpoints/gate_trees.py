"""Parameters and wires as JAX programs keep them: two trees alike, of layers by number, in any container.

Source: the notebook of Differentiable Logic Cellular Automata (google-research/self-organising-systems), whose
``params`` are lists of arrays of (gates, 16) and whose ``wires`` are lists of pairs of vectors of (gates,). Others keep
logits of (16, gates), and wires as matrices of (gates, inputs) with a single 1 in each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.branches import Path, leaves
from netc.frontends.checkpoints.gates import GATES
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Array, Tensors
from netc.frontends.checkpoints.tree import Checkpoint
from netc.frontends.checkpoints.words import describe, label, listed

__all__ = ["Gates", "Indices", "Reader", "Tree", "mentions", "params_and_wires", "trees"]

Indices = npt.NDArray[np.int64]

_PAIRS = (("a", "b"), ("0", "1"), ("left", "right"))
_WIRES = ("wire", "connection")  # beginnings of what a tree of wires is called


class Gates(NamedTuple):
    """A layer: logits of (kernels, gates, 16) and wires of (gates, 2), all kernels' the same.

    `inputs` is how many the layer has, where the file says it.
    """

    logits: Array
    wires: Indices
    inputs: int | None

    @property
    def width(self) -> int:
        """Gates of one kernel."""
        return len(self.wires)


@dataclass(frozen=True)
class Tree:
    """One of the two trees: what lies under each of its nets, by path from there."""

    path: Path
    nets: Mapping[str, Mapping[Path, Node]]

    @property
    def called(self) -> str:
        return ".".join(map(label, self.path)) or "the file"

    @property
    def is_wires(self) -> bool:
        """By its name, or where it has none because every layer of it is a pair."""
        if any(name.startswith(_WIRES) for name in self.path):
            return True
        rests = [rest for net in self.nets.values() for rest in net]
        return all(len(rest) == 2 and any(rest[1] in pair for pair in _PAIRS) for rest in rests)

    def place(self, net: str, *layer: int) -> str:
        """For messages: ``params.update.3``."""
        return ".".join([self.called, *([net] if net else []), *map(str, layer)])

    def layers(self, net: str) -> list[dict[Path, Node]]:
        """What each layer holds, by path from there."""
        found: dict[int, dict[Path, Node]] = {}
        for rest, leaf in self.nets.get(net, {}).items():
            if not rest or not rest[0].isdecimal() or len(rest[0]) > 6:
                raise NetcError(self.place(net), f"{label('.'.join(rest)) or net} is no layer")
            found.setdefault(int(rest[0]), {})[rest[1:]] = leaf
        missing = next((layer for layer in range(len(found)) if layer not in found), None)
        if missing is not None or not found:
            raise NetcError(self.place(net), f"there is no layer {missing or 0}")
        return [found[layer] for layer in range(len(found))]


def mentions(checkpoint: Checkpoint, name: str) -> bool:
    """Whether a key of the file has this name in it: soon known, unlike `trees`."""
    beside = (key for items in checkpoint.beside for key in items if isinstance(key, str))
    parts = (key for part in checkpoint.network.walk() for key in (*part.values, *part.children))
    return not checkpoint.whole and any(name in key for key in chain(beside, parts))


def trees(checkpoint: Checkpoint, split: Callable[[Path], tuple[Path, str, Path] | None]) -> list[Tree]:
    """All trees in a file: `split` makes a leaf's path into the tree's path, the net's name and the rest, or None."""
    found: dict[Path, dict[str, dict[Path, Node]]] = {}
    for path, leaf in leaves(checkpoint.root, checkpoint.tensors):
        parts = split(path)
        if parts is not None:
            found.setdefault(parts[0], {}).setdefault(parts[1], {})[parts[2]] = leaf
    return [Tree(path, nets) for path, nets in found.items()]


def params_and_wires(found: Sequence[Tree]) -> tuple[Tree, Tree]:
    """The tree of each kind; `NetcError` if there is none of wires, or several of one kind."""
    wires = [tree for tree in found if tree.is_wires]
    params = [tree for tree in found if not tree.is_wires]
    if not wires:
        raise NetcError("", "the file holds gates but no wires", "save {'params': …, 'wires': …}")
    return _nearest(params), _nearest(wires)


def _nearest(trees: list[Tree]) -> Tree:
    """The tree that is least deep: an optimiser's moments, which look the same, lie deeper."""
    least = min(len(tree.path) for tree in trees)
    found = [tree for tree in trees if len(tree.path) == least]
    named = [tree for tree in found if tree.path[-1:] in (("params",), ("param",), ("wires",))]
    found = named if len(named) == 1 else found
    if len(found) > 1:
        raise NetcError(
            "", f"the file holds several cells: {listed(tree.called for tree in found)}", "save one of them"
        )
    return found[0]


class Reader:
    """Reads the layers of both trees."""

    def __init__(self, tensors: Tensors, params: Tree, wires: Tree) -> None:
        self.tensors = tensors
        self.params = params
        self.wires = wires
        self.types: set[str] = set()
        self.notes: list[str] = []

    def told(self) -> list[str]:
        return [f"each gate is the first largest of {GATES} logits ({listed(sorted(self.types))})", *self.notes]

    def net(self, net: str, dimensions: int) -> list[Gates]:
        """The layers of a net, whose logits have so many dimensions: three if there are kernels, else two."""
        params, wires = self.params.layers(net), self.wires.layers(net)
        if len(params) != len(wires):
            raise NetcError(self.params.place(net), f"{len(params):,} layers have gates and {len(wires):,} have wires")
        pairs = [self._wires(self.wires.place(net, i), layer) for i, layer in enumerate(wires)]
        found = [self._logits(self.params.place(net, i), layer) for i, layer in enumerate(params)]
        transposed = {
            logits.shape[-2] == GATES
            for logits, (wired, _) in zip(found, pairs, strict=True)
            if logits.ndim == dimensions and len(wired) != GATES
        }
        layers = []
        for i, (logits, (wired, inputs)) in enumerate(zip(found, pairs, strict=True)):
            place = self.params.place(net, i)
            fits = logits.ndim == dimensions and sorted(logits.shape[-2:]) == sorted((len(wired), GATES))
            if not fits:
                what = f"logits of shape {logits.shape} for {len(wired):,} gates"
                raise NetcError(place, f"{what}{'' if dimensions == 2 else ' of every kernel'}")
            turned = transposed == {True} if len(wired) == GATES else logits.shape[-2] == GATES
            if len(wired) == GATES and len(transposed) != 1:
                self.notes.append(f"{place}: the 16 x 16 logits are read as (gates, 16)")
            logits = np.swapaxes(logits, -1, -2) if turned else logits
            layers.append(Gates(logits.reshape(-1, len(wired), GATES), wired, inputs))
        kernels = {len(layer.logits) for layer in layers}
        if len(kernels) > 1:
            raise NetcError(self.params.place(net), f"its layers are of {listed(map(str, sorted(kernels)))} kernels")
        return layers

    def _logits(self, place: str, layer: Mapping[Path, Node]) -> Array:
        if len(layer) != 1:
            raise NetcError(place, f"it holds {listed('.'.join(path) or 'an array' for path in layer)}, not one array")
        found = self._array(place, next(iter(layer.values())))
        if found.dtype.kind != "f":
            raise NetcError(place, f"numbers of type {found.dtype}, no logits")
        self.types.add(str(found.dtype))
        return found

    def _wires(self, place: str, layer: Mapping[Path, Node]) -> tuple[Indices, int | None]:
        """(gates, 2) from two vectors, from one array of both, or from two matrices with a single 1 in each row, which
        tell how many inputs there are.
        """
        pair = next((pair for pair in _PAIRS if layer.keys() == {(half,) for half in pair}), None)
        if pair is not None:
            halves = [self._array(place, layer[half,]) for half in pair]
            vectors = [self._inputs(place, half) for half in halves]
            if vectors[0].shape != vectors[1].shape:
                raise NetcError(place, f"wires of {len(vectors[0]):,} and {len(vectors[1]):,} gates")
            inputs = {half.shape[1] for half in halves if half.ndim == 2}
            if len(inputs) > 1:
                raise NetcError(place, f"wires to {listed(map(str, sorted(inputs)))} inputs")
            return np.stack(vectors, axis=1), next(iter(inputs), None)
        if layer.keys() != {()}:
            raise NetcError(place, f"it holds {listed('.'.join(path) for path in layer)}, not a pair of wires")
        both = self._array(place, layer[()])
        if both.ndim != 2 or 2 not in both.shape or both.shape == (2, 2) or both.dtype.kind not in "iu":
            raise NetcError(place, f"{both.dtype} of shape {both.shape}, not a pair of wires")
        return self._checked(place, both.T if both.shape[0] == 2 else both), None

    def _inputs(self, place: str, found: Array) -> Indices:
        """The inputs of all gates by number."""
        if found.ndim == 2 and found.dtype.kind in "fb":
            ones = found != 0
            if not (ones.sum(axis=1) == 1).all() or not (found[ones] == 1).all():
                raise NetcError(place, "a row of the wires' matrix has not a single 1")
            return np.nonzero(ones)[1].astype(np.int64)
        if found.ndim != 1 or found.dtype.kind not in "iu":
            raise NetcError(place, f"{found.dtype} of shape {found.shape}, not the inputs of gates")
        return self._checked(place, found)

    def _checked(self, place: str, found: Array) -> Indices:
        least, most = int(found.min()), int(found.max())
        if least < 0 or most >= 2**31:
            raise NetcError(place, f"there is the input {least if least < 0 else most}")
        return found.astype(np.int64)

    def _array(self, place: str, node: Node) -> Array:
        try:
            found = self.tensors.numbers(node)
        except NetcError as error:
            raise NetcError(place, error.what, error.hint) from None
        if found is None or found.size == 0:
            raise NetcError(place, f"this is {describe(node)}, no array of numbers")
        return found
