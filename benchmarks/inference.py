"""Inference against the reference design: how long until the first answer, and how many samples a second after it.

    python benchmarks/inference.py              # everything that is here; some minutes once gcc's work is cached
    python benchmarks/inference.py gates load   # some of it
    python benchmarks/inference.py --page       # only write docs/performance.md's tables and picture from the results

The reference is what difflogic's compiler makes (reference.py); both sides alternate in one process, on one core
unless said, each figure being the median of the best times of several rounds. Answers are compared bit for bit first.
A control loop on as many cores says whether the machine was ours: where its median is not within 10 % of its best the
row says "machine busy". Written to results/inference.json, or where there is no AVX-512 to inference-avx2.json.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from limits import control, limits, processor_flags
from measure import RESULTS, environment, save
from measure import run as run_alone
from netc.runtime.tuning import BLOCKS, Plan
from networks import checkpoints, convolutional_network, model_of, named, random_network
from reference import WORD, Reference, agrees, build

import netc
from netc.plots import Bar, Chart, plot
from netc.simulation import simulate_layers

ROUNDS, SECONDS = 3, 0.15
BLOCK = 512
TRAINED = "difflogic_mnist_48k"
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
RESULTS_OF = {"avx512f": "inference", "avx2": "inference-avx2"}  # the first that the processor has
ENGINES = ("table", "machine")

Row = dict[str, Any]


def best(run: Callable[[], Any], seconds: float = SECONDS) -> float:
    """The shortest of the runs that fit, at least three."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def alternate(sides: dict[str, Callable[[], Any]], cores: int = 1) -> dict[str, float]:
    """Seconds of one call of each, side by side: the median of the best of `ROUNDS` rounds; `busy` is the control."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    controls = control(cores)
    for _ in range(ROUNDS):
        for name, run in sides.items():
            found[name].append(best(run))
        controls += control(cores)
    busy = statistics.median(controls) / min(controls)
    return {name: statistics.median(times) for name, times in found.items()} | {"busy": busy}


def row(name: str, what: str, value: float, unit: str, at_least: float | None, aim: float | None, **facts: Any) -> Row:
    """`at_least` and `aim` are bounds from above where the unit is one of time or memory."""
    lower = unit in ("s", "µs", "GB")
    met = [None if goal is None else (value <= goal if lower else value >= goal) for goal in (at_least, aim)]
    made = {"row": name, "what": what, "value": value, "unit": unit, "at_least": at_least, "aim": aim}
    print(f"{name:<8} {what:<66} {value:>10.3g} {unit:<5} (at least {at_least}, aim {aim})", flush=True)
    return made | {"met": met[0], "aim_met": met[1], **facts}


# ---- rows -------------------------------------------------------------------------------------------------------

# Another, tiny model first: it imports all that there is to import.
FIRST_ANSWER = """
import json, resource, sys, time
import numpy as np
import netc
small = netc.load(sys.argv[3])
netc.compile(small, engine=sys.argv[2]).predict(np.zeros((1, small.logic.inputs), bool))
before, wall = time.process_time(), time.perf_counter()
net = netc.compile(netc.load(sys.argv[1]), engine=sys.argv[2])
net.predict(np.zeros((1, net.inputs), bool))
spent = time.process_time() - before, time.perf_counter() - wall
print(json.dumps([*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, net.engine.name]))
"""


def first_answer(path: str, engine: str = "auto") -> tuple[float, float, float, str]:
    """CPU seconds and wall seconds from the file to the first class, peak MB, and the engine: the best of five."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        small = str(Path(folder, f"small{''.join(Path(path).suffixes[-1:])}"))
        if path.endswith(".npz"):
            netc.save(model_of(random_network(10), "small"), small)
        else:
            small = str(Path(__file__).parent.parent / "examples" / "digits" / "model.pt")
        for number in range(5):
            command = [sys.executable, "-c", FIRST_ANSWER, path, engine, small]
            # Nothing is known of an earlier run.
            there = os.environ | {"XDG_CACHE_HOME": str(Path(folder, f"cache{number}"))}
            done = subprocess.run(command, capture_output=True, check=True, env=there)
            runs.append(tuple(json.loads(done.stdout)))
    return min(runs)


def load() -> Iterator[Row]:
    trained = next(checkpoints(TRAINED), None)
    if trained is None:
        sys.exit(f"{TRAINED} is not here: NETC_DATA names the folder whose dlgn/ holds it")
    with tempfile.TemporaryDirectory() as folder:
        random = str(Path(folder, "random.npz"))
        netc.save(named("6x8000"), random)
        for name, path in (("6x8000", random), (TRAINED, str(trained))):
            cpu, wall, megabytes, engine = first_answer(path)
            facts = {"cpu_seconds": cpu, "wall_seconds": wall, "peak_mb": megabytes, "engine": engine}
            yield row("load", f"file to first class, {name}, CPU", cpu, "s", 0.1, None, **facts)
            for opt, at_least, aim in (("-O1", 3000, 10000), ("-O0", 30, 100)):
                built = build(named(name), opt)
                what = f"file to first class, {name}, against the reference's gcc {opt}"
                facts = {"reference_cpu_seconds": built.cpu_seconds}
                yield row("load", what, built.cpu_seconds / cpu, "x", at_least, aim, **facts)


def large() -> Iterator[Row]:
    for gates, seconds, aim in ((1_000_000, 1.0, 0.5), (6_000_000, 7.0, 3.0)):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "random.npz"))
            width = gates // 6 // 10 * 10
            subprocess.run([sys.executable, __file__, "--write", str(width), path], check=True)
            cpu, wall, megabytes, engine = first_answer(path)
        facts = {"cpu_seconds": cpu, "wall_seconds": wall, "peak_mb": megabytes, "engine": engine}
        yield row(
            "large", f"file to first class, {gates // 10**6} M random gates, CPU", cpu, "s", seconds, aim, **facts
        )
        if gates == 6_000_000:
            yield row("large", "its memory", megabytes / 1024, "GB", 1.0, None)


# Of a network that is checked against a simulation of its layers, which makes no program.
ONCE = """
import json, resource, sys, time
import numpy as np
import netc
x = np.random.default_rng(0).integers(0, 2, (64, 784)).astype(bool)
before = time.process_time()
net = netc.compile(netc.load(sys.argv[1]), engine="table")
classes = net.predict(x, threads=1).tolist()
spent = time.process_time() - before
block = min(net.time_gates(1) for _ in range(3))
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, block, classes]))
"""
SIMULATED = """
import json, sys
import numpy as np
import netc
from netc.simulation import simulate_layers
x = np.random.default_rng(0).integers(0, 2, (64, 784)).astype(bool)
model = netc.load(sys.argv[1])
print(json.dumps(np.argmax(model.head.scores(simulate_layers(model.trained, x)), axis=1).tolist()))
"""


def huge() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "random.npz"))
        subprocess.run([sys.executable, __file__, "--write", "10000000", path], check=True)
        ran, simulated = (run_alone([sys.executable, "-c", code, path]) for code in (ONCE, SIMULATED))
    if ran.code or simulated.code:
        sys.exit(ran.out + simulated.out)
    cpu, gigabytes, block, classes = json.loads(ran.out.splitlines()[-1])
    if classes != json.loads(simulated.out.splitlines()[-1]):
        sys.exit("60 M gates: a class differs")
    facts = {"cpu_seconds": cpu, "gates_alone_seconds_per_512": block, "classes_compared": len(classes)}
    yield row("huge", "60 M random gates: memory", gigabytes, "GB", 8, None, **facts)
    yield row("huge", "60 M random gates: file to classes of 64 samples, CPU", cpu, "s", None, None)


# Images of 128 x 128 in three bits, and of 32 x 32 in fifteen as ClgnCifar10Large has them.
CONVOLUTIONS = {
    "128 x 128": (128, 3, (256, 512, 1024), (64, 128, 256)),
    "32 x 32": (32, 15, (2048, 8192, 32768, 65536), (512, 2048, 8192, 16384)),
}


def templates() -> Iterator[Row]:
    """Built at about 60 M gates; compared at about 15 M, by CPU time, as flattening more takes minutes."""
    for name, (size, channels, large, small) in CONVOLUTIONS.items():
        network = convolutional_network(size, channels, large)
        model = model_of(network, name)
        started = time.process_time()
        net = netc.compile(model, engine="template")
        seconds = time.process_time() - started
        block = best(_timed(net, 1))
        x = np.random.default_rng(0).integers(0, 2, (64, network.inputs)).astype(np.bool_)
        assert model.head is not None
        if not np.array_equal(net.scores(x), model.head.scores(simulate_layers(network, x))):
            sys.exit(f"convolution, {name}: a score differs")
        facts = {"gates": network.num_neurons, "gates_alone_seconds_per_512": block}
        what = f"convolution, {name}, {round(network.num_neurons / 1e6)} M gates as templates"
        yield row("templates", f"{what}: build, CPU", seconds, "s", 5, None, **facts)
        del network, model, net
        yield _against_flat(name, model_of(convolutional_network(size, channels, small), name), name == "128 x 128")


def _against_flat(name: str, model: netc.Model, has_goal: bool) -> Row:
    nets, seconds = {}, {}
    for engine in ("template", "table"):
        started = time.process_time()
        nets[engine] = netc.compile(model, engine=engine)
        seconds[engine] = time.process_time() - started
    x = np.random.default_rng(1).integers(0, 2, (2 * BLOCK, nets["table"].inputs)).astype(np.bool_)
    if not np.array_equal(nets["table"].scores(x), nets["template"].scores(x)):
        sys.exit(f"convolution, {name}: templates differ")
    assert model.trained is not None
    found = _alternate_cpu({engine: _timed(net, 1) for engine, net in nets.items()})
    facts: dict[str, Any] = {"gates": model.trained.num_neurons, "build_cpu_seconds": seconds}
    facts |= {"operations": {engine: net.engine.operations for engine, net in nets.items()}, "cpu_seconds": found}
    what = f"convolution, {name}, {round(model.trained.num_neurons / 1e6)} M gates as templates, against flat, CPU"
    return row("templates", what, found["table"] / found["template"], "x", 5 if has_goal else None, None, **facts)


def _alternate_cpu(sides: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """CPU seconds of one call of each, side by side: the median of the best of `ROUNDS` rounds of five."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, run in sides.items():
            times = []
            for _ in range(5):
                started = time.process_time()
                run()
                times.append(time.process_time() - started)
            found[name].append(min(times))
    return {name: statistics.median(times) for name, times in found.items()}


def gates() -> Iterator[Row]:
    for name, opt, at_least, aim in (
        ("6x1000", "-O1", 20, 30),
        ("6x8000", "-O1", 15, 22),
        ("6x64000", "-O0", 150, 260),
    ):
        yield from _gates(name, opt, at_least, aim, "as it stands", 0)
    for level in (0, 1):
        goals: tuple[float | None, float | None] = (None, None) if level == 0 else (30, 60)
        yield from _gates(TRAINED, "-O1", *goals, "no reduction" if level == 0 else "after -O1", level)


def _gates(name: str, opt: str, at_least: float | None, aim: float | None, how: str, level: int) -> Iterator[Row]:
    model = named(name)
    reference = Reference(model, build(model, opt))
    if not agrees(model, reference):
        sys.exit(f"{name}: the reference differs")
    words = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, reference.inputs)
    reduced = netc.optimize(model, level=level) if level else model
    nets = {engine: netc.compile(reduced, engine=engine) for engine in ENGINES}
    x = np.random.default_rng(1).integers(0, 2, (2 * BLOCK, reference.inputs)).astype(np.bool_)
    for net in nets.values():
        if not np.array_equal(net.scores(x), reference.scores(x)):
            sys.exit(f"{name}: {net.engine.name} differs")
    repeat = max(1, 200_000 // model.logic.num_ands)
    sides: dict[str, Callable[[], Any]] = {"reference": lambda: reference.gates(words, repeat)}
    for engine, net in nets.items():
        sides[engine] = _timed(net, repeat)
    found = alternate(sides)
    samples = {"reference": WORD} | {engine: 8 * int(net.engine.wide.plane_bytes) for engine, net in nets.items()}
    per_block = {side: found[side] / repeat / samples[side] * BLOCK for side in sides}
    engine = min(ENGINES, key=per_block.__getitem__)
    yield row(
        "gates",
        f"gates only, {name}, {how}, against {opt}",
        per_block["reference"] / per_block[engine],
        "x",
        at_least,
        aim,
        microseconds_per_512={side: 1e6 * seconds for side, seconds in per_block.items()},
        engine=engine,
        operations={engine: net.engine.operations for engine, net in nets.items()},
        busy=found["busy"],
    )


def _timed(net: Any, blocks: int, **options: Any) -> Callable[[], Any]:
    return lambda: net.time_gates(blocks, **options)


def whole() -> Iterator[Row]:
    model = named(TRAINED)
    reference = Reference(model, build(model, "-O1"))
    x = np.random.default_rng(0).integers(0, 2, (64 * BLOCK, reference.inputs)).astype(np.bool_)
    for level in (0, 1):
        net = netc.compile(netc.optimize(model, level=level) if level else model)
        right = np.argmax(reference.scores(x), axis=1)
        if not np.array_equal(net.predict(x), right):
            sys.exit("a class differs")
        out = np.empty(len(x), np.int32)
        sides = {
            "reference": lambda: np.argmax(reference.scores(x), axis=1),
            "netc": _predicting(net, x, out),
        }
        found = alternate(sides)
        goals: tuple[float | None, float | None] = (None, None) if level == 0 else (25, 50)
        what = f"bool array to classes, {TRAINED}, {'no reduction' if level == 0 else 'after -O1'}"
        rates = {side: len(x) / found[side] for side in sides}
        facts = {"samples_per_second": rates, "engine": net.engine.name, "busy": found["busy"]}
        yield row("whole", what, found["reference"] / found["netc"], "x", *goals, **facts)


def _predicting(net: Any, x: Any, out: Any, **options: Any) -> Callable[[], Any]:
    return lambda: net.predict(x, out=out, threads=1, **options)


def packed() -> Iterator[Row]:
    net = netc.compile(model_of(random_network(1000), "6x1000"))
    x = np.random.default_rng(0).integers(0, 256, (128 * BLOCK, -(-net.inputs // 8)), np.uint8)
    found = alternate({"netc": _predicting(net, x, np.empty(len(x), np.int32), packed=True)})
    rate = len(x) / found["netc"] / 1e6
    yield row("packed", "packed bits to classes, 6x1000", rate, "M/s", 30, 100, busy=found["busy"])


def features() -> Iterator[Row]:
    """Numbers that become bits, whose parity is the output, beside an array that holds the bits already."""
    numbers = np.random.default_rng(0).integers(0, 256, (32 * BLOCK, 784), np.uint8)
    three = [63.5, 127.5, 191.5]
    encoders = {
        "one threshold": netc.Encoder.thermometer(784, [127.5]),
        "three thresholds, feature by feature": netc.Encoder.thermometer(784, three, order="feature"),
        "three thresholds, plane by plane": netc.Encoder.thermometer(784, three, order="plane"),
    }
    for what, encoder in encoders.items():
        bits = np.ascontiguousarray(encoder.encode(numbers))  # rows, as the numbers are
        right = bits.sum(axis=1, keepdims=True) % 2
        bare = netc.compile(_parity(encoder.bits), engine="table")
        net = netc.compile(_parity(encoder.bits, encoder), engine="table")
        for dtype in (np.uint8, np.float32):
            x = numbers.astype(dtype)
            if not (np.array_equal(net.bits(x), right) and np.array_equal(bare.bits(bits), right)):
                sys.exit(f"features, {what}: a bit differs")
            found = alternate({"features": _bits(net, x), "bools": _bits(bare, bits)})
            facts = {f"{side}_microseconds": 1e6 * found[side] / len(x) for side in ("features", "bools")}
            name = f"784 {np.dtype(dtype).name}, {what}: read"
            rate = x.nbytes / found["features"] / 1e9
            yield row("features", name, rate, "GB/s", None, None, **facts, busy=found["busy"])


def _parity(bits: int, encoder: netc.Encoder | None = None) -> netc.Model:
    builder = netc.Builder(bits)
    lits = [2 * (bit + 1) for bit in range(bits)]
    while len(lits) > 1:
        pairs = [builder.xor(*pair) for pair in zip(lits[::2], lits[1::2], strict=False)]
        lits = pairs + lits[2 * len(pairs) :]
    return netc.Model(builder.finish(lits), encoder=encoder)


def _bits(net: Any, x: Any) -> Callable[[], Any]:
    return lambda: net.bits(x, threads=1)


def blocks() -> Iterator[Row]:
    for name in ("6x20", "6x100", "6x1000", "6x8000", TRAINED):
        yield from _blocks(name, 101)


def _blocks(name: str, rounds: int) -> Iterator[Row]:
    """Whole calls by each plan that `auto` may choose, and what it does choose."""
    model = named(name)
    x = np.random.default_rng(0).integers(0, 256, (16 * BLOCK, -(-model.logic.inputs // 8)), np.uint8)
    out = np.empty(len(x), np.int32)
    plans = [Plan(engine, block) for engine in ENGINES for block in BLOCKS[engine]]
    nets = {plan: netc.compile(model, engine=plan.engine, block=plan.block) for plan in plans}
    readings: dict[Plan, list[float]] = {plan: [] for plan in plans}
    for _ in range(rounds):  # in turn, a few milliseconds each: what disturbs one disturbs all
        for plan, net in nets.items():
            started = time.thread_time()
            net.predict(x, packed=True, threads=1, out=out)
            readings[plan].append(time.thread_time() - started)
    microseconds = {str(plan): 1e6 * statistics.median(readings[plan]) / 16 for plan in plans}
    facts = {"microseconds_per_512": microseconds, **_chosen(model)}
    for engine in ENGINES:
        pairs = zip(readings[Plan(engine, 512)], readings[Plan(engine, 256)], strict=True)
        ratio = statistics.median(long / short for long, short in pairs)
        yield row("blocks", f"{engine}, 256 samples a pass against 512, {name}, CPU", ratio, "x", None, None, **facts)


def _chosen(model: netc.Model) -> dict[str, Any]:
    """What `auto` takes, and CPU milliseconds of compiling where nothing is known of a load before, and again."""
    spent: dict[str, list[float]] = {"first": [], "again": []}
    said = []
    for _ in range(9):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, XDG_CACHE_HOME=folder):
            for times in spent.values():
                started = time.thread_time()
                net = netc.compile(model)
                times.append(1e3 * (time.thread_time() - started))
                said.append(str(net.choice))
    return {"auto": said[0], "compile_milliseconds": {when: statistics.median(times) for when, times in spent.items()}}


def latency() -> Iterator[Row]:
    for name, at_least, aim in (("6x1000", 8, 3), (TRAINED, 30, 15)):
        net = netc.compile(named(name))
        x = np.random.default_rng(0).integers(0, 2, (128, net.inputs)).astype(np.bool_)
        out = np.empty(128, np.int32)
        for samples in (1, 128):
            call = _predicting(net, x[:samples], out[:samples])
            found = alternate({"netc": _many(call, 100)})
            what = f"one call of {samples} samples from Python, {name}"
            yield row("latency", what, 1e4 * found["netc"], "µs", at_least, aim, busy=found["busy"])


def _many(call: Callable[[], Any], times: int) -> Callable[[], Any]:
    def run() -> None:
        for _ in range(times):
            call()

    return run


def threads() -> Iterator[Row]:
    for name, where, at_least, aim in (("6x8000", "in L2", 1.9, 1.95), ("6x64000", "beyond", 1.7, 1.9)):
        net = netc.compile(named(name))
        blocks = max(16, 40_000_000 // net.engine.operations // 20 * 2)
        found = alternate({"one": _timed(net, blocks), "two": _timed(net, blocks, threads=2)}, cores=2)
        yield row("threads", f"two threads over one, {where}", found["one"] / found["two"], "x", at_least, aim, **found)


def fractions() -> Iterator[Row]:
    """Two-input gates that are executed, by the rate of the limit (limits.py)."""
    rates = limits()["levels"]
    for name, level, at_least, aim in (("6x250", "L1", 90, 100), ("6x8000", "L2", 65, 90), ("6x64000", "L3", 80, 95)):
        model = named(name)
        count = netc.optimize(model, level=1).network(2).num_luts
        for engine in ENGINES:
            net = netc.compile(model, engine=engine)
            repeat = max(1, 200_000 // count)
            found = alternate({"netc": _timed(net, repeat)})
            block = 8 * int(net.engine.wide.plane_bytes)
            rate = count * block * repeat / found["netc"]
            for which, goals in (("limit", (at_least, aim)), ("measured", (None, None))):
                against = rates[level][f"{which}_gates_per_second"]
                what = f"{engine} in {level}, of the {'limit' if which == 'limit' else 'rate measured here'}"
                yield row("limits", what, 100 * rate / against, "%", *goals, busy=found["busy"])


def kernels() -> Iterator[Row]:
    from netc.runtime.table import kernels as there

    model = named(TRAINED)
    for name, at_least in (("avx2", 0.45), ("sse2", 0.2)):
        if not {name, "avx512"} <= set(there()):
            continue
        nets = {kernel: netc.compile(model, engine="table", kernel=kernel) for kernel in ("avx512", name)}
        found = alternate({kernel: _timed(net, 20) for kernel, net in nets.items()})
        what = f"table kernel on {name} against AVX-512, {TRAINED}"
        yield row("kernels", what, found["avx512"] / found[name], "x", at_least, None, busy=found["busy"])


ROWS: dict[str, Callable[[], Iterator[Row]]] = {
    "load": load,
    "large": large,
    "huge": huge,
    "gates": gates,
    "whole": whole,
    "packed": packed,
    "features": features,
    "blocks": blocks,
    "latency": latency,
    "threads": threads,
    "limits": fractions,
    "kernels": kernels,
    "templates": templates,  # last: it makes this process large, which then can no longer measure a compiler
}


# ---- results ----------------------------------------------------------------------------------------------------


def table(rows: list[Row]) -> str:
    lines = ["| measure | here | at least | aim |", "|---|---|---|---|"]
    for found in rows:
        value, unit = found["value"], found["unit"]
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        busy = " (machine busy)" if found.get("busy", 1) > 1.1 else ""
        goals = [f"{goal:,g} {unit}" if goal is not None else "" for goal in (found["at_least"], found["aim"])]
        lines.append(f"| {found['what']} | **{shown} {unit}**{busy} | {goals[0]} | {goals[1]} |")
    return "\n".join(lines)


def write_page() -> None:
    text = PAGE.read_text()
    end = "<!-- end of results -->"
    for name in RESULTS_OF.values():
        begin = f"<!-- {name}.json -->\n"
        if not (RESULTS / f"{name}.json").is_file():
            continue
        rows = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = head + begin + table(rows) + "\n" + end + tail
    PAGE.write_text(text)
    bars = []
    for found in json.loads((RESULTS / "inference.json").read_text())["rows"]:
        if found["row"] == "gates":
            for series, (side, time_of) in enumerate(found["microseconds_per_512"].items()):
                what = found["what"].removeprefix("gates only, ")
                bars.append(Bar(f"{what}: {side}", 1 / time_of, f"{time_of:,.1f} µs", series))
    picture = PAGE.with_suffix(".svg")
    chart = Chart("Gates alone, 512 samples: speed, and the time it takes", bars)
    picture.write_bytes(b"".join(plot(str(picture), [chart])))


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--write"]:
        width = int(arguments[1])
        netc.save(model_of(random_network(width), f"6x{width}"), arguments[2])
        return
    if arguments == ["--page"]:
        write_page()
        return
    if unknown := set(arguments) - set(ROWS):
        sys.exit(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    target = next((name for flag, name in RESULTS_OF.items() if flag in processor_flags()), "inference-other")
    kept: list[Row] = []
    if arguments and (RESULTS / f"{target}.json").is_file():
        before = json.loads((RESULTS / f"{target}.json").read_text())
        if {key: before["environment"].get(key) for key in ("cpu", "netc")} != {
            key: environment().get(key) for key in ("cpu", "netc")
        }:
            sys.exit("the results there are of another machine or version; measure everything")
        kept = before["rows"]
    for name in arguments or ROWS:
        measured = list(ROWS[name]())
        kept = [found for found in kept if found["row"] != name] + measured
        kept.sort(key=lambda found: list(ROWS).index(found["row"]))
        save(target, {"rows": kept})


if __name__ == "__main__":
    main()
