"""Convolutions of logic trees: at every window, each kernel is a tree of neurons over some of the window's bits."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.flow import Flow
from netc.frontends.checkpoints.tree import Part
from netc.layers import Dense

__all__ = ["Level", "add_trees"]

Indices = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


class Level(NamedTuple):
    """A level of all kernels' trees.

    `tables` ``uint64[nodes * kernels, words]`` are node by node; `wiring` ``[nodes, fan-ins]`` says which nodes of the
    level below in the same kernel each reads; that of the first level is not looked at.
    """

    tables: npt.NDArray[np.uint64]
    wiring: Array


def add_trees(
    flow: Flow,
    part: Part,
    image: Indices,
    leaves: Array,
    starts: Array,
    positions: tuple[int, ...],
    levels: Sequence[Level],
    *,
    stated: bool,
) -> None:
    """A convolution over `image`, ``[channels, *sizes]`` with its padding.

    ``leaves[node, kernel, fan-in]`` is the place, (…, height, width, channel), that a node of the first level reads in
    the first window; ``starts[position]`` is how far each window, row-major in `positions`, is from it.
    """
    sizes = image.shape[1:]
    channel, place = leaves[..., -1], leaves[..., :-1]
    first = place.reshape(-1, len(sizes))
    outside = (first.min(axis=0) + starts.min(axis=0) < 0) | (first.max(axis=0) + starts.max(axis=0) >= sizes)
    if outside.any():
        lowest, highest = first.min(axis=0) + starts.min(axis=0), first.max(axis=0) + starts.max(axis=0)
        what = f"its windows reach from {lowest.tolist()} to {highest.tolist()}; with padding there are {list(sizes)}"
        raise NetcError(part.place, what)
    if channel.min() < 0 or channel.max() >= len(image):
        raise NetcError(part.place, f"it reads channel {int(channel.max()):,} of {len(image):,}")
    strides = np.cumprod((1, *sizes[:0:-1]))[::-1]
    flat = channel * prod(sizes) + place @ strides
    read, inverse = np.unique(flat, return_inverse=True)
    gather = image.reshape(-1)[read[None] + (starts @ strides)[:, None]]
    kernels = leaves.shape[1]
    template = []
    for index, level in enumerate(levels):
        if index == 0:
            wiring = inverse.reshape(-1, leaves.shape[2])
        else:
            wiring = (level.wiring[:, None] * kernels + np.arange(kernels)[None, :, None]).reshape(
                -1, level.wiring.shape[1]
            )
        template.append(Dense(level.tables, wiring.astype(np.uint32)))
    flow.tiled(part, template, gather, (template[-1].outputs, *positions), stated=stated)
