"""Checks of trained networks: flattened, as LUTs, in netc's own file, and run as they stand."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netc import registry
from netc.aig import NONE, Aig
from netc.errors import NetcError
from netc.fuzz import evaluate
from netc.fuzz.check import Check, MismatchError, Params, same_words
from netc.layers import Dense, LayeredNetwork, Tiled
from netc.loading import load
from netc.lut import MAX_K, LutNetwork
from netc.model import Model
from netc.targets import compile as compile_net
from netc.targets import save

__all__ = ["CHECKS"]


def random_network(seed: int, layers: int) -> LayeredNetwork:
    """Dense and tiled layers of small tables of up to seven inputs."""
    chosen = random.Random(seed)
    inputs = width = chosen.randrange(1, 9)
    made: list[Dense | Tiled] = []
    for _ in range(layers):
        if chosen.random() < 0.6:
            layer: Dense | Tiled = _dense(chosen, width, chosen.randrange(1, 12), 7)
        else:
            positions, reads = chosen.randrange(1, 5), chosen.randrange(1, 5)
            gather = [[chosen.randrange(-1, width) for _ in range(reads)] for _ in range(positions)]
            template = [_dense(chosen, reads, chosen.randrange(1, 4), 4)]
            if chosen.random() < 0.5:
                template.append(_dense(chosen, template[0].outputs, chosen.randrange(1, 4), 4))
            layer = Tiled(tuple(template), np.array(gather, np.int64), chosen.random() < 0.5)
        made.append(layer)
        width = layer.outputs
    return LayeredNetwork(inputs, made)


def _dense(chosen: random.Random, inputs: int, width: int, most: int) -> Dense:
    k = chosen.randrange(0, most + 1)
    words = max(1, 2**k // 64)
    tables = [[chosen.getrandbits(min(64, 2**k)) for _ in range(words)] for _ in range(width)]
    wiring = [[chosen.randrange(inputs) for _ in range(k)] for _ in range(width)]
    return Dense(np.array(tables, np.uint64), np.array(wiring, np.uint32).reshape(width, k))


def neuron_values(network: LayeredNetwork, words: Sequence[int], samples: int) -> tuple[list[int], list[int]]:
    """The word of every neuron, layer by layer and position by position, and those of the outputs."""
    values, neurons = list(words), []
    for layer in network.layers:
        if isinstance(layer, Dense):
            values = _layer(layer, values, samples)
            neurons += values
            continue
        tiles = []
        for gather in layer.gather.tolist():
            tile = [0 if source < 0 else values[source] for source in gather]
            for dense in layer.template:
                tile = _layer(dense, tile, samples)
                neurons += tile
            tiles.append(tile)
        by_channel = [tile[channel] for channel in range(len(tiles[0])) for tile in tiles]
        values = by_channel if layer.by_channel else [word for tile in tiles for word in tile]
    return neurons, values


def _layer(dense: Dense, values: Sequence[int], samples: int) -> list[int]:
    full = (1 << samples) - 1
    found = []
    for table, wiring in zip(dense.tables.tolist(), dense.wiring.tolist(), strict=True):
        word = 0
        for row in range(1 << len(wiring)):
            if table[row // 64] >> (row % 64) & 1:
                term = full
                for j, source in enumerate(wiring):
                    term &= values[source] if row >> j & 1 else values[source] ^ full
                word |= term
        found.append(word)
    return found


def _plan(chosen: random.Random, _aig: Aig) -> Params | None:
    return {"network": chosen.getrandbits(32), "layers": chosen.randrange(1, 4), "engine": chosen.randrange(60)}


def _run(_aig: Aig, params: Params) -> None:
    network = random_network(params["network"], params["layers"])
    words, samples = evaluate.patterns(0, network.inputs)
    neurons, outputs = neuron_values(network, words, samples)
    model = Model.of_layers(network)
    same_words(outputs, evaluate.root_values(model.logic, words, samples), words, where="flattened: ")
    values = evaluate.node_values(model.logic, words, samples)
    full = (1 << samples) - 1
    for neuron, lit in enumerate(model.origins.tolist()):
        if lit != NONE and values[lit >> 1] ^ (full if lit & 1 else 0) != neurons[neuron]:
            raise MismatchError(f"flattened: the origin of neuron {neuron} is wrong")
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        path = Path(directory, "model.npz")
        save(model, path)
        back = load(path)
        if back.trained is None or not back.logic.same_as(model.logic):
            raise MismatchError("npz: another model comes back")
        again = neuron_values(back.trained, words, samples)
    if again != (neurons, outputs):
        raise MismatchError("npz: other layers come back")
    try:
        luts = LutNetwork.of_layers(network)
    except NetcError:
        templates = [(layer,) if isinstance(layer, Dense) else layer.template for layer in network.layers]
        if all(dense.k <= MAX_K for template in templates for dense in template):
            raise
    else:
        same_words(outputs, evaluate.lut_roots(luts, words, samples), words, where="as LUTs: ")
    engines = [name for name in registry.ENGINES if name != "c"]
    engine = engines[params["engine"] % len(engines)]
    try:
        net = compile_net(model, engine=engine)
    except NetcError as error:
        if engine in ("machine", "template") and "engine" in error.hint:
            return
        raise
    rows = evaluate.as_bits(words, samples)
    found = evaluate.as_words(np.asarray(net.bits(rows)))
    same_words(outputs, found, words, where=f"engine {engine}, as trained: ")


CHECKS = (Check("layers", "engines", 10, _plan, _run),)
