"""The template engine: layers of one template run as one small program at many positions, nothing is flattened."""

from __future__ import annotations

from itertools import groupby
from typing import Any, ClassVar

import numpy as np

from netc import native
from netc.errors import NetcError
from netc.layers import Dense, LayeredNetwork, Tiled
from netc.model import Model

from .fused import fused
from .program import Program
from .table import K, TableEngine, chosen_kernel, kernels
from .tuning import Chosen

__all__ = ["TemplateEngine"]


class TemplateEngine:
    """A program a template, executed at all positions of its layer, and the table kernel for dense layers.

    Code and the time to make it are those of the templates, whatever the number of positions; values lie so that an
    operation reads them in a row. Raises `NetcError` for a model without templates, or one in which they are gone
    since it was optimised. `kernel` forces one of `netc.runtime.table.kernels()`.
    """

    name: ClassVar[str] = "template"

    def __init__(self, model: Model, *, kernel: str | None = None) -> None:
        self.kernel, self._index = chosen_kernel(kernel, kernels())
        trained = model.trained
        if trained is None or not any(isinstance(layer, Tiled) for layer in trained.layers):
            raise NetcError("", "this model has no templates", "use the engine table")
        if not model.as_trained:
            raise NetcError("", "optimising has flattened this model's templates", "-O0 keeps them")
        self._alive: list[Any] = []
        handle = native.lib.netc_templates_new(trained.inputs)
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self._templates = native.ffi.gc(handle, native.lib.netc_templates_free)
        self.operations = 0  # for each block of samples
        self.strips: list[int] = []  # of each stage the positions that are executed side by side, 0 of dense layers
        inputs = trained.inputs
        for dense, layers in groupby(fused(trained).layers, key=lambda layer: isinstance(layer, Dense)):
            if dense:
                inputs = self._add_dense(LayeredNetwork(inputs, list(layers)))
            else:
                for layer in layers:
                    assert isinstance(layer, Tiled)
                    inputs = self._add_tiled(layer)
        native.call(native.lib.netc_templates_finish, self._templates)
        self.operations += int(native.lib.netc_templates_operations(self._templates))
        self.wide, self.small = self.kernel_of(64), self.kernel_of(16)
        self.chosen: Chosen | None = None

    def _add_tiled(self, layer: Tiled) -> int:
        gather, columns = _distinct(layer.gather)
        first = Dense(layer.template[0].tables, columns[layer.template[0].wiring].astype(np.uint32))
        template = LayeredNetwork(gather.shape[1], [first, *layer.template[1:]])
        program = Program(Model.of_layers(template), K)
        native.call(
            native.lib.netc_templates_tile,
            self._templates,
            program.handle,
            native.view(gather, np.int64),
            layer.positions,
            layer.by_channel,
        )
        self.strips.append(int(native.lib.netc_templates_strip(self._templates, len(self.strips))))
        return layer.outputs

    def _add_dense(self, network: LayeredNetwork) -> int:
        engine = TableEngine(Model.of_layers(network), kernel=self.kernel)
        wide, small = engine.wide, engine.small
        self._alive += [engine, wide, small]
        native.call(native.lib.netc_templates_dense, self._templates, wide, small, network.outputs)
        self.operations += engine.operations
        self.strips.append(0)
        return network.outputs

    def kernel_of(self, plane_bytes: int) -> Any:
        """A ``netc_kernel *`` for planes of 64 or 16 bytes; it must not outlive the engine."""
        made = native.ffi.new("netc_kernel *")
        made.eval = native.lib.netc_templates_kernel(self._index, plane_bytes)
        made.code = self._templates
        made.plane_bytes = plane_bytes
        native.lib.netc_templates_layout(self._templates, native.ffi.addressof(made, "layout"))
        return made


def _distinct(gather: Any) -> tuple[Any, Any]:
    """A gather without its second columns of the same sources, and the number in it of each column."""
    # Columns that differ have the same product with random numbers once in 2**64 pairs; so all are compared.
    weights = np.random.default_rng(0).integers(0, 2**64, len(gather), np.uint64)
    keys = weights @ gather.view(np.uint64)
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    if not np.array_equal(gather[:, first[number]], gather):
        return gather, np.arange(gather.shape[1])
    return np.ascontiguousarray(gather[:, first]), number
