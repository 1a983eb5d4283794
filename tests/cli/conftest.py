"""Running the command line as users do: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


Netc = Callable[..., Done]


@pytest.fixture
def netc(tmp_path: Path) -> Netc:
    """``netc("opt", "x.aig", input=b"…")`` in an empty directory."""

    def run(*args: str | Path, input: bytes = b"", cwd: Path | None = None) -> Done:
        command = [sys.executable, "-W", "error", "-c", "from netc.cli import main; main()", *map(str, args)]
        done = subprocess.run(command, input=input, capture_output=True, cwd=cwd or tmp_path, check=False, timeout=120)
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return run
