"""Machines that run: many sequences, step by step, against the twin."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.runtime.machine_code import targets
from netc.runtime.machine_net import MachineNet, State
from netc.runtime.table import kernels

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
    with pytest.raises(NetcError, match=f"step 4, row {sequences - 1}, column 0 holds 2; this machine reads bits"):
        machine.run(wrong, threads=2)
    with pytest.raises(NetcError, match="threads=0"):
        machine.run(enable, threads=0)


@pytest.mark.parametrize(
    ("x", "state", "options", "message"),
    [
        (np.zeros((3, 4)), None, {}, r"x has shape \(3, 4\); this machine reads \(steps, sequences, 1\)"),
        (np.zeros((3, 4, 2), np.uint8), None, {"packed": True}, r"reads \(steps, sequences, 1\) packed bits"),
        (np.zeros((3, 4, 1)), None, {"packed": True}, "packed bits are uint8, not float64"),
        (np.zeros((3, 4, 1)), np.zeros((4, 3)), {}, r"the state has shape \(4, 3\); it needs \(4, 2\)"),
        (np.zeros((3, 4, 1), np.uint8), np.zeros((4, 2)), {"packed": True}, r"it needs \(4, 1\) packed bits"),
        (np.zeros((3, 4, 1), np.uint8), np.zeros((4, 1)), {"packed": True}, "packed bits are uint8, not float64"),
        (np.full((1, 1, 1), 3), None, {}, "step 0, row 0, column 0 holds 3; this machine reads bits, 0 or 1"),
        (np.full((1, 1, 1), 0.5), None, {}, "step 0, row 0, column 0 holds 0.5; this machine reads bits, 0 or 1"),
        (np.full((1, 1, 1), np.nan), None, {}, "holds nan"),
        (np.array([[["a"]]]), None, {}, "x has type <U1; this machine reads bits"),
        (np.zeros((1, 2, 1)), np.array([["a"] * 2] * 2), {}, "the state has type <U1; this machine reads bits"),
        (np.zeros((1, 2, 1)), np.array([[0, 0], [0, 0.5]]), {}, "the state's row 1, column 1 holds 0.5"),
        (np.zeros((1, 2, 1)), np.array([[0, 0], [2, 0]], np.uint8), {}, "the state's row 1, column 0 holds 2"),
        (np.zeros((1, 2, 1)), None, {"out": np.zeros(2)}, "out is a pair"),
        (np.zeros((1, 2, 1)), None, {"out": (np.zeros((1, 2, 2)), None)}, r"the result is bool\[1, 2, 2\]"),
        (np.zeros((1, 2, 1)), None, {"out": (None, np.zeros((2, 1), bool))}, r"the result is bool\[2, 2\]"),
        (np.zeros((1, 2, 1)), None, {"threads": -1}, "threads=-1; it is at least 1"),
    ],
)
def test_what_cannot_be_run_is_refused(x: Any, state: Any, options: dict[str, Any], message: str) -> None:
    machine = compile(Machine.of(counter(2)))
    with pytest.raises(NetcError, match=message):
        machine.run(x, state, **options)


def test_errors_of_numbers_count_steps_from_the_first() -> None:
    x = np.zeros((90, 1000, 1))
    x[77, 5] = 2
    with pytest.raises(NetcError, match="step 77, row 5, column 0 holds 2"):
        compile(Machine.of(counter(2))).run(x)


# ---- forms of inputs, outputs and states --------------------------------------------------------------------------


def random_machine(inputs: int = 11, latches: int = 70, outputs: int = 13) -> Machine:
    random = np.random.default_rng(6)
    build = Builder(inputs, latches)
    lits = [build.input(index) for index in range(inputs)] + [build.latch(index) for index in range(latches)]
    for _ in range(500):
        a, b = (lits[index] ^ int(random.integers(2)) for index in random.integers(0, len(lits), 2))
        lits.append(build.xor(a, b) if random.integers(2) else build.and_(a, b))
    following = [lits[index] ^ int(random.integers(2)) for index in random.integers(0, len(lits), latches)]
    return Machine.of(
        build.finish(lits[-outputs:], following, random.integers(0, 2, latches).astype(np.uint8).tobytes())
    )


def packed(bits: Any) -> Any:
    return np.packbits(bits, axis=-1, bitorder="little")


@pytest.fixture(scope="module", params=["table", "auto", "c"])
def net(request: pytest.FixtureRequest) -> MachineNet:
    made: MachineNet = compile(random_machine(), engine=request.param)
    return made


def by_definition(machine: Machine, x: Any, state: Any) -> tuple[Any, Any]:
    seen = []
    for now in x:
        values = twins.roots(machine.core, np.concatenate([now, state], axis=1))
        seen.append(values[:, : machine.outputs])
        state = values[:, machine.outputs :]
    return np.array(seen), state


@pytest.mark.parametrize("sequences", [0, 1, 127, 513, 1030])
def test_every_form_of_inputs_outputs_and_states_gives_the_same(net: MachineNet, sequences: int) -> None:
    random = np.random.default_rng(sequences)
    x = random.integers(0, 2, (5, sequences, 11)).astype(np.bool_)
    start = random.integers(0, 2, (sequences, 70)).astype(np.bool_)
    outputs, after = net.run(x, start)
    if sequences <= 127:
        seen, last = by_definition(net.machine, x, start)
        assert np.array_equal(outputs, seen.reshape(outputs.shape))
        assert np.array_equal(after, last)
    wide = np.zeros((5, sequences, 40), np.uint8)
    wide[..., 1:34:3] = x
    pairs = np.zeros((5, sequences, 4), np.uint8)
    pairs[..., ::2] = packed(x)
    given: list[tuple[Any, bool]] = [
        (x.astype(np.uint8), False),
        (x.astype(np.int64), False),
        (x.astype(np.float32), False),
        (np.asfortranarray(x), False),
        (wide[..., 1:34:3], False),
        (x[::-1, ::-1].copy()[::-1, ::-1], False),
        (packed(x), True),
        (np.repeat(packed(x), 2, axis=1)[:, ::2], True),
        (pairs[..., ::2], True),
    ]
    for form, is_packed in given:
        for is_packed_out in (False, True):
            state = packed(start) if is_packed else start
            found, last = net.run(form, state, packed=is_packed, packed_out=is_packed_out)
            assert np.array_equal(found, packed(outputs) if is_packed_out else outputs)
            assert np.array_equal(last, packed(after) if is_packed_out else after)
            kept = net.start(sequences, state, packed=is_packed)
            found, last = net.run(form, kept, packed=is_packed, packed_out=is_packed_out)
            assert np.array_equal(found, packed(outputs) if is_packed_out else outputs)
            assert np.array_equal(last.bits(), after)
            assert np.array_equal(kept.bits(), start)


SEAMS = [side + step for side in (0, 8, 64, 128, 256, 512, 1024) for step in (-1, 0, 1) if side + step >= 0] + [1100]


@pytest.mark.parametrize(
    ("inputs", "latches", "outputs"), [(1, 3, 2), (9, 17, 5), (16, 40, 16), (30, 70, 33), (70, 130, 90)]
)
@pytest.mark.parametrize(
    ("engine", "kernel"),
    [
        ("table", "avx512"),
        ("table", "avx2"),
        ("table", "sse2"),
        ("table", "neon"),
        ("machine", "avx512"),
        ("machine", "avx2"),
    ],
)
def test_any_number_of_sequences_and_ports_steps_like_the_twin(
    engine: str, kernel: str, inputs: int, latches: int, outputs: int
) -> None:
    if kernel not in (targets() if engine == "machine" else kernels()):
        pytest.skip(f"this processor has no {kernel}")
    machine = random_machine(inputs, latches, outputs)
    net = compile(machine, engine=engine, kernel=kernel)
    random = np.random.default_rng(latches)
    x = random.integers(0, 2, (3, SEAMS[-1], inputs)).astype(np.bool_)
    start = random.integers(0, 2, (SEAMS[-1], latches)).astype(np.bool_)
    seen, last = by_definition(machine, x, start)
    for size in SEAMS:
        for threads in (1, 2):
            bits = np.empty((3, size, outputs), np.bool_), start[:size].copy()
            net.run(x[:, :size], bits[1], threads=threads, out=bits)  # over the state that was read
            rows, state = net.run(
                packed(x[:, :size]),
                packed(start[:size]),
                packed=True,
                packed_out=True,
                threads=threads,
            )
            kept = net.start(size, start[:size])
            for step in range(3):
                found, _ = net.step(x[step, :size], kept, threads=threads, out=(None, kept))
                assert np.array_equal(found, seen[step, :size]), (size, threads)
            for found, wanted in (
                (bits[0], seen[:, :size]),
                (bits[1], last[:size]),
                (rows, packed(seen[:, :size])),
                (state, packed(last[:size])),
                (kept.bits(), last[:size]),
                (net.run(x[:0, :size], kept, threads=threads)[1].bits(), last[:size]),
            ):
                assert np.array_equal(found, wanted), (size, threads)


def test_a_counter_counts_for_a_long_time() -> None:
    enable = np.random.default_rng(2).integers(0, 2, (40_000, 3, 1), np.uint8)
    net = compile(Machine.of(counter(20)), engine="table")
    weights = 1 << np.arange(20)
    outputs, state = net.run(enable)
    assert np.array_equal(outputs[-1] @ weights, 5 + enable[:-1, :, 0].sum(axis=0, dtype=np.int64))
    assert np.array_equal(state @ weights, 5 + enable[:, :, 0].sum(axis=0, dtype=np.int64))


@pytest.mark.parametrize("sequences", [1, 600])
def test_steps_are_those_of_a_run_whatever_form_the_state_has(net: MachineNet, sequences: int) -> None:
    x = np.random.default_rng(8).integers(0, 2, (9, sequences, 11)).astype(np.bool_)
    outputs, after = net.run(x)
    for threads in (1, 2):
        bits: Any = None
        state = net.start(sequences)
        for step in range(9):
            seen, bits = net.step(x[step], bits, threads=threads)
            assert np.array_equal(seen, outputs[step])
            seen, state = net.step(packed(x[step]), state, packed=True, packed_out=True, threads=threads)
            assert np.array_equal(seen, packed(outputs[step]))
        assert np.array_equal(bits, after)
        assert np.array_equal(state.bits(), after)


def test_a_run_of_no_steps_keeps_the_state(net: MachineNet) -> None:
    start = np.random.default_rng(9).integers(0, 2, (77, 70)).astype(np.bool_)
    nothing = np.zeros((0, 77, 11))
    outputs, after = net.run(nothing, start)
    assert outputs.shape == (0, 77, 13)
    assert np.array_equal(after, start)
    assert np.array_equal(net.run(nothing, net.start(77, start))[1].bits(), start)
    assert np.array_equal(net.start(77).bits(), net.machine.initial_state(77))


def test_results_are_written_where_the_caller_wants_them(net: MachineNet) -> None:
    x = np.random.default_rng(10).integers(0, 2, (4, 600, 11)).astype(np.bool_)
    outputs, after = net.run(x)
    seen, state = np.ones_like(outputs), net.machine.initial_state(600)
    assert all(a is b for a, b in zip(net.run(x, state, out=(seen, state)), (seen, state), strict=True))
    assert np.array_equal(seen, outputs)
    assert np.array_equal(state, after)  # over the one that was read
    kept, row = net.start(600), np.empty((600, 2), np.uint8)
    for step in range(4):
        found, last = net.step(x[step], kept, packed_out=True, out=(row, kept))
        assert found is row
        assert last is kept
        assert np.array_equal(row, packed(outputs[step]))
    assert np.array_equal(kept.bits(), after)
    packed_state = np.empty((600, 9), np.uint8)
    net.run(x[:0], kept, packed_out=True, out=(None, packed_state))
    assert np.array_equal(packed_state, packed(after))
    net.run(x.astype(np.float32), out=(seen, kept))
    assert np.array_equal(kept.bits(), after)


def test_a_state_goes_with_its_shape_and_with_pickles() -> None:
    net = compile(random_machine(), engine="table")
    state = net.step(np.ones((300, 11)), net.start(300))[1]
    again = pickle.loads(pickle.dumps(state))  # noqa: TID251 - our own
    assert np.array_equal(again.bits(), state.bits())
    x = np.zeros((3, 300, 11), bool)
    assert np.array_equal(net.run(x, again)[1].bits(), net.run(x, state.bits())[1])
    with pytest.raises(NetcError, match=r"the state has shape \(300, 70\); it needs \(5, 70\)"):
        net.step(np.zeros((5, 11)), state)
    with pytest.raises(NetcError, match="another kernel"):
        net.run(x, State(300, 70, 2 * state.planes.shape[2]))
    with pytest.raises(NetcError, match="-1 sequences"):
        net.start(-1)


def test_a_machine_without_latches_or_inputs_or_outputs_runs() -> None:
    plain = compile(Machine.of(Builder(2).finish([2, 5])))
    outputs, state = plain.run([[[0, 1]], [[1, 1]]])
    assert outputs.tolist() == [[[False, False]], [[True, False]]]
    assert state.shape == plain.start(1).bits().shape == (1, 0)
    build = Builder(0, 1)
    toggle = compile(Machine.of(build.finish([], [build.latch(0) ^ 1], b"\0")))
    for is_packed in (False, True):
        outputs, state = toggle.run(np.zeros((3, 4, 0), np.uint8), packed=is_packed)
        assert outputs.shape == (3, 4, 0)
        assert state.tolist() == [[True]] * 4


@pytest.mark.parametrize("engine", ["table", "auto", "c"])
@pytest.mark.parametrize("seed", range(6))
def test_latches_that_take_each_other_s_values_do_so_at_once(engine: str, seed: int) -> None:
    """Next states that lie where inputs do: circles of latches, some complemented, chains, constants, itself."""
    random = np.random.default_rng(seed)
    latches = 60
    build = Builder(1, latches)
    lits = [build.latch(int(index)) ^ int(random.integers(2)) for index in random.permutation(latches)]
    for index in random.integers(0, latches, 15 if seed % 2 else 0):
        lits[index] = [0, 1, lits[index - 1], build.latch(int(index)), build.latch(int(index)) ^ 1][index % 5]
    for index in random.integers(0, latches, 5 if seed > 2 else 0):
        lits[index] = build.and_(lits[index], build.xor(build.input(0), lits[index - 1]))
    machine = Machine.of(build.finish(lits[:20], lits))
    x = random.integers(0, 2, (7, 30, 1)).astype(np.bool_)
    start = random.integers(0, 2, (30, latches)).astype(np.bool_)
    seen, last = by_definition(machine, x, start)
    outputs, after = compile(machine, engine=engine).run(x, start)
    assert np.array_equal(outputs, seen)
    assert np.array_equal(after, last)


def test_a_machine_that_does_not_fit_itself_is_refused() -> None:
    core = Builder(3).finish([2])
    with pytest.raises(NetcError, match="gives 1 bits, not 1"):
        Machine(core, 2, 1, b"\0")
    assert Ports(resets=b"\0").latches == 1
