"""Which outputs of the layer before a gate reads, under all the names and shapes that people saved it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.inert import Node
from netc.frontends.checkpoints.nodes import sequence
from netc.frontends.checkpoints.tree import Checkpoint, Part

__all__ = ["BY_INPUT", "as_given", "beside_the_layers", "name_in", "of_part"]

Indices = npt.NDArray[Any]

_PAIRS = (("indices_0", "indices_1"), ("conn_a", "conn_b"), ("idx_l", "idx_r"))  # two tensors of (neurons,)
_TOGETHER = ("indices", "selected_inputs", "mapping")  # one tensor, or a tuple of two
BY_INPUT = ("indices",)  # (inputs, neurons) where the shape does not tell; the others are (neurons, inputs)


def _indices(checkpoint: Checkpoint, node: Node) -> Indices | None:
    """Indices as an array of integers, not negative; None for what is no array."""
    found = checkpoint.tensors.numbers(node)
    if found is None:
        return None
    if found.dtype.kind not in "iu":
        raise NetcError("", f"indices of type {found.dtype}, no integers")
    if found.size and int(found.min()) < 0:
        raise NetcError("", f"there is the index {int(found.min())}")
    return found


def _pair(checkpoint: Checkpoint, node: Node, neurons: int, by_input: bool) -> Indices | None:
    """``[neurons, 2]`` from a tensor either way round or from two vectors; None where the shape fits no such thing."""
    rows = sequence(node)
    if rows is not None and len(rows) == 2:
        vectors = [_indices(checkpoint, row) for row in rows]
        if all(vector is not None and vector.shape == (neurons,) for vector in vectors):
            return np.stack([vector for vector in vectors if vector is not None], axis=1)
        return None
    found = _indices(checkpoint, node) if rows is None else None
    if found is None or found.shape not in ((2, neurons), (neurons, 2)):
        return None
    return found.T if found.shape != (neurons, 2) or (neurons == 2 and by_input) else found


def name_in(part: Part) -> str:
    """What the wiring of a layer is called, ``a/b`` where it is two tensors; "" if the layer has none."""
    pair = next(("/".join(names) for names in _PAIRS if part.holds(*names)), "")
    together = (name for name in _TOGETHER if part.holds(name) or sequence(part.values.get(name)) is not None)
    return pair or next(together, "")


def of_part(checkpoint: Checkpoint, part: Part, neurons: int) -> Indices | None:
    """``[neurons, 2]``, A and B of each gate, None if the layer has none; `NetcError` if they do not fit its gates."""
    name = name_in(part)
    if not name:
        return None
    node = tuple(part.values[half] for half in name.split("/")) if "/" in name else part.values[name]
    try:
        found = _pair(checkpoint, node, neurons, name in BY_INPUT)
    except NetcError as error:
        raise NetcError(part.place, f"{name}: {error.what}", error.hint) from None
    if found is None:
        raise NetcError(part.place, f"{name} does not give two inputs for each of {neurons:,} neurons")
    return found


def beside_the_layers(checkpoint: Checkpoint, neurons: Sequence[int]) -> list[Indices] | None:
    """The wiring of all layers from a list called ``connections`` beside the weights, None if there is none.

    The list has a pair (A, B) for each layer, or is itself a pair, of A for each layer and B for each layer. Where both
    readings are possible and differ, it is a `NetcError`.
    """
    nodes = (outer.get("connections") for outer in reversed(checkpoint.beside))
    rows = next((rows for rows in map(sequence, nodes) if rows is not None), None)
    if rows is None:
        return None
    readings = [rows]
    halves = [sequence(half) for half in rows] if len(rows) == 2 else []
    if len(halves) == 2 and all(half is not None and len(half) == len(neurons) for half in halves):
        readings.append(list(zip(*(half for half in halves if half is not None), strict=True)))
    found = []
    for reading in readings:
        layers = [_pair(checkpoint, row, n, True) for row, n in zip(reading, neurons, strict=False)]
        wired = [layer for layer in layers if layer is not None]
        if len(reading) == len(neurons) == len(wired) and _chained(wired, neurons):
            found.append(wired)
    if not found:
        raise NetcError("connections", "they do not give two inputs for each neuron of each layer")
    if len(found) == 2 and not all(map(np.array_equal, *found)):
        raise NetcError(
            "connections", "the two layers can be read in two ways: (A, B) a layer, or A and B of all layers"
        )
    return found[0]


def as_given(options: Options, neurons: Sequence[int]) -> list[Indices]:
    """The wiring of all layers as a user gives it; `NetcError` unless it is two inputs for each neuron of each."""
    given = options.wiring or ()
    layers = [np.asarray(pairs) for pairs in (given(neurons) if callable(given) else given)]
    for layer, (pairs, count) in enumerate(zip(layers, neurons, strict=False)):
        if pairs.shape != (count, 2) or pairs.dtype.kind not in "iu" or (pairs.size and int(pairs.min()) < 0):
            what = f"layer {layer} is {pairs.dtype} of shape {pairs.shape}; it needs ({count:,}, 2) indices"
            raise NetcError("wiring", what)
    if len(layers) != len(neurons):
        raise NetcError("wiring", f"it has {len(layers)} layers; the file has {len(neurons)}")
    return layers


def _chained(wired: list[Indices], neurons: Sequence[int]) -> bool:
    return all(int(layer.max()) < width for layer, width in zip(wired[1:], neurons, strict=False))
