"""torchlogix's binarisation layers as encoders.

Every feature gives one bit a threshold, ``x > threshold``; the bits of a feature are merged into one axis of the
sample. `axis` counts from 1, as torch counts behind the batch, or from the end with the bits as the last axis.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netc.encoder import Encoder
from netc.errors import NetcError
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.settings import find_number
from netc.frontends.checkpoints.tree import Checkpoint, Part

__all__ = ["Thresholds", "encoder", "features_of", "merged", "thresholds_of"]

Array = npt.NDArray[Any]

_SOFTPLUS_LINEAR = 20.0  # torch's softplus is the identity from here on
_MOST_BITS = 1 << 22


class Thresholds(NamedTuple):
    """``float32[…, a_feature]``, None where the file does not tell; how many a feature has; and a note."""

    values: Array | None
    a_feature: int
    note: str


def thresholds_of(checkpoint: Checkpoint, part: Part, options: Options) -> Thresholds:
    """The thresholds in evaluation of a binarisation layer that has some."""
    if not part.holds("raw_diffs"):
        fixed = _floats(part, "thresholds")
        return Thresholds(fixed, fixed.shape[-1], "fixed thresholds")
    steps = _floats(part, "raw_diffs")
    summed = np.cumsum(steps, axis=-1, dtype=np.float32)
    temperature = part.number("temperature_softplus") or options.of_layer(part.path, "temperature_softplus")
    if temperature is None:
        found = find_number(checkpoint, "binarization_temperature_softplus", "temperature_softplus")
        temperature = found.value if found else None
    positive = (
        None if temperature is None else np.cumsum(_positive(steps, float(temperature)), axis=-1, dtype=np.float32)
    )
    count = steps.shape[-1]
    if part.cls.name == "LearnableThermometerThresholding" or not part.holds("thresholds"):  # torchlogix 0.1.0
        if part.values.get("_frozen") is True or options.binariser == "cumsum":
            return Thresholds(summed, count, "thresholds learned and frozen")
        return Thresholds(None, count, "learnable thresholds that are not frozen give no bits (torchlogix 0.1.0)")
    if options.binariser == "cumsum" or (positive is not None and np.array_equal(positive, summed)):
        return Thresholds(summed, count, "learned thresholds, sums of the steps")
    if options.binariser == "softplus":
        if positive is None:
            hint = f"give it, as {part.path}.temperature_softplus=0.1, which is torchlogix's default"
            raise NetcError(part.place, "the file lacks the temperature of the softplus of its steps", hint)
        return Thresholds(positive, count, f"learned thresholds, sums of the steps' softplus at {temperature:g}")
    why = "torchlogix evaluates its steps by softplus from 0.2.2 on, as they are before; the file does not tell which"
    return Thresholds(None, count, f"{why}: binariser=softplus or binariser=cumsum gives it an encoder")


def _floats(part: Part, name: str) -> Array:
    found = part.array(name)
    if found.dtype.kind not in "fiu" or found.ndim < 1:
        raise NetcError(part.place, f"{name} of type {found.dtype} and shape {found.shape}")
    if np.isnan(found).any():
        raise NetcError(part.place, f"there is NaN among the {name}")
    return found.astype(np.float32) if found.dtype.itemsize < 4 else found


def _positive(steps: Array, temperature: float) -> Array:
    """The steps but the first by a softplus of this temperature, each operation rounded to float32.

    torch's own results differ in the last bits between its vector and its scalar code; these lie among them.
    """
    scale = np.float32(temperature + 1e-6)
    scaled = (steps[..., 1:] / scale).astype(np.float32)
    exponential = np.exp(np.minimum(scaled, _SOFTPLUS_LINEAR).astype(np.float64)).astype(np.float32)
    soft = np.where(scaled > _SOFTPLUS_LINEAR, scaled, np.log1p(exponential.astype(np.float64)).astype(np.float32))
    return np.concatenate([steps[..., :1], scale * soft], axis=-1).astype(np.float32)


def _data_axis(axis: int, axes: int) -> int:
    """Which axis of a sample of so many axes takes the bits up."""
    index = axis - 1 if axis >= 0 else axis + axes + 1
    if not 0 <= index < axes:
        raise NetcError("", f"bits that merge into axis {axis} of {axes}")
    return index


def merged(shape: tuple[int, ...], count: int, axis: int) -> tuple[int, ...]:
    """The shape of the bits of a sample of this shape."""
    index = _data_axis(axis, len(shape))
    return tuple(size * count if at == index else size for at, size in enumerate(shape))


def features_of(bits: tuple[int, ...], count: int, axis: int) -> tuple[int, ...]:
    """The shape of the sample whose bits have this shape."""
    index = _data_axis(axis, len(bits))
    if bits[index] % count:
        raise NetcError("", f"bits of shape {bits} are not {count} of each feature")
    return tuple(size // count if at == index else size for at, size in enumerate(bits))


def encoder(thresholds: Array, shape: tuple[int, ...], axis: int) -> Encoder:
    """The encoder of a sample of this shape; `NetcError` if the thresholds do not fit it."""
    count = thresholds.shape[-1]
    if prod(shape) * count > _MOST_BITS:
        raise NetcError("", f"an encoder of {prod(shape) * count:,} bits")
    if thresholds.ndim == 2 and len(shape) == 3:  # one row a channel
        thresholds = thresholds.reshape(-1, 1, 1, count)
    try:
        every = np.broadcast_to(thresholds, (*shape, count))
    except ValueError:
        raise NetcError("", f"thresholds of shape {thresholds.shape} for features of shape {shape}") from None
    feature = np.broadcast_to(np.arange(prod(shape)).reshape(*shape, 1), every.shape)
    behind = _data_axis(axis, len(shape)) + 1
    first, second = (np.moveaxis(array, -1, behind).reshape(-1) for array in (feature, every))
    return Encoder(prod(shape), first.astype(np.int32), second.astype(np.float64))
