"""Work in a process of its own, which may crash, hang or be stopped without harm to this one."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["DiedError", "events", "verdict"]

_WALL = 30  # seconds by the clock for each of patience: a process may wait for its turn, or for another


class DiedError(Exception):
    """The process ended before its work, or took too long; says how."""


def events(
    body: Callable[[Callable[[Any], None]], None], patience: float, deadline: float | None = None
) -> Iterator[Any]:
    """What `body` sends from a forked process, as it comes.

    `DiedError` after `patience` seconds of its CPU time without a word, thirty times that by the clock, or a crash.
    At the deadline (`time.monotonic`) it is ended.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(body, here, there, patience), daemon=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*fork")  # of libraries with threads, which the child does not use
        process.start()
    there.close()
    try:
        while True:
            left = patience * _WALL if deadline is None else min(patience * _WALL, deadline - time.monotonic())
            if left <= 0 and deadline is not None:
                return
            if not here.poll(max(0.0, left)):
                if deadline is not None and time.monotonic() >= deadline:
                    return
                raise DiedError(f"no end after {patience * _WALL:g} s")
            try:
                yield here.recv()
            except EOFError:
                process.join()
                if process.exitcode == -signal.SIGXCPU:
                    raise DiedError(f"no end after {patience:g} s of CPU time") from None
                if process.exitcode:
                    raise DiedError(_how(process.exitcode)) from None
                return
    finally:
        here.close()
        if process.is_alive():
            process.kill()
        process.join()


def _child(body: Callable[[Callable[[Any], None]], None], here: Connection, there: Connection, patience: float) -> None:
    here.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends this process

    def send(what: Any) -> None:
        there.send(what)
        _allow(patience)

    _allow(patience)
    try:
        body(send)
    except BrokenPipeError:  # the parent went away
        os._exit(0)
    there.close()


def _allow(seconds: float) -> None:
    """The system ends this process when it has used so much more CPU time, or up to a second more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _how(code: int) -> str:
    if code > 0:
        return f"the process ended with exit code {code}"
    try:
        return f"the process crashed with {signal.Signals(-code).name}"
    except ValueError:
        return f"the process crashed with signal {-code}"


def verdict(body: Callable[[], None], patience: float) -> str:
    """What `body` raises in a process of its own, as `said` writes it; empty if nothing."""
    try:
        for what in events(lambda send: send(said(body)), patience):
            return str(what)
    except DiedError as died:
        return f"DiedError: {died}"
    return "DiedError: without a word"


def said(body: Callable[[], None]) -> str:
    """``Type: message`` of what `body` raises, or nothing."""
    try:
        body()
    except MemoryError as error:
        return f"MemoryError: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the fuzzer looks for
        return f"{type(error).__name__}: {error}".rstrip()
    return ""
