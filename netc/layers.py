"""What a checkpoint holds: layers of small truth tables, dense or tiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError

__all__ = ["MAX_FANIN", "Dense", "Layer", "LayeredNetwork", "Tiled"]

MAX_FANIN = 16  # 65,536 rows a table; wider neurons are split by their frontend


@dataclass(frozen=True, eq=False)
class Dense:
    """Neurons that read any outputs of the layer before.

    ``wiring`` is ``uint32[n, k]``: fan-in j of neuron i is output ``wiring[i, j]`` of the layer before. ``tables``
    is ``uint64[n, max(1, 2**k // 64)]``: bit e of neuron i's table (word e // 64, bit e % 64) is its value where
    fan-in j is bit j of e, so fan-in 0 is the least significant. Bits past 2**k are zero.
    """

    tables: npt.NDArray[np.uint64]
    wiring: npt.NDArray[np.uint32]

    def __post_init__(self) -> None:
        wiring = native.frozen(self.wiring, np.uint32)
        if wiring.ndim != 2:
            raise NetcError("", f"wiring has shape {wiring.shape}; it needs (neurons, fan-ins)")
        tables = native.frozen(self.tables, np.uint64)
        tables = tables.reshape(len(wiring), max(1, tables.size // max(1, len(wiring))))
        object.__setattr__(self, "wiring", wiring)
        object.__setattr__(self, "tables", tables)

    @property
    def k(self) -> int:
        """Fan-ins of each neuron."""
        return int(self.wiring.shape[1])

    @property
    def outputs(self) -> int:
        return len(self.wiring)

    @property
    def neurons(self) -> int:
        return len(self.wiring)

    def check(self, inputs: int) -> None:
        """Raise `NetcError` unless this layer can follow one of `inputs` outputs."""
        if self.k > MAX_FANIN:
            raise NetcError("", f"neurons of {self.k} fan-ins; at most {MAX_FANIN}")
        words = max(1, 2**self.k // 64)
        if self.tables.shape[1] != words and len(self.tables):
            raise NetcError("", f"tables of {self.tables.shape[1]} words; {self.k} fan-ins need {words}")
        if self.k < 6 and len(self.tables) and int(self.tables.max()) >> 2**self.k:
            raise NetcError("", f"a table of {self.k} fan-ins has bits past {2**self.k}")
        if self.wiring.size and int(self.wiring.max()) >= inputs:
            raise NetcError("", f"a neuron reads output {int(self.wiring.max())} of a layer with {inputs}")


@dataclass(frozen=True, eq=False)
class Tiled:
    """One template, a stack of dense layers, at many positions: a convolution, a grid, a repeated adder.

    ``gather`` is ``int64[positions, template inputs]``: which output of the layer before feeds each template input at
    each position, or -1 for constant false (padding). Outputs are those of the template's last layer, position by
    position, or with `by_channel` template output by template output (all positions of the first, then of the second).
    """

    template: tuple[Dense, ...]
    gather: npt.NDArray[np.int64]
    by_channel: bool = False

    def __post_init__(self) -> None:
        gather = native.frozen(self.gather, np.int64)
        if gather.ndim != 2:
            raise NetcError("", f"gather has shape {gather.shape}; it needs (positions, template inputs)")
        object.__setattr__(self, "gather", gather)
        if not self.template:
            raise NetcError("", "a template needs at least one layer")

    @property
    def positions(self) -> int:
        return len(self.gather)

    @property
    def channels(self) -> int:
        """Outputs of the template."""
        return self.template[-1].outputs

    @property
    def outputs(self) -> int:
        return self.positions * self.channels

    @property
    def template_neurons(self) -> int:
        return sum(layer.neurons for layer in self.template)

    @property
    def neurons(self) -> int:
        """Neurons of all positions: position by position, the template's layers in order."""
        return self.positions * self.template_neurons

    def output_order(self) -> npt.NDArray[np.int64]:
        """``int64[outputs]``: the neuron (see `neurons`) that each output is."""
        last = self.template_neurons - self.channels
        order = np.arange(self.positions)[:, None] * self.template_neurons + last + np.arange(self.channels)
        return np.ascontiguousarray(order.T if self.by_channel else order).reshape(-1)

    def check(self, inputs: int) -> None:
        """Raise `NetcError` unless this layer can follow one of `inputs` outputs."""
        width = self.gather.shape[1]
        for layer in self.template:
            layer.check(width)
            width = layer.outputs
        if self.gather.size and not (int(self.gather.min()) >= -1 and int(self.gather.max()) < inputs):
            raise NetcError("", f"a template reads outside the {inputs} outputs of the layer before")


Layer = Dense | Tiled


@dataclass(frozen=True, eq=False)
class LayeredNetwork:
    """Layers in order, each reading only the one before (a skip connection is a neuron that copies).

    A neuron's origin is (layer, index); all neurons are also numbered through, layer by layer: see `first_neuron`.
    """

    inputs: int
    layers: tuple[Layer, ...]

    def __init__(self, inputs: int, layers: Sequence[Layer]) -> None:
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "layers", tuple(layers))
        self.check()

    @property
    def outputs(self) -> int:
        return self.layers[-1].outputs if self.layers else self.inputs

    @property
    def num_neurons(self) -> int:
        return sum(layer.neurons for layer in self.layers)

    @property
    def distinct_neurons(self) -> int:
        """Neurons that are not the same as others at another position: what the layers take to write down."""
        return sum(layer.neurons if isinstance(layer, Dense) else layer.template_neurons for layer in self.layers)

    @property
    def first_neuron(self) -> tuple[int, ...]:
        """The number of each layer's first neuron, and one past the last."""
        firsts = [0]
        for layer in self.layers:
            firsts.append(firsts[-1] + layer.neurons)
        return tuple(firsts)

    def origin(self, neuron: int) -> tuple[int, int]:
        """(layer, index) of a neuron's number."""
        for layer, (first, end) in enumerate(pairwise(self.first_neuron)):
            if first <= neuron < end:
                return layer, neuron - first
        raise NetcError("", f"neuron {neuron} of {self.num_neurons}")

    def check(self) -> None:
        """Raise `NetcError` with the layer's number unless the layers fit each other."""
        width = self.inputs
        for index, layer in enumerate(self.layers):
            try:
                layer.check(width)
            except NetcError as error:
                raise NetcError(f"layer {index}", error.what) from None
            width = layer.outputs
