"""The ways there are to run one program, and how the fastest is found: each is timed a little, within a bound."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from netc.errors import NetcError

__all__ = ["BLOCKS", "BOUND", "Candidate", "Chosen", "Plan", "best", "checked_block", "compare"]

# All that is chosen from: engines, best by rule first, and how many samples they can evaluate in one pass. What else
# was tried, and why it is no part of this, is in docs/performance.md.
BLOCKS: Mapping[str, tuple[int, ...]] = {"machine": (512, 256), "template": (512,), "table": (512, 256)}

BOUND = 0.05  # seconds, for all that is made and timed only to compare it

_SHORTEST = 100e-6  # seconds that one reading spans
_FEWEST, _MOST = 3, 21  # readings of each, of which the median counts
_LEAST_GAIN = 0.03  # over what is best by rule: less may be noise


def checked_block(block: int | None, own: int) -> int:
    """The block that was asked for, or else an engine's own; `NetcError` for one that there is not."""
    there = BLOCKS["table"]
    if block is not None and block not in there:
        raise NetcError("", f"block={block}; a block has {' or '.join(map(str, there))} samples")
    return block or own


class Plan(NamedTuple):
    """An engine, and the samples it evaluates in one pass."""

    engine: str
    block: int

    def __str__(self) -> str:
        return f"{self.engine}, {self.block} samples a pass"


@dataclass(frozen=True)
class Chosen:
    """The plan that runs, why, and the seconds of a call of 512 samples for each plan that was timed for that."""

    plan: Plan
    why: str
    seconds: Mapping[Plan, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.plan}: {self.why}"


@dataclass(frozen=True)
class Candidate:
    """A plan that may be timed.

    `make` gives a function that calls so many times and returns the seconds they took of this thread's time, or None if
    the plan cannot be had here. `cost` says how many seconds `make` is expected to take from now.
    """

    plan: Plan
    cost: Callable[[], float]
    make: Callable[[], Callable[[int], float] | None]


@dataclass
class _Timed:
    call: Callable[[int], float]
    times: int
    readings: list[float] = field(default_factory=list)

    def read(self) -> None:
        self.readings.append(self.call(self.times) / self.times)


def compare(
    candidates: Sequence[Candidate], *, bound: float = BOUND, clock: Callable[[], float] = time.perf_counter
) -> tuple[dict[Plan, float], list[Plan]]:
    """Seconds of a call of each candidate, by the median, and those that were left out for want of time.

    Candidates are made in order, each only if that, and the fewest readings of all, are expected to be over within
    `bound` seconds of `clock`; no call is expected to take longer than the longest so far, so the caller answers for
    the first. All are read in turn, so that what else the machine does meets them alike. A lone candidate
    is not read, and without the first none comes back.
    """
    end = clock() + bound
    timed: dict[Plan, _Timed] = {}
    left: list[Plan] = []
    longest = reading = 0.0  # seconds by the clock: of a call, and of one reading of all

    def fits(more: float, rounds: int) -> bool:
        return clock() + more + rounds * reading <= end

    def read() -> float:
        started = clock()
        for each in timed.values():
            each.read()
        return clock() - started

    for candidate in candidates:
        if not fits(candidate.cost() + 2 * longest + _FEWEST * max(longest, _SHORTEST), _FEWEST):
            left.append(candidate.plan)
            continue
        call = candidate.make()
        if call is None:
            continue
        call(1)  # from here on everything is warm
        started = clock()
        spent = call(1)
        took = clock() - started
        times = max(1, math.ceil(_SHORTEST / max(spent, _SHORTEST / 1000)))
        longest = max(longest, took)
        if not fits(_FEWEST * times * took, _FEWEST):
            left.append(candidate.plan)
            continue
        reading += times * took
        timed[candidate.plan] = _Timed(call, times)
        for _ in range(_FEWEST if len(timed) > 1 else 0):
            reading = max(reading, read())
    if len(timed) < 2 or candidates[0].plan in left:
        return {}, left
    rounds = 0
    while rounds < _MOST - _FEWEST and fits(0, 1):
        reading = max(reading, read())
        rounds += 1
    return {plan: statistics.median(each.readings) for plan, each in timed.items()}, left


def best(seconds: Mapping[Plan, float]) -> Plan:
    """The first, unless another one is faster by more than noise."""
    first = next(iter(seconds))
    fastest = min(seconds, key=seconds.__getitem__)
    return fastest if seconds[fastest] < (1 - _LEAST_GAIN) * seconds[first] else first
