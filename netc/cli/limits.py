"""`--memory-limit` and `--time-limit`: what a command may take, whichever it is.

Memory is limited by the system (RLIMIT_DATA, which counts what a process allocates and not the files that it maps), so
that reading, the core and whatever a command starts are all bounded. An allocation that fails ends the command as any
other lack of memory does: one line, exit code 3, and no file half-written.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from netc.cli.numbers import Real
from netc.errors import NetcError

__all__ = ["TimeIsUp", "add_limits", "bounded", "memory_limit"]

# Commands that end with exit code 3 and no result when their time is up. The others stop optimizing, searching or
# proving then, and have something to show for it.
_WITHOUT_PARTS = ("bench", "explain", "fuzz", "grid", "run", "sim", "stats", "verify")
_UNLIMITED = ("passes",)

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LEAST = 64 << 20  # Python and NumPy take half of it
_LONGEST = 1e9  # seconds, which is thirty years
_MOST = 2.0**62  # the system's numbers go no further, and no machine's memory does

_state: dict[str, Any] = {}  # the text of the memory limit that is in force, and what was in force before


class TimeIsUp(BaseException):
    """The time limit of a command is over; like KeyboardInterrupt it is no error, and passes all handlers."""


def add_limits(name: str, command: click.Command) -> click.Command:
    """The command with the limits among its options."""
    known = {parameter.name: parameter for parameter in command.params}
    if name in _UNLIMITED or "memory_limit" in known:
        return command
    if name in _WITHOUT_PARTS:
        if "time_limit" in known:
            known["time_limit"].callback = _start_clock
        else:
            seconds = Real(min=0, min_open=True)
            what = "End with exit code 3 after this time."
            command.params.append(_option("--time-limit", "SECONDS", what, _start_clock, seconds))
    what = "Take no more memory than this: 500M, 2G, …"
    command.params.append(_option("--memory-limit", "SIZE", what, _limit_memory, None))
    return command


def _option(name: str, metavar: str, what: str, callback: Any, kind: Any) -> click.Option:
    return click.Option([name], metavar=metavar, help=what, callback=callback, type=kind, expose_value=False)


def _start_clock(_context: click.Context, _option: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None:
        signal.signal(signal.SIGALRM, _time_is_up)
        signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 1e-6), _LONGEST))
    return seconds


def _time_is_up(_signal: int, _frame: object) -> None:
    raise TimeIsUp


def _limit_memory(_context: click.Context, _option: click.Parameter, text: str | None) -> None:
    if text is None:
        return
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise NetcError("--memory-limit", f"{text!r} is no size", "500M or 2G, for example")
    size = int(min(float(match[1]) * _UNITS[match[2].upper()], _MOST))
    if size < _LEAST:
        raise NetcError("--memory-limit", f"{text} is too little to begin with; at least {_LEAST >> 20}M")
    import resource

    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    soft, hard = resource.getrlimit(kind)
    _state.update(text=text, kind=kind, before=(soft, hard))
    resource.setrlimit(kind, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's, which would take memory for each core; netc uses none


def memory_limit() -> str | None:
    """The memory limit that is in force, as it was written."""
    text: str | None = _state.get("text")
    return text


@contextmanager
def bounded() -> Iterator[None]:
    """Limits that are set within hold to the end of the block."""
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if _state:
            import resource

            resource.setrlimit(_state["kind"], _state["before"])
            _state.clear()
