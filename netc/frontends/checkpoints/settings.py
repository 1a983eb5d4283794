"""What lies beside the weights: classes and temperature among a script's settings, and the encoder.

An encoder travels in a checkpoint under the key ``encoder``, in a dictionary around the weights or in its settings:

    {"model": …, "encoder": {"thresholds": [2, 6, 10], "features": 64, "order": "feature"}}

``thresholds`` is a list, for every feature the same, or one row a feature; bit j is ``x > threshold``, or ``>=`` with
``"at_least": True``. ``order`` says whether the bits of one feature are together (``"feature"``, the default) or the
bits of one threshold (``"plane"``). The long form, ``feature`` and ``threshold`` with one entry a bit, has any order.
``names``, if given, are those of the features. Those of the classes are a list ``class_names`` among the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.encoder import Encoder
from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Node, Object
from netc.frontends.checkpoints.nodes import mapping, sequence
from netc.frontends.checkpoints.tree import Checkpoint
from netc.frontends.checkpoints.words import describe, label

__all__ = ["BESIDE", "Setting", "find_class_names", "find_encoder", "find_number", "find_text"]

# Files of settings that training scripts leave beside a checkpoint.
BESIDE = ("training_config.json", "config.json")

# Where scripts keep their settings; `config` also inside another one.
_PLACES = (
    *("config", "model_config", "hyper_parameters", "hparams", "hyperparameters", "args", "__metadata__"),
    *BESIDE,
)

_MOST_BITS = 1 << 22  # that an encoder may make of thresholds for all features


@dataclass(frozen=True)
class Setting:
    """A value, and for notes the dotted keys that led to it."""

    value: Node
    found_at: str


def _items(node: Node) -> Mapping[Node, Node]:
    """A dictionary, or an ``argparse.Namespace`` and its like as one."""
    items = mapping(node)
    if items is None and isinstance(node, Object) and isinstance(node.state, dict):
        items = node.state
    return items or {}


def _dictionaries(checkpoint: Checkpoint) -> Iterator[tuple[str, Mapping[Node, Node]]]:
    """All that may hold settings, the nearest to the network first."""
    if checkpoint.whole:
        yield checkpoint.network.class_name, dict(checkpoint.network.values)
    for outer in reversed(checkpoint.beside):
        for place in _PLACES:
            inner = _items(outer.get(place))
            yield place, inner
            if "config" in inner:
                yield f"{place}.config", _items(inner["config"])
        yield "", outer


def _find(checkpoint: Checkpoint, *names: str) -> Iterator[Setting]:
    for place, items in _dictionaries(checkpoint):
        for name in names:
            if name in items:
                yield Setting(_leaf(items[name]), f"{place}.{name}" if place else name)


def _leaf(node: Node) -> Node:
    """The value in an OmegaConf node, any other node as it is."""
    state = node.state if isinstance(node, Object) else None
    return state["_val"] if isinstance(state, dict) and "_val" in state else node


def find_number(checkpoint: Checkpoint, *names: str) -> Setting | None:
    """The first setting of one of these names that is a number, as a plain number."""
    for setting in _find(checkpoint, *names):
        value = checkpoint.tensors.number(setting.value)
        if value is not None:
            return Setting(value, setting.found_at)
    return None


def find_text(checkpoint: Checkpoint, *names: str) -> Setting | None:
    """The first setting of one of these names that is a text."""
    return next((setting for setting in _find(checkpoint, *names) if isinstance(setting.value, str)), None)


def find_class_names(checkpoint: Checkpoint, classes: int) -> tuple[str, ...]:
    """The first ``class_names`` that are as many strings as there are classes, or none."""
    for setting in _find(checkpoint, "class_names"):
        names = _names(setting.value)
        if names is not None and len(names) == classes:
            return names
    return ()


def _names(node: Node) -> tuple[str, ...] | None:
    """A list of strings; None for anything else."""
    items = [_leaf(item) for item in sequence(node) or ()]
    names = tuple(item for item in items if isinstance(item, str))
    return names if items and len(names) == len(items) else None


def find_encoder(checkpoint: Checkpoint) -> tuple[Encoder, str] | None:
    """The encoder in the file and a note about it, None if there is none; `NetcError` for one that is not complete."""
    for setting in _find(checkpoint, "encoder"):
        items = _items(setting.value)
        if not {"thresholds", "threshold"} & items.keys():
            continue
        try:
            encoder = _encoder(checkpoint, items)
        except NetcError as error:
            raise NetcError(setting.found_at, error.what, error.hint) from None
        what = "x >= threshold" if encoder.at_least else "x > threshold"
        return encoder, f"encoder: {encoder.features} features to {encoder.bits} bits, {what} ({setting.found_at!r})"
    return None


def _encoder(checkpoint: Checkpoint, items: Mapping[Node, Node]) -> Encoder:
    def array(name: str) -> npt.NDArray[Any]:
        found = checkpoint.tensors.numbers(items.get(name))
        if found is None or found.dtype.kind not in "iuf":
            raise NetcError("", f"{name!r} is {describe(items.get(name))}, no array of numbers")
        return found

    made = _thresholds(checkpoint, items, array)
    if "names" not in items:
        return made
    names = _names(items["names"])
    if names is None:
        raise NetcError("", f"'names' is {describe(items['names'])}, no list of strings")
    return replace(made, names=names)


def _thresholds(
    checkpoint: Checkpoint, items: Mapping[Node, Node], array: Callable[[str], npt.NDArray[Any]]
) -> Encoder:
    at_least = items.get("at_least", False)
    features = checkpoint.tensors.number(items.get("features"))
    thresholds = array("thresholds" if "thresholds" in items else "threshold").astype(np.float64)
    if features is None and thresholds.ndim == 2:
        features = len(thresholds)
    if not isinstance(features, int) or not 0 < features <= _MOST_BITS or not isinstance(at_least, bool):
        raise NetcError("", "'features' must be a number and 'at_least' true or false")
    if "thresholds" not in items:
        return Encoder(features, array("feature"), thresholds, at_least)
    order = items.get("order", "feature")
    if not isinstance(order, str) or order not in ("feature", "plane"):
        raise NetcError(
            "", f"'order' is {label(order) if isinstance(order, str) else describe(order)}; there are feature, plane"
        )
    if thresholds.ndim == 1 and features * len(thresholds) <= _MOST_BITS:
        return Encoder.thermometer(features, thresholds.tolist(), order=order, at_least=at_least)
    if thresholds.ndim != 2 or len(thresholds) != features:
        raise NetcError("", f"thresholds of shape {thresholds.shape} for {features:,} features")
    feature = np.broadcast_to(np.arange(features, dtype=np.int32)[:, None], thresholds.shape)
    if order == "plane":
        feature, thresholds = feature.T, thresholds.T
    return Encoder(features, feature.reshape(-1), thresholds.reshape(-1), at_least)
