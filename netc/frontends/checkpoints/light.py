"""Light logic gates, parametrised by their inputs: four logits a neuron, one an entry of its table.

A ``LogicLayerIWP`` has ``weights`` of (neurons, 4), for the inputs 00, 01, 10 and 11; in evaluation an entry is 1 where
an activation of its weight is at least a half: the sigmoid, ``(1 + sin w) / 2``, or the weight itself. A whole module
says which; otherwise `parametrization` is ``"sigmoid"``, ``"sin"`` or ``"linear"``. Its ``GroupSum`` may have weights,
biases and flips. Source: lukas-ruettgers/difflogic-iwp, difflogic/.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import luts, pairs
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import label
from netc.model import Model

__all__ = ["Light"]

Array = npt.NDArray[Any]

_BY_NAME = {
    "sigmoid": "sigmoid",
    "sigmoid-st": "sigmoid",
    "SIN01": "sin",
    "sin-st": "sin",
    "sin": "sin",
    "linear": "linear",
}


class Light:
    """Reads modules and state_dicts of input-wise parametrised gates."""

    name: ClassVar[str] = "light"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits", "wiring", "parametrization", "layers")

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(_is_layer(part) for part in checkpoint.network.walk())

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        close: list[str] = []
        used: list[str] = []

        def tables(part: Part, weights: Array) -> npt.NDArray[np.uint64]:
            activation = _activation(part, options)
            rows, doubtful = _rows(activation, weights, strict=part.values.get("implementation") == "cuda")
            used.append(activation)
            close.extend([f"{part.path} ({doubtful:,})"] if doubtful else [])
            return luts.packed(rows)

        kind = pairs.Kind(("weights",), 4, "each entry of a table is an activation of its logit, at least 1/2", tables)
        model = pairs.read(checkpoint, options, name, kind)
        notes = [f"activation: {' or '.join(sorted(set(used)))}"]
        if close:
            notes.append(f"entries so near to 1/2 that rounding decides: {', '.join(close)}")
        return replace(model, notes=(*model.notes, *notes))


def _is_layer(part: Part) -> bool:
    shape = part.shape("weights") if part.holds("weights") else ()
    return len(shape) == 2 and shape[1] == 4 and not part.cls.module.startswith("torch.nn.") and not part.holds("bias")


def _activation(part: Part, options: Options) -> str:
    said = part.values.get("act_fn_str")
    if said is None:
        said = options.of_layer(part.path, "parametrization")
        if said is None:
            hint = "parametrization=sigmoid, sin or linear says it"
            raise NetcError(part.place, "the file does not tell the activation of its four logits a neuron", hint)
    if not isinstance(said, str) or said not in _BY_NAME:
        raise NetcError(part.place, f"four logits a neuron with the activation {label(str(said))}")
    return _BY_NAME[said]


def _rows(activation: str, weights: Array, strict: bool) -> tuple[Array, int]:
    """Tables, and how many entries lie within rounding of a half.

    The framework compares ``>= 0.5`` on a CPU and rounds half to even on CUDA, so that a half is 1 or 0.
    """
    wide = weights.astype(np.float64)
    with np.errstate(over="ignore"):
        exact = {
            "sigmoid": lambda: 1 / (1 + np.exp(-wide)),
            "sin": lambda: 0.5 + 0.5 * np.sin(wide),
            "linear": lambda: wide,
        }[activation]()
    value = exact.astype(np.float32)
    close = (abs(exact - 0.5) < np.float32(1e-6)) & (activation != "linear")
    return (value > 0.5 if strict else value >= 0.5), int(close.sum())
