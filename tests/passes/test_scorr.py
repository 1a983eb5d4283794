"""Signal correspondence as a pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from netc.passes.scorr import Scorr

from netc import Aig, Builder, Context, NetcError, load
from netc.sec import check
from netc.sequential import Reduction


def reduced(aig: Aig, **options: int) -> Reduction:
    reduction = Scorr(**options).run_sequential(aig, Context())
    assert check(aig, reduction.aig, latches=reduction.latches.pairs)
    return reduction


def counters(bits: int, resets: bytes) -> Aig:
    """Two counters of the same input, built in two ways; outputs say whether they differ, and the second's state."""
    build = Builder(1, 2 * bits)
    carry, next_states = build.input(0), []
    for index in range(bits):
        state = build.latch(index)
        next_states.append(build.xor(state, carry))
        carry = build.and_(state, carry)
    for index in range(bits):
        lower = build.input(0)
        for below in range(index):
            lower = build.and_(build.latch(bits + below), lower)
        state = build.latch(bits + index)
        next_states.append(build.or_(build.and_(state, lower ^ 1), build.and_(state ^ 1, lower)))
    differ = 0
    for index in range(bits):
        differ = build.or_(differ, build.xor(build.latch(index), build.latch(bits + index)))
    return build.finish([differ, *(build.latch(bits + index) for index in range(bits))], next_states, resets)


def test_two_counters_become_one() -> None:
    aig = counters(8, bytes(16))
    after = reduced(aig)
    assert after.aig.ports.latches == 8
    assert after.aig.outputs[0] == 0
    assert list(after.latches.lines()) == [f"latch {8 + index}: same as latch {index}" for index in range(8)]


def test_counters_that_may_start_apart_stay_two() -> None:
    after = reduced(counters(4, b"\2" * 8))
    assert after.aig.ports.latches == 8
    assert after.aig.outputs[0] != 0
    # nor is one that has a reset merged with one that has none
    assert reduced(counters(4, b"\2" * 4 + b"\0" * 4)).aig.ports.latches == 8


def ring(length: int) -> Aig:
    """One token that goes round; the output is whether two neighbours have it, and who has it."""
    build = Builder(1, length)
    states = [build.latch(index) for index in range(length)]
    two = 0
    for index in range(length):
        two = build.or_(two, build.and_(states[index], states[index - 1]))
    next_states = [build.mux(build.input(0), states[index - 1], states[index]) for index in range(length)]
    return build.finish([two, *states], next_states, b"\1" + bytes(length - 1))


def test_what_no_reachable_state_shows_is_constant() -> None:
    """That no two neighbours have the token is inductive only for all pairs together."""
    after = reduced(ring(3)).aig
    assert after.outputs[0] == 0
    assert after.ports.latches == 3


def delayed(steps: int) -> Aig:
    """A pulse would have to come out of a chain of zeros to set the last latch."""
    build = Builder(1, steps + 1)
    chain, last = [build.latch(index) for index in range(steps)], build.latch(steps)
    never = build.and_(build.input(0), last)
    return build.finish([last], [never, *chain[:-1], build.or_(last, chain[-1])], bytes(steps + 1))


def test_a_chain_of_zeros_is_gone() -> None:
    assert reduced(delayed(5)).aig.ports.latches == 0


def test_a_constraint_is_a_root_and_not_an_assumption() -> None:
    """Under the constraint x = 1 the latch would stay 0; as it is not assumed, the latch stays a latch."""
    build = Builder(1, 1)
    held = build.or_(build.latch(0), build.input(0) ^ 1)
    plain = build.finish([build.latch(0), build.input(0)], [held], bytes(1))
    aig = Aig(replace(plain.ports, outputs=1, constraints=1), plain.ands, plain.roots[[0, 2, 1]])
    after = reduced(aig).aig
    assert (after.ports.latches, after.ports.constraints) == (1, 1)


def test_a_limit_of_work_merges_nothing_and_lets_the_run_go_on() -> None:
    aig, context = counters(8, bytes(16)), Context()
    reduction = Scorr(work=100).run_sequential(aig, context)
    assert reduction.aig.ports.latches == 16
    assert not context.stopped


@pytest.mark.parametrize("option", ["steps", "conflicts", "rounds", "work"])
def test_options_are_checked(option: str) -> None:
    with pytest.raises(NetcError, match=f"{option}=0"):
        Scorr(**{option: 0}).run_sequential(Builder(1).finish([2]), Context())


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "latches"), [("s641", 14), ("s5378", 127), ("s9234", 5), ("s13207", 193)])
def test_benchmarks_lose_as_many_latches_as_to_abc(corpus: Path, name: str, latches: int) -> None:
    """The numbers are those that ABC's scorr leaves (2022, after strash)."""
    aig = load(corpus / "aig" / "iscas89" / f"{name}.aig").logic
    assert reduced(aig).aig.ports.latches <= latches
