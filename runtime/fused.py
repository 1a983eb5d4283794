"""Layers that are run as one: a pooling with the convolution that it reads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netc.layers import Dense, Layer, LayeredNetwork, Tiled

__all__ = ["fused"]


def fused(network: LayeredNetwork) -> LayeredNetwork:
    """The same function in fewer layers.

    A template of one output that reads each channel's positions in the same groups becomes part of the template before
    it, so that what is between them is not stored at all positions.
    """
    layers: list[Layer] = []
    for layer in network.layers:
        joined = _joined(layers[-1], layer) if layers else None
        if joined is None:
            layers.append(layer)
        else:
            layers[-1] = joined
    return LayeredNetwork(network.inputs, layers)


def _joined(first: Layer, second: Layer) -> Tiled | None:
    if not (isinstance(first, Tiled) and isinstance(second, Tiled)):
        return None
    groups = _groups(first, second)
    if groups is None:
        return None
    members, channels = groups.shape[1], first.channels
    gather = first.gather[groups].reshape(len(groups), -1)
    template = [_repeated(layer, members, width) for layer, width in _with_inputs(first)]
    # What input w of the pooling reads for channel c is output c of member w, and it becomes neuron w * channels + c.
    for layer in second.template:
        wiring = layer.wiring[:, None, :].astype(np.int64) * channels + np.arange(channels)[None, :, None]
        template.append(
            Dense(
                np.repeat(layer.tables, channels, axis=0),
                wiring.reshape(layer.outputs * channels, layer.k).astype(np.uint32),
            )
        )
    return Tiled(tuple(template), gather, by_channel=True)


def _groups(first: Tiled, second: Tiled) -> npt.NDArray[np.int64] | None:
    """``int64[positions, inputs]`` of the second layer for any one channel: positions of the first.

    Each is in no more than one group; None if the second does not read channel after channel like that.
    """
    channels, positions = first.channels, first.positions
    if second.channels != 1 or not channels or not positions or second.positions % channels:
        return None
    reads = second.gather.reshape(channels, second.positions // channels, -1)
    if not reads.size or reads.min() < 0:
        return None
    step, apart = (1, positions) if first.by_channel else (channels, 1)
    groups = reads[0]
    if (groups % step).any() or not np.array_equal(reads, groups[None] + apart * np.arange(channels)[:, None, None]):
        return None
    groups = groups // step
    if groups.max() >= positions or len(np.unique(groups)) < groups.size:
        return None
    return np.ascontiguousarray(groups)


def _with_inputs(layer: Tiled) -> list[tuple[Dense, int]]:
    widths = [layer.gather.shape[1], *(dense.outputs for dense in layer.template)]
    return list(zip(layer.template, widths, strict=False))


def _repeated(layer: Dense, times: int, inputs: int) -> Dense:
    """So many copies of a dense layer side by side, each behind inputs of its own."""
    wiring = layer.wiring.astype(np.int64) + inputs * np.arange(times)[:, None, None]
    return Dense(np.tile(layer.tables, (times, 1)), wiring.reshape(layer.outputs * times, layer.k).astype(np.uint32))
