"""Cases one after another, in a process that may die of them; failures made small and kept."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netc.aig import Aig
from netc.fuzz import isolate, oracles
from netc.fuzz.cases import CHECKS, Case, make
from netc.fuzz.failures import Failure, save
from netc.fuzz.shrink import Patience, shrink_bytes, shrink_circuit

__all__ = ["Found", "fuzz"]

CASE_SECONDS = 120.0  # then a case hangs; the slowest take some seconds on a busy machine
_SHRINK_TRIES, _SHRINK_SECONDS = 4000, 120.0
_MOST_FAILURES = 20  # of different kinds; then something is so wrong that more of them do not help


@dataclass
class Found:
    """What a run of the fuzzer did: cases by check, by family, by the tools that took part; failures.

    `not_run` counts cases by what was missing, `repeated` failures that say the same as another.
    """

    seed: int
    cases: int = 0
    seconds: float = 0.0
    by_check: Counter[str] = field(default_factory=Counter)
    by_family: Counter[str] = field(default_factory=Counter)
    by_tool: Counter[str] = field(default_factory=Counter)
    not_run: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "cases": self.cases,
            "seconds": round(self.seconds, 1),
            "by_check": dict(sorted(self.by_check.items())),
            "by_family": dict(sorted(self.by_family.items())),
            "not_run": dict(sorted(self.not_run.items())),
            "oracles": {
                tool: {"version": said, "cases": self.by_tool[tool]} for tool, said in oracles.versions().items()
            },
            "failures": [failure.to_json() for failure in self.failures],
            "repeated": dict(sorted(self.repeated.items())),
        }


def fuzz(
    seed: int,
    *,
    first: int = 0,
    runs: int | None = None,
    seconds: float | None = None,
    kinds: Sequence[str] = (),
    directory: Path | None = None,
    tick: Callable[[Found], None] = lambda _: None,
    case_seconds: float = CASE_SECONDS,
) -> Found:
    """Run cases `first`, `first` + 1, … of a seed: so many, or for so long.

    Failures are shrunk and, with a `directory`, kept there. Of failures that say the same only the first is shrunk, the
    others are counted. Ctrl-C raises KeyboardInterrupt with what was kept so far in place.
    """
    started = time.monotonic()
    deadline = None if seconds is None else started + seconds
    found = Found(seed)
    make(seed, first, kinds)  # refuses wrong kinds here and not in a child
    number, stop = first, None if runs is None else first + runs
    while (stop is None or number < stop) and (deadline is None or time.monotonic() < deadline):
        number, failed = _batch(found, number, stop, deadline, kinds, tick, case_seconds)
        if failed is not None:
            _keep(found, *failed, directory, case_seconds)
            if len(found.failures) >= _MOST_FAILURES:
                break
    found.seconds = time.monotonic() - started
    return found


def _batch(
    found: Found,
    number: int,
    stop: int | None,
    deadline: float | None,
    kinds: Sequence[str],
    tick: Callable[[Found], None],
    case_seconds: float,
) -> tuple[int, tuple[Case, str] | None]:
    """Cases from `number` on until one fails: the number to go on with, and the failure."""

    def body(send: Callable[[Any], None]) -> None:
        at = number
        while stop is None or at < stop:
            send(("start", at, "", ""))
            case = make(found.seed, at, kinds)
            send(("case", at, case.check, case.family))
            what = isolate.said(case.run)
            for tool in oracles.asked():
                send(("asked", at, case.check, tool))
            send(("end", at, case.check, what))
            if what and not what.startswith("MissingError"):
                return
            at += 1

    current = number
    try:
        for event, at, check, text in isolate.events(body, case_seconds, deadline):
            current = at
            if event == "case":
                found.by_family[text] += 1
            elif event == "asked":
                found.by_tool[text] += 1
            elif event == "end":
                found.cases += 1
                found.by_check[check] += 1
                if text.startswith("MissingError"):
                    found.not_run[f"{check}: no {text.removeprefix('MissingError: ')}"] += 1
                elif text:
                    return at + 1, (make(found.seed, at, kinds), text)
                current = at + 1
                tick(found)
    except isolate.DiedError as died:
        found.cases += 1
        return current + 1, (make(found.seed, current, kinds), f"DiedError: {died}")
    return current, None


def signature(what: str) -> str:
    """What a message says, whatever the circuit: without numbers and options."""
    return re.sub(r"\{[^{}]*\}|\d+", "", what)[:80]


def _keep(found: Found, case: Case, what: str, directory: Path | None, case_seconds: float) -> None:
    key = f"{case.check}: {signature(what)}"
    if key in found.repeated or any(f"{f.case.check}: {signature(f.what)}" == key for f in found.failures):
        found.repeated[key] += 1
        return
    failure = shrink(case, what, case_seconds)
    found.repeated[key] += 0
    found.failures.append(failure if directory is None else save(failure, directory))


def shrink(case: Case, what: str, case_seconds: float = CASE_SECONDS) -> Failure:
    """The failure with a smaller circuit and simpler parameters, as long as it fails in the same way."""
    size = case.subject.num_ands if isinstance(case.subject, Aig) else len(case.subject)
    patience = Patience(_SHRINK_TRIES, time.monotonic() + _SHRINK_SECONDS)
    kind = what.split(":")[0]
    latest = what

    def fails(candidate: Case) -> bool:
        nonlocal latest
        said = isolate.verdict(candidate.run, min(case_seconds, 20.0))
        if said.split(":")[0] != kind:
            return False
        latest = said
        return True

    for _ in range(2):
        for params in _simpler(case, patience, fails):
            case = replace(case, params=params)
        subject = case.subject
        if isinstance(subject, Aig):
            smaller: Aig | bytes = shrink_circuit(subject, lambda aig: fails(replace(case, subject=aig)), patience)  # noqa: B023
        else:
            smaller = shrink_bytes(subject, lambda data: fails(replace(case, subject=data)), patience)  # noqa: B023
        case = replace(case, subject=smaller)
    return Failure(case, latest, size)


def _simpler(case: Case, patience: Patience, fails: Callable[[Case], bool]) -> Iterator[dict[str, Any]]:
    """Simpler and simpler parameters that fail too."""
    params, progress = case.params, True
    while progress and not patience.over():
        progress = False
        for candidate in CHECKS[case.check].simpler(params):
            patience.tries -= 1
            if fails(replace(case, params=candidate)):
                params, progress = candidate, True
                yield params
                break
