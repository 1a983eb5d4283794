"""A network of difflogic's layout whose wiring is lost, and labelled samples of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helpers_checkpoints as files
import numpy as np
import numpy.typing as npt

from netc.recipes import RECIPES, draw

Array = npt.NDArray[Any]


def gates(seed: int, widths: list[int]) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((width, 16)).astype(np.float32) for width in widths[1:]]


def saved(path: Path, logits: list[Array], **beside: Any) -> Path:
    """A state_dict of difflogic: gates, and no wiring."""
    file = files.File()
    state = {f"{index}.weights": file.tensor(rows) for index, rows in enumerate(logits, 1)}
    path.write_bytes(file.zipped({"state_dict": files.ordered(state), **beside} if beside else files.ordered(state)))
    return path


def classified(logits: list[Array], recipe: str, seed: int, x: Array, classes: int) -> Array:
    """What the network says, by brute force."""
    pairs = draw(RECIPES[recipe], seed, [x.shape[1], *map(len, logits)])
    bits = files.evaluate([rows.argmax(1) for rows in logits], pairs, x)
    return bits.reshape(len(x), classes, -1).sum(2).argmax(1)


def noisy(labels: Array, classes: int, share: float = 0.1) -> Array:
    rng = np.random.default_rng(9)
    return np.where(rng.random(len(labels)) < share, rng.integers(0, classes, len(labels)), labels)


WIDTHS = [16, 48, 64, 40]
LOGITS = gates(1, WIDTHS)
X = np.random.default_rng(2).random((300, 16)) < 0.5
LABELS = noisy(classified(LOGITS, "difflogic-mnist", 77, X, 5), 5)
