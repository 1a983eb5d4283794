"""The bits that flow from layer to layer: images and windows of them, bits that skip layers, trees and OR pooling.

A value is an array of any shape that says for each of its bits which output of the last layer it is, or -1 for constant
false. So reshaping, padding and dilation move numbers and make no gates, and a window of a convolution is a row of a
`netc.layers.Tiled`'s gather. A layer reads only the one before: bits that a later one wants again are `kept`, and every
layer on the way gets neurons that copy them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.tree import Part
from netc.layers import Dense, Tiled

__all__ = ["FALSE", "Flow", "padded"]

Indices = npt.NDArray[np.int64]
Tables = npt.NDArray[np.uint64]

FALSE = -1

_OR = 0b1110
# Sizes that a file may claim without having anything for them.
_MOST_BITS = 1 << 24  # in an image with its padding
_MOST_PLACES = 1 << 26  # in the windows of one layer


class Flow:
    """What the layers so far give, as the next one sees it."""

    def __init__(self, chain: Chain, shape: tuple[int, ...] | None = None) -> None:
        """Of a network whose input has this shape, None if nobody knows: then dense layers say how wide it is."""
        self.chain = chain
        self.at: Indices | None = None
        self._kept: list[Indices] = []
        if shape is not None:
            if prod(shape) > _MOST_BITS:
                raise NetcError("", f"an input of shape {shape}", f"netc reads at most {_MOST_BITS:,} bits")
            self.at = np.arange(prod(shape), dtype=np.int64).reshape(shape)

    @property
    def shape(self) -> tuple[int, ...] | None:
        return None if self.at is None else self.at.shape

    def image(self, part: Part) -> Indices:
        """The bits as (channels, height, width) or with more axes, for a layer that slides windows over them."""
        if self.at is None:
            raise NetcError(
                part.place, "netc cannot tell the shape of what it reads", "give it, as input_shape=1x28x28"
            )
        if self.at.ndim < 3:
            raise NetcError(part.place, f"it slides windows over an image; what it reads has shape {self.at.shape}")
        return self.at

    def branch(self, part: Part, main: Callable[[], None], shortcut: Callable[[], None]) -> None:
        """The OR of two ways through the network from here."""
        if self.at is None:
            raise NetcError(
                part.place, "netc cannot tell the shape of what it reads", "give it, as input_shape=1x28x28"
            )
        self._kept.append(self.at)
        main()
        result, self.at = self.at, self._kept.pop()
        self._kept.append(result)
        shortcut()
        self._unite(part, self._kept.pop())

    def flatten(self) -> None:
        if self.at is not None:
            self.at = self.at.reshape(-1)

    def dense(self, part: Part, tables: Tables, wiring: npt.NDArray[Any], *, reads: int, in_dim: int | None) -> None:
        """Neurons ``[neurons, fan-ins]`` that read any bits, by their place in the flattened value."""
        width = None if self.at is None else self.at.size
        if width is not None and in_dim is not None and in_dim != width:
            raise NetcError(part.place, f"it takes {in_dim:,} bits; what comes before gives {width:,}")
        if width is not None and reads > width:
            raise NetcError(part.place, f"it reads input {reads - 1:,}; what comes before gives {width:,}")
        made = len(wiring)
        if self.at is not None:
            wiring = self.at.reshape(-1)[wiring]
            if wiring.min() == FALSE:
                raise NetcError(part.place, "it reads padding")
        layer = Dense(tables, wiring.astype(np.uint32))
        copied = self._copied()
        if len(copied):
            layer = _with_copies(layer, copied)
            self._moved(made + np.arange(len(copied)))
        in_dim = width if width is not None and not self.chain.layers else in_dim
        self.chain.add(part, layer, reads=reads, in_dim=in_dim, outputs=made, known=bool(self._kept))
        self.at = np.arange(made, dtype=np.int64)

    def tiled(
        self, part: Part, template: Sequence[Dense], gather: Indices, shape: tuple[int, ...], *, stated: bool
    ) -> None:
        """A template over windows ``[positions, template inputs]``; its outputs become the channels of `shape`.

        `stated` says that the file itself tells that the layer reads what comes before.
        """
        positions, channels = len(gather), template[-1].outputs
        width, reads = 0 if self.at is None else self.at.size, int(gather.max(initial=FALSE)) + 1
        copied = self._copied()
        if len(copied):
            planes = -(-len(copied) // positions)
            padded = np.full(planes * positions, FALSE, np.int64)
            padded[: len(copied)] = copied
            inputs = gather.shape[1]
            gather = np.concatenate([gather, padded.reshape(planes, positions).T], axis=1)
            template = _copying(template, inputs, planes)
            self._moved(channels * positions + np.arange(len(copied)))
        layer = Tiled(tuple(template), gather, by_channel=True)
        in_dim = None if self.chain.layers else width
        known = stated or bool(self._kept)
        self.chain.add(part, layer, reads=reads, in_dim=in_dim, outputs=channels * positions, known=known)
        self.at = np.arange(channels * positions, dtype=np.int64).reshape(shape)

    def pool(self, part: Part, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int]) -> None:
        """OR over windows, one number an axis; windows at the border see false outside."""
        image = self.image(part)
        axes = image.ndim - 1
        if not len(kernel) == len(stride) == len(padding) == axes:
            raise NetcError(part.place, f"it pools {len(kernel)} axes of what has {axes}")
        if min(kernel) < 1 or min(stride) < 1 or min(padding) < 0:
            raise NetcError(part.place, f"pooling of kernel {kernel}, stride {stride}, padding {padding}")
        if any(2 * pad > size for pad, size in zip(padding, kernel, strict=True)):
            raise NetcError(part.place, f"pooling with padding {padding} of more than half its kernel {kernel}")
        windows = _slid(part, padded(part, image, padding), kernel, stride)
        channels, *positions = windows.shape[: 1 + axes]
        gather = np.ascontiguousarray(windows.reshape(channels * prod(positions), -1))
        layers: list[Dense] = []
        inputs = gather.shape[1]
        while inputs > 1 or not layers:
            pairs = np.minimum(np.arange(2 * ((inputs + 1) // 2)), inputs - 1).reshape(-1, 2)
            layers.append(Dense(np.full((len(pairs), 1), _OR, np.uint64), pairs.astype(np.uint32)))
            inputs = len(pairs)
        self._each(part, layers, gather, (channels, *positions))

    def _unite(self, part: Part, other: Indices) -> None:
        """OR with other bits, one by one."""
        at = self.at
        if at is None or at.shape != other.shape:
            raise NetcError(part.place, f"its branches have shapes {self.shape} and {other.shape}")
        template = [Dense(np.array([[_OR]], np.uint64), np.array([[0, 1]], np.uint32))]
        self._each(part, template, np.stack([at.reshape(-1), other.reshape(-1)], axis=1), at.shape)

    def _each(self, part: Part, template: Sequence[Dense], gather: Indices, shape: tuple[int, ...]) -> None:
        """A template of one output at every place of `shape`; nothing in the file has to say that it follows."""
        self.tiled(part, template, gather, shape, stated=True)

    def _copied(self) -> Indices:
        """The outputs of the last layer that are kept, in order, each once."""
        every: Indices = np.unique(np.concatenate([kept.reshape(-1) for kept in self._kept] or [np.zeros(0, np.int64)]))
        kept: Indices = every[every != FALSE]
        return kept

    def _moved(self, to: Indices) -> None:
        """What `_copied` gave lies at `to` behind the layer that is about to be added."""
        copied = self._copied()
        for index, kept in enumerate(self._kept):
            moved = np.full(kept.shape, FALSE, np.int64)
            moved[kept != FALSE] = to[np.searchsorted(copied, kept[kept != FALSE])]
            self._kept[index] = moved


def padded(part: Part, image: Indices, padding: Sequence[int]) -> Indices:
    """An image with so many constant false bits at both ends of each axis."""
    sizes = [size + 2 * pad for size, pad in zip(image.shape[1:], padding, strict=True)]
    if prod((len(image), *sizes)) > _MOST_BITS:
        raise NetcError(part.place, f"with its padding it reads an image of {(len(image), *sizes)}")
    return np.pad(image, [(0, 0), *((pad, pad) for pad in padding)], constant_values=FALSE)


def _slid(part: Part, image: Indices, kernel: Sequence[int], stride: Sequence[int]) -> Indices:
    """``[channels, *positions, *kernel]`` views of the windows over an image."""
    sizes = image.shape[1:]
    if any(size < extent for size, extent in zip(sizes, kernel, strict=True)):
        raise NetcError(part.place, f"its window of {tuple(kernel)} is larger than what it reads, {sizes}")
    axes = tuple(range(1, image.ndim))
    windows = np.lib.stride_tricks.sliding_window_view(image, tuple(kernel), axis=axes)
    chosen = windows[(slice(None), *(slice(None, None, step) for step in stride))]
    if chosen.size > _MOST_PLACES:
        raise NetcError(part.place, f"its windows have {chosen.size:,} places")
    return chosen


def _with_copies(layer: Dense, copied: Indices) -> Dense:
    """More neurons behind a layer's own, which copy these outputs of the layer before."""
    wiring = np.repeat(copied.astype(np.uint32)[:, None], layer.k, axis=1)
    first = np.arange(1 << layer.k) & 1
    table = np.packbits(np.pad(first, (0, max(0, 64 - len(first)))).astype(bool), bitorder="little").view("<u8")
    tables = np.repeat(table.astype(np.uint64)[None], len(copied), axis=0)
    return Dense(np.concatenate([layer.tables, tables]), np.concatenate([layer.wiring, wiring]))


def _copying(template: Sequence[Dense], inputs: int, planes: int) -> list[Dense]:
    """A template that also copies its inputs from number `inputs` on."""
    made = []
    for layer in template:
        made.append(_with_copies(layer, inputs + np.arange(planes)))
        inputs = layer.outputs
    return made
