"""netc's own exchange format: the reader. See docs/formats.md; backends/npz.py writes it."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import NONE, Aig
from netc.encoder import Encoder
from netc.errors import NetcError
from netc.files import Source
from netc.flatten import Flattened
from netc.frontends.checkpoints.archive import Archive
from netc.frontends.checkpoints.words import label
from netc.head import Head
from netc.layers import Dense, Layer, LayeredNetwork, Tiled
from netc.model import Model
from netc.npy import LONGEST, read_header
from netc.ports import Ports

__all__ = ["claims", "load"]

Array = npt.NDArray[Any]

_MEMBER, _FORMAT, _VERSION = "netc.json", "netc-model", 1

_MOST_AXES = 4

_COUNTS = ("outputs", "bad", "constraints", "fairness")

# What a file may claim without holding anything for it.
_FREE_INPUTS = 1 << 24
_FREE_POSITIONS = 1 << 20
_FREE_CLASSES = 1 << 16
_FREE_NEURONS = 1 << 24
_INPUTS_A_NEURON = 16
_NEURONS_A_BYTE = 4096


def claims(archive: Archive) -> bool:
    """Whether a zip archive is one of netc's own files."""
    return _MEMBER in archive


def load(source: Source, archive: Archive) -> Model:
    """The model in a file that `netc.save` wrote, or somebody else by the same rules; `archive` is its members."""
    try:
        return _model(_Fields(_json(archive)), archive, len(source.data))
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise NetcError(_MEMBER, f"the description is damaged: {type(error).__name__}: {error}") from None


class _Fields:
    """An object of JSON whose fields are of the type that is asked for."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, dict):
            raise NetcError(_MEMBER, "an object is missing")
        self.data = data

    def get(self, name: str, kind: type[Any], default: Any = None) -> Any:
        value = self.data.get(name, default)
        if not isinstance(value, kind) or (kind is int and (isinstance(value, bool) or not 0 <= value < 2**31)):
            raise NetcError(_MEMBER, f"{name} is no {'count' if kind is int else kind.__name__}")
        return value

    def inner(self, name: str) -> _Fields | None:
        return None if self.data.get(name) is None else _Fields(self.data[name])

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.get(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise NetcError(_MEMBER, f"{name} are not all text")
        return tuple(values)


def _json(archive: Archive) -> Any:
    data = json.loads(bytes(archive.read(_MEMBER)).decode())
    found = _Fields(data)
    if found.data.get("format") != _FORMAT:
        raise NetcError(_MEMBER, f"this is no {_FORMAT}")
    if found.data.get("version") != _VERSION:
        raise NetcError(_MEMBER, "the file is of another version of netc")
    return data


def _array(archive: Archive, name: str) -> Array:
    """A read-only array of integers, checked against the bytes that are there."""
    data = archive.read(f"{name}.npy")
    try:
        header = read_header(bytes(data[:LONGEST]))
        dtype = header.dtype
    except NetcError:
        dtype = None
    if dtype is None or dtype.kind not in "biu":
        raise NetcError(name, "this is no NumPy array of integers")
    sizes, start = header.shape, header.start
    if len(sizes) > _MOST_AXES or prod(sizes) * dtype.itemsize != len(data) - start:
        raise NetcError(name, f"an array of shape {sizes} and type {dtype} in {len(data) - start:,} bytes")
    flat = np.frombuffer(data, dtype, prod(sizes), start) if prod(sizes) else np.zeros(0, dtype)
    array = np.array(flat.reshape(sizes, order="F" if header.fortran else "C"), dtype.newbyteorder("="), order="C")
    array.flags.writeable = False
    return array


def _model(fields: _Fields, archive: Archive, size: int) -> Model:
    inputs, network = fields.get("inputs", int), None
    if fields.data.get("layers") is not None:
        network = _network(inputs, fields.get("layers", list), archive, size)
    logic = fields.inner("logic")
    given: dict[str, Any] = {"names": _names(fields), "comment": _bytes(archive, "comment")}
    origins = np.zeros(0, np.uint32)
    if logic is not None:
        aig = _logic(inputs, logic, given, archive)
        as_trained = bool(logic.get("as_trained", bool, False))
        if "logic.origins.npy" in archive:
            origins = native.frozen(_array(archive, "logic.origins").reshape(-1), np.uint32)
        _check_origins(origins, network, aig)
    elif network is not None:
        aig, as_trained = Flattened(network, Ports(inputs=inputs, outputs=network.outputs, **given)), True
    else:
        raise NetcError(_MEMBER, "there are neither layers nor logic")
    encoder, head = fields.inner("encoder"), fields.inner("head")
    return Model(
        aig,
        encoder=Encoder.from_json(encoder.data) if encoder is not None else None,
        trained=network,
        head=_head(head, aig.ports.outputs) if head is not None else None,
        images=origins if logic is not None else None,
        name=fields.get("name", str, "circuit"),
        class_names=fields.texts("class_names"),
        notes=fields.texts("notes"),
        as_trained=as_trained,
    )


def _network(inputs: int, rows: list[Any], archive: Archive, size: int) -> LayeredNetwork:
    """The layers; templates may stand for many neurons, but for no more than a file of `size` bytes may mean."""
    layers: list[Layer] = []
    for index, row in enumerate(rows):
        fields, name = _Fields(row), f"layers.{index}"
        kind = fields.get("kind", str)
        if kind == "dense":
            layers.append(_dense(archive, name))
        elif kind == "tiled":
            gather = _array(archive, f"{name}.gather")
            if gather.ndim == 2 and gather.shape[1] == 0 and len(gather) > _FREE_POSITIONS:
                raise NetcError(name, f"it claims {len(gather):,} positions of no inputs")
            template = [_dense(archive, f"{name}.template.{step}") for step in range(fields.get("template", int))]
            layers.append(Tiled(tuple(template), gather, fields.get("by_channel", bool, False)))
        else:
            raise NetcError(name, f"layers of kind {label(kind)}; there are dense and tiled")
    neurons = sum(layer.neurons for layer in layers)
    if neurons > _FREE_NEURONS + _NEURONS_A_BYTE * size:
        raise NetcError(_MEMBER, f"it claims {neurons:,} neurons, from a file of {size:,} bytes")
    network = LayeredNetwork(inputs, layers)
    if inputs > max(_FREE_INPUTS, _INPUTS_A_NEURON * neurons):
        raise NetcError(_MEMBER, f"it claims {inputs:,} inputs for {neurons:,} neurons")
    return network


def _dense(archive: Archive, name: str) -> Dense:
    tables, wiring = _array(archive, f"{name}.tables"), _array(archive, f"{name}.wiring")
    if tables.ndim not in (1, 2) or wiring.ndim != 2 or len(tables) != len(wiring):
        raise NetcError(name, f"tables of shape {tables.shape} and wiring of shape {wiring.shape}")
    return Dense(tables, wiring)


def _logic(inputs: int, fields: _Fields, given: dict[str, Any], archive: Archive) -> Aig:
    counts: dict[str, Any] = {name: fields.get(name, int, 0) for name in _COUNTS}
    justice = fields.get("justice", list, [])
    if not all(isinstance(size, int) and 0 <= size < 2**31 for size in justice):
        raise NetcError(_MEMBER, "justice are no counts")
    resets = _bytes(archive, "logic.resets")
    ports = replace(Ports(inputs, resets, justice=tuple(justice), **given), **counts)
    return Aig(ports, _array(archive, "logic.ands"), _array(archive, "logic.roots"))


def _check_origins(origins: Array, network: LayeredNetwork | None, aig: Aig) -> None:
    neurons = network.num_neurons if network is not None else 0
    if len(origins) != neurons:
        raise NetcError("logic.origins", f"{len(origins):,} literals for {neurons:,} neurons")
    kept = origins[origins != NONE]
    if len(kept) and int(kept.max()) >> 1 >= aig.num_nodes:
        raise NetcError("logic.origins", f"the literal {int(kept.max()):,}, in a graph of {aig.num_nodes:,} nodes")


def _bytes(archive: Archive, name: str) -> bytes:
    return native.frozen(_array(archive, name), np.uint8).tobytes() if f"{name}.npy" in archive else b""


def _names(fields: _Fields) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for kind, names in fields.get("names", dict, {}).items():
        found[kind] = {int(index): name for index, name in names.items()}
        if not all(isinstance(name, str) for name in found[kind].values()):
            raise NetcError(_MEMBER, f"names of {label(kind)} that are no text")
    return found


def _head(fields: _Fields, outputs: int) -> Head:
    if fields.data.get("kind") == "group-sum":
        bits, classes = fields.get("bits", int), fields.get("classes", int)
        if bits > outputs or classes > max(bits, _FREE_CLASSES):
            raise NetcError(_MEMBER, f"a head of {classes:,} classes and {bits:,} bits over {outputs:,} outputs")
    return Head.from_json(fields.data)
