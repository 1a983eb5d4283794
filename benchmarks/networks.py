"""The networks that inference is measured on: random ones in the shape of trained ones, and trained ones from disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

import netc
from netc.frontends.checkpoints.gates import gate_tables
from netc.mersenne import Twister

INPUTS, CLASSES, LAYERS, SEED = 784, 10, 6, 1

# Out of a hundred gates, by difflogic's numbers. An assumption about trained networks, and said so where it is used.
MIX = (
    (1, (0, 15)),  # constants
    (14, (3, 5, 10, 12)),  # wires and inverters
    (44, (1, 2, 4, 8)),  # one row of four
    (32, (7, 11, 13, 14)),  # three rows of four
    (9, (6, 9)),  # exclusive or, and its complement
)
_CHOICES: npt.NDArray[np.uint8] = np.concatenate(
    [np.repeat(gates, share * 4 // len(gates)) for share, gates in MIX]
).astype(np.uint8)


def random_network(width: int, *, layers: int = LAYERS, inputs: int = INPUTS, seed: int = SEED) -> netc.LayeredNetwork:
    """Gates of the mix above, wired as difflogic's ``connections="random"`` does: every output is read twice.

    All randomness is torch's Mersenne twister, so the same seed is the same network on every machine.
    """
    twister = Twister(seed)
    return netc.LayeredNetwork(
        inputs,
        [
            netc.Dense(gate_tables(_gates(twister, width)), _wiring(twister, before, width))
            for before, width in pairwise([inputs, *[width] * layers])
        ],
    )


def _wiring(twister: Twister, inputs: int, neurons: int) -> npt.NDArray[np.uint32]:
    places = twister.randperm(2 * neurons) % np.uint32(inputs)
    return np.ascontiguousarray(twister.randperm(inputs)[places].reshape(2, neurons).T)


def _gates(twister: Twister, neurons: int) -> npt.NDArray[np.uint8]:
    gates: npt.NDArray[np.uint8] = _CHOICES[twister.words(neurons) % np.uint32(len(_CHOICES))]
    return gates


def convolutional_network(
    size: int, channels: int, kernels: tuple[int, ...], *, seed: int = SEED
) -> netc.LayeredNetwork:
    """Convolutions as Petersen et al. have them (Convolutional differentiable logic gate networks, NeurIPS 2024).

    Each kernel is a tree of seven gates of the mix above, on eight random places of a window of 3 x 3 with a padding of
    1, and an OR over 2 x 2 positions follows. The image is `size` x `size`, of so many `channels`.
    """
    random = np.random.default_rng(seed)
    layers: list[netc.Dense | netc.Tiled] = []
    inputs = channels * size**2
    for count in kernels:
        layers += [_convolution(random, channels, size, count), _pooling(count, size)]
        channels, size = count, size // 2
    return netc.LayeredNetwork(inputs, layers)


def _convolution(random: np.random.Generator, channels: int, size: int, kernels: int) -> netc.Tiled:
    image = np.full((channels, size + 2, size + 2), -1)
    image[:, 1:-1, 1:-1] = np.arange(channels * size**2).reshape(channels, size, size)
    leaves = random.integers(0, [[channels], [3], [3]], (3, 8 * kernels))
    y, x = np.divmod(np.arange(size**2)[:, None], size)
    template = [
        netc.Dense(
            gate_tables(_CHOICES[random.integers(0, len(_CHOICES), nodes * kernels)]),
            np.arange(2 * nodes * kernels, dtype=np.uint32).reshape(-1, 2),
        )
        for nodes in (4, 2, 1)
    ]
    return netc.Tiled(tuple(template), image[leaves[0], y + leaves[1], x + leaves[2]], by_channel=True)


def _pooling(channels: int, size: int) -> netc.Tiled:
    image = np.arange(channels * size**2).reshape(channels, size // 2, 2, size // 2, 2).transpose(0, 1, 3, 2, 4)
    either = np.full(2, 0b1110, np.uint64)
    template = (netc.Dense(either, np.array([[0, 1], [2, 3]])), netc.Dense(either[:1], np.array([[0, 1]])))
    return netc.Tiled(template, np.ascontiguousarray(image.reshape(-1, 4)), by_channel=True)


def model_of(network: netc.LayeredNetwork, name: str) -> netc.Model:
    """With votes for ten classes, in groups; a few outputs at the end may have none."""
    votes = network.outputs // CLASSES * CLASSES
    return netc.Model.of_layers(network, head=netc.Head.group_sum(votes, CLASSES), name=name)


def named(name: str) -> netc.Model:
    """``6x8000`` is random; anything else is a checkpoint in the folder that NETC_DATA names, or a path."""
    layers, cross, width = name.partition("x")
    if cross and layers.isdigit() and width.isdigit():
        return model_of(random_network(int(width), layers=int(layers)), name)
    path = next(checkpoints(name), None)
    if path is None:
        raise netc.NetcError(name, "there is no such network", "NETC_DATA names the folder whose dlgn/ holds it")
    return netc.load(path)


def checkpoints(name: str) -> Iterator[Path]:
    folder = Path(os.environ.get("NETC_DATA", "."), "dlgn")
    yield from (path for path in (Path(name), folder / name, folder / f"{name}.full.pt") if path.is_file())
