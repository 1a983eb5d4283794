"""The cell of a DiffLogic CA checkpoint as layers, from the definition of its format: perceive, concatenate, update."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netc import Dense, LayeredNetwork

_COPY = 0b1010  # the table that gives fan-in 0
_CENTRE = 4

_Rows = list[tuple[int, tuple[int, int]]]  # of a layer: table, fan-ins


def _table(gate: int) -> int:
    """A gate's number has f(0, 0) as its highest bit and a as the higher index bit; our tables are the reverse."""
    return sum((gate >> (3 - 2 * a - b) & 1) << (a + 2 * b) for a in (0, 1) for b in (0, 1))


def checkpoint_cell(path: Path) -> LayeredNetwork:
    """Input f * channels + c is channel c of neighbour f, output c its next state."""
    with np.load(path) as data:
        arrays: dict[str, Any] = dict(data)
    depth = {part: sum(name.startswith(f"params.{part}.") for name in arrays) for part in ("perceive", "update")}

    def gates(part: str, layer: int) -> tuple[Any, Any, Any]:
        wires = (arrays[f"wires.{part}.{layer}.{side}"].tolist() for side in "ab")
        return arrays[f"params.{part}.{layer}"].argmax(axis=-1), *wires

    channels = arrays[f"params.update.{depth['update'] - 1}"].shape[0]
    layers: list[_Rows] = []
    # Which output of the layer before a value is: (neighbour, channel) first, then (kernel, channel, gate).
    where: dict[Any, int] = {(f, c): f * channels + c for f in range(9) for c in range(channels)}
    for layer in range(depth["perceive"]):
        ids, a, b = gates("perceive", layer)
        rows: _Rows = [(_COPY, (where[_CENTRE, c],) * 2) for c in range(channels)]
        now: dict[Any, int] = {(_CENTRE, c): c for c in range(channels)}
        for k, c, s in np.ndindex(len(ids), channels, ids.shape[1]):
            left, right = ((wire, c) if layer == 0 else (k, c, wire) for wire in (a[s], b[s]))
            now[k, c, s] = len(rows)
            rows.append((_table(int(ids[k, s])), (where[left], where[right])))
        layers.append(rows)
        where = now
    kernels, seen = arrays[f"params.perceive.{depth['perceive'] - 1}"].shape[:2]
    order = [where[_CENTRE, c] for c in range(channels)]
    order += [where[k, c, s] for c, s, k in np.ndindex(channels, seen, kernels)]
    for layer in range(depth["update"]):
        ids, a, b = gates("update", layer)
        pairs = zip(a, b, strict=True) if layer else ((order[x], order[y]) for x, y in zip(a, b, strict=True))
        layers.append([(_table(int(gate)), pair) for gate, pair in zip(ids, pairs, strict=True)])
    return LayeredNetwork(
        9 * channels,
        [
            Dense(np.array([table for table, _ in rows], np.uint64), np.array([wires for _, wires in rows], np.uint32))
            for rows in layers
        ],
    )
