"""How fast a model runs here: every engine, checked against the others, and beside what this machine can do at best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import measuring, registry
from netc.encoder import Encoder
from netc.errors import InternalError, NetcError
from netc.layers import Tiled
from netc.measuring import BATCHES, MOST_BYTES, EngineFacts, Latency, clocked, count_of, median
from netc.model import Model
from netc.plots import Bar, Chart
from netc.simulation import simulate, simulate_layers
from netc.targets import compile as compile_net

__all__ = ["Bench", "EngineTimes", "Throughput", "bench"]

_CHECKED = 1100  # samples: two blocks of 512 and some more
_MOST_FLATTENED = 5_000_000  # gates of templates, unless somebody asks


@dataclass(frozen=True)
class Throughput:
    """Samples a second through whole calls, from an array in memory to an array of answers, median."""

    form: str
    threads: int
    samples_per_second: float


@dataclass(frozen=True)
class EngineTimes(EngineFacts):
    """One engine on one model, and how fast it answers."""

    latency: tuple[Latency, ...]
    throughput: tuple[Throughput, ...]


@dataclass(frozen=True)
class Bench:
    """What `bench` found.

    `ands` is None, and `neurons` a number, for a model that is mostly templates and was not flattened. `limits` are
    two-input operations a second of one core, counted in single bits, with values in registers and in each cache (see
    `netc.runtime.rates.Rates`). `peak_bytes` is the most memory that this process has held so far, all of these engines
    and what else it did. `skipped` says of each engine that was left out why, and `auto` what the engine of that name
    takes for this model, and why; None where engines were asked for by name.
    """

    model: str
    inputs: int
    outputs: int
    ands: int | None
    neurons: int | None
    answers: str
    checked: int
    threads: tuple[int, ...]
    limits: dict[str, float]
    engines: tuple[EngineTimes, ...]
    peak_bytes: int
    skipped: dict[str, str]
    auto: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def charts(self) -> list[Chart]:
        """Throughput, latency, and the part of the limit, as bars; a colour for each engine."""
        rates = []
        for series, engine in enumerate(self.engines):
            for found in engine.throughput:
                label = f"{engine.name}, {found.form}, {count_of(found.threads, 'thread')}"
                text = f"{found.samples_per_second:,.0f}"
                rates.append(Bar(label, found.samples_per_second, text, series))
        title = f"{self.model}: {self.answers} a second"
        return [Chart(title, rates), *measuring.delays_and_parts("One call", "sample", self.engines)]


def bench(
    model: Model,
    *,
    engines: Sequence[str] | None = None,
    threads: Sequence[int] | None = None,
    seconds: float = 0.1,
) -> Bench:
    """Build the engines, compare their answers bit for bit with a simulation, and time them.

    `engines` are names, by default all that netc has; those that cannot be built here, or that would flatten many
    million gates of templates, are skipped with their reason, unless they were asked for by name. `threads` is for
    throughput, by default one and all. Each figure is the median of runs that fill `seconds`. Raises `NetcError` for a
    model that no engine runs, `InternalError` if answers differ.
    """
    if engines is not None and not engines:
        raise NetcError("engines", "there is nothing to measure")
    if model.logic.ports.latches:
        raise NetcError("", "this circuit has latches", "netc.bench_steps(netc.Machine.of(aig)) measures its steps")
    skipped: dict[str, str] = {}
    names = _engines_for(model) if engines is None else engines
    if engines is None and (gates := _too_many(model)):
        reason = f"it would flatten {gates:,} gates; --engine NAME measures it"
        skipped = {name: reason.replace("NAME", name) for name in names if name != "template"}
        names = [name for name in names if name == "template"]
    built = measuring.build(model, names, asked=engines is not None, skipped=skipped)
    inputs = dict(_inputs(model, _CHECKED))
    expected = _expected(model, inputs["bool"])
    for each in built:
        _compare(each.name, each.net, model, inputs, expected)
    rates = measuring.rates_here()
    cores = measuring.threads_of(threads)
    return Bench(
        model.name,
        model.logic.inputs,
        model.logic.ports.outputs,
        None if model.is_of_templates else model.logic.num_ands,
        model.trained.num_neurons if model.is_of_templates and model.trained is not None else None,
        "classes" if model.head is not None else "rows of bits",
        _CHECKED,
        cores,
        measuring.limits_of(rates),
        tuple(_times(each, model, rates, cores, seconds) for each in built),
        measuring.peak_bytes(),
        skipped,
        str(compile_net(model).choice) if engines is None and "auto" in registry.ENGINES else None,
    )


def _too_many(model: Model) -> int:
    """How many gates flattening gives where those are too many to do that unasked, else 0."""
    neurons = model.trained.num_neurons if model.is_of_templates and model.trained is not None else 0
    return neurons if neurons > _MOST_FLATTENED else 0


def _engines_for(model: Model) -> list[str]:
    """All but `auto`, which is one of the others, and, of a model without any, templates."""
    layers = model.trained.layers if model.trained is not None else ()
    without = ("auto",) if any(isinstance(layer, Tiled) for layer in layers) else ("auto", "template")
    return [name for name in registry.ENGINES if name not in without]


def _expected(model: Model, bits: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """The outputs by another way than any engine's: of the graph, or of layers that there is no graph of."""
    if model.is_of_templates and model.trained is not None:
        return simulate_layers(model.trained, bits)
    return simulate(model.logic, bits)[:, : model.logic.ports.outputs]


def _inputs(model: Model, samples: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Random samples in every form that the model reads; the same for the same model and number."""
    random = np.random.default_rng(0)
    bits = random.integers(0, 2, (samples, model.logic.inputs), np.uint8).view(np.bool_)
    yield "bool", bits
    yield "packed", np.packbits(bits, axis=1, bitorder="little")
    if model.encoder is not None:
        yield _features(model.encoder, samples, random)


def _features(encoder: Encoder, samples: int, random: np.random.Generator) -> tuple[str, npt.NDArray[Any]]:
    """Bytes where the thresholds lie among them, else float32; each feature spans its thresholds and a bit more."""
    finite = encoder.threshold[np.isfinite(encoder.threshold)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if low >= 0 and 1 < high < 256:
        return "uint8", random.integers(0, 256, (samples, encoder.features), np.uint8)
    margin = 1 + 0.1 * (high - low)
    return "float32", random.uniform(low - margin, high + margin, (samples, encoder.features)).astype(np.float32)


def _compare(name: str, net: Any, model: Model, inputs: dict[str, Any], expected: npt.NDArray[np.bool_]) -> None:
    """Raise `InternalError` unless the engine gives the outputs of the graph, and the classes that follow from them."""
    for form, x in inputs.items():
        if form in ("bool", "packed"):
            right = expected
        else:
            assert model.encoder is not None
            right = _expected(model, model.encoder.encode(x))
        bits = net.bits(x, packed=form == "packed")
        if not np.array_equal(bits, right):
            row, output = np.argwhere(bits != right)[0]
            raise InternalError(f"engine {name}: output {output} of random sample {row} ({form}) is wrong")
        if model.head is not None:
            classes = np.argmax(model.head.scores(right), axis=1)
            if not np.array_equal(net.predict(x, packed=form == "packed"), classes):
                raise InternalError(f"engine {name}: a class is wrong ({form})")


def _times(built: measuring.Built, model: Model, rates: Any, threads: Sequence[int], seconds: float) -> EngineTimes:
    facts = measuring.facts_of(built, rates, seconds)
    latency = tuple(_latencies(built.net, model, seconds))
    return EngineTimes(
        **facts,
        latency=latency,
        throughput=tuple(_throughputs(built.net, model, facts["gates_alone"], threads, seconds)),
    )


def _latencies(net: Any, model: Model, seconds: float) -> Iterator[Latency]:
    method = net.predict if model.head is not None else net.bits
    for samples in BATCHES:
        _, x = next(_inputs(model, samples))
        yield Latency(samples, median(clocked(partial(method, x, threads=1)), seconds))


def _throughputs(
    net: Any, model: Model, gates_alone: float, threads: Sequence[int], seconds: float
) -> Iterator[Throughput]:
    method = net.predict if model.head is not None else net.bits
    # As many samples as fit the memory, or as the gates alone take a run's time for.
    widest = max(model.logic.inputs, 1)
    samples = int(max(_CHECKED, min(MOST_BYTES // widest, gates_alone * max(threads) * seconds)))
    for form, x in _inputs(model, samples):
        for count in threads:
            call = partial(method, x, packed=form == "packed", threads=count)
            yield Throughput(form, count, samples / median(clocked(call), seconds))
