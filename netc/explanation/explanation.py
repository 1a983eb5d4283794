"""What `netc explain` knows of a model: rules, votes, facts, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from netc.aig import Aig
from netc.errors import NetcError
from netc.explanation import checks
from netc.explanation.ballot import Ballot, ballots_of
from netc.explanation.rules import Root, Rule, rules_of
from netc.explanation.signals import Signals, shown_name
from netc.explanation.table import MAX_SUPPORT
from netc.explanation.threshold import MOST_VARIABLES
from netc.explanation.words import counted
from netc.model import Model
from netc.names import port_names
from netc.ports import ROOT_KINDS, Ports

__all__ = ["Explanation", "explain"]

# How many roots are explained when none are picked; of a large graph fewer, for each may have to be marked in it all.
_MOST_ROOTS = 20_000
_MOST_MARKED = 1 << 33  # ANDs


@dataclass(frozen=True, eq=False)
class Explanation:
    """The rules of a model's roots, and for a classifier one ballot a class; without ballots where roots were picked.

    ``str(explanation)`` is the page, `to_json` the same as plain data. `left_out` says in sentences what it does not
    tell. Every statement was checked when it was made; `check` does it again.
    """

    model: Model
    signals: Signals
    roots: tuple[Root, ...]
    rules: tuple[Rule, ...]
    ballots: tuple[Ballot, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, *, details: int = 100) -> Iterator[str]:
        """The page; only the first `details` rules get tables, facts and neurons."""
        from netc.explanation.page import page

        return page(self, details)

    def to_json(self) -> dict[str, Any]:
        """Rules, ballots, inputs and what is left out as plain data; rules and leaves are referred to by number."""
        from netc.explanation.data import data

        return data(self)

    def check(self) -> None:
        """Raise `InternalError` unless every rule, fact, neuron and ballot is what the model computes."""
        for rule in self.rules:
            checks.check_rule(self.model, self.signals, rule)
        if self.ballots and self.model.head is not None:
            checks.check_ballots(self.model, self.model.head, self.rules, self.ballots)

    def left_out(self) -> list[str]:
        """What nothing here tells."""
        told = []
        missing = self.model.logic.ports.num_roots - len(self.roots)
        if missing:
            told.append(f"{missing:,} of the circuit's {self.model.logic.ports.num_roots:,} outputs and next states")
        unread = [rule for rule in self.rules if rule.formula is None]
        wide = sum(rule.table is None for rule in unread)
        if wide:
            told.append(
                f"the formulas of {counted(wide, 'rule')} with more than {MAX_SUPPORT} inputs, or too large to simulate"
            )
        if len(unread) > wide:
            told.append(f"the formulas of {counted(len(unread) - wide, 'rule')} with too many products")
        proved = sum(rule.method == "sat" for rule in self.rules)
        if proved:
            told.append(f"facts and shortest formulas of {counted(proved, 'rule')} with more than {MAX_SUPPORT} inputs")
        unsought = sum(rule.table is not None and len(rule.support) > MOST_VARIABLES for rule in self.rules)
        if unsought:
            told.append(
                f"weights of {counted(unsought, 'rule')} with more than {MOST_VARIABLES} inputs as threshold functions"
            )
        if self.model.encoder is None and self.model.head is not None:
            told.append("what the input bits stand for: the file has no encoder")
        told.append("how the gates compute these functions, and how often each is true on data")
        return told


def explain(
    model: Model | Aig, outputs: Sequence[int | str] | None = None, *, features: Sequence[str] | None = None
) -> Explanation:
    """Read a model as rules: each output's shortest formula found, its exact table, and facts about it.

    `outputs` picks some, by index or name; by default all outputs and properties of the circuit are explained, and the
    next states of its latches. `features` names the features, or the inputs where there is no encoder. Patterns of bits
    that the encoder cannot make are don't-cares. Formulas are minimised by espresso (Brayton et al. 1984) and every
    statement is checked by simulating all patterns or by SAT before this returns.

    Raises `NetcError` for an output that is not there or a wrong number of names.
    """
    subject = model if isinstance(model, Model) else Model(model)
    signals = Signals.of(subject, features)
    every = _roots(subject.logic.ports)
    most = min(_MOST_ROOTS, _MOST_MARKED // max(1, subject.logic.num_ands))
    roots = every[:most] if outputs is None else _picked(every, subject.logic.ports, outputs)
    rules = rules_of(subject, roots, signals)
    whole = subject.head is not None and len(roots) == len(every)
    ballots = ballots_of(subject, subject.head, rules) if whole and subject.head is not None else []
    made = Explanation(subject, signals, tuple(roots), tuple(rules), tuple(ballots))
    made.check()
    return made


def _roots(ports: Ports) -> list[Root]:
    names = port_names(ports)
    found = []
    for kind in ROOT_KINDS:
        shown = list(map(shown_name, names[kind]))
        if kind == "latch":
            shown = [f"next({name})" for name in shown]
        if kind == "justice":
            shown = [f"{name}.{part}" for name, size in zip(shown, ports.justice, strict=True) for part in range(size)]
        first = ports.slices()[kind].start
        found += [Root(first + index, kind, name) for index, name in enumerate(shown)]
    return found


def _picked(every: Sequence[Root], ports: Ports, picks: Sequence[int | str]) -> list[Root]:
    """The outputs of these numbers, or the roots of these names."""
    by_name = {root.name: root for root in every}
    found = []
    for pick in picks:
        root = None if isinstance(pick, int) else by_name.get(pick) or by_name.get(shown_name(pick))
        if root is None:
            is_number = isinstance(pick, int) or (pick.isascii() and pick.isdigit() and len(pick) < 10)
            number = int(pick) if is_number else -1
            if not 0 <= number < ports.outputs:
                there = f"are 0 to {ports.outputs - 1}, or go by their names" if ports.outputs else "are none"
                raise NetcError("--output", f"there is no output {pick!r}", f"outputs {there}")
            root = every[number]
        found.append(root)
    return list(dict.fromkeys(found))
