"""Pipelines are text.

    pipeline := step (";" step)*
    step     := NAME options? | COMBINATOR options? "(" pipeline ("|" pipeline)* ")"
    options  := "{" NAME "=" VALUE ("," NAME "=" VALUE)* "}"

Combinators: ``repeat{n=8}(P)`` runs P until it stops making the graph smaller, at most n times; ``best(P | Q | …)``
runs each on the same graph and keeps the best result; ``partition{nodes=20000}(P)`` cuts the graph into pieces
of about that many ANDs, runs P on each, in parallel, and puts them together; ``limit{work=1000000}(P)`` cuts P short
after so much work, and keeps the best that it met; ``small{nodes=20000}(P)`` runs P on a graph of at most so many ANDs
and leaves a larger one as it is; ``climb{n=1000,stale=100}(P | Q | …)`` runs one after another on the best so far, with
a new seed for passes that take one, and keeps what is no worse, until n were run or `stale` in a row gained nothing;
``canonical{nodes=100000}(P)`` runs P on the graph with its ports and ANDs in an order that follows from its structure,
and puts the ports back, so that what P makes does not depend on how the graph was written; on one of more ANDs, where
that hardly matters, it runs P as it is.
Options of a pass are the fields of its class. What is better is for the goal to say: fewer ANDs, fewer levels, or a
smaller product of both.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, ClassVar, get_type_hints

from netc import registry
from netc.errors import NetcError
from netc.protocols import AigPass, ModelPass, SequentialPass

__all__ = [
    "Best",
    "Canonical",
    "Climb",
    "Limit",
    "Partition",
    "PassStep",
    "Pipeline",
    "Repeat",
    "Sequence",
    "Small",
    "parse",
]


@dataclass(frozen=True)
class PassStep:
    """One pass with its options."""

    instance: AigPass | ModelPass | SequentialPass

    def __str__(self) -> str:
        shown = []
        for field in dataclasses.fields(self.instance):  # type: ignore[arg-type]
            value = getattr(self.instance, field.name)
            if value != field.default:
                shown.append(f"{field.name}={str(value).lower() if isinstance(value, bool) else value}")
        return self.instance.name + (f"{{{','.join(shown)}}}" if shown else "")


@dataclass(frozen=True)
class Sequence:
    steps: tuple[Pipeline, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.steps))


class _Combinator:
    """Runs pipelines in a way of its own; its fields with a default are its options, numbers of at least 1, or of at
    least 0 where that is the default.
    """

    name: ClassVar[str]

    @classmethod
    def options(cls) -> dict[str, int]:
        fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(cls)  # type: ignore[arg-type]
        return {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}

    def text(self, bodies: str) -> str:
        defaults = self.options()
        first = next(iter(defaults), None)
        values = {name: getattr(self, name) for name in defaults}
        shown = ",".join(
            f"{name}={value}" for name, value in values.items() if name == first or value != defaults[name]
        )
        return f"{self.name}{f'{{{shown}}}' if shown else ''}({bodies})"


@dataclass(frozen=True)
class _OfOne(_Combinator):
    body: Sequence

    def __str__(self) -> str:
        return self.text(str(self.body))


@dataclass(frozen=True)
class _OfSeveral(_Combinator):
    branches: tuple[Sequence, ...]

    def __str__(self) -> str:
        return self.text(" | ".join(map(str, self.branches)))


@dataclass(frozen=True)
class Repeat(_OfOne):
    name: ClassVar[str] = "repeat"
    n: int = 8
    gain: int = 0  # percent by which a round makes the circuit smaller, for another to follow


@dataclass(frozen=True)
class Best(_OfSeveral):
    name: ClassVar[str] = "best"


@dataclass(frozen=True)
class Partition(_OfOne):
    name: ClassVar[str] = "partition"
    nodes: int = 20_000


@dataclass(frozen=True)
class Climb(_OfSeveral):
    name: ClassVar[str] = "climb"
    n: int = 1000
    stale: int = 100
    seed: int = 1
    slack: int = 0  # by how much what it goes on from may be larger than the best

    def candidate(self, index: int) -> Sequence:
        """What the run of this index, from 0, does."""
        made: Sequence = reseeded(self.branches[index % len(self.branches)], self.seed + index)
        return made


@dataclass(frozen=True)
class Limit(_OfOne):
    name: ClassVar[str] = "limit"
    work: int = 1_000_000


@dataclass(frozen=True)
class Small(_OfOne):
    name: ClassVar[str] = "small"
    nodes: int = 20_000


@dataclass(frozen=True)
class Canonical(_OfOne):
    name: ClassVar[str] = "canonical"
    nodes: int = 100_000  # ANDs of the largest graph that is put in order


Pipeline = PassStep | Sequence | Repeat | Best | Partition | Climb | Limit | Small | Canonical


def reseeded(pipeline: Any, seed: int) -> Any:
    """The pipeline with this seed in every pass that takes one."""
    match pipeline:
        case PassStep(instance):
            made: Any = instance
            if any(field.name == "seed" for field in dataclasses.fields(made)):
                return PassStep(dataclasses.replace(made, seed=seed))
            return pipeline
        case Sequence(steps):
            return Sequence(tuple(reseeded(step, seed) for step in steps))
        case _OfSeveral(branches):
            return dataclasses.replace(pipeline, branches=tuple(reseeded(branch, seed) for branch in branches))
        case _:
            return dataclasses.replace(pipeline, body=reseeded(pipeline.body, seed))


_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<options>\{[^{}]*\})|(?P<mark>[();|]))")
_OF_ONE = {made.name: made for made in (Repeat, Partition, Limit, Small, Canonical)}
_OF_SEVERAL = {made.name: made for made in (Best, Climb)}
_COMBINATORS: dict[str, type[_Combinator]] = {**_OF_ONE, **_OF_SEVERAL}


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, what: str, hint: str = "", at: int | None = None) -> NetcError:
        return NetcError(f"pipeline:1:{(self.at if at is None else at) + 1}", what, hint)

    def peek(self) -> re.Match[str] | None:
        """The next token, or None at the end."""
        rest = self.text[self.at :]
        if not rest.strip():
            return None
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            at = self.at + len(rest) - len(rest.lstrip())
            raise self.fail(f"{self.text[at]!r} does not belong here", at=at)
        return match

    def next_is(self, kind: str, value: str | None = None) -> bool:
        match = self.peek()
        return match is not None and match[kind] is not None and value in (None, match[kind])

    def take(self) -> re.Match[str]:
        match = self.peek()
        if match is None:
            raise self.fail("the pipeline ends too early")
        self.at = match.end()
        return match

    def sequence(self) -> Sequence:
        steps: list[Pipeline] = []
        while self.next_is("name"):
            steps.append(self.step())
            if not self.next_is("mark", ";"):
                break
            self.take()
        return Sequence(tuple(steps))

    def step(self) -> Pipeline:
        match = self.take()
        name, at = match["name"], match.start("name")
        options: dict[str, str] = {}
        if self.next_is("options"):
            for part in filter(None, (p.strip() for p in self.take()["options"][1:-1].split(","))):
                key, equals, value = part.partition("=")
                if not equals:
                    raise self.fail(f"option {part!r} needs a value: {key}=…", at=at)
                options[key.strip()] = value.strip()
        if name not in _COMBINATORS:
            try:
                made = registry.find("pass", registry.PASSES, name)
                return PassStep(with_options(made, options))
            except NetcError as error:
                raise self.fail(error.what, error.hint, at=at) from None
        if not self.next_is("mark", "("):
            raise self.fail(f"{name} needs a pipeline in parentheses")
        self.take()
        branches = [self.sequence()]
        while self.next_is("mark", "|"):
            self.take()
            branches.append(self.sequence())
        if not self.next_is("mark", ")"):
            raise self.fail("expected ')'")
        self.take()
        allowed = _COMBINATORS[name].options()
        for key, value in options.items():
            if key not in allowed:
                raise self.fail(f"{name} has no option {key!r}", at=at)
            least = min(allowed[key], 1)
            if not value.isdecimal() or int(value) < least:
                raise self.fail(f"{name} needs {key} to be a number of at least {least}, not {value!r}", at=at)
        if any(map(_changes_ports, branches)):
            raise self.fail("a pass that changes latches or what outputs mean belongs at the top level", at=at)
        numbers = {key: int(options.get(key, default)) for key, default in allowed.items()}
        if name in _OF_SEVERAL:
            return _OF_SEVERAL[name](tuple(branches), **numbers)
        if len(branches) > 1:
            raise self.fail(f"{name} takes one pipeline; '|' is for best(… | …) and climb(… | …)", at=at)
        return _OF_ONE[name](branches[0], **numbers)


def _changes_ports(pipeline: Pipeline) -> bool:
    match pipeline:
        case PassStep(instance):
            return not isinstance(instance, AigPass)
        case Sequence(steps):
            return any(map(_changes_ports, steps))
        case _OfOne(body):
            return _changes_ports(body)
        case _OfSeveral(branches):
            return any(map(_changes_ports, branches))


def parse(text: str) -> Sequence:
    """A pipeline from its text; `NetcError` with the column of what is wrong."""
    parser = _Parser(text)
    sequence = parser.sequence()
    if parser.peek() is not None:
        rest = text[parser.at :]
        at = parser.at + len(rest) - len(rest.lstrip())
        raise parser.fail(f"expected ';' before {rest.strip()[:20]!r}", at=at)
    return sequence


def with_options(made: Any, options: dict[str, str]) -> Any:
    """An instance of a pass or backend from option texts, typed by the fields of its class."""
    hints = get_type_hints(made)
    fields = {field.name: field for field in dataclasses.fields(made) if field.init}
    values: dict[str, Any] = {}
    for key, text in options.items():
        name = key.replace("-", "_")
        if name not in fields:
            there = ", ".join(fields) or "none"
            raise NetcError("", f"{made.name} has no option {key!r}", f"its options: {there}")
        values[name] = _value(made.name, name, text, hints[name])
    return made(**values)


def _value(owner: str, name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise NetcError("", f"{owner}: {name} is true or false, not {text!r}")
        return text.lower() == "true"
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise NetcError("", f"{owner}: {name} is a number, not {text!r}") from None
    return text
