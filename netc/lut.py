"""The mapped circuit: what engines run and most backends print."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.errors import NetcError
from netc.layers import Dense, LayeredNetwork, Tiled
from netc.ports import Ports

__all__ = ["MAX_K", "LutNetwork"]

MAX_K = 6


def _where_zero(variable: int, k: int) -> np.uint64:
    """The bits of a table at which a variable is 0."""
    return np.uint64(sum(1 << e for e in range(2**k) if not e >> variable & 1))


@dataclass(frozen=True, eq=False)
class LutNetwork:
    """Nodes of up to 6 fan-ins, each with its truth table.

    Nodes are numbered like an `Aig`'s: 0 is constant false, then inputs, latches, and the LUTs in topological
    order. ``fanins`` is ``uint32[n, K]`` of node indices; a LUT with fewer than K fan-ins reads node 0 on the rest.
    ``tables`` is ``uint64[n]``: bit e is the value where fan-in j is bit j of e; bits past 2**K are zero. ``roots``
    are literals (``2 * node + complement``), ordered as an `Aig`'s.
    """

    ports: Ports
    fanins: npt.NDArray[np.uint32]
    tables: npt.NDArray[np.uint64]
    roots: Lits

    def __post_init__(self) -> None:
        object.__setattr__(self, "fanins", native.frozen(self.fanins, np.uint32))
        object.__setattr__(self, "tables", native.frozen(self.tables, np.uint64))
        object.__setattr__(self, "roots", native.frozen(self.roots, np.uint32))
        self.check()

    def check(self) -> None:
        """Raise `NetcError` unless every law of a mapped circuit holds."""
        self.ports.check()
        if self.fanins.ndim != 2 or self.k > MAX_K:
            raise NetcError("", f"fanins of shape {self.fanins.shape}; it needs (n, K) with K at most {MAX_K}")
        if self.tables.shape != (self.num_luts,):
            raise NetcError("", f"{self.tables.shape} tables for {self.num_luts} LUTs")
        if len(self.roots) != self.ports.num_roots:
            raise NetcError("", f"{len(self.roots)} roots for ports that need {self.ports.num_roots}")
        if self.k < MAX_K and self.num_luts and int(self.tables.max()) >> 2**self.k:
            raise NetcError("", f"a table has bits past {2**self.k}")
        if self.fanins.size:
            late = (self.fanins.max(axis=1) >= np.arange(self.first_lut, self.num_nodes)).nonzero()[0]
            if len(late):
                raise NetcError("", f"node {self.first_lut + int(late[0])} reads a node that is not before it")
        if len(self.roots) and int(self.roots.max()) >> 1 >= self.num_nodes:
            raise NetcError("", f"a root is of node {int(self.roots.max()) >> 1}; there are {self.num_nodes}")

    def __repr__(self) -> str:
        return f"<LutNetwork {self.ports.inputs:,} → {self.ports.outputs:,}, {self.num_luts:,} LUT{self.k}>"

    @property
    def k(self) -> int:
        return int(self.fanins.shape[1])

    @property
    def num_luts(self) -> int:
        return len(self.fanins)

    @property
    def first_lut(self) -> int:
        return 1 + self.ports.leaves

    @property
    def num_nodes(self) -> int:
        return self.first_lut + self.num_luts

    def of_kind(self, kind: str) -> Lits:
        """The root literals of one kind of port."""
        return self.roots[self.ports.slices()[kind]]

    @property
    def outputs(self) -> Lits:
        return self.of_kind("output")

    @cached_property
    def levels(self) -> npt.NDArray[np.uint32]:
        """``uint32[nodes]``: LUTs on the longest path from a leaf."""
        levels = np.zeros(self.num_nodes, np.uint32)
        if self.num_luts and self.k:
            native.call(
                native.lib.netc_lut_levels,
                native.view(self.fanins, np.uint32),
                self.num_luts,
                self.k,
                self.ports.leaves,
                native.out(levels),
            )
        return levels

    @cached_property
    def depth(self) -> int:
        """The largest level of a root."""
        return int(self.levels[self.roots >> 1].max(initial=0))

    def depends_on_constant(self) -> bool:
        """Whether the value of a LUT depends on a fan-in that is node 0, which unused fan-ins are, too."""
        for j in range(self.k):
            tables = self.tables[self.fanins[:, j] == 0]
            if (((tables >> np.uint64(1 << j)) ^ tables) & _where_zero(j, self.k)).any():
                return True
        return False

    def with_complemented(self, nodes: npt.NDArray[np.integer]) -> LutNetwork:
        """The same circuit in which these LUTs compute their complements; who reads them is adapted."""
        if not len(nodes):
            return self
        flipped = np.zeros(self.num_nodes, np.bool_)
        flipped[nodes] = True
        full = np.uint64(2 ** (2**self.k) - 1)
        tables = self.tables.copy()
        for j in range(self.k):
            readers = flipped[self.fanins[:, j]]
            low, shift = _where_zero(j, self.k), np.uint64(1 << j)
            read = tables[readers]
            tables[readers] = (read >> shift) & low | (read & low) << shift
        tables[flipped[self.first_lut :]] ^= full
        roots = self.roots ^ flipped[self.roots >> 1]
        return LutNetwork(self.ports, self.fanins, tables, roots.astype(np.uint32))

    def keeping_zero(self) -> LutNetwork:
        """The same circuit with each LUT complemented or not so that it is 0 where all inputs and latches are 0.

        Then ANDs, ORs, XORs and majorities stand for themselves: of the complements that a mapped graph is full of,
        few remain (a multiplier keeps one in ten).
        """
        values = np.zeros(self.num_nodes, np.uint8)
        if self.num_luts:
            native.call(
                native.lib.netc_lut_at_zero,
                native.view(self.fanins, np.uint32),
                native.view(self.tables, np.uint64),
                self.num_luts,
                self.k,
                self.ports.leaves,
                native.out(values),
            )
        return self.with_complemented(np.flatnonzero(values))

    @classmethod
    def of_layers(cls, network: LayeredNetwork) -> LutNetwork:
        """The trained network as it stands, nothing optimised; neurons of more than 6 fan-ins raise `NetcError`."""
        ports = Ports(inputs=network.inputs, outputs=network.outputs)
        rows: list[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]] = []
        previous = np.arange(1, 1 + network.inputs, dtype=np.int64)  # the node of each output of the layer before
        node = 1 + network.inputs
        for index, layer in enumerate(network.layers):
            template = (layer,) if isinstance(layer, Dense) else layer.template
            if any(dense.k > MAX_K for dense in template):
                raise NetcError(f"layer {index}", f"a LUT has at most {MAX_K} fan-ins")
            if isinstance(layer, Dense):
                rows.append((previous[layer.wiring].astype(np.uint32), layer.tables[:, 0]))
                previous = np.arange(node, node + layer.outputs)
            else:
                rows.append(_tiled_rows(layer, previous, node))
                previous = node + layer.output_order()
            node += layer.neurons
        k = max((fanins.shape[1] for fanins, _ in rows), default=2)
        fanins_all = [np.pad(fanins, ((0, 0), (0, k - fanins.shape[1]))) for fanins, _ in rows]
        return cls(
            ports,
            np.concatenate(fanins_all) if rows else np.zeros((0, k), np.uint32),
            np.concatenate([tables for _, tables in rows]) if rows else np.zeros(0, np.uint64),
            2 * previous.astype(np.uint32),
        )

    @classmethod
    def of_aig(cls, aig: Aig) -> LutNetwork:
        """One LUT an AND, nothing mapped: what `-K 0` of a backend prints."""
        fanins = aig.ands >> np.uint32(1)
        phase = np.bitwise_and(aig.ands, 1, dtype=np.uint8, casting="unsafe")
        # bit e of the table: (e0 ^ phase0) & (e1 ^ phase1), so exactly one bit is set
        tables = np.array([0b1000, 0b0100, 0b0010, 0b0001], np.uint64)[phase[:, 0] + 2 * phase[:, 1]]
        fanins.flags.writeable = tables.flags.writeable = False  # so that they are taken over and not copied
        return cls(aig.ports, fanins, tables, aig.roots)


def _tiled_rows(
    layer: Tiled, previous: npt.NDArray[np.int64], node: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
    """Fan-ins and tables of all neurons of a tiled layer, position by position, its first neuron being `node`."""
    sources = np.append(previous, 0)[layer.gather]  # -1 is constant false, node 0
    base = node + np.arange(layer.positions)[:, None] * layer.template_neurons
    k = max(dense.k for dense in layer.template)
    fanins = []
    for dense in layer.template:
        fanins.append(np.pad(sources[:, dense.wiring], ((0, 0), (0, 0), (0, k - dense.k))))
        sources = base + np.arange(dense.neurons)
        base = base + dense.neurons
    tables = np.concatenate([dense.tables[:, 0] for dense in layer.template])
    rows = np.concatenate(fanins, axis=1).reshape(layer.neurons, k).astype(np.uint32)
    return rows, np.tile(tables, layer.positions)
