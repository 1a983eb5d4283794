"""How raw features become the bits that the logic reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError

__all__ = ["NAN_CHOICES", "Encoder"]

NAN_CHOICES = ("error", "false")


@dataclass(frozen=True, eq=False)
class Encoder:
    """Thresholds: bit j is ``x[feature[j]] > threshold[j]``, or ``>=`` with `at_least`.

    ``feature`` is ``int32[bits]``, ``threshold`` ``float64[bits]``. A thermometer is several thresholds on one feature;
    which order its bits come in is simply the order here. Infinite features compare as usual; NaN is an error or, if
    asked so, above no threshold.
    ``names`` are those of the features, or none.
    """

    features: int
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    at_least: bool = False
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", native.frozen(self.feature, np.int32))
        threshold = np.array(self.threshold, np.float64)
        threshold.flags.writeable = False
        object.__setattr__(self, "threshold", threshold)
        self.check()

    @classmethod
    def thermometer(
        cls, features: int, thresholds: Sequence[float], *, order: str = "feature", at_least: bool = False
    ) -> Encoder:
        """The same thresholds on every feature.

        `order` is ``"feature"`` (all thresholds of feature 0, then of feature 1, …) or ``"plane"`` (the first threshold
        of every feature, then the second, …).
        """
        count = len(thresholds)
        if order == "feature":
            return cls(features, np.repeat(np.arange(features), count), np.tile(thresholds, features), at_least)
        if order == "plane":
            return cls(features, np.tile(np.arange(features), count), np.repeat(thresholds, features), at_least)
        raise NetcError("", f"thermometer order {order!r}; it is 'feature' or 'plane'")

    @property
    def bits(self) -> int:
        return len(self.feature)

    def check(self) -> None:
        if self.feature.ndim != 1 or self.threshold.shape != self.feature.shape:
            raise NetcError("", "an encoder needs one feature and one threshold a bit")
        if self.bits and not (int(self.feature.min()) >= 0 and int(self.feature.max()) < self.features):
            raise NetcError("", f"an encoder reads outside its {self.features} features")
        if np.isnan(self.threshold).any():
            raise NetcError("", "an encoder has a threshold that is NaN")
        if self.names and len(self.names) != self.features:
            raise NetcError("", f"an encoder has {len(self.names)} names for {self.features} features")

    def encode(self, x: npt.NDArray[Any], *, nan: str = "error", first_row: int = 0) -> npt.NDArray[np.bool_]:
        """``bool[n, bits]`` from numbers ``[n, features]``.

        NaN raises `NetcError` with its row, counted from `first_row`, and its feature; with ``nan="false"`` it is above
        no threshold, as in torch. Infinities compare as usual.
        """
        if nan not in NAN_CHOICES:
            raise NetcError("nan", f"{nan!r}; it is {' or '.join(map(repr, NAN_CHOICES))}")
        if x.ndim != 2 or x.shape[1] != self.features:
            raise NetcError("", f"features of shape {x.shape}; the encoder takes (n, {self.features})")
        if x.dtype.kind == "f" and nan == "error":
            bad = np.isnan(x)
            if bad.any():
                row, feature = np.argwhere(bad)[0]
                hint = 'nan="false" takes it for less than every threshold'
                raise NetcError("", f"row {row + first_row}, feature {feature} is NaN", hint)
        elif x.dtype.kind not in "biuf":
            raise NetcError("", f"features of type {x.dtype}; the encoder takes numbers")
        columns = x[:, self.feature]
        result: npt.NDArray[np.bool_] = columns >= self.threshold if self.at_least else columns > self.threshold
        return result

    def to_json(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "feature": self.feature.tolist(),
            "threshold": [value if np.isfinite(value) else str(value) for value in self.threshold.tolist()],
            "at_least": self.at_least,
            **({"names": list(self.names)} if self.names else {}),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Encoder:
        thresholds = np.array([float(value) for value in data["threshold"]], np.float64)
        names = tuple(str(name) for name in data.get("names", ()))
        feature = native.frozen(np.array(data["feature"], np.int64), np.int32)
        return cls(int(data["features"]), feature, thresholds, bool(data["at_least"]), names)
