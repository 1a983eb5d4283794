"""Sequential equivalence: three answers, each of them right."""

from __future__ import annotations

import shutil
import subprocess
from collections import deque
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import strategies
import twins
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netc import Aig, Builder, Context, NetcError, load, write
from netc.cec import Verdict
from netc.ports import UNINITIALISED, Ports
from netc.sec import Sec, Trace, check
from netc.sequential_miter import SequentialMiter

ABC = shutil.which("berkeley-abc") or shutil.which("abc")
Bits = npt.NDArray[np.bool_]


def observed(aig: Aig, values: Bits) -> Bits:
    """The roots that both circuits must agree on: all but the next states."""
    keep = np.ones(len(aig.roots), np.bool_)
    keep[aig.ports.slices()["latch"]] = False
    return values[:, keep]


def shortest_difference(a: Aig, b: Aig) -> int | None:
    """By walking through all pairs of states: the first step in which outputs can differ, or None. Without
    uninitialised latches."""
    inputs = twins.all_patterns(a.ports.inputs)
    start = tuple(a.ports.resets), tuple(b.ports.resets)
    seen, queue = {start}, deque([(start, 1)])
    while queue:
        states, step = queue.popleft()
        values = [
            twins.roots(aig, np.hstack([inputs, np.tile(np.array(state, np.bool_), (len(inputs), 1))]))
            for aig, state in zip((a, b), states, strict=True)
        ]
        if not np.array_equal(observed(a, values[0]), observed(b, values[1])):
            return step
        next_states = [
            [tuple(row) for row in of_one[:, aig.ports.slices()["latch"]].astype(int).tolist()]
            for aig, of_one in zip((a, b), values, strict=True)
        ]
        for reached in zip(*next_states, strict=True):
            if reached not in seen:
                seen.add(reached)
                queue.append((reached, step + 1))
    return None


def mutated(aig: Aig, which: int, bit: int) -> Aig:
    """One fan-in complemented."""
    ands = aig.ands.copy()
    ands[which % len(ands), bit] ^= 1
    ands.sort(axis=1)
    return Aig(aig.ports, ands[:, ::-1], aig.roots)


@settings(max_examples=60)
@given(strategies.aigs(max_leaves=5, max_ands=25), st.integers(0, 99), st.integers(0, 1))
def test_the_verdict_is_what_all_reachable_states_say(aig: Aig, which: int, bit: int) -> None:
    assume(aig.num_ands and UNINITIALISED not in aig.ports.resets)
    other = mutated(aig, which, bit)
    answer, expected = check(aig, other), shortest_difference(aig, other)
    if answer.verdict is not Verdict.UNDECIDED:
        assert answer.verdict is (Verdict.EQUIVALENT if expected is None else Verdict.DIFFERENT)
    else:  # 64 steps are longer than any walk through these states
        assert expected is None
    if answer.trace is not None:
        assert expected is not None
        assert len(answer.trace.inputs) >= expected


def counter(bits: int, reset: int = 0) -> Aig:
    """Counts when its input is 1; its outputs are the four decoded states of the two lowest bits."""
    build = Builder(1, bits)
    carry, next_states = build.input(0), []
    for index in range(bits):
        next_states.append(build.xor(build.latch(index), carry))
        carry = build.and_(carry, build.latch(index))
    low, high = build.latch(0), build.latch(1)
    decoded = [build.and_(low ^ (n & 1) ^ 1, high ^ (n >> 1) ^ 1) for n in range(4)]
    return build.finish(decoded, next_states, bytes(reset >> index & 1 for index in range(bits)))


def ring() -> Aig:
    """The same behaviour with one latch a state."""
    build = Builder(1, 4)
    states = [build.latch(index) for index in range(4)]
    next_states = [build.mux(build.input(0), states[index - 1], states[index]) for index in range(4)]
    return build.finish(states, next_states, b"\1\0\0\0")


def test_a_binary_counter_is_a_ring_counter() -> None:
    answer = check(counter(2), ring())
    assert answer
    assert answer.induction >= 1


def test_a_latch_may_move_through_a_gate() -> None:
    before = Builder(2, 2)
    aig = before.finish([before.and_(before.latch(0), before.latch(1))], [before.input(0), before.input(1)], b"\0\0")
    after = Builder(2, 1)
    moved = after.finish([after.latch(0)], [after.and_(after.input(0), after.input(1))], b"\0")
    assert check(aig, moved)
    other = after.finish([after.latch(0)], [after.and_(after.input(0), after.input(1))], b"\1")
    answer = check(aig, other)
    assert (answer.verdict, answer.root) == (Verdict.DIFFERENT, "output 0")
    assert answer.trace is not None
    assert len(answer.trace.inputs) == 1


def delayed_and(stages: int, early: bool) -> Aig:
    """The AND of two inputs after some steps: of the inputs, or of what comes out of two shift registers."""
    build = Builder(2, stages if early else 2 * stages)
    x, y = build.input(0), build.input(1)
    if early:
        chain = [build.latch(index) for index in range(stages)]
        return build.finish([chain[-1]], [build.and_(x, y), *chain[:-1]])
    first, second = ([build.latch(start + index) for index in range(stages)] for start in (0, stages))
    return build.finish([build.and_(first[-1], second[-1])], [x, *first[:-1], y, *second[:-1]])


def test_latches_that_moved_over_a_gate_through_more_steps_than_the_induction_has() -> None:
    assert check(delayed_and(2, True), delayed_and(2, False)).retimed == 0
    answer = check(delayed_and(10, True), delayed_and(10, False))
    assert answer.verdict is Verdict.EQUIVALENT
    assert 0 < answer.retimed <= 16
    assert check(delayed_and(10, True), delayed_and(11, False)).verdict is Verdict.DIFFERENT


@given(strategies.aigs(max_leaves=6, max_ands=25))
def test_a_retimed_machine_does_the_same_from_reset_on(aig: Aig) -> None:
    states = aig.ports.slices()["latch"]
    shown = np.delete(aig.roots, np.arange(len(aig.roots))[states])
    initial = np.frombuffer(aig.ports.resets, np.uint8).astype(np.uint32)
    initial[initial == UNINITIALISED] += np.arange((initial == UNINITIALISED).sum(), dtype=np.uint32)
    free = int((initial > 1).sum())
    roots = np.concatenate([aig.roots[states], shown, shown])
    before = SequentialMiter(aig.inputs, aig.ands, roots, initial, free, len(shown), Context())
    random = np.random.default_rng(1)
    values = np.concatenate([[0, 1], random.integers(0, 2, free)]).astype(np.bool_)
    inputs = random.integers(0, 2, (6, aig.inputs)).astype(np.bool_)
    runs: list[list[list[bool]]] = []
    for miter in (before, before.retimed(), before.retimed().retimed()):
        state, latches = values[miter.initial], len(miter.initial)
        graph = Aig(Ports(inputs=miter.leaves, outputs=len(miter.roots)), miter.ands, miter.roots)
        runs.append([])
        for step in inputs:
            found = twins.roots(graph, np.concatenate([step, state])[None])[0]
            state = found[:latches]
            runs[-1].append(found[latches:].tolist())
    assert runs[0] == runs[1] == runs[2]


def alarm(bits: int, at: int) -> Aig:
    """Counts every step; the output is 1 when the count is `at`."""
    build = Builder(0, bits)
    carry, hit, next_states = 1, 1, []
    for index in range(bits):
        state = build.latch(index)
        next_states.append(build.xor(state, carry))
        carry = build.and_(carry, state)
        hit = build.and_(hit, state ^ (at >> index & 1) ^ 1)
    return build.finish([hit], next_states, bytes(bits))


def test_a_late_difference_is_found_where_it_is() -> None:
    answer = check(alarm(7, 100), alarm(7, 127), depth=110)
    assert answer.trace is not None
    assert len(answer.trace.inputs) == 101


def test_what_lies_behind_the_depth_is_undecided_and_says_how_far_it_looked() -> None:
    answer = check(alarm(7, 100), alarm(7, 127), depth=20)
    assert (answer.verdict, answer.bounded, answer.undecided) == (Verdict.UNDECIDED, 20, 1)


def test_a_rare_word_is_found_by_sat_where_random_runs_do_not_see_it() -> None:
    def lock(code: int) -> Aig:
        """Opens after three right words of 12 bits."""
        build = Builder(12, 3)
        right = 1
        for index in range(12):
            right = build.and_(right, build.input(index) ^ (code >> index & 1) ^ 1)
        chain = [1, build.latch(0), build.latch(1)]
        return build.finish([build.latch(2)], [build.and_(right, lit) for lit in chain], bytes(3))

    answer = check(lock(0xABC), lock(0x123))
    assert answer.trace is not None
    assert len(answer.trace.inputs) == 4
    assert check(lock(0xABC), lock(0xABC))


def memory(resets: bytes, swap: bool = False) -> Aig:
    """Two latches that keep their values, and whether they agree; or whether the first is set."""
    build = Builder(0, 2)
    x, y = build.latch(0), build.latch(1)
    return build.finish([x, build.xor(x, y) ^ 1], [y, x] if swap else [x, y], resets)


def test_uninitialised_latches_start_with_any_value_but_in_pairs() -> None:
    assert check(memory(b"\2\2"), memory(b"\2\2"))
    answer = check(memory(b"\2\2"), memory(b"\2\2", swap=True))
    assert answer.verdict is Verdict.DIFFERENT
    assert answer.free == 2
    assert answer.trace is not None
    assert answer.trace.first.tolist() == answer.trace.second.tolist()
    assert answer.trace.first[0] != answer.trace.first[1]
    assert not answer.trace.plain
    # one that has no partner is free by itself
    assert check(memory(b"\2\0"), memory(b"\0\0")).verdict is Verdict.DIFFERENT


def test_properties_are_compared_too() -> None:
    def guarded(invert: int) -> Aig:
        ports = Ports(inputs=1, resets=b"\0", bad=1)
        return Aig(ports, np.zeros((0, 2), np.uint32), np.array([2, 4 ^ invert], np.uint32))

    assert check(guarded(0), guarded(0))
    assert check(guarded(0), guarded(1)).root == "bad 0"


def test_interfaces_that_do_not_fit_are_refused() -> None:
    with pytest.raises(NetcError, match="have 1 and 2 ports of kind input"):
        check(Builder(1).finish([2]), Builder(2).finish([2]))
    with pytest.raises(NetcError, match="depth=0"):
        check(ring(), ring(), depth=0)


def test_a_small_budget_gives_undecided_and_the_same_each_time() -> None:
    def run(budget: int) -> tuple[Verdict, int, int | None]:
        context = Context(budget)
        return check(counter(12), counter(12), context=context).verdict, context.work, context.stopped_at

    assert run(3000)[0] is Verdict.UNDECIDED
    assert run(3000) == run(3000)


# ---- other tools --------------------------------------------------------------------------------------------------


def outputs_by_abc(aig: Aig, trace: Trace, folder: Path) -> str:
    """The outputs of each step by ABC, from a file that holds the circuit unrolled by ABC."""
    write(aig, folder / "design.aig")
    frames = len(trace.inputs)
    assert ABC is not None
    script = f"read_aiger {folder / 'design.aig'}; strash; frames -F {frames} -i; strash"
    subprocess.run([ABC, "-q", f"{script}; write_aiger -s {folder / 'frames.aig'}"], check=True, capture_output=True)
    unrolled = load(folder / "frames.aig").logic
    assert not unrolled.ports.latches
    return "".join("01"[int(bit)] for bit in twins.roots(unrolled, trace.inputs.reshape(1, -1))[0])


def by_netc(aig: Aig, trace: Trace, state: Bits) -> str:
    outputs = []
    for step in trace.inputs:
        values = twins.roots(aig, np.concatenate([step, state])[None])[0]
        outputs.append("".join("01"[int(bit)] for bit in values[: aig.ports.outputs]))
        state = values[aig.ports.slices()["latch"]]
    return "".join(outputs)


@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("at", [3, 17])
def test_abc_unrolls_a_trace_to_the_same_difference(tmp_path: Path, at: int) -> None:
    first, second = alarm(5, at), alarm(5, 31)
    answer = check(first, second)
    assert answer.trace is not None
    mine, theirs = (outputs_by_abc(aig, answer.trace, tmp_path) for aig in (first, second))
    assert mine == by_netc(first, answer.trace, answer.trace.first)
    assert theirs == by_netc(second, answer.trace, answer.trace.second)
    assert mine[:-1] == theirs[:-1]
    assert mine[-1] != theirs[-1]


def resynthesised(source: Path, target: Path, script: str) -> bool:
    assert ABC is not None
    subprocess.run(
        [ABC, "-q", f"read_aiger {source}; strash; {script}; strash; dc2; write_aiger {target}"],
        check=False,
        capture_output=True,
        timeout=60,
    )
    return target.is_file()


SEQUENTIAL = ["s27", "s298", "s344", "s382", "s420.1", "s526", "s641", "s820", "s953", "s1196", "s1423", "s5378"]


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_circuits_that_abc_merged_latches_in_are_proved(corpus: Path, tmp_path: Path, name: str) -> None:
    source, target = corpus / "aig" / "iscas89" / f"{name}.aig", tmp_path / "after.aig"
    assert resynthesised(source, target, "scorr")
    before, after = load(source).logic, load(target).logic
    assert check(before, after)
    wrong = Aig(after.ports, after.ands, after.roots ^ np.eye(1, len(after.roots), dtype=np.uint32)[0])
    answer: Sec = check(before, wrong)
    assert answer.verdict is Verdict.DIFFERENT


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_a_circuit_that_abc_retimed_is_proved(corpus: Path, tmp_path: Path) -> None:
    source, target = corpus / "aig" / "iscas89" / "s13207.aig", tmp_path / "after.aig"
    assert resynthesised(source, target, "dretime")
    assert check(load(source).logic, load(target).logic)
