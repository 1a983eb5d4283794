"""Every statement of an explanation against the circuit, by definitions and not by how it was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from netc.aig import NONE
from netc.encoder import Encoder
from netc.errors import InternalError
from netc.explanation.ballot import Ballot
from netc.explanation.cone import Cone, cone_of
from netc.explanation.rules import Rule
from netc.explanation.signals import Signals
from netc.explanation.structure import is_proved
from netc.explanation.table import from_bits, full, variable
from netc.head import Head
from netc.model import Model
from netc.simulation import simulate

__all__ = ["check_ballots", "check_rule"]

_SAMPLES = 1024  # inputs on which scores are compared
_MOST_ANDS = 4096  # of a cone whose table is computed a second way

Bits = npt.NDArray[np.bool_]


def check_rule(model: Model, signals: Signals, rule: Rule) -> None:
    """Raise `InternalError` unless all roots compute the rule on what can occur, and its facts and neurons are true."""
    told = rule.formula is not None or rule.table is not None  # else nothing is said but its size
    for root in rule.roots if told else ():
        cone = cone_of(model.logic, int(model.logic.roots[root.position]))
        if not _computes(cone, rule, signals):
            raise InternalError(f"{root.name} is not what its rule says")
    if rule.table is not None and rule.care is not None:
        _check_facts(rule, signals)
    _check_neurons(model, rule)


def _computes(cone: Cone, rule: Rule, signals: Signals) -> bool:
    k = len(cone.leaves)
    place = {leaf: j for j, leaf in enumerate(cone.leaves)}
    if rule.formula is not None and not set(rule.formula.variables()) <= set(cone.leaves):
        return False
    if not cone.has_table:
        if rule.formula is None:
            return False
        names = [place.get(leaf, 0) for leaf in range(max(cone.leaves) + 1)]
        return is_proved(cone, rule.formula.with_variables(names))
    said = None
    if rule.formula is not None:
        said = rule.formula.table(lambda leaf: variable(place[leaf], k), full(k))
    elif rule.table is not None:
        row = np.zeros(1 << k, np.int64)
        for j, leaf in enumerate(rule.support):
            row |= (np.arange(1 << k) >> place[leaf] & 1) << j
        said = from_bits(np.array([rule.table >> int(entry) & 1 for entry in row], np.bool_))
    table = cone.table() if cone.ands <= _MOST_ANDS else from_bits(cone.bits())
    return said is not None and not (said ^ table) & signals.care(cone.leaves)


def _check_facts(rule: Rule, signals: Signals) -> None:
    assert rule.table is not None
    assert rule.care is not None
    facts, k = rule.facts, len(rule.support)
    patterns = (np.arange(1 << k)[:, None] >> np.arange(k) & 1).astype(np.bool_)
    true, possible = _unpacked(rule.table, k), _unpacked(rule.care, k)
    if facts.constant is not None and not (true[possible] == facts.constant).all():
        raise InternalError(f"rule {rule.id} is not constant")
    for names, before, after in ((facts.increasing, True, False), (facts.decreasing, False, True)):
        for j, leaf in enumerate(rule.support):
            if signals.quantities[leaf] not in names:
                continue
            low = np.flatnonzero(~patterns[:, j])
            high = low | 1 << j
            wrong = possible[low] & possible[high] & (true[low] == before) & (true[high] == after)
            if wrong.any():
                raise InternalError(f"rule {rule.id} is not monotone in {signals.quantities[leaf]}")
    if facts.symmetric is not None:
        held = sum((patterns[:, j] ^ complemented).astype(np.int64) for j, complemented in facts.symmetric.literals)
        case = sum(patterns[:, j].astype(np.int64) << place for place, j in enumerate(facts.symmetric.rest))
        said = [held_ in facts.symmetric.counts[case_] for held_, case_ in np.broadcast(held, case)]
        if not np.array_equal(said, true):
            raise InternalError(f"rule {rule.id} is not symmetric")
    if facts.threshold is not None:
        sums = sum(weight * patterns[:, j].astype(np.int64) for j, weight in facts.threshold.weights)
        if not np.array_equal(sums >= facts.threshold.at_least, true):
            raise InternalError(f"rule {rule.id} is not the threshold function said")


def _unpacked(table: int, k: int) -> Bits:
    data = np.frombuffer(table.to_bytes(max(1, (1 << k) // 8), "little"), np.uint8)
    return np.unpackbits(data, count=1 << k, bitorder="little").view(np.bool_)


def _check_neurons(model: Model, rule: Rule) -> None:
    trained = model.trained
    if trained is None:
        return
    literals = {int(model.logic.roots[root.position]) for root in rule.roots}
    for neuron in rule.neurons:
        origin = int(model.origins[trained.first_neuron[neuron.layer] + neuron.index])
        if origin == NONE or origin ^ neuron.complemented not in literals:
            raise InternalError(f"rule {rule.id} does not come from neuron {neuron.layer}:{neuron.index}")


def check_ballots(model: Model, head: Head, rules: Sequence[Rule], ballots: Sequence[Ballot]) -> None:
    """Raise `InternalError` unless the ballots give the head's scores on random inputs."""
    random = np.random.default_rng(0)
    leaves = random.integers(0, 2, (_SAMPLES, model.logic.ports.leaves)).astype(np.bool_)
    if model.encoder is not None:
        leaves[:, : model.encoder.bits] = _encoded(model.encoder, random)
    outputs = simulate(model.logic, leaves)
    columns = [from_bits(leaves[:, leaf]) for leaf in range(leaves.shape[1])]
    ones = (1 << _SAMPLES) - 1
    values = np.zeros((len(rules), _SAMPLES), np.int64)
    for rule in rules:
        if rule.formula is None:
            values[rule.id] = outputs[:, rule.roots[0].position]
        else:
            table = rule.formula.table(lambda leaf: columns[leaf], ones)
            values[rule.id] = np.unpackbits(
                np.frombuffer(table.to_bytes(_SAMPLES // 8, "little"), np.uint8), bitorder="little"
            )
    scores = head.scores(outputs[:, : model.logic.ports.outputs])
    for index, ballot in enumerate(ballots):
        counted = np.full(_SAMPLES, ballot.offset)
        for rule_id, weight in ballot.votes:
            counted += weight * values[rule_id]
        if not np.array_equal(counted, scores[:, index]):
            raise InternalError(f"the ballot of class {ballot.name} is not its score")


def _encoded(encoder: Encoder, random: np.random.Generator) -> Bits:
    """Bits of features that are each at, above or below one of their thresholds."""
    x = np.zeros((_SAMPLES, encoder.features))
    for feature in range(encoder.features):
        thresholds = encoder.threshold[encoder.feature == feature]
        finite = thresholds[np.isfinite(thresholds)]
        if len(finite):
            near = np.concatenate([finite, np.nextafter(finite, -np.inf), np.nextafter(finite, np.inf)])
            x[:, feature] = random.choice(near, _SAMPLES)
    return encoder.encode(x)
