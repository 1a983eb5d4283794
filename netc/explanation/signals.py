"""What the leaves of a circuit are called on a page, and which of their patterns can occur."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from netc.encoder import Encoder
from netc.errors import NetcError
from netc.explanation.table import full, variable
from netc.model import Model
from netc.names import port_names, unique

__all__ = ["Signals", "shown_name", "shown_number"]

_PLAIN = re.compile(r"[^\W\d]\w*(\.\w+)*(\[\d+\])*")


def shown_name(name: str) -> str:
    """A name as it stands in formulas: itself if it reads as an identifier or one of a bus, else a JSON string."""
    return name if _PLAIN.fullmatch(name) and name.isprintable() else json.dumps(name)


def shown_number(value: float) -> str:
    """The shortest decimal that is this number again."""
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True)
class Signals:
    """Leaf i, an input or behind them a latch, is a bit called ``leaves[i]``; with an encoder inputs are comparisons.

    `quantities` names what each leaf tells of: its feature where there is an encoder, else the bit itself. Names are
    distinct, and as `shown_name` writes them.
    """

    leaves: tuple[str, ...]
    quantities: tuple[str, ...]
    encoder: Encoder | None = None

    @classmethod
    def of(cls, model: Model, features: Sequence[str] | None = None) -> Signals:
        """The names in a model, or for its features (without an encoder: its inputs) those that are given.

        Raises `NetcError` where the number of names is another.
        """
        ports, encoder = model.logic.ports, model.encoder
        count = ports.inputs if encoder is None else encoder.features
        if features is not None and len(features) != count:
            what = "inputs" if encoder is None else "features"
            raise NetcError("--features", f"{len(features)} names for {count} {what}")
        if encoder is None:
            if features is not None:
                ports = ports.with_names("input", dict(enumerate(features)))
            names = port_names(ports)
            leaves = tuple(map(shown_name, [*names["input"], *names["latch"]]))
            return cls(leaves, leaves)
        given = features if features is not None else encoder.names or [f"x[{index}]" for index in range(count)]
        taken = set(latches := port_names(ports)["latch"])
        named = [shown_name(name) for name in unique(given, taken)]
        relation = ">=" if encoder.at_least else ">"
        bits = [
            f"{named[feature]} {relation} {shown_number(threshold)}"
            for feature, threshold in zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
        ]
        own = tuple(map(shown_name, latches))
        return cls((*bits, *own), (*(named[feature] for feature in encoder.feature.tolist()), *own), encoder)

    def literal(self, leaf: int, complemented: bool = False) -> str:
        """A leaf or its complement, as formulas have it."""
        text = self.leaves[leaf]
        if not complemented:
            return text
        if not self.is_comparison(leaf):
            return f"~{text}"
        there, back = (">=", "<") if self.encoder is not None and self.encoder.at_least else (">", "<=")
        quantity = self.quantities[leaf]
        return f"{quantity} {back}{text[len(quantity) + 1 + len(there) :]}"

    def is_comparison(self, leaf: int) -> bool:
        return self.encoder is not None and leaf < self.encoder.bits

    def care(self, leaves: Sequence[int]) -> int:
        """The patterns of these leaves that can occur, as a table over them.

        Bits of one feature are ordered by their thresholds, equal thresholds give equal bits, and no number is above
        infinity or below minus infinity. All other patterns occur, for features are independent real numbers or
        infinite.
        """
        k = len(leaves)
        care = full(k)
        for chain in self._chains(leaves):
            for (low, below), (high, above) in pairwise(chain):
                wrong = variable(high, k) & ~variable(low, k)
                if below == above:
                    wrong |= variable(low, k) & ~variable(high, k)
                care &= ~wrong
            for j, threshold in chain:
                constant = self._constant(threshold)
                if constant is not None:
                    care &= variable(j, k) if constant else ~variable(j, k)
        return care

    def _chains(self, leaves: Sequence[int]) -> list[list[tuple[int, float]]]:
        """For each feature, which of these leaves compare it, and their thresholds ascending."""
        chains: dict[int, list[tuple[int, float]]] = {}
        if self.encoder is not None:
            for j, leaf in enumerate(leaves):
                if self.is_comparison(leaf):
                    feature = int(self.encoder.feature[leaf])
                    chains.setdefault(feature, []).append((j, float(self.encoder.threshold[leaf])))
        return [sorted(chain, key=lambda entry: entry[1]) for chain in chains.values()]

    def _constant(self, threshold: float) -> bool | None:
        at_least = self.encoder is not None and self.encoder.at_least
        if threshold == math.inf and not at_least:
            return False
        return True if threshold == -math.inf and at_least else None

    def to_json(self, leaf: int) -> dict[str, Any]:
        """One leaf as plain data."""
        found: dict[str, Any] = {"leaf": leaf, "name": self.leaves[leaf]}
        if self.encoder is not None and self.is_comparison(leaf):
            threshold = float(self.encoder.threshold[leaf])
            found |= {
                "feature": int(self.encoder.feature[leaf]),
                "feature_name": self.quantities[leaf],
                "relation": ">=" if self.encoder.at_least else ">",
                "threshold": threshold if math.isfinite(threshold) else str(threshold),
            }
        return found
