"""The system's C compiler: finding it, knowing it again, and running it without a shell, for a bounded time.

Several sources are compiled side by side, as many as the caller allows.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from netc.errors import NetcError

__all__ = ["CCompiler", "find_compiler", "patience"]

_NAMES = ("cc", "gcc", "clang")
_IDENTITY_SECONDS = 20.0
_GLANCE_SECONDS = 0.004  # between looks at compilers that run side by side
_SECONDS, _SECONDS_PER_GATE = 120.0, 0.01  # gcc 12 needs 0.2 ms a gate at -Og and 1 ms at -O2
_LONGEST_MESSAGE = 200  # characters of a compiler's complaint that are shown


@dataclass(frozen=True)
class CCompiler:
    """A compiler that was found; `identity` is what its ``--version`` says, `arguments` come before all others."""

    path: str
    identity: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        return [self.path, *self.arguments]

    def program(
        self, source: Path, program: Path, flags: Sequence[str] = (), *, timeout: float, hint: str = ""
    ) -> None:
        """Compile one source into a program; errors are those of `library`."""
        limit = _Limit(timeout, time.monotonic() + timeout, hint)
        source, program = source.absolute(), program.absolute()
        _run([[*self.command, *flags, "-o", str(program), source.name]], source.parent, limit)

    def library(
        self,
        sources: Sequence[Path],
        library: Path,
        flags: Sequence[str] = (),
        *,
        static: bool = False,
        jobs: int = 1,
        timeout: float,
        hint: str = "",
    ) -> None:
        """Compile sources into a shared or a static library, `jobs` of them at a time.

        They lie in one directory, which should be private: names in the result are relative to it, and objects go
        there. A static library is made by the archiver that the compiler names. `NetcError` with the first complaint,
        or after `timeout` seconds; the compilers and what they started are gone then.
        """
        directory, names, made = (
            sources[0].absolute().parent,
            [source.name for source in sources],
            str(library.absolute()),
        )
        limit = _Limit(timeout, time.monotonic() + timeout, hint)
        if static or len(names) > 1:
            objects = [f"{Path(name).stem}.o" for name in names]
            pairs = zip(names, objects, strict=True)
            _run([[*self.command, *flags, "-fPIC", "-c", "-o", to, name] for name, to in pairs], directory, limit, jobs)
            names = objects
        if static:
            (said,) = _run([[*self.command, *flags, "-print-prog-name=ar"]], directory, limit)
            archiver = shutil.which(said.strip())
            if archiver is None:
                raise NetcError(self.path, f"the compiler's archiver {said.strip()!r} is not there", hint)
            _run([[archiver, "rc", made, *names]], directory, limit)
        else:
            _run([[*self.command, *flags, "-shared", "-fPIC", "-o", made, *names]], directory, limit)


def find_compiler(name: str | None = None, *, hint: str = "") -> CCompiler:
    """The compiler called `name`, by default the first of cc, gcc and clang; `NetcError` if there is none.

    A name may be followed by arguments, as in ``zig cc`` or ``ccache gcc``.
    """
    for candidate in _NAMES if name is None else (name,):
        program, *arguments = [candidate] if shutil.which(candidate) else _words(candidate)
        found = shutil.which(program)
        if found is not None:
            path = str(Path(found).absolute())  # it is run in another directory
            limit = _Limit(_IDENTITY_SECONDS, time.monotonic() + _IDENTITY_SECONDS, hint)
            (identity,) = _run([[path, *arguments, "--version"]], None, limit)
            return CCompiler(path, identity, tuple(arguments))
    what = "no C compiler was found (cc, gcc or clang)" if name is None else f"there is no compiler {name!r}"
    raise NetcError("", what, hint)


def _words(command: str) -> list[str]:
    with contextlib.suppress(ValueError):  # a quotation that does not end
        return shlex.split(command) or [command]
    return [command]


def patience(gates: int) -> float:
    """Seconds after which a compiler of so many gates must be hanging."""
    return _SECONDS + _SECONDS_PER_GATE * gates


class _Limit(NamedTuple):
    """How long commands may take together, when that is over, and what to do about it."""

    seconds: float
    deadline: float  # of time.monotonic
    hint: str


class _Running:
    """A command under way; its end, or `close`, ends what it started too."""

    # A compiler is several processes: they form a group, so that none outlives a timeout or Ctrl-C. Output goes to
    # files, because a pipe stays open as long as any process of the group has it.
    def __init__(self, command: Sequence[str], directory: Path | None, limit: _Limit) -> None:
        self._place, self._limit = command[0], limit
        with ExitStack() as files:
            self._said, self._complained = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            try:
                self._process = subprocess.Popen(  # noqa: S603 - an argument list, and the program is the user's own
                    command,
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=self._said,
                    stderr=self._complained,
                    start_new_session=True,
                )
            except OSError as error:
                what = f"the C compiler does not start: {error.strerror or error}"
                raise NetcError(self._place, what, limit.hint) from None
            self._files = files.pop_all()

    def wait(self, seconds: float) -> bool:
        """Whether it ended within this time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def said(self) -> str:
        """What it wrote to standard output, once it has ended."""
        code = self._process.returncode
        if code != 0:
            self._complained.seek(0)
            complaint = _first_complaint(self._complained.read().decode(errors="replace"))
            raise NetcError(self._place, f"the C compiler failed: {complaint or f'exit code {code}'}", self._limit.hint)
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def late(self) -> NetcError:
        return NetcError(self._place, f"the C compiler did not finish in {self._limit.seconds:g} s", self._limit.hint)

    def close(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._files.close()


def _run(commands: Sequence[Sequence[str]], directory: Path | None, limit: _Limit, jobs: int = 1) -> list[str]:
    """What the commands write to standard output, of which at most `jobs` run at a time.

    They start in their order, and the first that fails ends the others.
    """
    said = [""] * len(commands)
    running: dict[int, _Running] = {}
    started = 0
    try:
        while running or started < len(commands):
            while started < len(commands) and len(running) < max(1, jobs):
                running[started] = _Running(commands[started], directory, limit)
                started += 1
            left = limit.deadline - time.monotonic()
            share = min(max(left, 0.0), _GLANCE_SECONDS) if len(running) > 1 else max(left, 0.0)
            for index, command in list(running.items()):
                if command.wait(share / len(running)):
                    said[index] = command.said()
                    running.pop(index).close()
                elif left <= 0:
                    raise command.late()
    finally:
        for command in running.values():
            command.close()
    return said


def _first_complaint(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    line = (errors or lines[-1:] or [""])[0]
    return "".join(c if c.isprintable() else " " for c in line)[:_LONGEST_MESSAGE]
