"""Machines that run: many sequences, step by step, against the twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Builder, Machine, NetcError, compile
from netc.ports import Ports


@given(strategies.aigs(properties=False), st.integers(0, 4), st.integers(0, 3), st.integers(0, 9))
def test_machines_step_like_the_twin(aig: Any, steps: int, sequences: int, seed: int) -> None:
    machine = Machine.of(aig)
    random = np.random.default_rng(seed)
    x = random.integers(0, 2, (steps, sequences, aig.inputs)).astype(np.bool_)
    state = random.integers(0, 2, (sequences, machine.latches)).astype(np.bool_)
    outputs, after = compile(machine).run(x, state)
    now = state
    for step in range(steps):
        values = twins.roots(aig, np.concatenate([x[step], now], axis=1))
        assert np.array_equal(outputs[step], values[:, : aig.ports.outputs])
        now = values[:, aig.ports.outputs :]
    assert np.array_equal(after, now)


def counter(bits: int) -> Any:
    """Counts up while its input is true; starts at 5."""
    build = Builder(1, bits)
    carry, following = build.input(0), []
    for index in range(bits):
        following.append(build.xor(build.latch(index), carry))
        carry = build.and_(build.latch(index), carry)
    resets = bytes((5 >> index) & 1 for index in range(bits))
    return build.finish([build.latch(index) for index in range(bits)], following, resets)


def test_a_counter_counts_in_thousands_of_sequences_at_once() -> None:
    machine = compile(Machine.of(counter(8)))
    sequences, steps = 1500, 20
    enable = np.random.default_rng(3).integers(0, 2, (steps, sequences, 1))
    outputs, state = machine.run(enable)
    weights = 1 << np.arange(8)
    seen = 5 + np.concatenate([np.zeros((1, sequences), int), enable[:-1, :, 0].cumsum(axis=0)])
    assert np.array_equal(outputs @ weights, seen)
    assert np.array_equal(state @ weights, 5 + enable.sum(axis=(0, 2)))
    one, after = machine.step(np.ones((sequences, 1)), state)
    assert np.array_equal(one @ weights, state @ weights)
    assert np.array_equal(after @ weights, state @ weights + 1)


@pytest.mark.parametrize("engine", ["table", "auto"])
@pytest.mark.parametrize("sequences", [1, 128, 129, 513, 1500])
def test_threads_and_engines_change_nothing_in_a_machine(engine: str, sequences: int) -> None:
    machine = compile(Machine.of(counter(8)), engine=engine)
    enable = np.random.default_rng(sequences).integers(0, 2, (7, sequences, 1)).astype(np.bool_)
    outputs, state = machine.run(enable, threads=1)
    weights = 1 << np.arange(8)
    assert np.array_equal(state @ weights, 5 + enable.sum(axis=(0, 2)))
    for threads in (2, 3, None):
        others, after = machine.run(enable, threads=threads)
        assert np.array_equal(others, outputs)
        assert np.array_equal(after, state)
    wrong = enable.astype(np.uint8)
    wrong[4, -1] = 2
    wrong[5, 0] = 2
    with pytest.raises(NetcError, match="step 4: an input is neither 0 nor 1"):
        machine.run(wrong, threads=2)
    with pytest.raises(NetcError, match="threads=0"):
        machine.run(enable, threads=0)


def test_states_and_inputs_of_other_shapes_are_refused() -> None:
    machine = compile(Machine.of(counter(2)))
    with pytest.raises(NetcError, match=r"reads \(steps, sequences, 1\)"):
        machine.run(np.zeros((3, 4)))
    with pytest.raises(NetcError, match=r"it needs \(4, 2\)"):
        machine.run(np.zeros((3, 4, 1)), np.zeros((4, 3)))
    with pytest.raises(NetcError, match="step 0: an input is neither 0 nor 1"):
        machine.run(np.full((1, 1, 1), 3))
    with pytest.raises(NetcError, match="bits, 0 or 1"):
        machine.run(np.full((1, 1, 1), 0.5))


def test_a_machine_that_does_not_fit_itself_is_refused() -> None:
    core = Builder(3).finish([2])
    with pytest.raises(NetcError, match="gives 1 bits, not 1"):
        Machine(core, 2, 1, b"\0")
    assert Ports(resets=b"\0").latches == 1
