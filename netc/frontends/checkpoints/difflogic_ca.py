"""DiffLogic CA: the cell of a cellular automaton made of logic gates, as JAX parameters and wires.

Source: Miotti et al., Differentiable Logic Cellular Automata (2025), and its notebook in
google-research/self-organising-systems. Both trees have ``perceive`` and ``update``, each a list of layers:
parameters of (kernels, gates, 16) and (gates, 16), wires of two vectors of (gates,). A cell sees ``P[f, c]``, channel c
of neighbour f, f = 3·dy + dx and 4 itself. Every kernel runs on the nine bits of every channel, all with the same
wires, each with its own gates. The update reads the cell's own channels, then the kernels' outputs, of channel c,
output s and kernel k, k fastest, and gives the next state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.branches import Path, leaves
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.tensors import Array, Tensors
from netc.frontends.checkpoints.tree import Checkpoint
from netc.frontends.checkpoints.words import describe, label, listed
from netc.layers import Dense, LayeredNetwork, Tiled
from netc.model import Model

__all__ = ["DifflogicCa"]

_PERCEIVE, _UPDATE = "perceive", "update"
_NEIGHBOURS = 9
_CENTRE = 4
_COPY = 3  # the gate that gives its first input

_PAIRS = (("a", "b"), ("0", "1"), ("left", "right"))
_MOST_NEURONS = 1 << 22  # the file holds one channel's kernels; the cell has as many as it has channels

Indices = npt.NDArray[np.int64]


class _Gates(NamedTuple):
    """A layer: logits of (kernels, gates, 16), one kernel in the update, and wires of (gates, 2)."""

    logits: Array
    wires: Indices

    @property
    def width(self) -> int:
        """Gates of one kernel."""
        return len(self.wires)


@dataclass(frozen=True)
class _Tree:
    """One of the two trees: what lies under ``perceive`` and ``update``, by path from there."""

    path: Path
    nets: Mapping[str, Mapping[Path, Node]]

    @property
    def called(self) -> str:
        return ".".join(map(label, self.path)) or "the file"

    @property
    def is_wires(self) -> bool:
        """By its name, or where it has none because every layer of it is a pair."""
        if any(name.startswith(("wire", "connection")) for name in self.path):
            return True
        rests = [rest for net in self.nets.values() for rest in net]
        return all(len(rest) == 2 and any(rest[1] in pair for pair in _PAIRS) for rest in rests)

    def layers(self, net: str) -> list[dict[Path, Node]]:
        """What each layer holds, by path from there."""
        found: dict[int, dict[Path, Node]] = {}
        for rest, leaf in self.nets.get(net, {}).items():
            if not rest or not rest[0].isdecimal() or len(rest[0]) > 6:
                raise NetcError(f"{self.called}.{net}", f"{label('.'.join(rest)) or net} is no layer")
            found.setdefault(int(rest[0]), {})[rest[1:]] = leaf
        missing = next((layer for layer in range(len(found)) if layer not in found), None)
        if missing is not None or not found:
            raise NetcError(f"{self.called}.{net}", f"there is no layer {missing or 0}")
        return [found[layer] for layer in range(len(found))]


def _trees(checkpoint: Checkpoint) -> list[_Tree]:
    """Whatever has both ``perceive`` and ``update``."""
    nets: dict[Path, dict[str, dict[Path, Node]]] = {}
    for path, leaf in leaves(checkpoint.root, checkpoint.tensors):
        at = next((i for i, name in enumerate(path) if name in (_PERCEIVE, _UPDATE)), None)
        if at is not None:
            nets.setdefault(path[:at], {}).setdefault(path[at], {})[path[at + 1 :]] = leaf
    return [_Tree(path, found) for path, found in nets.items() if found.keys() == {_PERCEIVE, _UPDATE}]


class DifflogicCa:
    """Reads parameters and wires of one cell."""

    name: ClassVar[str] = "difflogic-ca"

    def claims(self, checkpoint: Checkpoint) -> bool:
        names = (name for part in checkpoint.network.walk() for name in (*part.values, *part.children))
        mentioned = not checkpoint.whole and any(_PERCEIVE in name for name in names)
        return mentioned and any(not tree.is_wires for tree in _trees(checkpoint))

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        """The cell as a circuit: input f · channels + c is ``p[f][c]``, output c is ``out[c]``."""
        params, wires = _params_and_wires(_trees(checkpoint))
        reader = _Reader(checkpoint.tensors, params, wires)
        perceive, update = reader.net(_PERCEIVE), reader.net(_UPDATE)
        channels = update[-1].width
        network = _cell(perceive, update, channels)
        _check_options(options, network.inputs)
        notes = [
            f"{checkpoint.container}: a cell of a logic cellular automaton, gates in {params.called}, "
            f"wires in {wires.called}",
            *reader.told(),
            f"channels: {channels:,}; kernels: {len(perceive[0].logits):,} of {_sizes(perceive)} gates on the "
            f"{_NEIGHBOURS} bits of each channel, and a copy of the cell's own bit; update: {_sizes(update)} gates",
            "p[f][c] is channel c of neighbour f = 3 dy + dx, 4 being the cell itself; out[c] is its next state",
        ]
        model = Model.of_layers(network, name=name, notes=notes)
        inputs = [f"p[{f}][{c}]" for f in range(_NEIGHBOURS) for c in range(channels)]
        ports = model.logic.ports.with_names("input", dict(enumerate(inputs)))
        ports = ports.with_names("output", {c: f"out[{c}]" for c in range(channels)})
        return replace(model, logic=model.logic.with_ports(ports))


def _sizes(layers: list[_Gates]) -> str:
    return listed((f"{layer.width:,}" for layer in layers), most=32)


def _check_options(options: Options, inputs: int) -> None:
    if options.input_bits not in (None, inputs):
        raise NetcError("input_bits", f"{options.input_bits:,} contradicts the file: the cell reads {inputs:,} bits")
    for name in ("classes", "tau"):
        if getattr(options, name) is not None:
            raise NetcError(name, "a cell gives its next state, no classes")


def _params_and_wires(trees: list[_Tree]) -> tuple[_Tree, _Tree]:
    wires = [tree for tree in trees if tree.is_wires]
    params = [tree for tree in trees if not tree.is_wires]
    if not wires:
        raise NetcError(
            "", "the file holds the gates of a logic cellular automaton but no wires", "save {'params': …, 'wires': …}"
        )
    return _nearest(params), _nearest(wires)


def _nearest(trees: list[_Tree]) -> _Tree:
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


class _Reader:
    """Reads the layers of both trees."""

    def __init__(self, tensors: Tensors, params: _Tree, wires: _Tree) -> None:
        self.tensors = tensors
        self.params = params
        self.wires = wires
        self.types: set[str] = set()
        self.notes: list[str] = []

    def told(self) -> list[str]:
        return [f"each gate is the first largest of {GATES} logits ({listed(sorted(self.types))})", *self.notes]

    def net(self, net: str) -> list[_Gates]:
        """The layers of one of the two nets."""
        params, wires = self.params.layers(net), self.wires.layers(net)
        if len(params) != len(wires):
            raise NetcError(net, f"{len(params):,} layers have gates and {len(wires):,} have wires")
        pairs = [self._wires(f"{self.wires.called}.{net}.{i}", layer) for i, layer in enumerate(wires)]
        found = [self._logits(f"{self.params.called}.{net}.{i}", layer) for i, layer in enumerate(params)]
        dimensions = 3 if net == _PERCEIVE else 2
        transposed = {
            logits.shape[-2] == GATES
            for logits, wired in zip(found, pairs, strict=True)
            if logits.ndim == dimensions and len(wired) != GATES
        }
        layers = []
        for i, (logits, wired) in enumerate(zip(found, pairs, strict=True)):
            place = f"{self.params.called}.{net}.{i}"
            fits = logits.ndim == dimensions and sorted(logits.shape[-2:]) == sorted((len(wired), GATES))
            if not fits:
                what = f"logits of shape {logits.shape} for {len(wired):,} gates"
                raise NetcError(place, f"{what}{'' if dimensions == 2 else ' of every kernel'}")
            turned = transposed == {True} if len(wired) == GATES else logits.shape[-2] == GATES
            if len(wired) == GATES and len(transposed) != 1:
                self.notes.append(f"{place}: the 16 x 16 logits are read as (gates, 16)")
            logits = np.swapaxes(logits, -1, -2) if turned else logits
            layers.append(_Gates(logits.reshape(-1, len(wired), GATES), wired))
        kernels = {len(layer.logits) for layer in layers}
        if len(kernels) > 1:
            raise NetcError(
                f"{self.params.called}.{net}", f"its layers are of {listed(map(str, sorted(kernels)))} kernels"
            )
        return layers

    def _logits(self, place: str, layer: Mapping[Path, Node]) -> Array:
        if len(layer) != 1:
            raise NetcError(place, f"it holds {listed('.'.join(path) or 'an array' for path in layer)}, not one array")
        found = self._array(place, next(iter(layer.values())))
        if found.dtype.kind != "f":
            raise NetcError(place, f"numbers of type {found.dtype}, no logits")
        self.types.add(str(found.dtype))
        return found

    def _wires(self, place: str, layer: Mapping[Path, Node]) -> Indices:
        """(gates, 2) from two vectors, from one array of both, or from two matrices with a single one in each row."""
        pair = next((pair for pair in _PAIRS if layer.keys() == {(half,) for half in pair}), None)
        if pair is not None:
            vectors = [self._inputs(place, self._array(place, layer[half,])) for half in pair]
            if vectors[0].shape != vectors[1].shape:
                raise NetcError(place, f"wires of {len(vectors[0]):,} and {len(vectors[1]):,} gates")
            return np.stack(vectors, axis=1)
        if layer.keys() != {()}:
            raise NetcError(place, f"it holds {listed('.'.join(path) for path in layer)}, not a pair of wires")
        both = self._array(place, layer[()])
        if both.ndim != 2 or 2 not in both.shape or both.shape == (2, 2) or both.dtype.kind not in "iu":
            raise NetcError(place, f"{both.dtype} of shape {both.shape}, not a pair of wires")
        return self._checked(place, both.T if both.shape[0] == 2 else both)

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


def _cell(perceive: list[_Gates], update: list[_Gates], channels: int) -> LayeredNetwork:
    """The layers: the kernels once for every channel, then the update."""
    kernels, seen = len(perceive[0].logits), perceive[-1].width
    each = 1 + kernels * seen  # what a channel gives the update: its own bit, then the kernels' outputs
    if channels * sum(1 + kernels * layer.width for layer in perceive) > _MOST_NEURONS:
        raise NetcError(_UPDATE, f"its last layer claims {channels:,} channels for {kernels:,} kernels")
    _check_reads(_PERCEIVE, perceive, _NEIGHBOURS)
    _check_reads(_UPDATE, update, channels * each)
    gather = np.arange(_NEIGHBOURS)[None] * channels + np.arange(channels)[:, None]
    layers: list[Dense | Tiled] = [Tiled(tuple(_kernels(perceive)), gather)]
    for index, layer in enumerate(update):
        wires = layer.wires
        if index == 0:  # own bits come first there, each channel's beside its kernels here
            own, after = wires < channels, np.maximum(wires - channels, 0)
            wires = np.where(own, wires * each, after // (each - 1) * each + 1 + after % (each - 1))
        layers.append(Dense(gate_tables(gate_ids(layer.logits[0])), wires.astype(np.uint32)))
    return LayeredNetwork(_NEIGHBOURS * channels, layers)


def _check_reads(net: str, layers: list[_Gates], width: int) -> None:
    for index, layer in enumerate(layers):
        most = int(layer.wires.max())
        if most >= width:
            raise NetcError(f"{net}.{index}", f"a gate reads bit {most:,} of {width:,}")
        width = layer.width


def _kernels(perceive: list[_Gates]) -> Iterator[Dense]:
    """All kernels on the nine bits of one channel; the first neuron of each layer copies the cell's own bit."""
    kernels, before = len(perceive[0].logits), 0
    for level, layer in enumerate(perceive):
        ids = gate_ids(layer.logits.reshape(-1, GATES)).reshape(kernels, -1)
        first = np.arange(kernels)[:, None, None] * before + (level > 0)
        wires = layer.wires[None] + first
        if level == len(perceive) - 1:  # the update reads them by output, kernels together
            ids, wires = ids.T, wires.swapaxes(0, 1)
        own = np.full((1, 2), 0 if level else _CENTRE)
        tables = gate_tables(np.concatenate([[_COPY], ids.reshape(-1)]))
        yield Dense(tables, np.concatenate([own, wires.reshape(-1, 2)]).astype(np.uint32))
        before = layer.width
