"""Feed-forward networks of gates as JAX parameters and wires: ``params`` and ``wires``, each a list of layers.

Source: the layers of Differentiable Logic Cellular Automata (see `gate_trees`) without the automaton.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netc.frontends.checkpoints.branches import Path
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.gate_trees import Reader, Tree, mentions, params_and_wires, trees
from netc.frontends.checkpoints.gates import gate_ids, gate_tables
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.layers import Dense
from netc.model import Model

__all__ = ["DifflogicJax"]

_NAMES = ("params", "param", "wires")


def _split(path: Path) -> tuple[Path, str, Path] | None:
    """Paths to a layer by number right under one of the names."""
    at = next((i for i, name in enumerate(path) if name in _NAMES), len(path))
    layer = path[at + 1 : at + 2]
    return (path[: at + 1], "", path[at + 1 :]) if layer and layer[0].isdecimal() else None


def _trees(checkpoint: Checkpoint) -> list[Tree]:
    return trees(checkpoint, _split)


class DifflogicJax:
    """Reads parameters and wires of layers one after another."""

    name: ClassVar[str] = "difflogic-jax"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits")

    def claims(self, checkpoint: Checkpoint) -> bool:
        found = _trees(checkpoint) if mentions(checkpoint, "wires") else []
        return any(tree.is_params for tree in found) and any(tree.is_wires for tree in found)

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        params, wires = params_and_wires(_trees(checkpoint))
        reader = Reader(checkpoint.tensors, params, wires)
        layers = reader.net("", 2)
        chain = Chain(checkpoint, options)
        chain.notes[:] = [
            f"{checkpoint.container}: layers of gates in {params.called}, wires in {wires.called}",
            *reader.told(),
        ]
        for index, layer in enumerate(layers):
            dense = Dense(gate_tables(gate_ids(layer.logits[0])), layer.wires.astype(np.uint32))
            part = Part(params.place("", index), checkpoint.tensors)
            chain.add(part, dense, reads=int(layer.wires.max()) + 1, in_dim=layer.inputs)
        return chain.model(name)
