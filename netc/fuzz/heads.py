"""Random heads, and their votes counted one by one."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from netc.head import Head

__all__ = ["random_head", "reference_scores"]


def random_head(seed: int, bits: int) -> Head:
    """Some classes over some of the bits: repeated bits, weights of both signs, empty classes, offsets."""
    chosen = random.Random(seed)
    if chosen.random() < 0.3:
        classes = chosen.choice([count for count in range(1, min(bits, 12) + 1) if bits % count == 0])
        return Head.group_sum(bits, classes)
    classes = chosen.randrange(1, 6)
    sizes = [chosen.randrange(0, 9) for _ in range(classes)]
    count = sum(sizes)
    return Head(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([chosen.randrange(bits) for _ in range(count)], np.int64),
        np.array([chosen.randint(-4, 4) for _ in range(count)], np.int64),
        np.array([chosen.randint(-9, 9) for _ in range(classes)], np.int64),
    )


def reference_scores(head: Head | None, bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """``int64[samples, classes]`` from ``bool[samples, outputs]``."""
    assert head is not None
    scores = np.zeros((len(bits), head.classes), np.int64)
    for c in range(head.classes):
        scores[:, c] = int(head.offset[c])
        for j in range(int(head.start[c]), int(head.start[c + 1])):
            scores[:, c] += int(head.weight[j]) * bits[:, int(head.bit[j])]
    return scores
