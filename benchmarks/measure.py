"""What all benchmarks share: running a command with its CPU time and peak memory, versions, results as JSON."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
NETC = [sys.executable, "-c", "from netc.cli import main; main()"]
ABC = shutil.which("berkeley-abc") or shutil.which("abc")

_SMALL_MB = 200


def corpus(*, needs_abc: bool = True) -> Path:
    """The folder that NETC_DATA names; ends the program where it, or ABC, is missing."""
    data = os.environ.get("NETC_DATA")
    if not data or (needs_abc and ABC is None):
        sys.exit(f"this benchmark needs {'ABC, and ' if needs_abc else ''}NETC_DATA naming the corpus")
    return Path(data)


@dataclass(frozen=True)
class Usage:
    """One finished process, by the operating system's own accounting."""

    code: int
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    out: str


def run(command: list[str], *, cwd: Path | None = None, timeout: float = 3600) -> Usage:
    """Run a command to its end, or until it is killed after `timeout` seconds. Its output is kept.

    Linux counts this process's own size at the start as the command's, so it has to stay small: what makes large
    inputs is a command too.
    """
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=subprocess.STDOUT)
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        log.seek(0)
        out = log.read().decode(errors="replace")
    scale = 1024 if sys.platform == "linux" else 1024 * 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    if own > _SMALL_MB:
        raise RuntimeError(f"this process has grown to {own:.0f} MB, so the peaks it measures are its own")
    return Usage(process.returncode, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / scale, out)


def abc(script: str, **options: Any) -> Usage:
    if ABC is None:
        sys.exit("this benchmark compares with ABC: install berkeley-abc")
    return run([ABC, "-q", script], **options)


def netc(*args: str | Path, **options: Any) -> Usage:
    return run([*NETC, *map(str, args)], **options)


def abc_cec(first: Path, second: Path, seconds: int = 60) -> str:
    """What ABC's cec says: "equivalent", "NOT EQUIVALENT" or "undecided"."""
    usage = abc(f"cec -n -T {seconds} {first} {second}", timeout=seconds + 10)  # it does not keep to its -T
    if "are equivalent" in usage.out:
        return "equivalent"
    return "NOT EQUIVALENT" if "NOT EQUIVALENT" in usage.out else "undecided"


def geomean(ratios: list[float]) -> float:
    return round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 4)


def _abc_version(program: str) -> str:
    """Debian's version names the commit; elsewhere what ABC says of itself has to do."""
    if shutil.which("dpkg-query"):
        command = ["dpkg-query", "-W", "-f", "${Version}", Path(program).name]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return f"Debian {asked.stdout}"
    shown = subprocess.run([program, "-h"], capture_output=True, text=True, check=False)
    match = re.search(r"UC Berkeley, (ABC [^\n]*)", shown.stdout + shown.stderr)
    return match[1] if match else "unknown"


def environment() -> dict[str, str]:
    """Versions of everything that was measured."""
    found = {"netc": version("netc"), "python": platform.python_version(), "machine": platform.machine()}
    if ABC is not None:
        found["abc"] = _abc_version(ABC)
    if cpu := cpu_name():
        found["cpu"] = cpu
    return found


def cpu_name() -> str:
    """What Linux calls the processor; empty elsewhere."""
    try:
        name = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        return ""
    return name[1] if name else ""


def save(name: str, data: Any) -> None:
    """Write benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"environment": environment(), **data}, indent=1, default=asdict)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(f"written: {RESULTS / name}.json")
