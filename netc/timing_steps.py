"""How fast a machine or an automaton steps here: every engine, checked against a simulation, beside its gates alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import measuring, registry
from netc.errors import InternalError, NetcError
from netc.grid import Grid
from netc.machine import Machine
from netc.measuring import BATCHES, MOST_BYTES, Built, EngineFacts, Latency, clocked, count_of, median
from netc.plots import Bar, Chart
from netc.simulation import simulate

__all__ = ["StepBench", "StepRate", "StepTimes", "bench_steps"]

_SEQUENCES = (64, 512, 4096)  # side by side, for throughput
_GRIDS = (1, 16)
_CHECKED_STEPS = 5
_CHECKED_SEQUENCES = 1100  # two blocks of 512 and some more
_CHECKED_SIDE = 40  # rows and columns of a grid: some more than three blocks
_MOST_STEPS = 100  # a call

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class StepRate:
    """Steps a second, median: of so many sequences or grids side by side, each sequence or cell counted by itself.

    `way` is how they are taken: many in one call, or each in its own, with inputs, outputs and states as arrays of
    bytes, packed, or kept in planes.
    """

    way: str
    batch: int
    threads: int
    steps_per_second: float


@dataclass(frozen=True)
class StepTimes(EngineFacts):
    """One engine; `latency` is that of one step in a call of its own, `gates_alone` are steps a second of one core."""

    latency: tuple[Latency, ...]
    rates: tuple[StepRate, ...]

    def times_the_gates(self, rate: StepRate) -> float:
        """How often the gates alone could be evaluated in the time of a step, for one thread."""
        return self.gates_alone / rate.steps_per_second


@dataclass(frozen=True)
class StepBench:
    """What `bench_steps` found.

    A `batch` is of so many sequences (of a machine) or grids; `unit` is what takes a step. `state` is how many bits
    that has: latches, or channels. The rest is as in `netc.timing.Bench`.
    """

    model: str
    batch: str
    unit: str
    inputs: int
    outputs: int
    state: int
    ands: int
    size: tuple[int, int] | None
    checked: int
    threads: tuple[int, ...]
    limits: dict[str, float]
    engines: tuple[StepTimes, ...]
    peak_bytes: int
    skipped: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        for engine, times in zip(found["engines"], self.engines, strict=True):
            for rate, measured in zip(engine["rates"], times.rates, strict=True):
                rate["times_the_gates"] = times.times_the_gates(measured) if measured.threads == 1 else None
        return found

    def charts(self) -> list[Chart]:
        """Steps a second, the time of one step, and the part of the limit, as bars; a colour for each engine."""
        rates = []
        for series, engine in enumerate(self.engines):
            rates.append(Bar(f"{engine.name}, gates alone", engine.gates_alone, f"{engine.gates_alone:,.0f}", series))
            for rate in engine.rates:
                batch = count_of(rate.batch, self.batch)
                label = f"{engine.name}, {rate.way}, {batch}, {count_of(rate.threads, 'thread')}"
                rates.append(Bar(label, rate.steps_per_second, f"{rate.steps_per_second:,.0f}", series))
        title = f"{self.model}: steps of {self.unit}s a second"
        return [Chart(title, rates), *measuring.delays_and_parts("One step", self.batch, self.engines)]


def bench_steps(
    subject: Machine | Grid,
    *,
    name: str = "",
    size: tuple[int, int] = (256, 256),
    engines: Sequence[str] | None = None,
    threads: Sequence[int] | None = None,
    seconds: float = 0.1,
) -> StepBench:
    """Build the engines, compare outputs and states bit for bit with a simulation, and time them.

    `size` are rows and columns of a grid. The rest is as for `netc.bench`.
    """
    if engines is not None and not engines:
        raise NetcError("engines", "there is nothing to measure")
    if min(size) < 1:
        raise NetcError("size", f"{size[0]} x {size[1]} cells; there is at least one")
    asked = engines is not None
    names = engines if engines is not None else [name for name in registry.ENGINES if name not in ("auto", "template")]
    skipped: dict[str, str] = {}
    built = measuring.build(subject, names, asked=asked, skipped=skipped)
    trial = _OfMachine(subject) if isinstance(subject, Machine) else _OfGrid(subject, size)
    trial.check(built)
    rates = measuring.rates_here()
    cores = measuring.threads_of(threads)
    return StepBench(
        name,
        trial.batch,
        trial.unit,
        trial.inputs,
        trial.outputs,
        trial.state,
        trial.logic.num_ands,
        trial.size,
        _CHECKED_STEPS,
        cores,
        measuring.limits_of(rates),
        tuple(_times(each, trial, rates, cores, seconds) for each in built),
        measuring.peak_bytes(),
        skipped,
    )


def _times(built: Built, trial: _OfMachine | _OfGrid, rates: Any, threads: Sequence[int], seconds: float) -> StepTimes:
    facts = measuring.facts_of(built, rates, seconds)
    latency = tuple(Latency(batch, median(clocked(call), seconds)) for batch, call in trial.single_steps(built.net))
    found = []
    for batch in trial.batches:
        wanted = max(1, int(facts["gates_alone"] * max(threads) * seconds / (batch * trial.units)))
        for way, steps, call in trial.ways(built.net, batch, min(wanted, _MOST_STEPS)):
            for count in threads:
                each = median(clocked(partial(call, count)), seconds)
                found.append(StepRate(way, batch, count, steps * batch * trial.units / each))
    return StepTimes(**facts, latency=latency, rates=tuple(found))


def _bits(*shape: int) -> Array:
    """Random ones, the same for the same shape."""
    return np.random.default_rng(0).integers(0, 2, shape, np.uint8).view(np.bool_)


def _packed(bits: Array) -> Array:
    return np.packbits(bits, axis=-1, bitorder="little")


def _require(found: Array, wanted: Array, engine: str, way: str, axes: tuple[str, ...]) -> None:
    """Raise `InternalError`, with the first place, unless they are the same."""
    if not np.array_equal(found, wanted):
        place = np.argwhere(found != wanted)[0]
        where = ", ".join(f"{axis} {at}" for axis, at in zip(axes, place, strict=True))
        raise InternalError(f"engine {engine}: {where} is wrong ({way})")


class _OfMachine:
    """Ways to step sequences of a machine."""

    batch, unit, batches = "sequence", "sequence", _SEQUENCES
    units = 1  # in each of a batch
    size = None

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.logic = machine.core
        self.inputs, self.outputs, self.state = machine.inputs, machine.outputs, machine.latches

    def check(self, built: Sequence[Built]) -> None:
        machine, x = self.machine, _bits(_CHECKED_STEPS, _CHECKED_SEQUENCES, self.machine.inputs)
        state, outputs = machine.initial_state(_CHECKED_SEQUENCES), []
        for given in x:
            values = simulate(machine.core, np.concatenate([given, state], axis=1))
            outputs.append(values[:, : machine.outputs])
            state = values[:, machine.outputs :]
        seen = np.array(outputs)
        for each in built:
            net = each.net
            kept = net.start(_CHECKED_SEQUENCES)
            rows = np.array([net.step(given, kept, out=(None, kept))[0] for given in x])
            found = {
                "run, bool": net.run(x),
                "run, packed": net.run(_packed(x), packed=True, packed_out=True),
                "step, state in planes": (rows, kept.bits()),
            }
            for way, (bits, after) in found.items():
                is_packed = bits.dtype == np.uint8
                wanted = (_packed(seen), _packed(state)) if is_packed else (seen, state)
                byte = "byte of output" if is_packed else "output"
                _require(bits, wanted[0], each.name, way, ("step", "sequence", byte))
                _require(
                    after, wanted[1], each.name, way, ("the last state: sequence", byte.replace("output", "latch"))
                )

    def single_steps(self, net: Any) -> Iterator[tuple[int, Callable[[], Any]]]:
        for sequences in BATCHES:
            state = net.start(sequences)
            yield (
                sequences,
                partial(net.step, _bits(sequences, self.machine.inputs), state, threads=1, out=(None, state)),
            )

    def ways(self, net: Any, sequences: int, most: int) -> Iterator[tuple[str, int, Callable[[int], Any]]]:
        """What a call is named, how many steps it takes, and the call, of a number of threads."""
        widest = max(1, self.machine.inputs, self.machine.outputs)
        steps = max(1, min(most, MOST_BYTES // (sequences * widest)))
        x = _bits(steps, sequences, self.machine.inputs)
        packed, kept = _packed(x), net.start(sequences)

        def by_arrays(threads: int) -> None:
            state = None
            for given in x:
                _, state = net.step(given, state, threads=threads)

        def by_planes(threads: int) -> None:
            for given in packed:
                net.step(given, kept, packed=True, packed_out=True, threads=threads, out=(None, kept))

        yield "run, bool", steps, lambda threads: net.run(x, threads=threads)
        yield "run, packed", steps, lambda threads: net.run(packed, packed=True, packed_out=True, threads=threads)
        yield "step by step, bool", steps, by_arrays
        yield "step by step, packed, state in planes", steps, by_planes


class _OfGrid:
    """Ways to step grids of so many rows and columns."""

    batch, unit, batches = "grid", "cell", _GRIDS

    def __init__(self, grid: Grid, size: tuple[int, int]) -> None:
        self.grid = grid
        self.logic = grid.cell.logic
        self.inputs, self.outputs, self.state = self.logic.inputs, grid.channels, grid.channels
        self.size = size
        self.units = size[0] * size[1]

    def check(self, built: Sequence[Built]) -> None:
        height, width = (min(side, _CHECKED_SIDE) for side in self.size)
        start = _bits(2, height, width, self.grid.channels)
        now = start
        for _ in range(_CHECKED_STEPS):
            now = self._next(now)
        for each in built:
            found = each.net.run(start, _CHECKED_STEPS)
            _require(found, now, each.name, f"after {_CHECKED_STEPS} steps", ("grid", "row", "column", "channel"))

    def _next(self, state: Array) -> Array:
        """A step as the definition says."""
        grid, (_, height, width, _) = self.grid, state.shape
        around = ((0, 0), (1, 1), (1, 1), (0, 0))
        padded = np.pad(state, around, mode="wrap") if grid.boundary == "periodic" else np.pad(state, around)
        seen = [padded[:, f // 3 : f // 3 + height, f % 3 : f % 3 + width, c] for f, c in grid.taps().tolist()]
        patches = np.stack(seen, axis=-1).reshape(-1, grid.cell.logic.inputs)
        return simulate(grid.cell.logic, patches)[:, : grid.channels].reshape(state.shape)

    def single_steps(self, net: Any) -> Iterator[tuple[int, Callable[[], Any]]]:
        yield 1, partial(net.step, _bits(*self.size, self.grid.channels), threads=1)

    def ways(self, net: Any, grids: int, most: int) -> Iterator[tuple[str, int, Callable[[int], Any]]]:
        state = _bits(grids, *self.size, self.grid.channels)
        most = max(1, min(most, MOST_BYTES // state.size))

        def by_arrays(threads: int) -> None:
            now = state
            for _ in range(most):
                now = net.step(now, threads=threads)

        yield "run", most, lambda threads: net.run(state, most, threads=threads)
        yield "step by step", most, by_arrays
