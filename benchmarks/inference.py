"""How fast networks build and run, beside the reference design and the machine's limits.

    python benchmarks/inference.py [--rows NAME,…] [--rounds 3] [--seconds 0.3]
    python benchmarks/inference.py --page docs/performance.md

Both sides of a ratio alternate in this one process, on one core unless a row says otherwise; each figure is the median
of so many minima, and is only kept if the answers on 4,096 random samples are the reference's, bit for bit. The
reference is compiled once and kept (reference.py). Before and behind each row a control loop runs; where it took more
than a tenth longer than it ever did on this machine, the row is marked *machine busy*. What the rows found is kept
beside earlier ones in results/inference.json, and `--page` writes tables and plot from there, measuring nothing.

netc's side as trained: no pass has run; the engine drops what nobody reads and merges gates of up to three inputs. The
rows that say ``-O1`` ran that pipeline first. The reference always computes every gate as it was given.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from limits import kernels as limit_kernels
from limits import limits
from measure import RESULTS, cpu_name, environment, run, save
from networks import named
from reference import Reference, agrees, build

import netc
from netc.ccompiler import find_compiler

BLOCK = 512  # samples, where gates alone are timed
SAMPLES = 4096  # in RAM: an array of them does not fit the first two caches
BUSY = 1.1
SHORTEST = 0.02  # seconds
TRAINED = "difflogic_mnist_48k"
RESULT = RESULTS / "inference.json"


Timed = Callable[[int], float]  # so many repetitions; their seconds


@dataclass(frozen=True)
class Figure:
    """A number of a row, its unit, and what is asked of it: at least (or, if `most`, at most) and as an aim."""

    what: str
    value: float
    unit: str
    least: float | None = None
    aim: float | None = None
    most: bool = False


@dataclass(frozen=True)
class Row:
    measure: str
    run: Callable[[Clock], tuple[list[Figure], dict[str, Any]]]
    cores: int = 1


@dataclass(frozen=True)
class Clock:
    """How long and how often to measure."""

    rounds: int
    seconds: float

    def best(self, run: Timed) -> float:
        """The shortest run's seconds of one repetition; a run is long enough that its first pass does not count."""
        times = 1
        while (spent := run(times)) < SHORTEST:
            times *= 2
        shortest, total = spent, spent
        while total < self.seconds:
            spent = run(times)
            shortest, total = min(shortest, spent), total + spent
        return shortest / times

    def together(self, *runs: Timed) -> list[float]:
        """The median over the rounds of each side's best, the sides alternating."""
        rounds = [[self.best(run) for run in runs] for _ in range(self.rounds)]
        return [statistics.median(side) for side in zip(*rounds, strict=True)]


def spent(call: Callable[[int], Any]) -> Timed:
    def run(times: int) -> float:
        started = time.perf_counter()
        call(times)
        return time.perf_counter() - started

    return run


def repeated(call: Callable[[], Any]) -> Timed:
    def many(times: int) -> None:
        for _ in range(times):
            call()

    return spent(many)


def control(cores: int) -> float:
    """Seconds of a fixed loop of loads and stores, on so many cores at once: the median of some runs."""
    library, ffi = limit_kernels()
    planes = np.zeros((cores, (24 << 10) + 64), np.uint8)
    starts = [ffi.cast("char *", row.ctypes.data + -row.ctypes.data % 64) for row in planes]
    with ThreadPoolExecutor(cores) as pool:
        run = spent(lambda times: list(pool.map(lambda start: library.limit_l1(start, times), starts)))
        return statistics.median(run(20_000) for _ in range(10))


# The networks and their reference.


@cache
def network(name: str, level: int) -> netc.Model:
    """As trained (0), or after a pipeline."""
    model = named(name)
    return netc.optimize(model, level=level) if level else model


@cache
def reference(name: str, opt: str) -> Reference:
    """The compiled reference, after it agreed with netc on the network as trained."""
    model = network(name, 0)
    loaded = Reference(model, build(model, opt))
    if not agrees(model, loaded, SAMPLES):
        raise netc.InternalError(f"{name}: netc and the reference differ")
    return loaded


@cache
def samples(inputs: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(2).integers(0, 2, (SAMPLES, inputs)).astype(np.bool_)


def net_of(name: str, level: int, **options: Any) -> Any:
    """netc's side, after it agreed with the network as trained on the table engine."""
    model = network(name, level)
    net = netc.compile(model, **options)
    x = samples(model.logic.inputs)
    if not np.array_equal(net.scores(x), netc.compile(network(name, 0), engine="table").scores(x)):
        raise netc.InternalError(f"{name}: engine {net.engine.name} differs")
    return net


def described(net: Any) -> dict[str, Any]:
    """What was run: the engine, and the operations it makes of the gates."""
    engine, trained = net.engine, net.model.trained
    return {
        "engine": engine.name,
        "reductions": "none but the engine's own" if net.model.as_trained else "-O1",
        "gates": None if trained is None else sum(layer.neurons for layer in trained.layers),
        "operations": getattr(engine, "operations", None),
    }


# The rows.


def gates(name: str, opt: str, least: float, aim: float, reduced: int, clock: Clock) -> Any:
    """Gates alone against the reference's, as trained and after a pipeline."""
    theirs = reference(name, opt)
    plain, small = net_of(name, 0), net_of(name, reduced)
    words = np.random.default_rng(3).integers(-(1 << 63), 1 << 63, theirs.inputs, np.int64)
    per_block = BLOCK // 64
    other, first, second = clock.together(
        spent(lambda times: theirs.gates(words, per_block * times)), plain.time_gates, small.time_gates
    )
    first, second = (_of_block(net, seconds) for net, seconds in ((plain, first), (small, second)))
    figures = [
        Figure(f"gates alone, after -O1, against gcc {opt}", other / second, "x", least, aim),
        Figure(f"gates alone, as trained, against gcc {opt}", other / first, "x"),
        Figure("512 samples, after -O1", 1e6 * second, "µs"),
        Figure("512 samples, as trained", 1e6 * first, "µs"),
        Figure(f"512 samples, gcc {opt}", 1e6 * other, "µs"),
    ]
    return figures, {"as trained": described(plain), "after -O1": described(small)}


def _of_block(net: Any, seconds: float) -> float:
    """Seconds of 512 samples, from those of one pass of the engine."""
    return seconds * BLOCK / (8 * int(net.engine.wide.plane_bytes))


def bools(name: str, clock: Clock) -> Any:
    """A bool array in RAM to classes."""
    theirs = reference(name, "-O1")
    x = samples(theirs.inputs)
    plain, small = net_of(name, 0), net_of(name, 1)
    other, first, second = clock.together(
        repeated(lambda: theirs.scores(x).argmax(axis=1)),
        repeated(lambda: plain.predict(x, threads=1)),
        repeated(lambda: small.predict(x, threads=1)),
    )
    figures = [
        Figure("bool to class, after -O1, against gcc -O1", other / second, "x", 25, 50),
        Figure("bool to class, as trained, against gcc -O1", other / first, "x"),
        Figure("bool to class, after -O1", SAMPLES / second / 1e6, "M samples/s"),
        Figure("bool to class, gcc -O1", SAMPLES / other / 1e6, "M samples/s"),
    ]
    return figures, {"as trained": described(plain), "after -O1": described(small)}


def packed(name: str, clock: Clock) -> Any:
    """Packed bits to classes."""
    plain, small = net_of(name, 0), net_of(name, 1)
    rows = np.tile(np.packbits(samples(network(name, 0).logic.inputs), axis=1, bitorder="little"), (16, 1))
    first, second = clock.together(
        repeated(lambda: plain.predict(rows, packed=True, threads=1)),
        repeated(lambda: small.predict(rows, packed=True, threads=1)),
    )
    figures = [
        Figure("packed bits to class, after -O1", len(rows) / second / 1e6, "M samples/s", 30, 100),
        Figure("packed bits to class, as trained", len(rows) / first / 1e6, "M samples/s"),
    ]
    return figures, {"as trained": described(plain), "after -O1": described(small)}


def latency(name: str, least: float, aim: float, clock: Clock) -> Any:
    """One call of 128 samples of packed bits and of bools, from Python."""
    net = net_of(name, 1)
    x = samples(net.inputs)[:128]
    rows = np.packbits(x, axis=1, bitorder="little")
    out = np.empty(128, np.int32)
    bits, of_bools, one = clock.together(
        repeated(lambda: net.predict(rows, packed=True, threads=1, out=out)),
        repeated(lambda: net.predict(x, threads=1, out=out)),
        repeated(lambda: net.predict(rows[:1], packed=True, threads=1)),
    )
    figures = [
        Figure("one call, 128 samples, packed bits", 1e6 * bits, "µs", least, aim, most=True),
        Figure("one call, 128 samples, bools", 1e6 * of_bools, "µs", least, aim, most=True),
        Figure("one call, 1 sample, packed bits", 1e6 * one, "µs"),
    ]
    return figures, {"after -O1": described(net)}


def threads(name: str, least: float, aim: float, clock: Clock) -> Any:
    """Gates on two cores over one."""
    net = net_of(name, 0)
    one, two = clock.together(
        lambda times: net.time_gates(2 * times, threads=1),
        lambda times: net.time_gates(2 * times, threads=2),
    )
    return [Figure("two cores over one", one / two, "x", least, aim)], {"as trained": described(net)}


def fraction(name: str, level: str, least: float, aim: float, clock: Clock) -> Any:
    """Executed operations a second, of the limit where the planes are; values kept in registers may pass it."""
    nets = [net_of(name, 0), net_of(name, 0, engine="table")]
    found = limits()["levels"][level]
    figures = []
    for net, which, of in zip(nets, ("engine auto", "table kernel"), ((least, aim), (None, None)), strict=True):
        (seconds,) = clock.together(net.time_gates)
        rate = net.engine.operations * BLOCK / _of_block(net, seconds)
        here, limit = (rate / found[f"{kind}_gates_per_second"] for kind in ("measured", "limit"))
        figures += [
            Figure(f"of the limit in {level}, {which}", 100 * limit, "%", *of),
            Figure(f"of what was measured here in {level}, {which}", 100 * here, "%"),
            Figure(f"operations, {which}", rate / 1e12, "T/s"),
        ]
    planes = {net.engine.name: int(net.engine.wide.layout.planes) * BLOCK // 8 for net in nets}
    return figures, {"as trained": described(nets[0]), "planes_bytes": planes, "limit": found}


def instruction_sets(name: str, clock: Clock) -> Any:
    """The table kernel for narrower vectors, over AVX-512."""
    nets = {kernel: net_of(name, 0, engine="table", kernel=kernel) for kernel in ("avx512", "avx2", "sse2")}
    best, *others = clock.together(*(net.time_gates for net in nets.values()))
    asked = {"avx2": 0.45, "sse2": 0.2}
    figures = [
        Figure(f"table kernel, {kernel} over avx512", best / seconds, "x", asked[kernel])
        for kernel, seconds in zip(asked, others, strict=True)
    ]
    return figures, {"as trained": described(nets["avx512"])}


def building(
    name: str,
    ratios: dict[str, tuple[float, float]],
    cpu: tuple[float, float | None] | None,
    gb: float | None,
    clock: Clock,
) -> Any:
    """File on disk to first class, in a process of its own; `ratios` are to gcc's CPU seconds, by its option."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "network.npz"))
        _child("make", name, path)
        gcc = {opt: _child("reference", name, opt)["cpu_seconds"] for opt in ratios}
        for _ in range(clock.rounds):
            found.append(_child("answer", path))
    middle = {key: statistics.median(one[key] for one in found) for key in ("cpu", "wall", "gb")}
    figures = [
        Figure(f"CPU, against gcc {opt} alone", gcc[opt] / middle["cpu"], "x", *asked) for opt, asked in ratios.items()
    ]
    least, aim = cpu or (None, None)
    figures += [
        Figure("CPU", middle["cpu"], "s", least, aim, most=True),
        Figure("wall", middle["wall"], "s"),
        Figure("peak memory", middle["gb"], "GB", gb, most=True),
    ]
    return figures, {"engine": found[0]["engine"], "reductions": found[0]["reductions"], "gcc": gcc}


def _child(what: str, *arguments: str) -> dict[str, Any]:
    """One of `CHILDREN` in a process of its own, and its peak memory."""
    usage = run([sys.executable, __file__, "--child", what, *arguments])
    if usage.code:
        raise netc.InternalError(f"{what} {' '.join(arguments)}: {usage.out[-300:]}")
    return {**json.loads(usage.out.splitlines()[-1]), "gb": usage.peak_mb / 1024}


def _make(name: str, path: str) -> dict[str, Any]:
    netc.save(named(name), path)
    return {}


def _reference(name: str, opt: str) -> dict[str, Any]:
    return asdict(build(named(name), opt))


def _answer(path: str) -> dict[str, Any]:
    """Seconds from a path to a class; what is imported on the way is imported before, by a small network."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small.npz")
        netc.save(named("2x20"), small)
        netc.compile(netc.load(small)).predict(np.zeros((1, 784), np.bool_))
    cpu, wall = time.process_time(), time.perf_counter()
    model = netc.load(path)
    net = netc.compile(model)
    net.predict(np.zeros((1, model.logic.inputs), np.bool_), threads=1)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, **described(net)}


def template(clock: Clock) -> Any:
    raise netc.NetcError(
        "", "no engine runs a Tiled layer as a template yet; benchmarks/convolution.py is the flat one"
    )


ROWS = {
    "build-48k": Row(
        "load + build to first answer, 48k gates",
        partial(building, "6x8000", {"-O1": (3000, 10000), "-O0": (30, 100)}, (0.1, None), None),
    ),
    "build-1m": Row("the same, 1 million random gates", partial(building, "6x166670", {}, (1.0, 0.5), None)),
    "build-6m": Row("the same, 6 million random gates", partial(building, "6x1000000", {}, (7.0, 3.0), 1.0)),
    "gates-6x1000": Row("gates only, random 6x1000", partial(gates, "6x1000", "-O1", 20, 30, 1)),
    "gates-6x8000": Row("gates only, random 6x8000", partial(gates, "6x8000", "-O1", 15, 22, 1)),
    "gates-6x64000": Row("gates only, random 6x64000", partial(gates, "6x64000", "-O0", 150, 260, 1)),
    "gates-trained": Row(f"gates only, {TRAINED}", partial(gates, TRAINED, "-O1", 30, 60, 1)),
    "bool-trained": Row(f"bool array to classes, {TRAINED}", partial(bools, TRAINED)),
    "packed-6x1000": Row("packed bits to classes, 6x1000", partial(packed, "6x1000")),
    "latency-6k": Row("one call, 6k gates", partial(latency, "6x1000", 8, 3)),
    "latency-48k": Row("one call, 48k gates", partial(latency, "6x8000", 30, 15)),
    "threads-L2": Row("two cores over one, in L2", partial(threads, "6x8000", 1.9, 1.95), cores=2),
    "threads-L3": Row("two cores over one, beyond", partial(threads, "6x64000", 1.7, 1.9), cores=2),
    "limit-L1": Row("fraction of the limit, L1 (6x300)", partial(fraction, "6x300", "L1", 90, 100)),
    "limit-L2": Row("fraction of the limit, L2 (6x8000)", partial(fraction, "6x8000", "L2", 65, 90)),
    "limit-L3": Row("fraction of the limit, L3 (6x64000)", partial(fraction, "6x64000", "L3", 80, 95)),
    "kernels": Row("AVX2 and SSE2 forced, 6x8000", partial(instruction_sets, "6x8000")),
    "build-60m": Row("60 million flat gates", partial(building, "6x10000000", {}, None, 8.0)),
    "template": Row("a convolution kept as a template", template),
}


def measured(name: str, rounds: str, seconds: str) -> dict[str, Any]:
    """One row as JSON, with the longer time of the control loop."""
    row = ROWS[name]
    before = control(row.cores)
    try:
        figures, details = row.run(Clock(int(rounds), float(seconds)))
    except netc.NetcError as error:
        return {"measure": row.measure, "reason": str(error)}
    times = before, control(row.cores)
    return {
        "measure": row.measure,
        "figures": [_figure(one) for one in figures],
        "control": {"best": min(times), "worst": max(times)},
        "versions": environment() | {"gcc": find_compiler("gcc").identity.splitlines()[0]},
        **details,
    }


def _figure(one: Figure) -> dict[str, Any]:
    bound = "at most" if one.most else "at least"
    asked = {"asked": f"{bound} {one.least:g}"} if one.least is not None else {}
    aim = {"aim": f"{one.aim:g}"} if one.aim is not None else {}
    return {"what": one.what, "value": float(f"{one.value:.4g}"), "unit": one.unit, **asked, **aim}


CHILDREN: dict[str, Callable[..., dict[str, Any]]] = {
    "answer": _answer,
    "make": _make,
    "reference": _reference,
    "row": measured,
}


# The page.


def page(path: Path) -> None:
    """Rewrite what stands between the markers, and the plot beside it, from the JSON files."""
    from netc.plots import Bar, Chart, plot

    found, machine = json.loads(RESULT.read_text()), json.loads((RESULTS / "limits.json").read_text())
    text = path.read_text()
    for marker, lines in (("inference", _rows_table(found)), ("limits", _limits_table(machine))):
        head, start, rest = text.partition(f"<!-- {marker} -->\n")
        _, end, tail = rest.partition(f"<!-- end of {marker} -->")
        if not start or not end:
            raise netc.NetcError(str(path), f"there are no markers of {marker}")
        text = head + start + "\n".join(lines) + "\n" + end + tail
    bars = [
        Bar(ROWS[name].measure, one["value"], f"{one['value']:,.4g}x")
        for name, row in found["rows"].items()
        for one in row.get("figures", [])[:1]
        if one["unit"] == "x" and name.startswith(("gates", "bool"))
    ]
    parts = [
        Bar(one["what"], one["value"], f"{one['value']:.0f} %", 1)
        for name, row in found["rows"].items()
        for one in row.get("figures", [])[:1]
        if name.startswith("limit")
    ]
    charts = [Chart("Times the reference design's speed, one core", bars), Chart("Of the machine's limit", parts)]
    picture = path.with_suffix(".svg")
    picture.write_bytes(b"".join(plot(picture, [chart for chart in charts if chart.bars])))
    path.write_text(text)


def _rows_table(found: dict[str, Any]) -> Iterator[str]:
    machine = found["environment"]
    yield f"{machine.get('cpu', machine['machine'])}, netc {machine['netc']}, Python {machine['python']}.\n"
    yield "| row | measure | here | asked | aim |"
    yield "|---|---|---:|---:|---:|"
    best = found["control"]
    for name in (name for name in ROWS if name in found["rows"]):
        row = found["rows"][name]
        if "reason" in row:
            yield f"| `{name}` | {row['measure']} | n/a: {row['reason']} | | |"
            continue
        busy = " (machine busy)" if _busy(row, best) else ""
        for one in row["figures"]:
            asked, aim = one.get("asked", ""), one.get("aim", "")
            value = f"{one['value']:,.4g} {one['unit']}{busy}"
            yield f"| `{name}` | {row['measure']}: {one['what']} | {value} | {asked} | {aim} |"


def _limits_table(found: dict[str, Any]) -> Iterator[str]:
    yield f"Cycles for one gate of 512 samples, at {found['clock_ghz']:.2f} GHz.\n"
    yield "| data in | measured here | on a Zen 5 | vendor's peak | the limit | T gates/s at the limit |"
    yield "|---|---:|---:|---:|---:|---:|"
    for level, row in found["levels"].items():
        peak = f"{row['peak']:.2f}" if row["peak"] else "-"
        cycles = " | ".join(f"{row[key]:.2f}" for key in ("measured", "before"))
        yield f"| {level} | {cycles} | {peak} | {row['limit']:.2f} | {row['limit_gates_per_second'] / 1e12:.3f} |"


def _busy(row: dict[str, Any], best: float) -> bool:
    return bool(row["control"]["worst"] > BUSY * best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each minimum")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        what, *arguments = given.child
        print(json.dumps(CHILDREN[what](*arguments)))
    elif given.page:
        page(given.page)
    else:
        measure(given.rows.split(","), given.rounds, given.seconds)


def measure(names: list[str], rounds: int, seconds: float) -> None:
    """Each row in a process of its own, so that none inherits another's memory; what is done is kept at once."""
    if unknown := [name for name in names if name not in ROWS]:
        sys.exit(f"no row {unknown[0]!r}; there are {', '.join(ROWS)}")
    kept = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    if kept.get("environment", {}).get("cpu", "") != cpu_name():
        kept = {}  # another machine's
    best, rows = kept.get("control", float("inf")), kept.get("rows", {})
    for name in names:
        command = [sys.executable, __file__, "--child", "row", name, str(rounds), str(seconds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"row {name} failed")
        row = rows[name] = json.loads(done.stdout.splitlines()[-1])
        for one in row.get("figures", []):
            print(f"{name:<16}{one['what']:<60}{one['value']:>12,.4g} {one['unit']}")
        if "reason" in row:
            print(f"{name:<16}n/a: {row['reason']}")
        else:
            best = min(best, row["control"]["best"])
            if _busy(row, best):
                print(f"{name:<16}machine busy")
        save("inference", {"control": best, "rows": rows})


if __name__ == "__main__":
    main()
