"""The system's C compiler: finding it, knowing it again, and running it without a shell, for a bounded time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netc.errors import NetcError

__all__ = ["CCompiler", "find_compiler", "patience"]

_NAMES = ("cc", "gcc", "clang")
_IDENTITY_SECONDS = 20.0
_SECONDS, _SECONDS_PER_GATE = 120.0, 0.01  # gcc 12 needs 0.2 ms a gate at -Og and 1 ms at -O2
_LONGEST_MESSAGE = 200  # characters of a compiler's complaint that are shown


@dataclass(frozen=True)
class CCompiler:
    """A compiler that was found; `identity` is what its ``--version`` says."""

    path: str
    identity: str

    def shared_library(
        self, source: Path, library: Path, flags: Sequence[str] = (), *, timeout: float, hint: str = ""
    ) -> None:
        """Compile one file into a shared library.

        Names in the result are relative to the source's directory, which should be private. `NetcError` with the
        compiler's first complaint, or after `timeout` seconds; the compiler and what it started are gone then.
        """
        arguments = [*flags, "-shared", "-fPIC", "-o", str(library.absolute()), source.name]
        _run([self.path, *arguments], source.absolute().parent, timeout, hint)


def find_compiler(name: str | None = None, *, hint: str = "") -> CCompiler:
    """The compiler called `name`, by default the first of cc, gcc and clang; `NetcError` if there is none."""
    for candidate in _NAMES if name is None else (name,):
        found = shutil.which(candidate)
        if found is not None:
            path = str(Path(found).absolute())  # it is run in another directory
            return CCompiler(path, _run([path, "--version"], None, _IDENTITY_SECONDS, hint))
    what = "no C compiler was found (cc, gcc or clang)" if name is None else f"there is no compiler {name!r}"
    raise NetcError("", what, hint)


def patience(gates: int) -> float:
    """Seconds after which a compiler of so many gates must be hanging."""
    return _SECONDS + _SECONDS_PER_GATE * gates


def _run(command: Sequence[str], directory: Path | None, timeout: float, hint: str) -> str:
    """What the command writes to standard output."""
    # A compiler is several processes: they form a group, so that none outlives a timeout or Ctrl-C. Output goes to
    # files, because a pipe stays open as long as any process of the group has it.
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        try:
            process = subprocess.Popen(  # noqa: S603 - an argument list, and the program is the user's own compiler
                command, cwd=directory, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, start_new_session=True
            )
        except OSError as error:
            raise NetcError(command[0], f"the C compiler does not start: {error.strerror or error}", hint) from None
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise NetcError(command[0], f"the C compiler did not finish in {timeout:g} s", hint) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        complained.seek(0)
        if code != 0:
            complaint = _first_complaint(complained.read().decode(errors="replace"))
            raise NetcError(command[0], f"the C compiler failed: {complaint or f'exit code {code}'}", hint)
        return said.read().decode(errors="replace")


def _first_complaint(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    line = (errors or lines[-1:] or [""])[0]
    return "".join(c if c.isprintable() else " " for c in line)[:_LONGEST_MESSAGE]
