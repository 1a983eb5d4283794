"""Batches in, answers out: here, in processes, in processes that were forked, and from pickles."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from netc.runtime import fastest
from netc.runtime.net import Net
from netc.runtime.table import TableEngine, kernels

from netc import Dense, Encoder, Head, LayeredNetwork, Model, NetcError, compile, optimize
from netc.compact import pack, unpack
from netc.data import open_samples
from netc.protocols import Engine

INPUTS = 40


def model(*, encoder: bool = False) -> Model:
    random = np.random.default_rng(11)
    layers, before = [], INPUTS
    for width in (200, 120, 60):
        tables = random.integers(0, 16, width).astype(np.uint64)
        layers.append(Dense(tables, random.integers(0, before, (width, 2)).astype(np.uint32)))
        before = width
    thresholds = Encoder.thermometer(INPUTS // 2, [0.25, 0.75]) if encoder else None
    return Model.of_layers(LayeredNetwork(INPUTS, layers), encoder=thresholds, head=Head.group_sum(60, 5))


def samples(count: int = 3000) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 2, (count, INPUTS)).astype(np.uint8)


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("wanted", ["classes", "scores", "logits", "bits"])
def test_answers_to_batches_are_those_to_all_at_once(workers: int, wanted: str) -> None:
    net, x = compile(model()), samples()
    items = [x[:1], x[1:1], x[1:700], x[700:]]
    whole = {"classes": net.predict, "scores": net.scores, "logits": net.logits, "bits": net.bits}[wanted](x)
    found = list(net.stream(items, wanted=wanted, workers=workers))
    assert [len(part) for part in found] == [1, 0, 699, 2300]
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert found[0].dtype == whole.dtype


def test_rows_of_files_are_items_and_packed_bits_stay_packed(tmp_path: Path) -> None:
    net, x = compile(model()), samples()
    np.save(tmp_path / "x.npy", np.packbits(x, axis=1, bitorder="little"))
    parts = open_samples(tmp_path / "x.npy").rows.parts(999)
    found = list(net.stream(parts, wanted="bits", packed=True, packed_out=True, workers=2))
    np.testing.assert_array_equal(np.concatenate(found), np.packbits(net.bits(x), axis=1, bitorder="little"))


def test_only_a_few_items_are_taken_before_their_answers_are() -> None:
    taken = 0

    def items() -> Iterator[npt.NDArray[np.uint8]]:
        nonlocal taken
        while True:
            taken += 1
            yield samples(10)

    found = compile(model()).stream(items())
    for answered in range(1, 50):
        next(found)
        assert taken <= answered + 2
    found.close()
    taken = 0
    with_workers = compile(model()).stream(items(), workers=2)
    for answered in range(1, 20):
        next(with_workers)
        assert taken <= answered + 6
    with_workers.close()


def test_reading_goes_on_while_a_batch_is_answered() -> None:
    threads = set()

    def items() -> Iterator[npt.NDArray[np.uint8]]:
        for _ in range(3):
            threads.add(threading.get_ident())
            yield samples(5)

    assert len(list(compile(model()).stream(items()))) == 3
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_count_rows_from_the_first_item(workers: int) -> None:
    net, x = compile(model()), samples(100)
    x[77, 5] = 2
    with pytest.raises(NetcError, match="row 77, column 5 holds 2"):
        list(net.stream([x[:30], x[30:60], x[60:]], workers=workers))
    features = np.zeros((100, INPUTS // 2))
    features[88, 3] = np.nan
    with pytest.raises(NetcError, match="row 88, feature 3 is NaN"):
        list(compile(model(encoder=True)).stream([features[:50], features[50:]], workers=workers))


def test_what_cannot_be_asked_for_is_an_error() -> None:
    net = compile(model())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"wanted": "colours"}, "wanted='colours'"),
        ({"packed_out": True}, "packed_out is for bits"),
        ({"workers": -1}, "workers=-1"),
        ({"threads": 0}, "threads=0"),
    ]
    for asked, what in cases:
        with pytest.raises(NetcError, match=what):
            list(net.stream([samples(5)], **asked))


def test_an_error_of_the_caller_s_iterator_comes_through() -> None:
    def items() -> Iterator[npt.NDArray[np.uint8]]:
        yield samples(5)
        raise ZeroDivisionError

    for workers in (0, 1):
        with pytest.raises(ZeroDivisionError):
            list(compile(model()).stream(items(), workers=workers))


def test_a_worker_that_dies_is_an_error_and_not_a_hang() -> None:
    def items() -> Iterator[npt.NDArray[np.uint8]]:
        for _ in range(10_000):
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)
            yield samples(100)

    with pytest.raises(NetcError, match="a worker process ended before it answered"):
        list(compile(model()).stream(items(), workers=2))


# ---- pickles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["auto", "table", "c"])
def test_a_net_is_the_same_after_pickling(engine: str) -> None:
    for subject in (model(encoder=True), optimize(model(encoder=True), level=1)):
        net = compile(subject, engine=engine, nan="false")
        data = pickle.dumps(net)
        again = pickle.loads(data)  # noqa: TID251 - our own
        x = np.random.default_rng(0).random((500, INPUTS // 2))
        x[3, 3] = np.nan
        np.testing.assert_array_equal(again.scores(x), net.scores(x))
        assert again.asked == net.asked == engine
        assert again.model.name == net.model.name
        assert len(data) < 4096 + 8 * net.model.logic.num_ands
        assert pickle.dumps(again) == data


def test_a_choice_is_kept_where_the_same_kernels_run(monkeypatch: pytest.MonkeyPatch) -> None:
    net = compile(model())
    data = pickle.dumps(net)
    asked: list[Model] = []

    def by_rule(model: Model) -> Engine:
        asked.append(model)
        return TableEngine(model)

    monkeypatch.setattr(fastest, "fastest", by_rule)
    assert pickle.loads(data).choice.plan == net.choice.plan  # noqa: TID251 - our own
    assert not asked
    monkeypatch.setattr("netc.runtime.choice.here", lambda: "another machine")
    assert pickle.loads(data).asked == "auto"  # noqa: TID251 - our own
    assert len(asked) == 1


def test_options_of_the_engine_go_along() -> None:
    again = pickle.loads(pickle.dumps(compile(model(), engine="table", kernel=kernels()[-1])))  # noqa: TID251 - our own
    assert again.engine.kernel == kernels()[-1]


def test_packing_keeps_classes_and_drops_what_does_not_run() -> None:
    from dataclasses import replace

    named = replace(model(), class_names=("a", "b", "c", "d", "e"), notes=("a note",))
    again = unpack(pack(named))
    assert again.class_names == named.class_names
    assert again.notes == ()
    with pytest.raises(zlib.error):
        unpack(b"no such thing")
    with pytest.raises(NetcError):
        unpack(zlib.compress(b"no such thing"))


def _answer(net: Net, x: npt.NDArray[np.uint8], queue: Any) -> None:
    queue.put(net.scores(x, threads=2))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, where it is loaded
def test_a_net_runs_in_processes_however_they_start(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    net, x = compile(model()), samples()
    wanted = net.scores(x, threads=2)
    queue = context.Queue()
    process = context.Process(target=_answer, args=(net, x, queue))
    process.start()
    np.testing.assert_array_equal(queue.get(timeout=60), wanted)
    process.join(60)
    assert process.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, where it is loaded
def test_a_process_forked_while_other_threads_run_does_not_hang() -> None:
    net, x = compile(model()), samples(64)
    wanted = net.predict(x)
    done = threading.Event()

    def keep_running() -> None:
        while not done.is_set():
            net.predict(x, threads=1)

    busy = [threading.Thread(target=keep_running) for _ in range(2)]
    for thread in busy:
        thread.start()
    try:
        for _ in range(100):
            child = os.fork()
            if child == 0:
                os._exit(0 if (net.predict(x, threads=2) == wanted).all() else 1)
            end = time.monotonic() + 20
            while (status := os.waitpid(child, os.WNOHANG))[0] == 0:
                if time.monotonic() > end:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    pytest.fail("a forked process hangs")
                time.sleep(0.001)
            assert status[1] == 0
    finally:
        done.set()
        for thread in busy:
            thread.join()
