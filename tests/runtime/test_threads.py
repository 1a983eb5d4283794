"""Threads of the caller's: one net for all of them, and the interpreter is theirs while the core works."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from netc.runtime import arguments
from netc.runtime.machine_code import targets

from netc import Builder, Dense, Grid, Head, LayeredNetwork, Machine, Model, NetcError, Tiled, compile, registry
from netc.cores import usable_cores

ENGINES = [*registry.ENGINES]
INPUTS = 128


def model(gates: int = 64) -> Model:
    """A template of one gate at many positions, then two dense layers."""
    random = np.random.default_rng(gates)
    either = Dense(np.full(1, 0b1110, np.uint64), np.array([[0, 1]], np.uint32))
    pairs = Tiled((either,), np.arange(INPUTS).reshape(-1, 2))
    layers: list[Any] = [pairs]
    before = INPUTS // 2
    for _ in range(2):
        wires = random.integers(0, before, (gates, 2)).astype(np.uint32)
        layers.append(Dense(random.integers(0, 16, gates).astype(np.uint64), wires))
        before = gates
    return Model.of_layers(LayeredNetwork(INPUTS, layers), head=Head.group_sum(gates, 4))


def compiled(subject: Any, engine: str) -> Any:
    if engine == "machine" and not targets():
        pytest.skip("no machine code for this processor")
    return compile(subject, engine=engine)


def asked_by_four(ask: Callable[[int], list[Any]], wanted: list[list[Any]]) -> None:
    """Questions in turn, by threads that begin together."""
    begin = threading.Barrier(4)

    def one(thread: int) -> None:
        begin.wait(60)
        for turn in range(24):
            question = (turn + thread) % len(wanted)
            for found, right in zip(ask(question), wanted[question], strict=True):
                np.testing.assert_array_equal(found, right)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(one, thread) for thread in range(4)]:
            done.result(60)


@pytest.mark.parametrize("engine", ENGINES)
def test_four_threads_may_ask_one_net_at_once(engine: str) -> None:
    net = compiled(model(), engine)
    reference = compile(model(), engine="table" if engine != "table" else "template")
    random = np.random.default_rng(2)
    questions = [random.integers(0, 2, (rows, INPUTS)).astype(np.bool_) for rows in (1, 100, 513, 3000)]
    wanted = [[reference.bits(x), reference.scores(x), reference.predict(x)] for x in questions]

    def ask(question: int) -> list[Any]:
        x = questions[question]
        return [net.bits(x, threads=2), net.scores(x, threads=1), net.predict(x)]

    asked_by_four(ask, wanted)


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "template"])
def test_four_threads_may_step_one_machine_and_one_automaton_at_once(engine: str) -> None:
    build = Builder(2, 9)
    lits = [*map(build.input, range(2)), *map(build.latch, range(9))]
    for index in range(60):
        lits.append(build.xor(lits[-1], build.and_(lits[-3] ^ 1, lits[index])))
    machine = compiled(Machine.of(build.finish(lits[-3:], lits[-9:])), engine)
    cell = Builder(9)
    grid = compiled(Grid(cell.finish([cell.xor(cell.input(1), cell.and_(cell.input(4), cell.input(8)))])), engine)
    random = np.random.default_rng(3)
    questions = [
        (random.integers(0, 2, (6, rows, 2)).astype(np.bool_), random.integers(0, 2, (rows, 9, 70, 1)).astype(np.bool_))
        for rows in (1, 100, 700)
    ]

    def ask(question: int) -> list[Any]:
        x, cells = questions[question]
        state = machine.start(x.shape[1])
        outputs, after = machine.run(x, state)
        return [outputs, after.bits(), *machine.run(x, threads=2), grid.run(cells, 3)]

    asked_by_four(ask, [ask(question) for question in range(len(questions))])


@pytest.fixture
def only_when_released() -> Iterator[None]:
    """The interpreter changes threads only where one lets go of it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("only_when_released")
def test_other_threads_run_while_the_core_works() -> None:
    net = compile(model(20_000), engine="table")
    x = np.random.default_rng(4).integers(0, 2, (20_000, INPUTS)).astype(np.bool_)
    counted, done = 0, threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.0005)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        most = 0
        end = time.monotonic() + 20
        while most < 3 and time.monotonic() < end:
            before = counted
            net.predict(x, threads=1)
            most = max(most, counted - before)
    finally:
        done.set()
        counter.join()
    assert most >= 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not bind processes to cores")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)


def test_batches_of_one_block_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arguments, "usable_cores", lambda: 7)
    assert arguments.threads_for(None, 128) == 1
    assert arguments.threads_for(None, 129) == 7
    assert arguments.threads_for(3, 1) == 3
    with pytest.raises(NetcError, match="threads=0; it is at least 1"):
        arguments.threads_for(0, 1)
