"""What can be said of a rule beside its formula, each fact decided on its whole table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from netc.explanation.table import cofactors, full, variable
from netc.explanation.threshold import Threshold, threshold_of

__all__ = ["Facts", "Symmetric", "facts_of", "unate"]

# A symmetry that holds only where other variables are fixed is told of so many literals, and so many others.
_LEAST_EXCHANGED, _MOST_FIXED = 3, 3


@dataclass(frozen=True)
class Symmetric:
    """Of `literals`, (variable, complemented), only the number that is true matters, given the variables `rest`.

    ``counts[e]`` are the numbers for which the rule is true where rest[i] is bit i of e.
    """

    literals: tuple[tuple[int, bool], ...]
    rest: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def parity(self) -> bool:
        """Whether it tells odd from even, and nothing else."""
        if self.rest:
            return False
        (counts,) = self.counts
        steps = {later - earlier for earlier, later in pairwise(counts)}
        return steps <= {2} and counts[0] < 2 and counts[-1] > len(self.literals) - 2


@dataclass(frozen=True)
class Facts:
    """`constant` is the value that the rule has on every possible input; else None.

    `increasing` and `decreasing` name quantities (features, or single bits): raising one, all else fixed, never turns
    the rule off, or never on. The two others are about the rule as a function of the variables in its table:
    `symmetric` in all of them, or in at least three when at most three others are fixed; or a `threshold` function.
    None means for `symmetric` that it is not, for `threshold` that no weights were found.
    """

    constant: bool | None = None
    increasing: tuple[str, ...] = ()
    decreasing: tuple[str, ...] = ()
    symmetric: Symmetric | None = None
    threshold: Threshold | None = None

    def to_json(self) -> dict[str, Any]:
        symmetric = self.symmetric
        return {
            "constant": self.constant,
            "increasing": list(self.increasing),
            "decreasing": list(self.decreasing),
            "parity": symmetric is not None and symmetric.parity,
            "symmetric": None
            if symmetric is None
            else {
                "literals": [list(lit) for lit in symmetric.literals],
                "rest": list(symmetric.rest),
                "counts": [list(counts) for counts in symmetric.counts],
            },
            "threshold": None
            if self.threshold is None
            else {
                "weights": [[variable, weight] for variable, weight in self.threshold.weights],
                "at_least": self.threshold.at_least,
            },
        }


def facts_of(on: int, care: int, k: int, quantities: Sequence[str], *, function: int) -> Facts:
    """All facts of a rule whose table is `on` where `care` is 1, and which is printed as `function`.

    `quantities` says what each variable tells of.
    """
    if not on & care or not ~on & care:
        return Facts(constant=bool(on & care))
    rising, falling = unate(on, care, k, quantities)
    return Facts(
        increasing=tuple(rising),
        decreasing=tuple(falling),
        symmetric=_symmetric(function, k),
        threshold=threshold_of(function, k),
    )


def unate(on: int, care: int, k: int, quantities: Sequence[str]) -> tuple[list[str], list[str]]:
    """The quantities in which the rule is increasing, and those in which it is decreasing, in order of their names'
    first variable. Two patterns that differ in one variable count where both can occur.
    """
    rises: dict[str, bool] = {}
    falls: dict[str, bool] = {}
    for j, quantity in enumerate(quantities):
        (on0, on1), (care0, care1) = cofactors(on, j, k), cofactors(care, j, k)
        rises[quantity] = rises.get(quantity, False) or bool(on1 & ~on0 & care0 & care1)
        falls[quantity] = falls.get(quantity, False) or bool(on0 & ~on1 & care0 & care1)
    increasing = [quantity for quantity in rises if rises[quantity] and not falls[quantity]]
    return increasing, [quantity for quantity in rises if falls[quantity] and not rises[quantity]]


def _symmetric(table: int, k: int) -> Symmetric | None:
    """The largest set of literals that may be exchanged, if little else is left; None if there is nothing to exchange.

    Exchanging literals is an equivalence: it is enough to compare each variable with the first of a set.
    """
    groups: list[list[tuple[int, bool]]] = []
    for j in range(k):
        for group in groups:
            low, high = cofactors(table, group[0][0], k)
            (f00, f01), (f10, f11) = cofactors(low, j, k), cofactors(high, j, k)
            if f01 == f10 or f00 == f11:
                group.append((j, f01 != f10))
                break
        else:
            groups.append([(j, False)])
    literals = max(groups, key=len, default=[])
    rest = sorted(set(range(k)) - {j for j, _ in literals})
    if len(literals) < (_LEAST_EXCHANGED if rest else 2) or len(rest) > _MOST_FIXED:
        return None
    cases = []
    for case in range(1 << len(rest)):
        fixed = table
        for place, j in enumerate(rest):
            fixed = cofactors(fixed, j, k)[case >> place & 1]
        cases.append(_counts(fixed, literals, k))
    found = tuple(counts for counts in cases if counts is not None)
    return Symmetric(tuple(literals), tuple(rest), found) if len(found) == len(cases) else None


def _counts(table: int, literals: Sequence[tuple[int, bool]], k: int) -> tuple[int, ...] | None:
    """The numbers of true literals for which the function is true, if it depends on that number alone."""
    exactly = [full(k), *(0 for _ in range(k))]  # patterns where so many of the literals seen so far are true
    for j, complemented in literals:
        holds = variable(j, k) ^ (full(k) if complemented else 0)
        exactly = [
            exactly[count] & ~holds | (exactly[count - 1] & holds if count else 0) for count in range(len(exactly))
        ]
    counts = [count for count, where in enumerate(exactly) if table & where]
    return tuple(counts) if all(not where & ~table for where in (exactly[count] for count in counts)) else None
