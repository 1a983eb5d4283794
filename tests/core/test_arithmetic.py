"""Digits of arithmetic operations, recognised and built by a program of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "tests/core/arithmetic_check.cpp",
    "netc/core/arithmetic.cpp",
    "netc/core/spectrum.cpp",
    "netc/core/columns.cpp",
)


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_digits_are_recognised_however_inputs_and_outputs_are_exchanged_and_complemented(tmp_path: Path) -> None:
    if not (ROOT / SOURCES[1]).is_file():
        pytest.skip("the sources are not here")
    program = tmp_path / "arithmetic"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-I."]
    subprocess.run(["g++", *flags, "-o", program, *SOURCES], cwd=ROOT, check=True, timeout=300)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    built, missed = map(int, done.stdout.split())
    assert built > 800
    assert missed == 0
