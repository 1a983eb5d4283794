"""What measuring a model, a machine and a grid have in common: building engines, the clock, facts of an engine."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from netc import registry
from netc.aig import Builder
from netc.cores import usable_cores
from netc.errors import NetcError
from netc.plots import Bar, Chart
from netc.targets import compile as compile_net

__all__ = [
    "BATCHES",
    "MOST_BYTES",
    "Built",
    "EngineFacts",
    "Latency",
    "build",
    "clocked",
    "count_of",
    "delays_and_parts",
    "facts_of",
    "limits_of",
    "median",
    "peak_bytes",
    "rates_here",
    "threads_of",
]

BATCHES = (1, 64, 512)  # samples a call, where latency counts
MOST_BYTES = 32 << 20  # of bools for throughput: more than caches hold, little beside any machine's memory

_SHORTEST = 1e-3  # seconds that one reading of the clock spans at least
_LEAST_RUNS = 3


@dataclass(frozen=True)
class Latency:
    """Seconds of one call from Python, median: of samples, of sequences or grids that take a step."""

    samples: int
    seconds: float


@dataclass(frozen=True)
class EngineFacts:
    """One engine on one model.

    `block` is how many samples it evaluates in one pass. `build_seconds` are from the model in memory to something that
    answers, everything being imported; `cached` says that a compiled engine found what it needs in its cache. Each
    thread has `planes_bytes` for the values of a block; `program_bytes` are records or code, where the engine says so.
    `gates_alone` is samples a second of one core through the gates, without packing and votes. Where the engine says
    how many operations that takes, `fraction` is what part they are of the limit of `level`, the cache that holds the
    planes.
    """

    name: str
    kernel: str
    block: int
    build_seconds: float
    cached: bool
    planes_bytes: int
    program_bytes: int | None
    operations: int | None
    gates_alone: float
    level: str
    fraction: float | None


@dataclass(frozen=True)
class Built:
    """What was compiled for an engine, and how long that took."""

    name: str
    net: Any
    seconds: float


def build(subject: Any, engines: Sequence[str], *, asked: bool, skipped: dict[str, str]) -> list[Built]:
    """Compile `subject` for each engine. What cannot be is `skipped` with its reason, unless it was asked for."""
    built = []
    for name in dict.fromkeys(engines):
        with suppress(NetcError):  # whichever came first would pay for imports; the subject will say the same, or not
            compile_net(Builder(1).finish([2]), engine=name)
        started = time.perf_counter()
        try:
            net = compile_net(subject, engine=name)
        except NetcError as error:
            if asked:
                raise
            skipped[name] = f"{error.place}: {error.what}" if error.place else error.what
            continue
        built.append(Built(name, net, time.perf_counter() - started))
    return built


def facts_of(built: Built, rates: Any, seconds: float) -> dict[str, Any]:
    """The fields of an `EngineFacts`; `rates` are the machine's (`netc.runtime.rates.Rates`)."""
    engine = built.net.engine
    planes_bytes = int(engine.wide.layout.planes) * int(engine.wide.plane_bytes)
    block = 8 * int(engine.wide.plane_bytes)
    each = median(built.net.time_gates, seconds)
    operations = getattr(engine, "operations", None)
    level = rates.level(planes_bytes)
    bits = operations * block / each if operations is not None else None
    return {
        "name": built.name,
        "kernel": engine.kernel,
        "block": block,
        "build_seconds": built.seconds,
        "cached": getattr(engine, "cached", False),
        "planes_bytes": planes_bytes,
        "program_bytes": getattr(engine, "program_bytes", None),
        "operations": operations,
        "gates_alone": block / each,
        "level": level,
        "fraction": bits / getattr(rates, level) if bits is not None else None,
    }


def limits_of(rates: Any) -> dict[str, float]:
    return {level: getattr(rates, level) for level in ("registers", "l1", "l2", "l3")}


def threads_of(threads: Sequence[int] | None) -> tuple[int, ...]:
    """Those that were asked for; by default one, and as many as there are cores."""
    return tuple(dict.fromkeys((1, usable_cores()) if threads is None else threads))


def peak_bytes() -> int:
    """The most memory that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def clocked(call: Callable[[], Any]) -> Callable[[int], float]:
    """A function that calls so many times and returns the seconds."""

    def run(times: int) -> float:
        started = time.perf_counter()
        for _ in range(times):
            call()
        return time.perf_counter() - started

    return run


def median(run: Callable[[int], float], seconds: float) -> float:
    """Seconds of one repetition: the median of at least three runs, which together take `seconds` or longer."""
    times = 1
    while (spent := run(times)) < _SHORTEST:
        times *= 2
    runs = [spent := run(times)]  # what came before only warmed up
    while len(runs) < _LEAST_RUNS or spent < seconds:
        runs.append(run(times))
        spent += runs[-1]
    return statistics.median(runs) / times


def count_of(number: int, what: str) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def delays_and_parts(title: str, what: str, engines: Sequence[Any]) -> list[Chart]:
    """Latency, and the part of the limit, as bars; a colour for each engine."""
    delays, parts = [], []
    for series, engine in enumerate(engines):
        for call in engine.latency:
            label = f"{engine.name}, {count_of(call.samples, what)}"
            delays.append(Bar(label, call.seconds, f"{1e6 * call.seconds:,.1f} µs", series))
        if engine.fraction is not None:
            label, text = f"{engine.name}, in {engine.level.upper()}", f"{100 * engine.fraction:.0f} %"
            parts.append(Bar(label, engine.fraction, text, series))
    return [Chart(title, delays)] + ([Chart("Gates, of this machine's limit", parts)] if parts else [])


def rates_here() -> Any:
    """What one core of this machine can do (`netc.runtime.rates.Rates`)."""
    return registry.resolve("netc.runtime.rates:measure")()
