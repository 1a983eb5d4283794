"""The votes of a classifier, counted by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netc.explanation.rules import Rule
from netc.head import Head
from netc.model import Model

__all__ = ["Ballot", "ballots_of"]


@dataclass(frozen=True)
class Ballot:
    """A class scores `offset` and, for each (rule, weight) of `votes`, the weight where the rule is true.

    Votes come heaviest first. Every rule stands there at most once, and not together with its complement.
    """

    name: str
    offset: int
    votes: tuple[tuple[int, int], ...]

    @property
    def least(self) -> int:
        return self.offset + sum(weight for _, weight in self.votes if weight < 0)

    @property
    def most(self) -> int:
        return self.offset + sum(weight for _, weight in self.votes if weight > 0)


def ballots_of(model: Model, head: Head, rules: Sequence[Rule]) -> list[Ballot]:
    """One ballot a class, of a model whose outputs all are in `rules`."""
    rule_of = {root.position: rule for rule in rules for root in rule.roots if root.kind == "output"}
    complements = _complements(rules)
    made = []
    for index in range(head.classes):
        offset = int(head.offset[index])
        weights: dict[int, int] = {}
        row = head.row(index)
        for bit, weight in zip(head.bit[row].tolist(), head.weight[row].tolist(), strict=True):
            rule = rule_of[bit]
            if rule.is_constant:
                offset += weight * bool(rule.facts.constant)
            elif complements.get(rule.id) in weights:  # w for not f is w, and -w for f
                offset += weight
                weights[complements[rule.id]] -= weight
            else:
                weights[rule.id] = weights.get(rule.id, 0) + weight
        votes = sorted(((rule, weight) for rule, weight in weights.items() if weight), key=lambda vote: -vote[1])
        name = model.class_names[index] if model.class_names else str(index)
        made.append(Ballot(name, offset, tuple(votes)))
    return made


def _complements(rules: Sequence[Rule]) -> dict[int, int]:
    """Rules whose complement is a rule, too: where the tables over the same leaves are."""
    tables = [
        (rule, rule.table & rule.care, rule.care)
        for rule in rules
        if rule.table is not None and rule.care is not None and not rule.is_constant
    ]
    by_table = {(rule.support, on): rule.id for rule, on, _ in tables}
    found = {}
    for rule, on, care in tables:
        other = by_table.get((rule.support, care & ~on))
        if other is not None:
            found[rule.id] = other
    return found
