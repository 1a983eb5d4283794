"""Whether a wiring that was drawn from a seed is the one a network was trained with: what labelled samples say.

A wrong wiring still classifies some samples right, often more than chance: it has the right gates in the right layers.
So the candidate is held against chance, against the next best, and against how wrong wirings scatter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SIGNIFICANCE", "Candidate", "Evidence", "binomial_tail", "gap_probability", "log_odds", "sign_test"]

SIGNIFICANCE = 0.01  # a recovery is claimed if accidents like it, among wrong wirings, are rarer than this
DISTINCT = 0.05  # and if the samples can tell it from the runner-up, at this level
TOP = 20  # candidates whose distances from each other say how wrong wirings scatter at the top


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """The probability of at least so many successes in so many independent trials."""
    if successes <= 0:
        return 1.0
    if successes > trials or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])  # of factorials
    k = np.arange(successes, trials + 1)
    terms = logs[trials] - logs[k] - logs[trials - k] + k * math.log(share) + (trials - k) * math.log1p(-share)
    return float(min(1.0, np.exp(terms).sum()))


def sign_test(better: npt.NDArray[np.bool_], worse: npt.NDArray[np.bool_]) -> float:
    """How often the first would win as many of the samples on which the two differ, were they equally good."""
    wins = int((better & ~worse).sum())
    losses = int((worse & ~better).sum())
    return binomial_tail(wins, wins + losses, 0.5)


def gap_probability(values: Sequence[float]) -> float:
    """How often the largest of like values would be as far above the next as it is here; `values` in falling order.

    The i-th distance between neighbours at the top, times i, is exponential, with the same mean for all i, where values
    have an exponential tail (Rényi 1953), as normal ones nearly do; from that follows the distribution of the ratio of
    the first to the sum of the others.
    """
    top = values[:TOP]
    gaps = [index * (above - below) for index, (above, below) in enumerate(pairwise(top), 1)]
    if len(gaps) < 2 or gaps[0] == 0:
        return 1.0
    others = sum(gaps[1:])
    return float((1 + gaps[0] / others) ** -(len(gaps) - 1)) if others else 0.0


def log_odds(correct: int, samples: int) -> float:
    """The scale on which shares scatter alike near one half and near one."""
    return math.log((correct + 0.5) / (samples - correct + 0.5))


@dataclass(frozen=True)
class Candidate:
    """A recipe, a seed, and how many samples the network classifies right with that wiring."""

    recipe: str
    seed: int
    correct: int


@dataclass(frozen=True)
class Evidence:
    """What labelled samples say about the best of the seeds that were asked for.

    `chance` is how many samples are of the most frequent class; `tried` counts the wirings asked for and `controls`
    others beside them, to see how wrong ones do. The probabilities are each that of an accident: that one network
    without knowledge is as good, that `best` and `runner_up` are equally good, and that the best of so many wrong
    wirings stands so far out. `rank` is how many controls are as good as the only seed that was asked for, else None.
    """

    samples: int
    chance: int
    tried: int
    controls: int
    best: Candidate
    runner_up: Candidate | None
    p_chance: float
    p_runner_up: float
    p_spread: float
    rank: int | None = None

    @property
    def doubts(self) -> list[str]:
        """Why the best is not to be called the right one; nothing if it is."""
        found = []
        if self.p_chance >= SIGNIFICANCE:
            found.append("it is not clearly better than chance")
        if self.rank is not None and self.p_spread >= SIGNIFICANCE:
            found.append(f"{self.rank:,} of {self.controls:,} other seeds are as good or better")
        if self.rank is None and self.p_runner_up >= DISTINCT:
            found.append("the samples do not tell it from the runner-up")
        if self.rank is None and self.p_spread >= SIGNIFICANCE:
            found.append("it is no farther above the others than the best of wrong seeds may be")
        return found

    @property
    def supported(self) -> bool:
        return not self.doubts

    def lines(self) -> list[str]:
        """For a person: the best, the runner-up, chance, and how sure that is."""

        def share(correct: int) -> str:
            return f"{100 * correct / self.samples:6.2f} % right"

        rows = [f"seed {self.best.seed:<12}{share(self.best.correct)}   {self.best.recipe}"]
        if self.runner_up is not None:
            name = "best other" if self.rank is not None else f"seed {self.runner_up.seed}"
            rows.append(f"{name:<17}{share(self.runner_up.correct)}   {self.runner_up.recipe}")
        rows.append(f"{'chance':<17}{share(self.chance)}   always the most frequent class")
        rows.append(
            f"{self.samples:,} samples; {self.tried:,} wirings asked for, {self.controls:,} others for comparison; "
            f"an accident: {self.p_chance:.1g} against chance, "
            + (f"{self.p_runner_up:.1g} against the runner-up, " if self.rank is None else "")
            + f"{self.p_spread:.1g} among wrong wirings"
        )
        return rows

    def to_json(self) -> dict[str, Any]:
        def shown(candidate: Candidate | None) -> dict[str, Any] | None:
            if candidate is None:
                return None
            accuracy = candidate.correct / self.samples
            return {"recipe": candidate.recipe, "seed": candidate.seed, "accuracy": accuracy}

        return {
            "samples": self.samples,
            "tried": self.tried,
            "controls": self.controls,
            "best": shown(self.best),
            "runner_up": shown(self.runner_up),
            "chance": self.chance / self.samples,
            "p_chance": self.p_chance,
            "p_runner_up": self.p_runner_up,
            "p_spread": self.p_spread,
            "supported": self.supported,
            "doubts": self.doubts,
        }
