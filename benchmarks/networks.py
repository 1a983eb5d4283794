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
    choices = np.concatenate([np.repeat(gates, share * 4 // len(gates)) for share, gates in MIX]).astype(np.uint8)
    return choices[twister.words(neurons) % np.uint32(len(choices))]


def model_of(network: netc.LayeredNetwork, name: str) -> netc.Model:
    return netc.Model.of_layers(network, head=netc.Head.group_sum(network.outputs, CLASSES), name=name)


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
