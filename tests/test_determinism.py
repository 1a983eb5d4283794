"""The same bytes from the same input, whatever the threads and the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Optimises every file named on standard input and prints a digest of what comes out.
PROGRAM = """
import hashlib, sys, tempfile
from pathlib import Path
from netc import load, optimize, write
with tempfile.TemporaryDirectory() as folder:
    target = Path(folder) / "out.aig"
    for name in sys.stdin.read().splitlines():
        write(optimize(load(name), level=2, threads=int(sys.argv[1]), verify="off"), target)
        print(hashlib.sha256(target.read_bytes()).hexdigest(), name, flush=True)
"""

LARGEST = 20_000  # bytes of a file


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
def test_sixty_circuits_give_the_same_bytes_with_one_thread_and_two_and_any_hash_seed(corpus: Path) -> None:
    files = [
        path
        for group in ("lgsynth91", "iscas89", "epfl")
        for path in sorted((corpus / "aig" / group).glob("*.aig"))
        if path.stat().st_size <= LARGEST
    ]
    files = files[:: max(1, len(files) // 60)][:60]
    assert len(files) == 60
    first = digests(files, threads=1, hash_seed=0)
    assert len(first) == 60
    assert digests(files, threads=2, hash_seed=4711) == first
