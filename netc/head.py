"""How output bits become answers: integer votes, then the first largest class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError

__all__ = ["Head"]


@dataclass(frozen=True, eq=False)
class Head:
    """Scores are a sparse integer matrix times the output bits, plus offsets; the class is the first largest score.

    Class c sums ``weight[j] * bits[bit[j]]`` over ``start[c] <= j < start[c + 1]`` and adds ``offset[c]``.
    ``start`` is ``int64[classes + 1]``, ``bit`` ``uint32``, ``weight`` and ``offset`` ``int32``. Logits, as the
    trained network gives them, are ``(score + beta) / tau``; neither changes the class. `only_class` marks a head
    that only decodes a class from its bits: its scores rank the classes but are not the trained votes.
    """

    start: npt.NDArray[np.int64]
    bit: npt.NDArray[np.uint32]
    weight: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int32]
    tau: float = 1.0
    beta: float = 0.0
    only_class: bool = False

    def __post_init__(self) -> None:
        for name, dtype in (("start", np.int64), ("bit", np.uint32), ("weight", np.int32), ("offset", np.int32)):
            object.__setattr__(self, name, native.frozen(getattr(self, name), dtype))
        self.check()

    @classmethod
    def group_sum(cls, bits: int, classes: int, *, tau: float = 1.0, beta: float = 0.0) -> Head:
        """Class c counts the c-th of `classes` equal blocks of output bits."""
        if classes <= 0 or bits % classes:
            raise NetcError("", f"{bits} output bits do not divide into {classes} classes")
        return cls(
            np.arange(classes + 1) * (bits // classes),
            np.arange(bits, dtype=np.uint32),
            np.ones(bits, np.int32),
            np.zeros(classes, np.int32),
            tau,
            beta,
        )

    @classmethod
    def decoder(cls, bits: int, classes: int) -> Head:
        """Output bits are a class number in binary, bit 0 first: class c scores one for each bit that agrees with c."""
        agrees = np.arange(classes)[:, None] >> np.arange(bits) & 1
        return cls(
            np.arange(classes + 1) * bits,
            np.tile(np.arange(bits, dtype=np.uint32), classes),
            (2 * agrees - 1).reshape(-1).astype(np.int32),
            (1 - agrees).sum(axis=1).astype(np.int32),
            only_class=True,
        )

    @property
    def classes(self) -> int:
        return len(self.offset)

    def check(self) -> None:
        if len(self.start) != self.classes + 1 or self.start[0] != 0 or self.start[-1] != len(self.bit):
            raise NetcError("", "a head's rows do not cover its votes")
        if len(self.weight) != len(self.bit) or (np.diff(self.start) < 0).any():
            raise NetcError("", "a head's votes and weights do not match")
        if self.classes == 0:
            raise NetcError("", "a head needs at least one class")
        bound = int(np.abs(self.weight.astype(np.int64)).sum()) + int(np.abs(self.offset.astype(np.int64)).max())
        if bound >= 2**31:
            raise NetcError("", "a head's scores do not fit 32 bits")
        if not np.isfinite(self.tau) or self.tau <= 0:
            raise NetcError("", f"a head's tau is {self.tau}; it must be positive")

    def row(self, index: int) -> slice:
        return slice(int(self.start[index]), int(self.start[index + 1]))

    def bounds(self) -> list[tuple[int, int]]:
        """The least and the largest score of each class."""
        bounds = []
        for index in range(self.classes):
            weight = self.weight[self.row(index)].astype(np.int64)
            offset = int(self.offset[index])
            bounds.append((offset + int(weight[weight < 0].sum()), offset + int(weight[weight > 0].sum())))
        return bounds

    def scores(self, bits: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """``int32[n, classes]`` from ``[n, output bits]`` of 0 and 1.

        The definition that the engines are tested against.
        """
        scores = np.empty((len(bits), self.classes), np.int32)
        for index in range(self.classes):
            row = self.row(index)
            scores[:, index] = bits[:, self.bit[row]].astype(np.int32) @ self.weight[row] + self.offset[index]
        return scores

    def logits(
        self, scores: npt.NDArray[Any], *, out: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """The trained network's outputs, ``(score + beta) / tau`` in float32, as torch computes them.

        They are written to `out` if it is given, an array of the scores' shape.
        """
        logits = np.empty(scores.shape, np.float32) if out is None else out
        logits[...] = scores
        logits += np.float32(self.beta)
        logits /= np.float32(self.tau)
        return logits

    def _is_group_sum(self) -> bool:
        block = Head.group_sum(len(self.bit), self.classes) if len(self.bit) % self.classes == 0 else None
        return block is not None and all(
            np.array_equal(getattr(self, name), getattr(block, name)) for name in ("start", "bit", "weight", "offset")
        )

    def to_json(self) -> dict[str, Any]:
        scale = {"tau": self.tau, "beta": self.beta, "only_class": self.only_class}
        if self._is_group_sum():
            return {"kind": "group-sum", "bits": len(self.bit), "classes": self.classes, **scale}
        return {
            "kind": "votes",
            "start": self.start.tolist(),
            "bit": self.bit.tolist(),
            "weight": self.weight.tolist(),
            "offset": self.offset.tolist(),
            **scale,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Head:
        tau, beta = float(data["tau"]), float(data["beta"])
        if data["kind"] == "group-sum":
            made = cls.group_sum(int(data["bits"]), int(data["classes"]), tau=tau, beta=beta)
            return replace(made, only_class=bool(data.get("only_class", False)))
        types = {"start": np.int64, "bit": np.uint32, "weight": np.int32, "offset": np.int32}
        votes = {name: native.frozen(np.array(data[name], np.int64), dtype) for name, dtype in types.items()}
        return cls(**votes, tau=tau, beta=beta, only_class=bool(data.get("only_class", False)))
