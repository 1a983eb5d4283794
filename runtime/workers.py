"""The same stream over processes of this machine: each has the net, reads its items itself, and sends answers back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from netc.cores import usable_cores
from netc.errors import NetcError

from .stream import Item, Question, counted_from

if TYPE_CHECKING:
    from .net import Net

__all__ = ["answers"]

_AHEAD = 2  # items for each worker that are asked for before their answers are

_net: Net | None = None  # of a worker: it is sent once


def answers(net: Net, items: Iterable[Item], question: Question, workers: int) -> Iterator[npt.NDArray[Any]]:
    """One array for each item, in order, from `workers` processes that are started anew.

    The cores are shared out unless the question names threads. What is under way is finished, and the workers end, when
    the iterator is closed, an item fails, or Ctrl-C is pressed; they also end when this process is gone.
    """
    if workers < 1:
        raise NetcError("", f"workers={workers}; it is at least 1")
    threads = question.threads or max(1, usable_cores() // workers)
    return _answers(net, items, replace(question, threads=threads), workers)


def _answers(net: Net, items: Iterable[Item], question: Question, workers: int) -> Iterator[npt.NDArray[Any]]:
    coming: deque[Future[npt.NDArray[Any]]] = deque()
    first = 0
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (net,))
    try:
        for item in items:
            coming.append(_submit(pool, item, question))
            if len(coming) > _AHEAD * workers:
                found = coming.popleft().result()
                first += len(found)
                yield found
        while coming:
            found = coming.popleft().result()
            first += len(found)
            yield found
    except NetcError as error:
        raise counted_from(first, error) from None
    except BrokenProcessPool:
        what = "a worker process ended before it answered"
        raise NetcError("", what, "was it killed, or out of memory? fewer workers need less") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, item: Item, question: Question) -> Future[npt.NDArray[Any]]:
    """This may start a worker, which from its beginning has to be deaf to Ctrl-C: it inherits what is blocked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_answer, item, question)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise BrokenProcessPool("the pool's pipes are closed") from None  # it broke while this started a worker
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(net: Net) -> None:
    """In a worker: Ctrl-C is for the process that asks, and without it there is nothing to do."""
    global _net
    _net = net
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _answer(item: Item, question: Question) -> npt.NDArray[Any]:
    assert _net is not None
    return question.of(_net, item)
