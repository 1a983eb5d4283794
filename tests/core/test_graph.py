"""The graph that changes in place, checked by a program of its own: random replacements against truth tables."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("tests/core/graph_check.cpp", "netc/core/graph.cpp", "netc/core/aig.cpp")


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_replacements_keep_functions_images_and_the_laws_of_the_graph(tmp_path: Path) -> None:
    if not (ROOT / SOURCES[1]).is_file():
        pytest.skip("the sources are not here")
    program = tmp_path / "graph"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-I."]
    subprocess.run(["g++", *flags, "-o", program, *SOURCES], cwd=ROOT, check=True, timeout=300)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert all(int(count) > 500 for count in done.stdout.split())  # each kind of replacement was tried
