"""What this machine can do at best for 512 samples at once: cycles a gate and gates a second, in each cache.

    python benchmarks/limits.py

The kernels are in limits.c. Beside what they measure stand the vendor's peak, where it is known, and what such kernels
took on another core that was measured before, a Zen 5 with AVX-512. The limit that netc is compared with is the
faster of the two at this machine's clock: a slow cache here is no excuse, and neither is a processor without AVX-512,
whose gates take two instructions of 256 bits each. Written to results/limits.json.
"""

from __future__ import annotations

import mmap
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cffi import FFI
from measure import save

from netc.ccompiler import find_compiler

SAMPLES = 512
ROUNDS, SECONDS = 3, 0.1
LARGE_PAGE = 2 << 20

# Cycles a gate on the Zen 5; 3.5 operations a cycle on registers.
BEFORE = {"registers": 1 / 3.5, "L1": 1.40, "L2": 1.85, "L3": 3.7, "DRAM": 23.0}

# Cycles a gate by the vendor's figures for a Golden Cove core (Intel 64 and IA-32 Architectures Optimization Reference
# Manual): two operations of 512 bits, two loads and one store of 64 bytes a cycle, and 64 bytes from the second cache.
PEAK = {"registers": 0.5, "L1": 1.0, "L2": 1.0}
GOLDEN_COVE = {(6, 143), (6, 207)}  # server processors: Sapphire Rapids, Emerald Rapids

BYTES = {"L2": 512 << 10, "L3": 4 << 20}

DECLARATIONS = """
void limit_clock(uint64_t);
void limit_registers(uint64_t);
void limit_l1(void *, uint64_t);
void limit_l1_chain(void *, uint64_t);
extern uint64_t limit_code_bytes;
void limit_code(uint64_t);
void limit_read(char *, const uint32_t *, uint64_t);
void limit_chain(char *, const uint32_t *, uint64_t, uint64_t);
"""


@cache
def kernels() -> tuple[Any, Any]:
    """The loaded kernels, and the FFI that knows them."""
    flag = next((name for name in ("avx512f", "avx2") if name in processor_flags()), None)
    if flag is None:
        sys.exit("the limits are measured with AVX-512 or AVX2, on Linux")
    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "limits.so")
        source = Path(__file__).with_suffix(".c")
        find_compiler().library([source], library, ["-O2", f"-m{flag}"], timeout=60)
        return ffi.dlopen(str(library)), ffi


def control(cores: int) -> list[float]:
    """Seconds of a fixed loop of loads and stores, on so many cores at once, some times over."""
    library, ffi = kernels()
    planes = np.zeros((cores, (24 << 10) + 64), np.uint8)
    starts = [ffi.cast("char *", part.ctypes.data + -part.ctypes.data % 64) for part in planes]
    times = []
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(10):
            started = time.perf_counter()
            list(pool.map(lambda start: library.limit_l1(start, 20_000), starts))
            times.append(time.perf_counter() - started)
    return times


def processor_flags() -> list[str]:
    """What Linux says the processor can do."""
    return _cpuinfo("flags").split()


def _cpuinfo(key: str) -> str:
    try:
        found = re.search(rf"^{key}\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""


def _best(run: Callable[[], Any], seconds: float = SECONDS) -> float:
    """The shortest of the runs that fit."""
    best, spent = float("inf"), 0.0
    while spent < seconds:
        started = time.perf_counter()
        run()
        now = time.perf_counter() - started
        best, spent = min(best, now), spent + now
    return best


def hertz() -> float:
    library, _ = kernels()
    return 64 * 2000 / _best(lambda: library.limit_clock(2000))


class Planes:
    """Memory in large pages, with an order of its lines."""

    def __init__(self, size: int) -> None:
        _, ffi = kernels()
        self._map = mmap.mmap(-1, size + LARGE_PAGE)
        self._map.madvise(mmap.MADV_HUGEPAGE)
        memory = np.frombuffer(self._map, np.uint8)
        start = -memory.ctypes.data % LARGE_PAGE
        memory[start : start + size] = 0x5A
        self.address = ffi.cast("char *", memory.ctypes.data + start)
        self.count = size // 64

    def orders(self) -> dict[str, Any]:
        in_line = np.arange(self.count, dtype=np.uint32)
        return {"random": np.random.default_rng(1).permutation(in_line), "in line": in_line}

    def chain(self, order: Any, ahead: int) -> float:
        """Seconds a gate."""
        library, ffi = kernels()
        padded = np.concatenate([order, order[: 2 * ahead]])
        pointer = ffi.from_buffer("uint32_t[]", padded)
        times = max(1, 8192 // self.count)

        def run() -> None:
            for _ in range(times):
                library.limit_chain(self.address, pointer, self.count, ahead)

        return _best(run) / times / self.count

    def read(self, order: Any) -> float:
        """Seconds a line that is only read."""
        library, ffi = kernels()
        pointer = ffi.from_buffer("uint32_t[]", order)
        times = max(1, 8192 // self.count)

        def run() -> None:
            for _ in range(times):
                library.limit_read(self.address, pointer, self.count)

        return _best(run) / times / self.count


def _seconds() -> dict[str, dict[str, float]]:
    """Seconds a gate of every kernel, by where the data is: one round."""
    library, _ = kernels()
    small = Planes(LARGE_PAGE)
    found = {
        "registers": {"no operand in memory": _best(lambda: library.limit_registers(1000)) / 64_000},
        "L1": {
            "load, load, store": _best(lambda: library.limit_l1(small.address, 100)) / 25_600,
            "in place": _best(lambda: library.limit_l1_chain(small.address, 100)) / 25_600,
        },
    }
    for level, size in {**BYTES, "DRAM": _dram_bytes()}.items():
        planes = Planes(size)
        found[level] = {
            f"in place, {name}{', fetched ahead' * bool(ahead)}": planes.chain(order, ahead)
            for name, order in planes.orders().items()
            for ahead in (0, 32)
        }
        found[level]["read, random"] = planes.read(planes.orders()["random"])
    return found


def _dram_bytes() -> int:
    """Twice the third cache, which may be other machines' too."""
    try:
        third = int(Path("/sys/devices/system/cpu/cpu0/cache/index3/size").read_text().strip().removesuffix("K")) << 10
    except (OSError, ValueError):
        third = 0
    return max(64 << 20, 2 * third) // LARGE_PAGE * LARGE_PAGE


# Which kernels make the limit: a network's slots come in no order that a prefetcher knows, but the program knows it.
LIMIT_KERNELS = {
    "registers": ("no operand in memory",),
    "L1": ("load, load, store",),
    "L2": ("in place, random", "in place, random, fetched ahead"),
    "L3": ("in place, random", "in place, random, fetched ahead"),
    "DRAM": ("in place, random", "in place, random, fetched ahead"),
}


@cache
def limits() -> dict[str, Any]:
    """By level: cycles a gate measured here, before, and by the vendor; the limit; and operations a second at it."""
    clocks, rounds, code = [], [], []
    for _ in range(ROUNDS):
        clocks.append(hertz())
        rounds.append(_seconds())
        code.append(_best(lambda: kernels()[0].limit_code(1)))
    clock = statistics.median(clocks)
    cpu = tuple(int(_cpuinfo(key) or 0) for key in ("cpu family", r"model\t"))
    levels = {}
    for level, names in LIMIT_KERNELS.items():
        cycles = {name: clock * statistics.median(found[level][name] for found in rounds) for name in rounds[0][level]}
        here = min(cycles[name] for name in names)
        limit = min(here, BEFORE[level])
        levels[level] = {
            "cycles": {name: round(value, 3) for name, value in cycles.items()},
            "measured": round(here, 3),
            "before": round(BEFORE[level], 3),
            "peak": PEAK.get(level) if cpu in GOLDEN_COVE else None,
            "limit": round(limit, 3),
            "measured_gates_per_second": round(SAMPLES * clock / here),
            "limit_gates_per_second": round(SAMPLES * clock / limit),
        }
    return {
        "clock_ghz": round(clock / 1e9, 3),
        "code_bytes_per_cycle_from_L2": round(kernels()[0].limit_code_bytes / (clock * statistics.median(code)), 1),
        "bytes": {"L1": 24 << 10, **BYTES, "DRAM": _dram_bytes()},
        "levels": levels,
    }


def main() -> None:
    found = limits()
    save("limits", found)
    print(f"code beyond the first cache: {found['code_bytes_per_cycle_from_L2']} bytes a cycle")
    print(f"clock {found['clock_ghz']:.2f} GHz; cycles a gate of 512 samples:")
    print(f"{'':<11}{'here':>8}{'before':>8}{'vendor':>8}   Tgate/s here, and at the limit")
    for level, row in found["levels"].items():
        peak = f"{row['peak']:.2f}" if row["peak"] else ""
        rates = [row[f"{which}_gates_per_second"] / 1e12 for which in ("measured", "limit")]
        print(f"{level:<11}{row['measured']:>8.2f}{row['before']:>8.2f}{peak:>8}   {rates[0]:.3f}, {rates[1]:.3f}")


if __name__ == "__main__":
    main()
