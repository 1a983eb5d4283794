"""Sequential equivalence in three values, beside a simulator of three values written from its definition."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netc import Aig, Builder, NetcError
from netc.cec import Verdict
from netc.ports import UNINITIALISED
from netc.sec import check as check_two_valued
from netc.three_valued import check, dual_rail

X = UNINITIALISED
Row = tuple[int, ...]


def step(aig: Aig, inputs: Sequence[int], state: Row) -> tuple[Row, Row]:
    """The observed roots and the next state; each value is 0, 1 or X."""
    values = [0, *inputs, *state]

    def of(lit: int) -> int:
        value = values[lit >> 1]
        return value if value == X else value ^ (lit & 1)

    for a, b in aig.ands.tolist():
        pair = {of(a), of(b)}
        values.append(0 if 0 in pair else X if X in pair else 1)
    roots = [of(lit) for lit in aig.roots.tolist()]
    states = aig.ports.slices()["latch"]
    return tuple(roots[: states.start] + roots[states.stop :]), tuple(roots[states])


def starts(aig: Aig, known: bool) -> list[Row]:
    """All states that the latches may start in; one, with X, unless they are to be known."""
    return list(product(*([0, 1] if known and reset == X else [reset] for reset in aig.ports.resets)))


def clash(a: Aig, b: Aig, mode: str) -> int | None:
    """By walking through all pairs of states: the first step in which the circuits do not agree, or None."""
    queue = deque(((first, second), 1) for first in starts(a, False) for second in starts(b, mode == "refine"))
    seen = {states for states, _ in queue}
    while queue:
        states, at = queue.popleft()
        for inputs in product([0, 1], repeat=a.inputs):
            (mine, next_a), (theirs, next_b) = step(a, inputs, states[0]), step(b, inputs, states[1])
            if any(x != y and not (mode == "refine" and x == X) for x, y in zip(mine, theirs, strict=True)):
                return at
            if (next_a, next_b) not in seen:
                seen.add((next_a, next_b))
                queue.append(((next_a, next_b), at + 1))
    return None


def changed(aig: Aig, which: int, bit: int, reset: int) -> Aig:
    """One fan-in complemented, one latch with another reset."""
    ands = aig.ands.copy()
    if len(ands):
        ands[which % len(ands), bit] ^= 1
    resets = bytearray(aig.ports.resets)
    if resets:
        resets[which % len(resets)] = reset
    made = aig.with_ports(type(aig.ports)(**{**vars(aig.ports), "resets": bytes(resets)}))
    return Aig(made.ports, np.sort(ands, axis=1)[:, ::-1], aig.roots)


@pytest.mark.parametrize("mode", ["refine", "equal"])
@settings(max_examples=60)
@given(
    aig=strategies.aigs(max_leaves=5, max_ands=15),
    which=st.integers(0, 99),
    bit=st.integers(0, 1),
    reset=st.integers(0, 2),
    same=st.booleans(),
)
def test_the_verdict_is_what_all_reachable_states_say(
    mode: str, aig: Aig, which: int, bit: int, reset: int, same: bool
) -> None:
    assume(aig.ports.latches)
    other = aig if same else changed(aig, which, bit, reset)
    answer, expected = check(aig, other, mode=mode), clash(aig, other, mode)
    if answer.verdict is not Verdict.UNDECIDED:
        assert answer.verdict is (Verdict.EQUIVALENT if expected is None else Verdict.DIFFERENT)
    else:
        assert expected is None
    if answer.trace is None:
        return
    # the trace leads, in the simulator above, to the values that the answer names
    seen: list[Row] = []
    for circuit, state in ((aig, answer.trace.first), (other, answer.trace.second)):
        now = tuple(state.tolist())
        for inputs in answer.trace.inputs.astype(int).tolist():
            observed, now = step(circuit, inputs, now)
        seen.append(observed)
    assert answer.values in set(zip(*seen, strict=True))
    assert answer.values is not None
    assert answer.values[0] != answer.values[1]
    assert mode == "equal" or (answer.values[0] != X and answer.values[1] != X)


@settings(max_examples=40)
@given(strategies.aigs(max_leaves=5, max_ands=20))
def test_two_rails_are_the_simulator(aig: Aig) -> None:
    rails = dual_rail(aig)
    state, on_rails = tuple(aig.ports.resets), tuple(rails.ports.resets)
    random = np.random.default_rng(1)
    for _ in range(4):
        inputs = random.integers(0, 2, aig.inputs).tolist()
        shown, state = step(aig, inputs, state)
        pairs, on_rails = step(rails, inputs, on_rails)
        meaning = {(0, 0): 0, (1, 1): 1, (0, 1): X}
        assert [meaning[pair] for pair in zip(pairs[::2], pairs[1::2], strict=True)] == list(shown)


def register(resets: bytes, outputs: str) -> Aig:
    """Two registers that keep their values; outputs are the first, "x AND NOT x" of it, or whether they are equal."""
    build = Builder(0, 2)
    first, second = build.latch(0), build.latch(1)
    choices = {"first": first, "never": build.append_and(first, first ^ 1), "same": build.xor(first, second) ^ 1}
    return build.finish([choices[outputs]], [first, second], resets)


def test_a_reset_may_be_added_and_not_taken_away() -> None:
    free, zero, one = (register(resets, "first") for resets in (b"\2\0", b"\0\0", b"\1\0"))
    assert check(free, zero)
    assert check(free, one)
    assert check(free, free)
    answer = check(zero, free)
    assert (answer.verdict, answer.values, answer.root) == (Verdict.DIFFERENT, (0, 1), "output 0")
    assert answer.trace is not None
    assert answer.trace.first.tolist() == [0, 0]
    assert answer.trace.second.tolist() == [1, 0]
    assert not check(zero, one)
    # in two values neither start is the other's
    assert not check_two_valued(free, zero)


def test_equal_means_x_where_the_other_has_x() -> None:
    free, zero = register(b"\2\0", "first"), register(b"\0\0", "first")
    assert check(free, free, mode="equal")
    answer = check(free, zero, mode="equal")
    assert answer.values == (X, 0)
    assert answer.trace is not None
    assert answer.trace.first.tolist() == [X, 0]


def test_x_and_not_x_is_x() -> None:
    """All starts agree that it is 0, and a simulator of three values does not see that."""
    never, zero = register(b"\2\0", "never"), Builder(0, 2).finish([0], [2, 4], b"\2\0")
    assert check_two_valued(never, zero)
    assert check(never, zero)
    assert check(zero, never)  # the second one is taken for what it does, not for what a simulator shows of it
    assert check(never, zero, mode="equal").values == (X, 0)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(NetcError, match="it is 'refine' or 'equal'"):
        check(register(b"\0\0", "first"), register(b"\0\0", "first"), mode="strict")
