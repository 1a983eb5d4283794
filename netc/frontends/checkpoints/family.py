"""What a family of checkpoints looks like to the frontend, and what a user may tell it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints.nodes import sizes
from netc.frontends.checkpoints.tree import Checkpoint
from netc.model import Model

__all__ = ["OF_SUMS", "Family", "Options", "Wiring"]

OF_SUMS = ("classes", "tau", "beta")  # options of families whose networks end in sums

Wiring = Sequence[npt.NDArray[Any]]

_CHOICES = {
    "parametrization": ("raw", "warp", "light", "walsh", "sigmoid", "sin", "linear"),
    "binariser": ("softplus", "cumsum"),
}

# What `layers` may say of one: numbers, or one number an axis, with the least that makes sense.
_COUNTS = {"kernel": 1, "stride": 1, "padding": 0, "output_padding": 0}
_LAYER = (*_COUNTS, "pool", "parametrization", "temperature_softplus", "feature_dim", "transposed")


@dataclass(frozen=True)
class Options:
    """What the file does not say, or not clearly. What contradicts the file is an error.

    `input_bits` is how many bits the first layer can read, `classes` into how many blocks the last layer's bits are
    summed, `beta` what is added to the sums and `tau` what they are divided by. `input_shape` is the shape of one
    sample, before a binariser in the file: ``(channels, height, width)``. `architecture` names a model class that netc
    knows.
    `parametrization` says what the parameters of neurons are whose shape does not tell: ``"warp"``, ``"light"`` or
    ``"walsh"`` (torchlogix 0.1.0), or the activation of light gates, ``"sigmoid"``, ``"sin"`` or ``"linear"``.
    `binariser` is how learnable thresholds are evaluated: ``"softplus"`` (torchlogix 0.2.2) or ``"cumsum"`` (before).

    `layers` says the same and more of single layers by name: ``{"3": {"parametrization": "light"}, "1": {"padding": 1,
    "stride": 2, "kernel": 3, "pool": (2, 2, 0)}}``, where ``pool`` is the OR pooling behind a layer, (kernel, stride,
    padding), or ``"none"``.

    `wiring` is for a file that lacks it: ``[neurons, 2]`` for each layer, the outputs of the layer before that its
    gates read, or a function that gives them for the layers' numbers of neurons.
    """

    input_bits: int | None = None
    classes: int | None = None
    tau: float | None = None
    beta: float | None = None
    input_shape: tuple[int, ...] | None = None
    architecture: str | None = None
    parametrization: str | None = None
    binariser: str | None = None
    layers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wiring: Wiring | Callable[[Sequence[int]], Wiring] | None = field(default=None, compare=False)

    def given(self) -> tuple[str, ...]:
        """The names of what is said at all."""
        values = ((one.name, getattr(self, one.name)) for one in fields(self))
        return tuple(name for name, value in values if value is not None and value != {})

    def __post_init__(self) -> None:
        for name in ("input_bits", "classes"):
            if getattr(self, name) is not None:
                _count(name, getattr(self, name), 1)
        for name, least in (("tau", 0.0), ("beta", -math.inf)):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and least < value < math.inf):
                raise NetcError(name, f"{value!r} is no {'positive ' if name == 'tau' else ''}number")
        if self.input_shape is not None:
            shape = self.input_shape if isinstance(self.input_shape, (tuple, list)) else (self.input_shape,)
            if not shape or len(shape) > 4:
                raise NetcError("input_shape", f"{self.input_shape!r} is no shape of a sample")
            for size in shape:
                _count("input_shape", size, 1)
            object.__setattr__(self, "input_shape", tuple(shape))
        for name, known in _CHOICES.items():
            _choice(name, getattr(self, name), known)
        if not isinstance(self.layers, Mapping):
            raise NetcError("layers", "they are no dictionary of layers' names")
        for path, said in self.layers.items():
            if not isinstance(said, Mapping):
                raise NetcError(f"layers, {path}", "this is no dictionary of settings")
            for key, value in said.items():
                _check_layer(f"layers, {path}.{key}", key, value)

    def of_layer(self, path: str, key: str) -> Any:
        """What is said of a single layer, else of all, else None."""
        said = self.layers.get(path, {})
        return said[key] if key in said else getattr(self, key, None)

    def sizes_of_layer(self, path: str, key: str, stated: list[int], axes: int) -> list[int]:
        """One number an axis of a layer: as `stated` by the file, else as asked, else []."""
        asked = sizes(self.layers.get(path, {}).get(key), axes)
        if asked and stated and asked != stated:
            raise NetcError(f"layers, {path}.{key}", f"{asked} contradicts the file, which says {stated}")
        return stated or asked


def _check_layer(place: str, key: str, value: Any) -> None:
    if key not in _LAYER:
        raise NetcError(place, f"there is no such setting of a layer; there are {', '.join(_LAYER)}")
    if key in _COUNTS:
        for number in value if isinstance(value, (tuple, list)) else (value,):
            _count(place, number, _COUNTS[key])
    elif key == "pool":
        if value != "none":
            if not isinstance(value, (tuple, list)) or len(value) != 3:
                raise NetcError(place, f"{value!r}; it is 'none' or (kernel, stride, padding)")
            for number, least in zip(value, (1, 1, 0), strict=True):
                _count(place, number, least)
    elif key == "temperature_softplus":
        if not _is_number(value) or not 0 < value < math.inf:
            raise NetcError(place, f"{value!r} is no positive number")
    elif key == "feature_dim":
        if not isinstance(value, int) or isinstance(value, bool) or not -5 <= value <= 4:
            raise NetcError(place, f"{value!r} is no axis")
    elif key == "transposed":
        if not isinstance(value, bool):
            raise NetcError(place, f"{value!r} is neither true nor false")
    else:
        _choice(place, value, _CHOICES[key])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(place: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
        raise NetcError(place, f"{value!r} is no {'positive number' if least else 'count'}")


def _choice(place: str, value: Any, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise NetcError(place, f"{value!r}; there are {', '.join(known)}")


class Family(Protocol):
    """One layout of trained networks. Made without arguments; a third party registers one as entry point.

    `takes` are the fields of `Options` that it honours; others are refused before it is asked.
    """

    name: ClassVar[str]
    takes: ClassVar[tuple[str, ...]]

    def claims(self, checkpoint: Checkpoint) -> bool:
        """Whether the file is one of this family's, of which the first that claims it reads it; reads no tensor."""

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        """The model called `name`; `NetcError` with the layer for what is missing or contradictory."""
