"""difflogic and its forks: layers of two-input gates with sixteen logits a neuron, then sums of groups.

Source: Petersen et al., Deep Differentiable Logic Gate Networks (NeurIPS 2022), and the package of the same name. A
``LogicLayer`` has ``weights`` of (neurons, 16) and ``indices``, two vectors; in evaluation its gate is the argmax.
``GroupSum(k, tau)`` counts k equal blocks of the last layer's bits. Forks save the same under other names, or
transposed.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netc.frontends.checkpoints import foreign, pairs
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.gates import GATES, gate_ids, gate_tables
from netc.frontends.checkpoints.tree import Checkpoint
from netc.model import Model

__all__ = ["Difflogic"]

# The gates that logits choose among, by how many there are: difflogic_verify has fewer.
_GATE_SETS = {GATES: np.arange(GATES), 6: np.array([0, 1, 2, 3, 6, 7]), 2: np.array([3, 12])}

_KIND = pairs.Kind(
    names=("weights", "weight", "w", "logits"),
    width=GATES,
    described=f"each gate is the first largest of {GATES} logits",
    tables=lambda _part, logits: gate_tables(_GATE_SETS[logits.shape[1]][gate_ids(logits)]),
    narrow=(6, 2),
)


class Difflogic:
    """Reads modules and state_dicts of difflogic's layout."""

    name: ClassVar[str] = "difflogic"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits", "wiring")

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(pairs.neurons_in(part, _KIND) for part in checkpoint.network.walk()) and not foreign.name_of(
            checkpoint
        )

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        return pairs.read(checkpoint, options, name, _KIND)
