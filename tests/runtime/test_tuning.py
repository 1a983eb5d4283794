"""How the ways to run a program are compared: within the bound, by the median."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice, repeat

import numpy as np
import pytest
from netc.runtime.tuning import BOUND, Candidate, Plan, best, compare

START = 100.0  # seconds, whenever that was
SECOND = Plan("table", 512)


@dataclass
class Stage:
    """A clock, and ways to run that do nothing but let it go on."""

    now: float = START
    readings: dict[Plan, list[float]] = field(default_factory=dict)

    def clock(self) -> float:
        return self.now

    def way(self, plan: Plan, making: float, calls: Iterator[float]) -> Candidate:
        def make() -> Callable[[int], float]:
            self.now += making
            return call

        def call(times: int) -> float:
            spent = sum(islice(calls, times))
            self.now += spent
            self.readings.setdefault(plan, []).append(spent / times)
            return spent

        return Candidate(plan, lambda: making, make)


@pytest.mark.parametrize("slow", [1.0, 30.0, 1000.0])
@pytest.mark.parametrize("number", [2, 4, 60])
def test_the_bound_holds_whatever_making_and_calling_take(slow: float, number: int) -> None:
    random = np.random.default_rng(number)
    for _ in range(20):
        stage = Stage()
        calls = slow * 1e-5 * random.uniform(0.1, 1, number)
        calls[0] = calls.max()
        plans = [Plan("table", block) for block in range(number)]
        making = [0, *(slow * 1e-3 * random.uniform(size=number - 1))]
        ways = [stage.way(*way) for way in zip(plans, making, map(repeat, calls), strict=True)]
        seconds, left = compare(ways, clock=stage.clock)
        assert stage.now - START <= BOUND + 2 * calls[0]  # the first one's calls: nothing was known of them
        assert sorted([*seconds, *left]) == plans if seconds else sorted(left) in (plans, plans[1:])
        assert all(found == pytest.approx(calls[plan.block]) for plan, found in seconds.items())
        assert all(len(stage.readings[plan]) >= 2 + 3 for plan in seconds)


def test_what_is_quick_is_read_often_and_all_of_it_and_the_median_counts() -> None:
    stage, random = Stage(), np.random.default_rng(0)
    plans = [Plan("table", block) for block in range(4)]
    noise = (1e-5 * (10 if random.uniform() < 0.1 else random.uniform(0.9, 1.1)) for _ in count())
    seconds, left = compare([stage.way(plan, 1e-3, noise) for plan in plans], clock=stage.clock)
    assert (list(seconds), left) == (plans, [])
    for plan in plans:
        read = stage.readings[plan][2:]  # behind the two calls that warm up
        assert len(read) >= 21
        assert seconds[plan] == np.median(read)


def test_one_that_takes_much_longer_than_was_expected_costs_only_its_first_calls() -> None:
    stage = Stage()
    ways = [stage.way(Plan("machine", 256), 0, repeat(1e-4)), stage.way(SECOND, 1e-3, repeat(0.04))]
    seconds, left = compare(ways, clock=stage.clock)
    assert (seconds, left) == ({}, [SECOND])
    assert len(stage.readings[SECOND]) == 2


def test_a_way_that_cannot_be_had_is_no_way() -> None:
    stage = Stage()
    ways = [stage.way(Plan("table", 512), 0, repeat(1e-4)), Candidate(Plan("machine", 256), lambda: 0.0, lambda: None)]
    assert compare(ways, clock=stage.clock) == ({}, [])


def test_noise_does_not_change_the_rule() -> None:
    first, other = Plan("machine", 256), Plan("machine", 512)
    assert best({first: 1.0, other: 0.98}) == first
    assert best({first: 1.0, other: 0.96}) == other
