"""Programs in C++ that check the core's own classes: built, run, and what they print."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def printed(folder: Path, *sources: str) -> str:
    """By the check whose sources these are, its own first; it must end with 0. Skips where the core's are not."""
    if not all((ROOT / source).is_file() for source in sources):
        pytest.skip("the sources are not here")
    program = folder / "check"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-I."]
    subprocess.run(["g++", *flags, "-o", program, *sources], cwd=ROOT, check=True, timeout=300)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return done.stdout
