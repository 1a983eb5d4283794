"""Machines and automata go to other processes as nets do: see test_stream.py for those."""

from __future__ import annotations

import multiprocessing
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from netc.runtime import fastest
from netc.runtime.grid import GridNet
from netc.runtime.machine_net import MachineNet
from netc.runtime.table import kernels

from netc import Aig, Builder, Grid, Machine, Model, compile

LATCHES = 40


def random_gates(build: Builder, lits: list[int], gates: int) -> list[int]:
    random = np.random.default_rng(gates)
    for _ in range(gates):
        a, b = (lits[index] ^ int(random.integers(2)) for index in random.integers(0, len(lits), 2))
        lits.append(build.and_(a, b))
    return lits


def circuit() -> Aig:
    """Of 3 inputs and 2 outputs; some latches start true."""
    build = Builder(3, LATCHES)
    leaves = [build.input(index) for index in range(3)] + [build.latch(index) for index in range(LATCHES)]
    lits = random_gates(build, leaves, 400)
    named = {"input": {0: "a name"}}
    return build.finish(lits[-2:], lits[-2 - LATCHES : -2], bytes(i % 2 for i in range(LATCHES)), names=named)


def machine() -> Machine:
    return Machine.of(circuit())


def grid() -> Grid:
    build = Builder(18)
    lits = random_gates(build, [build.input(index) for index in range(18)], 90)
    return Grid(Model(build.finish(lits[-2:]), name="cell"), "zero", "channel")


def machine_answers(net: MachineNet) -> list[npt.NDArray[np.bool_]]:
    return list(net.run(np.random.default_rng(4).integers(0, 2, (6, 700, 3))))


def grid_answers(net: GridNet) -> list[npt.NDArray[np.bool_]]:
    return [net.run(np.random.default_rng(5).integers(0, 2, (3, 30, 70, 2)), 9, rate=0.5)]


KINDS: list[Any] = [pytest.param(machine, machine_answers, id="machine"), pytest.param(grid, grid_answers, id="grid")]


@pytest.mark.parametrize("engine", ["auto", "table", "c"])
@pytest.mark.parametrize(("made", "answers"), KINDS)
def test_what_is_compiled_is_the_same_after_pickling(made: Any, answers: Any, engine: str) -> None:
    net = compile(made(), engine=engine)
    data = pickle.dumps(net)
    again = pickle.loads(data)  # noqa: TID251 - our own
    for found, wanted in zip(answers(again), answers(net), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert again.asked == net.asked == engine
    assert again.engine.name == net.engine.name
    assert repr(again) == repr(net)
    assert len(data) < 4096 + 8 * 400
    assert pickle.dumps(again) == data


def test_resets_boundaries_and_orders_go_along() -> None:
    net = pickle.loads(pickle.dumps(compile(machine())))  # noqa: TID251 - our own
    assert net.machine.resets == machine().resets
    automaton = pickle.loads(pickle.dumps(compile(grid())))  # noqa: TID251 - our own
    assert (automaton.grid.boundary, automaton.grid.order) == ("zero", "channel")
    assert automaton.grid.cell.name == "cell"


@pytest.mark.parametrize("made", [machine, grid])
def test_a_choice_and_options_are_kept(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    net = compile(made())
    told = compile(made(), engine="table", kernel=kernels()[-1])
    monkeypatch.setattr(fastest, "fastest", None)  # it is not asked
    again = pickle.loads(pickle.dumps(net))  # noqa: TID251 - our own
    assert (again.engine.name, again.engine.chosen.plan) == (net.engine.name, net.engine.chosen.plan)
    assert pickle.loads(pickle.dumps(told)).engine.kernel == kernels()[-1]  # noqa: TID251 - our own


def _answer(net: Any, answers: Any, queue: Any) -> None:
    queue.put(answers(net))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize(("made", "answers"), KINDS)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, where it is loaded
def test_worker_processes_give_the_same_answers(made: Any, answers: Any, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    net = compile(made())
    wanted = answers(net)
    queue = context.Queue()
    process = context.Process(target=_answer, args=(net, answers, queue))
    process.start()
    for found, right in zip(queue.get(timeout=60), wanted, strict=True):
        np.testing.assert_array_equal(found, right)
    process.join(60)
    assert process.exitcode == 0
