"""Threshold functions: whether a weighted sum of the inputs against a bound gives the function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netc.explanation.table import cofactors, full

__all__ = ["MOST_VARIABLES", "Threshold", "threshold_of"]

MOST_VARIABLES = 8  # of a function that weights are sought for
_ROUNDS = 500


@dataclass(frozen=True)
class Threshold:
    """True where the weights of the true variables add up to at least `at_least`."""

    weights: tuple[tuple[int, int], ...]
    at_least: int


def threshold_of(table: int, k: int) -> Threshold | None:
    """Small integer weights, all variables positive as they stand; None if none were found.

    Functions of up to `MOST_VARIABLES` variables that are 2-monotonic, as every threshold function is, are given to a
    perceptron on pairs of a true and a false point; what it finds is checked on every pattern. Failing is no proof that
    there are none.
    """
    if not 1 <= k <= MOST_VARIABLES or not _two_monotonic(table, k):
        return None
    patterns = (np.arange(1 << k)[:, None] >> np.arange(k) & 1).astype(np.int64)
    truth = np.array([table >> row & 1 for row in range(1 << k)], np.bool_)
    true, false = patterns[truth], patterns[~truth]
    weights = np.zeros(k, np.int64)
    for _ in range(_ROUNDS):
        sums_true, sums_false = true @ weights, false @ weights
        worst, best = int(sums_true.argmin()), int(sums_false.argmax())
        if sums_true[worst] > sums_false[best]:
            weights = _reduced(weights, true, false)
            bound = int((true @ weights).min())
            return Threshold(tuple((j, weight) for j, weight in enumerate(weights.tolist()) if weight), bound)
        weights = weights + true[worst] - false[best]
    return None


def _reduced(
    weights: npt.NDArray[np.int64], true: npt.NDArray[np.int64], false: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Weights made smaller one by one, as long as they still tell true from false points."""
    again = True
    while again:
        again = False
        for j in range(len(weights)):
            smaller = weights.copy()
            smaller[j] -= np.sign(weights[j])
            if weights[j] and (true @ smaller).min() > (false @ smaller).max():
                weights, again = smaller, True
    return weights


def _two_monotonic(table: int, k: int) -> bool:
    """Unate, and any two variables, turned to be increasing, can be ordered by their influence."""
    ones = full(k)
    for j in range(k):
        low, high = cofactors(table, j, k)
        if low & ~high & ones and high & ~low & ones:
            return False
    for i in range(k):
        low, high = cofactors(table, i, k)
        for j in range(i + 1, k):
            (f00, f01), (f10, f11) = cofactors(low, j, k), cofactors(high, j, k)
            # Equal signs compare (1, 0) with (0, 1), opposite ones (1, 1) with (0, 0): one of the two pairs is ordered.
            if (f10 & ~f01 and f01 & ~f10) and (f11 & ~f00 and f00 & ~f11):
                return False
    return True
