"""The engine's C++ built by itself, for this processor and, under an emulator, for AArch64 with NEON."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
ENGINE = (
    "table",
    "table_kernels",
    "program",
    "cover",
    "order",
    "pack",
    "planes",
    "rows",
    "votes",
    "runner",
    "thresholds",
    "crew",
)
SOURCES = [
    "tests/runtime/kernels_check.cpp",
    *(f"runtime/{name}.cpp" for name in ENGINE),
    "netc/core/resolve.cpp",
    "netc/core/aig.cpp",
]


PACKING = ["tests/runtime/pack_check.cpp", "runtime/rows.cpp"]  # it takes runtime/pack.cpp along, to reach every kernel
ROWS = ["tests/runtime/rows_check.cpp"]  # and this runtime/rows.cpp
COMPARING = ["tests/runtime/thresholds_check.cpp", "netc/core/resolve.cpp", "netc/core/aig.cpp"]  # so does this


def built(compiler: str, folder: Path, sources: list[str], *options: str) -> Path:
    if not (ROOT / SOURCES[1]).is_file():
        pytest.skip("the sources are not here")
    program = folder / "kernels"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-pthread", "-I.", *options]
    subprocess.run([compiler, *flags, "-o", program, *sources], cwd=ROOT, check=True, timeout=300)
    return program


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_every_kernel_of_this_processor_agrees_with_single_gates(tmp_path: Path) -> None:
    from netc.runtime.table import kernels

    done = subprocess.run([built("g++", tmp_path, SOURCES)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, kernels()), done.stdout


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
@pytest.mark.parametrize("sources", [PACKING, ROWS, COMPARING], ids=["bits", "rows", "features"])
def test_every_kernel_packs_and_reads_nothing_else(tmp_path: Path, sources: list[str]) -> None:
    # -O0 is compiled in less time than it then takes longer.
    program = built("g++", tmp_path, sources, "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()[0]) == (0, "portable"), done.stdout + done.stderr


@pytest.mark.skipif(
    shutil.which("aarch64-linux-gnu-g++") is None or EMULATOR is None,
    reason="no aarch64-linux-gnu-g++ or no qemu-aarch64",
)
def test_neon_agrees_with_single_gates(tmp_path: Path) -> None:
    for sources, said in (
        (SOURCES, "neon\n"),
        (PACKING, "portable\n"),
        (ROWS, "portable\n"),
        (COMPARING, "portable\n"),
    ):
        program = built("aarch64-linux-gnu-g++", tmp_path, sources, "-static")
        done = subprocess.run([str(EMULATOR), program], capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout) == (0, said), done.stdout
