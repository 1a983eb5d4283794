"""The limits that the core measures."""

from __future__ import annotations

import time

from netc.runtime.rates import Rates, measure


def test_rates_are_those_of_a_computer_and_fall_from_cache_to_cache() -> None:
    measure.cache_clear()
    started = time.perf_counter()
    rates = measure()
    assert time.perf_counter() - started < 3  # a third of a second, where nothing else runs
    assert 1e14 > rates.registers > 1e9
    assert rates.registers > rates.l1 > 1e9
    assert rates.l1 > rates.l3 > 1e8
    assert 1 << 12 <= rates.l1_bytes <= rates.l2_bytes <= 1 << 30
    assert measure() is rates


def test_data_is_at_home_in_the_first_cache_that_holds_it() -> None:
    rates = Rates(4.0, 3.0, 2.0, 1.0, l1_bytes=100, l2_bytes=1000)
    assert [rates.level(size) for size in (0, 100, 101, 1000, 1001)] == ["l1", "l1", "l2", "l2", "l3"]
