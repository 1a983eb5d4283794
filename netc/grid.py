"""A cellular automaton: one combinational circuit at every cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netc.aig import FALSE, Aig, Builder
from netc.errors import NetcError
from netc.model import Model
from netc.ports import Ports

__all__ = ["Grid"]

NEIGHBOURS = 9  # 3 * dy + dx, row by row; 4 is the cell itself

_BOUNDARIES = ("periodic", "zero")
_ORDERS = ("neighbour", "channel")


@dataclass(frozen=True, eq=False)
class Grid:
    """A cell of C channels, and what it sees.

    `cell` reads the 3 x 3 patch around a cell, 9 C bits, and gives the cell's next state, C bits. Bit c of neighbour f,
    where f = 3 * dy + dx is counted row by row and 4 is the cell itself, is input ``f * C + c``, or with `order`
    ``"channel"`` input ``9 * c + f``. `boundary` says what lies outside: ``"periodic"`` is the other side, ``"zero"``
    is nothing but 0.

    ``netc.compile(grid)`` runs it. Raises `NetcError` if the cell has latches, or its inputs are not nine times its
    outputs.
    """

    cell: Model
    boundary: str = "periodic"
    order: str = "neighbour"

    def __init__(self, cell: Model | Aig, boundary: str = "periodic", order: str = "neighbour") -> None:
        object.__setattr__(self, "cell", cell if isinstance(cell, Model) else Model(cell))
        object.__setattr__(self, "boundary", boundary)
        object.__setattr__(self, "order", order)
        self.check()

    @property
    def channels(self) -> int:
        return self.cell.logic.ports.outputs

    def check(self) -> None:
        ports = self.cell.logic.ports
        if ports.latches:
            raise NetcError("", "a cell has no latches: the grid holds its state")
        if not ports.outputs or ports.inputs != NEIGHBOURS * ports.outputs:
            raise NetcError(
                "",
                f"a circuit of {ports.inputs} inputs and {ports.outputs} outputs is no cell",
                "a cell reads nine bits (a 3 x 3 patch) for each bit that it gives",
            )
        if self.boundary not in _BOUNDARIES:
            raise NetcError("", f"boundary {self.boundary!r}; it is 'periodic' or 'zero'")
        if self.order not in _ORDERS:
            raise NetcError("", f"order {self.order!r}; it is 'neighbour' or 'channel'")

    def taps(self) -> npt.NDArray[np.uint32]:
        """``uint32[inputs, 2]``: the neighbour and the channel that each input of the cell is."""
        inputs = np.arange(NEIGHBOURS * self.channels)
        if self.order == "neighbour":
            pairs = inputs // self.channels, inputs % self.channels
        else:
            pairs = inputs % NEIGHBOURS, inputs // NEIGHBOURS
        return np.stack(pairs, axis=1).astype(np.uint32)

    def seen_by(self, channels: Sequence[int]) -> tuple[Grid, tuple[int, ...]]:
        """The automaton without the channels that these never depend on, and the numbers of those that are left.

        What is left goes through the same states from any start, on any grid, whatever the other channels hold.
        """
        logic = self.cell.logic
        wanted = sorted(set(channels))
        if not wanted or not 0 <= wanted[0] <= wanted[-1] < self.channels:
            raise NetcError("", f"channels {list(channels)} of {self.channels}, counted from 0")
        taps = self.taps()
        kept: list[int] = []
        while wanted:
            kept = sorted({*kept, *wanted})
            ports = Ports(inputs=logic.inputs, outputs=len(kept))
            cone = Aig(ports, logic.ands, logic.outputs[kept])
            live = cone.live()
            wanted = sorted({int(channel) for channel in taps[live[1 : 1 + logic.inputs], 1]} - set(kept))
        inputs = [index for index, channel in enumerate(taps[:, 1].tolist()) if channel in kept]
        build = Builder(len(inputs))
        lits = np.full(cone.num_nodes, FALSE, np.uint32)
        lits[1 + np.array(inputs)] = [build.input(index) for index in range(len(inputs))]
        for node in np.flatnonzero(live[logic.first_and :]) + logic.first_and:
            a, b = logic.ands[node - logic.first_and].tolist()
            lits[node] = build.append_and(int(lits[a >> 1]) ^ (a & 1), int(lits[b >> 1]) ^ (b & 1))
        names = logic.ports.names
        renamed = {
            kind: {new: names[kind][old] for new, old in enumerate(numbers) if old in names.get(kind, {})}
            for kind, numbers in (("input", inputs), ("output", kept))
        }
        outputs = [int(lits[lit >> 1]) ^ (lit & 1) for lit in cone.outputs.tolist()]
        return Grid(Model(build.finish(outputs, names=renamed), name=self.cell.name), self.boundary, self.order), tuple(
            kept
        )

    def unrolled(self, height: int, width: int, steps: int) -> Aig:
        """Steps of a whole grid as one circuit, hashed: for proofs about all states at once.

        Channel c of cell (y, x) is input and output ``(y * width + x) * channels + c``.
        """
        if height < 1 or width < 1 or steps < 0:
            raise NetcError("", f"{steps} steps of a grid of {height} x {width}")
        logic, channels = self.cell.logic, self.channels
        build = Builder(height * width * channels)
        ands = [(node, *pair) for node, pair in enumerate(logic.ands.tolist(), logic.first_and)]
        live = logic.live()
        ands = [row for row in ands if live[row[0]]]
        outputs = logic.outputs.tolist()
        taps = [(1 + index, *tap) for index, tap in enumerate(self.taps().tolist()) if live[1 + index]]
        lits = [FALSE] * logic.num_nodes  # of one cell after the other
        state = [build.input(index) for index in range(height * width * channels)]
        for _ in range(steps):
            after = []
            for y in range(height):
                for x in range(width):
                    for node, neighbour, channel in taps:
                        row, column = y + neighbour // 3 - 1, x + neighbour % 3 - 1
                        if self.boundary == "periodic":
                            row, column = row % height, column % width
                        inside = 0 <= row < height and 0 <= column < width
                        lits[node] = state[(row * width + column) * channels + channel] if inside else FALSE
                    for node, a, b in ands:
                        lits[node] = build.and_(lits[a >> 1] ^ (a & 1), lits[b >> 1] ^ (b & 1))
                    after += [lits[lit >> 1] ^ (lit & 1) for lit in outputs]
            state = after
        return build.finish(state)
