"""The engine's C++ built by itself, for this processor and, under an emulator, for AArch64 with NEON."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
ENGINE = ("table", "table_kernels", "program", "cover", "order", "planes", "votes", "runner", "thresholds")
SOURCES = [
    "tests/runtime/kernels_check.cpp",
    *(f"runtime/{name}.cpp" for name in ENGINE),
    "netc/core/resolve.cpp",
    "netc/core/aig.cpp",
]


def built(compiler: str, folder: Path) -> Path:
    if not (ROOT / SOURCES[1]).is_file():
        pytest.skip("the sources are not here")
    program = folder / "kernels"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-static", "-pthread", "-I."]
    subprocess.run([compiler, *flags, "-o", program, *SOURCES], cwd=ROOT, check=True, timeout=300)
    return program


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_every_kernel_of_this_processor_agrees_with_single_gates(tmp_path: Path) -> None:
    from netc.runtime.table import kernels

    done = subprocess.run([built("g++", tmp_path)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, kernels()), done.stdout


@pytest.mark.skipif(
    shutil.which("aarch64-linux-gnu-g++") is None or EMULATOR is None,
    reason="no aarch64-linux-gnu-g++ or no qemu-aarch64",
)
def test_neon_agrees_with_single_gates(tmp_path: Path) -> None:
    program = built("aarch64-linux-gnu-g++", tmp_path)
    done = subprocess.run([str(EMULATOR), program], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "neon\n"), done.stdout
