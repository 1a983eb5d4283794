"""What torchlogix's convolutions hold: parameters and wiring of trees, and the windows that they slide over."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.flow import FALSE
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.nodes import sequence
from netc.frontends.checkpoints.tree import Part

__all__ = ["LOST", "dilated", "exported", "stacked", "trees", "windows"]

Array = npt.NDArray[Any]

_MOST_BITS = 1 << 24  # that a convolution may claim to read

LOST = "save the whole module, or use torchlogix 0.2 or newer, whose state_dict has the wiring"


def trees(part: Part) -> tuple[list[Array], list[Array]]:
    """Parameters ``[nodes, kernels, width]`` and wiring of each level of a convolution's trees.

    The first level's wiring is ``[inputs, kernels, windows, nodes, axes]``, that of others ``[inputs, nodes]``.
    """
    held = part.children["tree_weights"]
    if held.children:  # 0.1.0: a list of lists, a tensor a node
        parameters = [
            stacked(part, [level.values[name] for name in _counted(level)]) for level in held.children.values()
        ]
    else:
        parameters = [held.array(name) for name in _counted(held)]
    wired = part.children.get("connections", part)
    named = [f"_indices_L{index}" for index in range(len(parameters))]
    levels = [wired.values[name] for name in named] if wired.holds(*named) else sequence(wired.values.get("indices"))
    if levels is None:
        raise NetcError(part.place, "the file has its parameters but no wiring", LOST)
    if not parameters or len(levels) != len(parameters):
        raise NetcError(part.place, f"{len(parameters)} levels of parameters, {len(levels)} of wiring")
    wiring = [stacked(part, level) for level in levels]
    kernels = wiring[0].shape[1] if wiring[0].ndim == 5 else 0
    for index, (level, wires) in enumerate(zip(parameters, wiring, strict=True)):
        nodes = level.shape[0] if level.ndim == 3 else 0
        below = len(parameters[index - 1]) if index else 0
        expected = wires.shape[3:4] == (nodes,) if index == 0 else wires.shape == (len(wiring[0]), nodes)
        if not nodes or level.shape[1] != kernels or not expected or wires.dtype.kind not in "iu":
            what = f"level {index} has parameters of shape {level.shape} and wiring of shape {wires.shape}"
            raise NetcError(part.place, what)
        if index and (wires.min() < 0 or wires.max() >= below):
            raise NetcError(part.place, f"level {index} reads node {int(wires.max())} of {below:,}")
    if len(parameters[-1]) != 1:
        raise NetcError(part.place, f"its trees end in {len(parameters[-1]):,} nodes")
    return parameters, wiring


def _counted(part: Part) -> list[str]:
    """The names "0", "1", … as far as they go."""
    return [str(index) for index in range(len(part.values)) if str(index) in part.values]


def stacked(part: Part, node: Node) -> Array:
    """A tensor, or tensors of one shape in a list as one array."""
    rows = sequence(node)
    try:
        arrays = [part.tensors.array(row) for row in ([node] if rows is None else rows)]
    except NetcError as error:
        raise NetcError(part.place, error.what, error.hint) from None
    if not arrays or len({array.shape for array in arrays}) != 1:
        raise NetcError(part.place, f"a list of tensors of shapes {sorted({array.shape for array in arrays})}")
    return arrays[0] if rows is None else np.stack(arrays)


def exported(part: Part, level: int, kernels: int) -> Array | None:
    """The gates of a level by number, node by node, if the file has them: it repeats them for every window."""
    name = f"_export_lut_ids_L{level}"
    if not part.holds(name):
        return None
    found = part.array(name)
    if found.ndim != 3 or len(found) != kernels or (found != found[:, :1]).any():
        raise NetcError(part.place, f"{name} of shape {found.shape} for {kernels:,} kernels")
    return found[:, 0].T.reshape(-1)


def windows(part: Part, indices: Array) -> tuple[Array, Array, tuple[int, ...]]:
    """Leaves ``[nodes, kernels, inputs, axes]`` of the first window, the offsets of all windows, and their grid.

    The file spells every leaf of every window; that they are one window shifted is checked, and kept instead.
    """
    if not 3 <= indices.shape[-1] <= 4:
        raise NetcError(part.place, f"its leaves have indices of shape {indices.shape}")
    first = indices[:, :, 0]
    starts = indices[0, 0, :, 0] - indices[0, 0, 0, 0]
    if (indices - first[:, :, None] != starts[:, None]).any() or starts[:, -1].any():
        raise NetcError(part.place, "its windows do not read the same places")
    starts = starts[:, :-1]
    axes = [np.unique(column) for column in starts.T]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    if not np.array_equal(grid, starts):
        raise NetcError(part.place, "its windows are not on a grid, row by row")
    return first.transpose(2, 1, 0, 3), starts, tuple(map(len, axes))


def dilated(part: Part, image: Array, stride: Sequence[int], behind: Sequence[int]) -> Array:
    """An image with zeros between its bits, and some at the end of each axis."""
    sizes = [(size - 1) * step + 1 + more for size, step, more in zip(image.shape[1:], stride, behind, strict=True)]
    if prod((len(image), *sizes)) > _MOST_BITS:
        raise NetcError(part.place, f"with zeros between its bits it reads an image of {(len(image), *sizes)}")
    made = np.full((len(image), *sizes), FALSE, np.int64)
    places = [slice(0, (size - 1) * step + 1, step) for size, step in zip(image.shape[1:], stride, strict=True)]
    made[(slice(None), *places)] = image
    return made
