"""Other people's programs: run without a shell, for a bounded time; an error names their first complaint.

Several may run side by side, and all that they started is gone when one fails, or time is up, or the caller is stopped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from netc.errors import NetcError

__all__ = ["LateError", "Limit", "ToolError", "printable", "run"]

_GLANCE_SECONDS = 0.004  # between looks at programs that run side by side
_LONGEST_MESSAGE = 200  # characters of a program's complaint that are shown


@dataclass(frozen=True)
class Limit:
    """How long commands may take together, from now on; who they are in messages, and what to do about them."""

    who: str
    seconds: float
    hint: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return self.started + self.seconds - time.monotonic()


class ToolError(NetcError):
    """A program that failed, with its exit `code`; `complaints` is all that it wrote to standard error."""

    def __init__(self, place: str, what: str, hint: str, code: int, complaints: str) -> None:
        super().__init__(place, what, hint)
        self.code, self.complaints = code, complaints


class LateError(NetcError):
    """A program that did not finish in time."""


class _Running:
    """A command under way; its end, or `close`, ends what it started too."""

    # A program may be several processes: they form a group, so that none outlives a timeout or Ctrl-C. Output goes to
    # files, because a pipe stays open as long as any process of the group has it.
    def __init__(self, command: Sequence[str], directory: Path | None, limit: Limit, together: bool) -> None:
        self._place, self._limit = command[0], limit
        with ExitStack() as files:
            self._said = files.enter_context(tempfile.TemporaryFile())
            self._complained = self._said if together else files.enter_context(tempfile.TemporaryFile())
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
                what = f"{limit.who} does not start: {error.strerror or error}"
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
            complaints = self._complained.read().decode(errors="replace")
            what = f"{self._limit.who} failed: {_first_complaint(complaints) or f'exit code {code}'}"
            raise ToolError(self._place, what, self._limit.hint, code, complaints)
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def late(self) -> LateError:
        what = f"{self._limit.who} did not finish in {self._limit.seconds:g} s"
        return LateError(self._place, what, self._limit.hint)

    def close(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._files.close()


def run(
    commands: Sequence[Sequence[str]], directory: Path | None, limit: Limit, jobs: int = 1, *, together: bool = False
) -> list[str]:
    """What the commands write to standard output, or `together` with standard error.

    They start in their order, at most `jobs` at a time, and the first that fails ends the others.
    """
    said = [""] * len(commands)
    running: dict[int, _Running] = {}
    started = 0
    try:
        while running or started < len(commands):
            while started < len(commands) and len(running) < max(1, jobs):
                running[started] = _Running(commands[started], directory, limit, together)
                started += 1
            left = limit.left
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
    """The first line that speaks of an error, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return printable((errors or lines[-1:] or [""])[0])


def printable(text: str) -> str:
    """A program's words as a message shows them: short, and nothing that a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_MESSAGE]
