"""From tables to ANDs: layers and LUT networks become hashed graphs, in the core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.errors import NetcError
from netc.layers import Dense, LayeredNetwork
from netc.lut import LutNetwork
from netc.ports import Ports

__all__ = ["Flattened", "flatten", "lut_to_aig"]


def _tables(layers: Sequence[Dense]) -> tuple[Any, list[Any]]:
    """`netc_tables[]` and what must stay alive while it is used."""
    structs = native.ffi.new("netc_tables[]", len(layers))
    alive = []
    for struct, layer in zip(structs, layers, strict=True):
        struct.tables = native.view(layer.tables, np.uint64)
        struct.wiring = native.view(layer.wiring, np.uint32)
        struct.count = layer.outputs
        struct.k = layer.k
        alive.append(layer)
    return structs, [structs, *alive]


def _new(leaves: int, expected: int) -> Any:
    handle = native.lib.netc_builder_new(leaves, expected)
    if handle == native.ffi.NULL:
        raise MemoryError("no memory for a graph")
    return native.ffi.gc(handle, native.lib.netc_builder_free)


def _finish(builder: Any) -> Lits:
    step = native.ffi.new("netc_step *")
    native.call(native.lib.netc_builder_finish, builder, step)
    return native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)


def flatten(network: LayeredNetwork) -> tuple[Aig, Lits]:
    """The network as a folded and hashed graph, and ``uint32[neurons]``: the literal that each neuron became.

    Tables take their smallest known AND form (XOR 3, MUX 3, majority 4, full adder 7); templates are instantiated
    position by position. Dead ANDs stay, so that every neuron has a literal.
    """
    builder = _new(network.inputs, network.num_neurons)
    origins = np.empty(network.num_neurons, np.uint32)
    previous: npt.NDArray[np.uint32] = 2 * np.arange(1, 1 + network.inputs, dtype=np.uint32)
    for first, layer in zip(network.first_neuron, network.layers, strict=False):
        made = origins[first : first + layer.neurons]
        if isinstance(layer, Dense):
            structs, _alive = _tables([layer])
            signals = np.concatenate([previous, np.empty(layer.outputs, np.uint32)])
            native.call(native.lib.netc_builder_tables, builder, structs, native.out(signals), len(previous))
            made[:] = previous = signals[len(previous) :]
        else:
            structs, _alive = _tables(layer.template)
            native.call(
                native.lib.netc_builder_tiled,
                builder,
                structs,
                len(layer.template),
                native.view(layer.gather, np.int64),
                layer.positions,
                layer.gather.shape[1],
                native.view(np.ascontiguousarray(previous), np.uint32),
                len(previous),
                native.out(made),
            )
            previous = made[layer.output_order()]
    ports = Ports(inputs=network.inputs, outputs=len(previous))
    return Aig(ports, _finish(builder), previous), native.frozen(origins, np.uint32)


class Flattened(Aig):
    """The graph of a layered network, which is flattened when somebody first looks beyond the ports.

    ``origins`` is ``uint32[neurons]``, the literal that each neuron became. An `Aig` like any other otherwise.
    """

    network: LayeredNetwork
    origins: Lits

    def __init__(self, network: LayeredNetwork, ports: Ports | None = None) -> None:
        ports = ports or Ports(inputs=network.inputs, outputs=network.outputs)
        if (ports.leaves, ports.num_roots) != (network.inputs, network.outputs):
            raise NetcError("", f"ports of {ports.leaves} and {ports.num_roots} bits for layers of other widths")
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "ports", ports)

    def __getattr__(self, name: str) -> Any:
        if name not in _MADE:
            raise AttributeError(name)
        aig, origins = flatten(self.network)
        made = aig.with_ports(self.ports)
        for attribute, value in zip(_MADE, (made.ands, made.roots, made.struct, origins), strict=True):
            object.__setattr__(self, attribute, value)
        return getattr(self, name)

    @property
    def is_made(self) -> bool:
        return "ands" in self.__dict__

    def __repr__(self) -> str:
        if self.is_made:
            return super().__repr__()
        return f"<Aig {self.ports.inputs:,} → {self.ports.outputs:,}, {self.network.num_neurons:,} neurons as layers>"

    def with_ports(self, ports: Ports) -> Aig:
        other = Flattened(self.network, ports)
        if self.is_made:
            for attribute in _MADE:
                object.__setattr__(other, attribute, getattr(self, attribute))
            other.check()
        return other


_MADE = ("ands", "roots", "struct", "origins")


def lut_to_aig(network: LutNetwork) -> tuple[Aig, Lits]:
    """The LUT network as a folded and hashed graph, and the literal that each of its nodes became."""
    builder = _new(network.ports.leaves, network.num_luts)
    signals = np.empty(network.num_nodes, np.uint32)
    signals[: network.first_lut] = 2 * np.arange(network.first_lut)
    structs, _alive = _tables([Dense(network.tables, network.fanins)])
    native.call(native.lib.netc_builder_tables, builder, structs, native.out(signals), network.first_lut)
    roots = signals[network.roots >> 1] ^ (network.roots & 1)
    return Aig(network.ports, _finish(builder), roots.astype(np.uint32)), native.frozen(signals, np.uint32)
