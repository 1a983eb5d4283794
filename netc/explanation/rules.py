"""Rules: what the roots of a circuit compute, equal ones merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from netc.aig import NONE
from netc.explanation.cone import Cone, cones_of
from netc.explanation.facts import Facts, facts_of
from netc.explanation.formula import TRUE, Formula
from netc.explanation.minimise import minimised
from netc.explanation.signals import Signals
from netc.explanation.structure import is_proved, structural
from netc.explanation.table import full, shrunk, variable
from netc.model import Model

__all__ = ["Neuron", "Root", "Rule", "rules_of"]


class Root(NamedTuple):
    """A place in `Aig.roots`: its position there, its kind and its name on the page."""

    position: int
    kind: str
    name: str


@dataclass(frozen=True)
class Neuron:
    """A trained neuron that computes a rule, or its complement."""

    layer: int
    index: int
    complemented: bool


@dataclass(frozen=True)
class Rule:
    """One function of the leaves, and every root that computes it on all inputs that can occur.

    `support` are the leaves in `formula`, whose variables are leaves too; without a formula all that the function
    depends on, or of a wide rule all in its cone. `table` is over `support`, `care` the patterns of it that can occur;
    both are None for wide rules, those whose cone has too many leaves or ANDs to simulate. `method` says what the
    formula was checked by: ``"simulation"`` of every pattern, ``"sat"``, or ``""`` without one. `ands` is the size of
    the cone and `width` what the cone reads, of the first root.
    """

    id: int
    roots: tuple[Root, ...]
    support: tuple[int, ...]
    width: int
    ands: int
    formula: Formula | None
    table: int | None
    care: int | None
    facts: Facts
    neurons: tuple[Neuron, ...]
    method: str

    @property
    def is_constant(self) -> bool:
        return self.facts.constant is not None


def rules_of(model: Model, roots: Sequence[Root], signals: Signals) -> list[Rule]:
    """The rules of these roots, in the order in which they first come."""
    literals = [int(model.logic.roots[root.position]) for root in roots]
    neurons = _neurons(model, literals)
    made: dict[int, Rule] = {}  # by literal
    found: dict[object, Rule] = {}  # by what tells rules apart
    for root, lit, cone in zip(roots, literals, cones_of(model.logic, literals), strict=True):
        rule = made[lit] if lit in made else _rule(cone, signals)
        made[lit] = rule
        known = rule.table is not None or rule.formula is not None
        key = (rule.support, rule.formula, rule.table if rule.formula is None else None) if known else lit
        first = found.get(key) or replace(rule, id=len(found))
        mine = (*first.neurons, *(neuron for neuron in neurons[lit] if neuron not in first.neurons))
        found[key] = replace(first, roots=(*first.roots, root), neurons=mine)
    return list(found.values())


def _rule(cone: Cone, signals: Signals) -> Rule:
    """A rule without roots and neurons."""
    width = len(cone.leaves)
    bare = Rule(-1, (), cone.leaves, width, cone.ands, None, None, None, Facts(), (), "")
    if not cone.has_table:
        formula = structural(cone)
        if formula is None or not is_proved(cone, formula):
            return bare
        named = formula.with_variables(cone.leaves)
        facts = Facts(constant=named == TRUE) if named.is_constant else Facts()
        return replace(bare, support=tuple(named.variables()), formula=named, facts=facts, method="sat")
    support, on = shrunk(cone.bits(), width)
    leaves = [cone.leaves[j] for j in support]
    care = signals.care(leaves)
    formula = minimised(on, care, len(leaves))
    if formula is not None:
        formula = formula.with_variables(leaves)
        leaves = formula.variables()
        place = {leaf: j for j, leaf in enumerate(leaves)}
        on = formula.table(lambda leaf: variable(place[leaf], len(leaves)), full(len(leaves)))
        care = signals.care(leaves)
    quantities = [signals.quantities[leaf] for leaf in leaves]
    facts = facts_of(on, care, len(leaves), quantities, function=on)
    return replace(
        bare,
        support=tuple(leaves),
        formula=formula,
        table=on,
        care=care,
        facts=facts,
        method="simulation",
    )


def _neurons(model: Model, literals: Sequence[int]) -> dict[int, tuple[Neuron, ...]]:
    """By literal: the trained neurons that became it or its complement."""
    made: dict[int, list[Neuron]] = {lit: [] for lit in literals}
    if model.trained is not None:
        nodes = np.unique(np.array(literals, np.int64) >> 1)
        # A neuron that is constant says nothing of where a constant rule came from.
        wanted = (model.origins != NONE) & np.isin(model.origins >> 1, nodes[nodes > 0])
        for neuron in np.flatnonzero(wanted).tolist():
            layer, index = model.trained.origin(neuron)
            lit = int(model.origins[neuron])
            for mine in (lit, lit ^ 1):
                if mine in made:
                    made[mine].append(Neuron(layer, index, mine != lit))
    return {lit: tuple(neurons) for lit, neurons in made.items()}
