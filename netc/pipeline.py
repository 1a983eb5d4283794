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
    "EFFORTS",
    "GOALS",
    "LEVELS",
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
    "level_text",
    "parse",
]

GOALS = ("area", "depth", "balanced")
EFFORTS = ("normal", "deep")

_O1 = "dce; strash; dce"
_FIRST = "balance; resub{leaves=6,gates=1}; rewrite"
_AGAIN = (
    "resub{leaves=6}; refactor; balance; resub; rewrite{zero=true}; resub{leaves=10}; refactor{zero=true}; "
    "rewrite{zero=true}; resub{leaves=10}; balance; rewrite; redundancy{work=2000000}; resub; rewrite"
)
# The second time in other pieces, so that what lay at a border once does not lie there again.
_LOCAL = (
    f"partition{{nodes=100000}}({_FIRST}); limit{{work=4000000}}(sweep{{conflicts=30}}); dce; "
    f"partition{{nodes=150000}}({_AGAIN}); dce"
)
# -O2 looks beyond windows too, but only at signals nearby, which order has put together: once before the graph is
# balanced, which may take apart what belongs together, and once more on what the local passes have left.
_NEARBY = "transduction{{window=50,signals=2000,tries=4,work={}}}"
_SOON = (
    "resub{leaves=6}; refactor; balance; resub; rewrite{zero=true}; resub{leaves=10}; refactor{zero=true}; "
    f"rewrite{{zero=true}}; balance; rewrite; {_NEARBY.format(1_500_000)}; resub; rewrite{{zero=true}}; "
    "refactor{zero=true}; resub{leaves=10}; rewrite"
)
_O2 = (
    f"dce; strash; order; partition{{nodes=100000}}({_NEARBY.format(1_000_000)}; {_FIRST}); "
    f"sweep{{conflicts=30}}; dce; partition{{nodes=150000}}({_SOON}); dce"
)
# What no window shows: first on the graph as it was written, where its regions are still whole, then once more on what
# the local passes leave of it. It goes on for as long as it finds much.
_WHOLE = (
    "redundancy{rounds=3,work=4000000,reward=3000}; dce; transduction{rounds=1,tries=3,work=4000000,reward=5000}; "
    "redundancy{rounds=2,work=1000000,reward=3000}; dce"
)
# Outputs of few inputs, derived anew from their functions; where that is quickly done, more than once.
_BY_SEED = (
    "rewrite; limit{{work=8000000}}(collapse{{orders=4,rounds=10,seed={0}}}; "
    "walk{{leaves=16,rounds=200,patience=60,seed={0}}}); rewrite{{zero=true}}; resub; dce"
)
_ANEW = (
    f"{_BY_SEED.format(1)} | "
    f"small{{nodes=1000}}(limit{{work=16000000}}(best({' | '.join(map(_BY_SEED.format, (2, 3, 4)))})))"
)
# Pairs of signals, before anything is moved: a structure that is redundant as a whole hides behind others that are not.
_PAIRS = (
    "resub; rewrite; transduction{pairs=true,window=200,tries=4,rounds=2,work=10000000,reward=5000}; "
    "rewrite{cuts=24,zero=true}; refactor; resub; dce"
)
# What sees more than -O2's windows do, for graphs of any size: what it takes apart, local passes make use of. Where
# much is redundant, other signals in a node's place and other structures by turns go further than either does.
_TIDY = "resub; refactor; rewrite{zero=true}; resub; dce"
_RESHAPED = f"relut{{rounds=1,grow=30,choices=false,dontcares=false}}; {_TIDY}"
_WIDER = (
    "walk{leaves=10,rounds=4}; resub; refactor; rewrite{zero=true}; resub; "
    "limit{work=24000000}(redundancy{rounds=2,conflicts=1000,work=4000000,reward=8000}); dce; "
    "resub; refactor; rewrite{zero=true}; resub{leaves=10}; walk{leaves=10,rounds=4}; resub; dce; "
    "repeat{n=12,gain=4}(transduction{window=50,conflicts=1000,tries=3,rounds=1,work=3000000,reward=8000}; "
    f"{_TIDY}; {_RESHAPED})"
)
_GLOBAL = (
    "limit{work=12000000}(walk); "
    "transduction{pairs=true,window=200,tries=4,rounds=2,work=2500000,reward=5000}; rewrite{cuts=24,zero=true}; "
    "refactor; resub; dce; "
    "transduction{pairs=true,wander=true,window=300,tries=3,rounds=200,work=2500000}; rewrite{cuts=24}; resub; "
    "limit{work=12000000}(walk); limit{work=2000000}(collapse); rewrite; dce"
)
# Other structures altogether, and what they allow, for as long as there is work left. What is redundant in one
# structure is not in another, so that where much is redundant the two by turns go furthest.
_OTHER = f"{_RESHAPED}; walk{{leaves=10,rounds=2}}; resub; dce"
_BY_TURNS = f"{_OTHER}; redundancy{{rounds=1,work=2000000,reward=8000}}; {_TIDY}; {_OTHER}"
_TURNS = (
    f"{_BY_TURNS} | "
    "relut{rounds=1,dontcares=false,grow=5}; resub; refactor; rewrite{zero=true}; resub; walk; "
    "resub; dce | limit{work=8000000}(relut{rounds=3,grow=5}; resub; "
    "transduction{pairs=true,wander=true,window=300,tries=3,rounds=20,work=3000000}; rewrite{zero=true}; resub; dce) | "
    f"mfs{{grow=30,work=3000000}}; {_TIDY}"
)
# Small graphs get out of local optima through graphs that are a little larger, and then end at about the same size
# however they were written.
_OTHERWISE = (
    f"small{{nodes=200}}(limit{{work=30000000}}(climb{{n=10000,stale=800,slack=2}}({_TURNS}))); "
    f"climb{{n=1000,stale=100,slack=2}}({_TURNS})"
)
_SELECT = "relut{rounds=1,choices=false,dontcares=false,diagrams=true}"
# Starts from what -O2 makes, and on small graphs from others. All together takes less than a minute. The same circuit
# written in another way ends as the same.
_STARTS = f"{_O2} | small{{nodes=15000}}({_O1}; {_SELECT}; best({_WHOLE}; {_LOCAL} | {_PAIRS} | {_ANEW}))"
_O3 = (
    f"canonical{{nodes=100000}}(limit{{work=100000000}}("
    f"best({_STARTS}); {_WIDER}; small{{nodes=15000}}({_GLOBAL}); {_OTHERWISE}))"
)

# What -O0 … -O3 run. All combinational; ports are kept.
LEVELS = ("", _O1, _O2, _O3)

# What --sequential adds: before a level, and after it, where other gates let other latches be seen to agree.
_CORRESPOND = "scorr; scorr{steps=2}"
_FURTHER = f"{_CORRESPOND}; scorr{{steps=4,work=20000000}}"
_REDUCE_FIRST = ("latches", "latches", f"latches; {_CORRESPOND}", f"latches; {_FURTHER}")
_REDUCE_AGAIN = ("", "", f"{_CORRESPOND}; {_O1}", f"{_FURTHER}; {_LOCAL}")

# What a goal other than area adds to -O2 and -O3, and what deep effort adds to that.
_NO_DEEPER = (
    "resub{keep_depth=true}; refactor{keep_depth=true}; resub{leaves=10,keep_depth=true}; "
    "refactor{zero=true,keep_depth=true}; resub{keep_depth=true}"
)
_SHORT = (
    f"balance{{xors=true}}; repeat{{n=8}}(shorten; rewrite; shorten); {_NO_DEEPER}; "
    f"repeat{{n=4}}(balance{{xors=true}}; shorten; {_NO_DEEPER})"
)
_SHORTER = {"area": "", "balanced": f"; best(dce | {_SHORT})", "depth": f"; {_SHORT}"}
_SMALLER = (
    f"{_BY_TURNS} | "
    "transduction{pairs=true,wander=true,window=1000,tries=3,rounds=50,work=20000000}; "
    "rewrite{zero=true}; resub; dce | "
    "limit{work=12000000}(walk); refactor{zero=true}; resub{leaves=12,gates=3}; rewrite{cuts=24,zero=true}; dce | "
    "relut{grow=30}; rewrite{inputs=5,zero=true}; resub; refactor{zero=true}; rewrite{inputs=5}; resub{leaves=10}; dce"
)
_DEEP = {
    "area": f"; climb{{n=1000000,stale=100}}({_SMALLER})",
    "balanced": f"; climb{{n=1000000,stale=100}}({_SMALLER} | {_SHORT})",
    "depth": f"; climb{{n=1000000,stale=100}}({_SHORT} | rewrite{{zero=true}}; resub; {_SHORT})",
}


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


def level_text(level: int, goal: str = "area", effort: str = "normal", sequential: bool = False) -> str:
    """The pipeline of -O0 … -O3 for a goal; with effort "deep" it goes on for as long as that gains.

    `sequential` adds passes that change latches.
    """
    if not 0 <= level < len(LEVELS):
        raise NetcError(f"-O{level}", f"levels go from 0 to {len(LEVELS) - 1}")
    if goal not in GOALS:
        raise NetcError("--goal", f"{goal!r}; it is {', '.join(map(repr, GOALS))}")
    if effort not in EFFORTS:
        raise NetcError("--effort", f"{effort!r}; it is {', '.join(map(repr, EFFORTS))}")
    text = LEVELS[level]
    if sequential:
        text = "; ".join(filter(None, (_REDUCE_FIRST[level], text, _REDUCE_AGAIN[level])))
    if level >= 2:
        text += _SHORTER[goal]
        if effort == "deep":
            text += _DEEP[goal]
    return text


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
