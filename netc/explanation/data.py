"""An explanation as plain data, for `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.explanation.page import table_text
from netc.explanation.rules import Rule
from netc.explanation.words import counted

if TYPE_CHECKING:
    from netc.explanation.explanation import Explanation

__all__ = ["data"]

_MOST_TABLE = 10  # variables of a table: 1,024 digits


def data(explanation: Explanation) -> dict[str, Any]:
    """Leaves, classes, rules and what is left out; a rule is referred to by its place in ``rules``."""
    model = explanation.model
    used = sorted({leaf for rule in explanation.rules for leaf in rule.support})
    left_out = explanation.left_out()
    longer = sum(rule.table is not None and len(rule.support) > _MOST_TABLE for rule in explanation.rules)
    if longer:
        left_out.insert(0, f"{counted(longer, 'table')} of more than {_MOST_TABLE} inputs")
    return {
        "name": model.name,
        "circuit": {
            "inputs": model.logic.ports.inputs,
            "latches": model.logic.ports.latches,
            "outputs": model.logic.ports.outputs,
            "ands": model.logic.num_ands,
        },
        "leaves": [explanation.signals.to_json(leaf) for leaf in used],
        "classes": [
            {"name": ballot.name, "offset": ballot.offset, "votes": [list(vote) for vote in ballot.votes]}
            for ballot in explanation.ballots
        ],
        "rules": [_rule(explanation, rule) for rule in explanation.rules],
        "left_out": left_out,
    }


def _rule(explanation: Explanation, rule: Rule) -> dict[str, Any]:
    table = None
    if rule.table is not None and rule.care is not None and len(rule.support) <= _MOST_TABLE:
        table = table_text(rule.table, rule.care, len(rule.support))
    return {
        "id": rule.id,
        "roots": [{"kind": root.kind, "name": root.name} for root in rule.roots],
        "formula": None if rule.formula is None else rule.formula.text(explanation.signals.literal),
        "support": list(rule.support),
        "cone": {"inputs": rule.width, "ands": rule.ands},
        "table": table,
        "facts": rule.facts.to_json(),
        "neurons": [[neuron.layer, neuron.index, neuron.complemented] for neuron in rule.neurons],
        "checked": rule.method or None,
    }
