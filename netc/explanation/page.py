"""An explanation as one page of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netc.explanation.facts import Symmetric
from netc.explanation.rules import Rule
from netc.explanation.signals import shown_name
from netc.explanation.threshold import Threshold
from netc.explanation.words import counted

if TYPE_CHECKING:
    from netc.explanation.explanation import Explanation

__all__ = ["page", "table_text"]

_MOST_TABLE = 6  # variables of a table on the page: 64 digits
_MOST_LISTED = 12  # names in a line


def page(explanation: Explanation, details: int) -> Iterator[str]:
    """The lines: what it is, the ballots, the rules, what is left out and how the rest was checked."""
    classifier = bool(explanation.ballots)
    yield _title(explanation)
    if classifier:
        yield "A class scores the sum of the weights of its true rules; the first with the largest score is the answer."
        yield from _ballots(explanation)
        if details:
            yield ""
            yield "rules"
        shown = [rule for rule in explanation.rules if not rule.is_constant]
        for rule in shown[:details]:
            yield ""
            yield f"r{rule.id}: {_formula(explanation, rule)}"
            yield from _details(explanation, rule)
    else:
        shown = list(explanation.rules)
        for index, rule in enumerate(shown):
            yield ""
            for root in rule.roots:
                yield f"{root.name} = {_formula(explanation, rule)}"
            if index < details:
                yield from _details(explanation, rule)
    yield ""
    left_out = explanation.left_out()
    if len(shown) > details:
        left_out.insert(
            0, f"tables, facts and neurons of {counted(len(shown) - details, 'rule')} (--details, --output, --json)"
        )
    longer = sum(_has_long_table(rule) for rule in shown[:details])
    if longer:
        left_out.insert(0, f"{counted(longer, 'table')} of more than {_MOST_TABLE} inputs")
    yield f"left_out: {'; '.join(left_out)}"
    yield f"checked: {_checked(explanation)}"


def _title(explanation: Explanation) -> str:
    model = explanation.model
    ports = model.logic.ports
    parts = [
        (model.encoder.features if model.encoder is not None else 0, "feature"),
        (ports.inputs, "input" if model.encoder is None else "comparison"),
        (ports.latches, "latch"),
        (model.trained.num_neurons if model.trained is not None else 0, "trained neuron"),
        (ports.outputs, "output"),
        (sum(not rule.is_constant for rule in explanation.rules), "rule"),
        (len(explanation.ballots), "class"),
    ]
    return f"{shown_name(model.name)}: {', '.join(counted(number, what) for number, what in parts if number)}"


def _ballots(explanation: Explanation) -> Iterator[str]:
    rules = {rule.id: rule for rule in explanation.rules}
    for ballot in explanation.ballots:
        yield ""
        yield f"class {shown_name(ballot.name)}, scores {ballot.least} to {ballot.most}"
        if ballot.offset:
            yield f"  {ballot.offset:+d}  always"
        for rule_id, weight in ballot.votes:
            yield f"  {weight:+d}  r{rule_id}: {_formula(explanation, rules[rule_id])}"


def _formula(explanation: Explanation, rule: Rule) -> str:
    if rule.formula is not None:
        return rule.formula.text(explanation.signals.literal)
    return f"? (reads {rule.width:,} inputs, {rule.ands:,} ANDs)"


def _details(explanation: Explanation, rule: Rule) -> Iterator[str]:
    signals = explanation.signals
    where = [root.name for root in rule.roots]
    if explanation.model.head is not None:
        yield f"    outputs  {_listed(where)}"
    votes = _votes(explanation, rule)
    if votes:
        yield f"    votes    {_listed(votes)}"
    cone = f"{counted(rule.width, 'input')}, " if rule.width != len(rule.support) else ""
    yield f"    support  {counted(len(rule.support), 'input')}, of a cone of {cone}{counted(rule.ands, 'AND')}"
    if rule.table is not None and rule.care is not None and 1 <= len(rule.support) <= _MOST_TABLE:
        over = ", ".join(signals.leaves[leaf] for leaf in rule.support)
        yield f"    table    {table_text(rule.table, rule.care, len(rule.support))} over {over}"
    facts = _facts(explanation, rule)
    if facts:
        yield f"    facts    {'; '.join(facts)}"
    if rule.neurons:
        shown = [f"{'~' if neuron.complemented else ''}{neuron.layer}:{neuron.index}" for neuron in rule.neurons]
        yield f"    neurons  {_listed(shown)}"


def _votes(explanation: Explanation, rule: Rule) -> list[str]:
    """What the rule counts for which class: as its ballots have it, or where outputs were picked, by these outputs."""
    model, head = explanation.model, explanation.model.head
    if head is None:
        return []
    if explanation.ballots:
        found = [
            (ballot.name, weight) for ballot in explanation.ballots for id_, weight in ballot.votes if id_ == rule.id
        ]
    else:
        bits = [root.position for root in rule.roots if root.kind == "output"]
        names = model.class_names or tuple(map(str, range(head.classes)))
        rows = [head.row(index) for index in range(head.classes)]
        sums = [int(head.weight[row][np.isin(head.bit[row], bits)].sum()) for row in rows]
        found = [(name, weight) for name, weight in zip(names, sums, strict=True) if weight]
    return [f"{weight:+d} for {shown_name(name)}" for name, weight in found]


def table_text(table: int, care: int, k: int) -> str:
    """A digit a pattern, the first variable changing fastest; ``-`` where a pattern cannot occur."""
    return "".join(str(table >> row & 1) if care >> row & 1 else "-" for row in range(1 << k))


def _facts(explanation: Explanation, rule: Rule) -> list[str]:
    facts, formula = rule.facts, rule.formula
    if facts.constant is not None:
        return [f"always {int(facts.constant)}"]
    told = []
    # A single AND or OR of literals shows by itself that it is symmetric and a threshold function.
    obvious = formula is not None and formula.op in "v&|" and all(part.op == "v" for part in formula.parts)
    once = formula is not None and len(formula.literals()) == len(rule.support)
    if facts.symmetric is not None and not obvious and not (once and facts.symmetric.rest):
        told.append(_symmetric(explanation, rule, facts.symmetric))
    elif facts.threshold is not None and not obvious:
        told.append(f"threshold: {_threshold(explanation, rule, facts.threshold)}")
    for what, names in (("increasing in", facts.increasing), ("decreasing in", facts.decreasing)):
        if names:
            told.append(f"{what} {_listed(names)}")
    return told


def _symmetric(explanation: Explanation, rule: Rule, symmetric: Symmetric) -> str:
    """``symmetric: at least 2 of a, b, c``; or, d being fixed, ``symmetric in a, b, c: exactly 1 where d, …``."""
    literal, most = explanation.signals.literal, len(symmetric.literals)
    literals = ", ".join(literal(rule.support[j], complemented) for j, complemented in symmetric.literals)
    if not symmetric.rest:
        what = "parity" if symmetric.parity else "symmetric"
        return f"{what}: {_counts(symmetric.counts[0], most)} of {literals}"
    cases: dict[tuple[int, ...], list[str]] = {}
    for case, counts in enumerate(symmetric.counts):
        fixed = [literal(rule.support[j], not case >> place & 1) for place, j in enumerate(symmetric.rest)]
        cases.setdefault(counts, []).append(" & ".join(fixed))
    told = [f"{_counts(counts, most)} where {' or '.join(fixed)}" for counts, fixed in cases.items()]
    return f"symmetric in {literals}: {', '.join(told)}"


def _counts(counts: Sequence[int], most: int) -> str:
    if not counts or len(counts) == most + 1:
        return "any number" if counts else "none"
    if len(counts) > 1 and list(counts) == list(range(counts[0], most + 1)):
        return f"at least {counts[0]}"
    if len(counts) > 1 and list(counts) == list(range(counts[-1] + 1)):
        return f"at most {counts[-1]}"
    return f"exactly {' or '.join(map(str, counts))}"


def _threshold(explanation: Explanation, rule: Rule, threshold: Threshold) -> str:
    """As a sum of literals with positive weights."""
    terms, bound = [], threshold.at_least
    for j, weight in threshold.weights:
        factor = "" if abs(weight) == 1 else f"{abs(weight)} "
        terms.append(f"{factor}[{explanation.signals.literal(rule.support[j], weight < 0)}]")
        bound -= min(weight, 0)
    return f"{' + '.join(terms)} >= {bound}"


def _has_long_table(rule: Rule) -> bool:
    return rule.table is not None and len(rule.support) > _MOST_TABLE


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_LISTED])} and {more:,} more"


def _checked(explanation: Explanation) -> str:
    simulated = sum(rule.method == "simulation" for rule in explanation.rules)
    proved = sum(rule.method == "sat" for rule in explanation.rules)
    parts = [f"{counted(simulated, 'rule')}, each on every pattern of its inputs"] if simulated else []
    parts += [f"{counted(proved, 'rule')} by SAT"] if proved else []
    parts += ["scores on 1,024 random inputs"] if explanation.ballots else []
    parts += ["patterns that no features give do not count"] if explanation.model.encoder is not None else []
    return "; ".join(parts) or "nothing to check"
