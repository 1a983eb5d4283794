"""Circuits with latches: steps a second of one core, beside their gates alone.

    python benchmarks/machines.py

Random machines, many sequences side by side. What is beside the gates is the same work for each: inputs become planes,
outputs become rows, and next states go where the next step reads them; step by step the state also leaves the core and
comes back. All answers are compared before anything is timed. CPU time of one thread, the least of some rounds, in each
of which every way has its turn, so that ratios come from one run. A control loop says whether the machine was ours:
where its median is not within 10 % of its best, that says "machine busy". Written to results/machines.json.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from limits import control
from measure import save

import netc
from netc.registry import resolve

ROUNDS = 15
STEPS = 50
SEQUENCES = 4096
BUSY = 1.1  # the control loop's median beside its best
# ANDs, latches, inputs and outputs.
MACHINES = {"large": (10_000, 500, 64), "small": (1_000, 100, 16)}


def random_machine(ands: int, latches: int, ports: int) -> netc.Machine:
    """Gates of others that are not far behind."""
    random = np.random.default_rng(ands)
    build = netc.Builder(ports, latches)
    lits = [*map(build.input, range(ports)), *map(build.latch, range(latches))]
    first = len(lits)
    while len(lits) < first + ands:
        near = lits[max(0, len(lits) - 4 * latches) :]
        a, b = (near[index] ^ int(random.integers(2)) for index in random.integers(0, len(near), 2))
        lits.append(build.and_(a, b))
    following = random.choice(lits[-4 * latches :], latches).tolist()
    return netc.Machine.of(build.finish(lits[-ports:], following))


def ways_of(net: Any, x: Any) -> dict[str, Callable[[], Any]]:
    """All give the outputs and the last state, in one form or another."""
    packed = np.packbits(x, axis=2, bitorder="little")
    row = -(-net.machine.outputs // 8)
    rows = np.empty((STEPS, SEQUENCES, row), np.uint8)
    bits = np.empty((STEPS, SEQUENCES, net.machine.outputs), np.bool_)
    state = net.start(SEQUENCES)

    def steps() -> Any:
        now = None
        for given, seen in zip(x, bits, strict=True):
            _, now = net.step(given, now, threads=1, out=(seen, None))
        return bits, now

    def steps_into_arrays() -> Any:
        now = net.machine.initial_state(SEQUENCES)
        for given, seen in zip(x, bits, strict=True):
            net.step(given, now, threads=1, out=(seen, now))
        return bits, now

    def steps_of_planes() -> Any:
        now = net.start(SEQUENCES)
        for given, seen in zip(packed, rows, strict=True):
            net.step(given, now, packed=True, packed_out=True, threads=1, out=(seen, now))
        return rows, now

    return {
        "run, bytes": lambda: net.run(x, threads=1),
        "run, bytes, into arrays": lambda: net.run(x, threads=1, out=(bits, state)),
        "run, packed, into arrays": lambda: net.run(packed, packed=True, packed_out=True, threads=1, out=(rows, state)),
        "step by step, bytes": steps,
        "step by step, bytes, into arrays": steps_into_arrays,
        "step by step, packed, State": steps_of_planes,
    }


def check(ways: dict[str, Callable[[], Any]]) -> None:
    """That all ways give the same outputs and states."""
    wanted = None
    for name, run in ways.items():
        outputs, after = run()
        rows = outputs if outputs.dtype == np.uint8 else np.packbits(outputs, axis=2, bitorder="little")
        state = after if isinstance(after, np.ndarray) else after.bits()
        wanted = wanted or (rows.copy(), state.copy())
        assert (rows == wanted[0]).all(), name
        assert (state == wanted[1]).all(), name


def measured(net: Any, x: Any) -> tuple[dict[str, dict[str, float]], float]:
    """Of each way, and how much slower than its best the control loop was."""
    ways = ways_of(net, x)
    check(ways)
    kernel = net.engine.wide
    blocks = STEPS * -(-SEQUENCES // (8 * int(kernel.plane_bytes)))
    ways = {"gates alone": lambda: net.time_gates(blocks), **ways}
    seconds = dict.fromkeys(ways, float("inf"))
    controls = control(1)
    for _ in range(ROUNDS):
        for name, run in ways.items():
            started = time.process_time()
            run()
            seconds[name] = min(seconds[name], time.process_time() - started)
        controls += control(1)
    gates = seconds["gates alone"]
    rates = {
        name: {"steps_per_second": round(STEPS * SEQUENCES / spent), "times_the_gates": round(spent / gates, 2)}
        for name, spent in seconds.items()
    }
    return rates, round(statistics.median(controls) / min(controls), 2)


def main() -> None:
    engines = ["table", *(["machine"] if resolve("netc.runtime.machine_code:targets")() else [])]
    rows = []
    for name, (ands, latches, ports) in MACHINES.items():
        machine = random_machine(ands, latches, ports)
        x = np.random.default_rng(0).integers(0, 2, (STEPS, SEQUENCES, ports)).astype(np.uint8)
        for engine in engines:
            net = netc.compile(machine, engine=engine)
            found, busy = measured(net, x)
            rows.append(
                {
                    "machine": name,
                    "ands": machine.core.num_ands,
                    "latches": latches,
                    "inputs": machine.inputs,
                    "outputs": machine.outputs,
                    "engine": engine,
                    "busy": busy,
                    "ways": found,
                }
            )
            marked = f"engine {engine}" + " (machine busy)" * (busy > BUSY)
            print(f"{name}: {machine.core.num_ands:,} ANDs, {latches} latches, {marked}")
            for way, rate in found.items():
                steps, times = rate["steps_per_second"], rate["times_the_gates"]
                print(f"  {way:<30}{steps / 1e6:>8,.1f} million steps a second{times:>8,.2f} times the gates")
    save("machines", {"steps": STEPS, "sequences": SEQUENCES, "rows": rows})


if __name__ == "__main__":
    main()
