"""DiffLogic CA: the cell of a cellular automaton made of logic gates, as JAX parameters and wires.

Source: Miotti et al., Differentiable Logic Cellular Automata (2025), and its notebook in
google-research/self-organising-systems. Both trees have ``perceive`` and ``update``, each a list of layers:
parameters of (kernels, gates, 16) and (gates, 16), wires of two vectors of (gates,). A cell sees ``P[f, c]``, channel c
of neighbour f, f = 3·dy + dx and 4 itself. Every kernel runs on the nine bits of every channel, all with the same
wires, each with its own gates. The update reads the cell's own channels, then the kernels' outputs, of channel c,
output s and kernel k, k fastest, and gives the next state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np

from netc.errors import NetcError
from netc.frontends.checkpoints.branches import Path
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.gate_trees import Gates, Reader, Tree, mentions, params_and_wires, trees
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.tree import Checkpoint
from netc.frontends.checkpoints.words import listed
from netc.layers import Dense, LayeredNetwork, Tiled
from netc.model import Model

__all__ = ["DifflogicCa"]

_PERCEIVE, _UPDATE = "perceive", "update"
_NEIGHBOURS = 9
_CENTRE = 4
_COPY = 3  # the gate that gives its first input

_MOST_NEURONS = 1 << 22  # the file holds one channel's kernels; the cell has as many as it has channels


def _split(path: Path) -> tuple[Path, str, Path] | None:
    """Paths that lead through one of the two nets."""
    at = next((i for i, name in enumerate(path) if name in (_PERCEIVE, _UPDATE)), None)
    return None if at is None else (path[:at], path[at], path[at + 1 :])


def _trees(checkpoint: Checkpoint) -> list[Tree]:
    return [tree for tree in trees(checkpoint, _split) if tree.nets.keys() == {_PERCEIVE, _UPDATE}]


class DifflogicCa:
    """Reads parameters and wires of one cell."""

    name: ClassVar[str] = "difflogic-ca"
    takes: ClassVar[tuple[str, ...]] = ("input_bits",)

    def claims(self, checkpoint: Checkpoint) -> bool:
        return mentions(checkpoint, _PERCEIVE) and any(tree.is_params for tree in _trees(checkpoint))

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        """The cell as a circuit: input f · channels + c is ``p[f][c]``, output c is ``out[c]``."""
        params, wires = params_and_wires(_trees(checkpoint))
        reader = Reader(checkpoint.tensors, params, wires)
        perceive, update = reader.net(_PERCEIVE, 3), reader.net(_UPDATE, 2)
        channels = update[-1].width
        network = _cell(perceive, update, channels)
        _check_options(options, network.inputs)
        notes = [
            f"{checkpoint.container}: a cell of a logic cellular automaton, gates in {params.called}, "
            f"wires in {wires.called}",
            *reader.told(),
            f"channels: {channels:,}; kernels: {len(perceive[0].logits):,} of {_sizes(perceive)} gates on the "
            f"{_NEIGHBOURS} bits of each channel, and a copy of the cell's own bit; update: {len(update):,} layers",
            "p[f][c] is channel c of neighbour f = 3 dy + dx, 4 being the cell itself; out[c] is its next state",
        ]
        model = Model.of_layers(network, name=name, notes=notes)
        inputs = [f"p[{f}][{c}]" for f in range(_NEIGHBOURS) for c in range(channels)]
        ports = model.logic.ports.with_names("input", dict(enumerate(inputs)))
        ports = ports.with_names("output", {c: f"out[{c}]" for c in range(channels)})
        return replace(model, logic=model.logic.with_ports(ports))


def _sizes(layers: list[Gates]) -> str:
    return listed((f"{layer.width:,}" for layer in layers), most=32)


def _check_options(options: Options, inputs: int) -> None:
    if options.input_bits not in (None, inputs):
        raise NetcError("input_bits", f"{options.input_bits:,} contradicts the file: the cell reads {inputs:,} bits")


def _cell(perceive: list[Gates], update: list[Gates], channels: int) -> LayeredNetwork:
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


def _check_reads(net: str, layers: list[Gates], width: int) -> None:
    for index, layer in enumerate(layers):
        most = int(layer.wires.max())
        if most >= width:
            raise NetcError(f"{net}.{index}", f"a gate reads bit {most:,} of {width:,}")
        if layer.inputs not in (None, width):
            raise NetcError(f"{net}.{index}", f"it has wires to {layer.inputs:,} bits; there are {width:,}")
        width = layer.width


def _kernels(perceive: list[Gates]) -> Iterator[Dense]:
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
