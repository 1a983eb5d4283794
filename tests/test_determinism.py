"""The same bytes from the same input, whatever the threads and the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netc import Dense, LayeredNetwork, Model, write

# Optimises every file named on standard input and prints a digest of what comes out.
PROGRAM = """
import hashlib, sys, tempfile
from pathlib import Path
from netc import load, optimize, write
with tempfile.TemporaryDirectory() as folder:
    target = Path(folder) / "out.aig"
    for name in sys.stdin.read().splitlines():
        write(optimize(load(name), level=3, budget=1_000_000, threads=int(sys.argv[1]), verify="off"), target)
        print(hashlib.sha256(target.read_bytes()).hexdigest(), name, flush=True)
"""

# Sixty circuits: the smallest files of each suite. -O3 with this budget takes less than a second for each, twice; the
# branches of its pipeline run in threads however small a circuit is.
SMALLEST = {"lgsynth91": 20, "iwls2024/worst_aig": 35, "iscas89": 3, "epfl": 2}


def digests(files: list[Path], threads: int, hash_seed: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(threads)],
        input="\n".join(map(str, files)),
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(("suite", "count"), SMALLEST.items())
def test_sixty_circuits_give_the_same_bytes_with_one_thread_and_two_and_any_hash_seed(
    suite: str, count: int, corpus: Path
) -> None:
    files = sorted((corpus / "aig" / suite).glob("*.aig"), key=lambda path: (path.stat().st_size, path.name))[:count]
    first = digests(files, threads=1, hash_seed=0)
    assert len(first) == count
    assert digests(files, threads=2, hash_seed=4711) == first


def test_a_graph_in_many_pieces_gives_the_same_file_with_one_thread_and_two(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    layers = [
        Dense(random.integers(1, 15, 2000, dtype=np.uint64), random.integers(0, before, (2000, 2), dtype=np.uint32))
        for before in (100, 2000, 2000, 2000)
    ]
    write(Model.of_layers(LayeredNetwork(100, layers)), tmp_path / "in.aig")
    pieces = "order; partition{nodes=1000}(rewrite; best(resub | refactor); redundancy{work=20000}); sweep; dce"
    for threads in (1, 2):
        command = [sys.executable, "-c", "from netc.cli import main; main()", "opt", "in.aig", "-p", pieces]
        subprocess.run([*command, "-j", str(threads), "-q", "-o", f"{threads}.aig"], cwd=tmp_path, check=True)
    assert (tmp_path / "1.aig").read_bytes() == (tmp_path / "2.aig").read_bytes()
    assert (tmp_path / "1.aig").stat().st_size < (tmp_path / "in.aig").stat().st_size
