"""Other people's tools that netc is compared with, where they are installed; `MissingError` where they are not."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from netc import process
from netc.fuzz.check import MismatchError, MissingError

__all__ = ["TOOLS", "abc", "asked", "find", "run", "versions"]

TOOLS = {
    "abc": ("berkeley-abc", "abc", "yosys-abc"),
    "yosys": ("yosys",),
    "iverilog": ("iverilog",),
    "cc": ("cc", "gcc", "clang"),
}
_VERSION = {"abc": ("-q", "version"), "iverilog": ("-V",)}
_SECONDS = 60.0


_asked: set[str] = set()  # tools that checks of this process found


def find(tool: str) -> str:
    """The path of a tool."""
    for name in TOOLS[tool]:
        if found := shutil.which(name):
            _asked.add(tool)
            return found
    raise MissingError(tool)


def asked() -> list[str]:
    """The tools that were found since this was last called: those that took part in a case."""
    tools = sorted(_asked)
    _asked.clear()
    return tools


def run(folder: Path, command: Sequence[str], *, seconds: float = _SECONDS) -> str:
    """What a tool prints, on both streams; a tool that fails is a `MismatchError`, one that hangs `MissingError`."""
    name = Path(command[0]).name
    try:
        return process.run([command], folder, process.Limit(name, seconds), together=True)[0]
    except process.LateError:
        raise MissingError(f"{name} within {seconds:g} s") from None
    except process.ToolError as error:
        raise MismatchError(f"{name} ends with {error.code}: {error.complaints.strip()[-500:]}") from None


def abc(folder: Path, script: str) -> str:
    """What ABC prints for a script."""
    return run(folder, [find("abc"), "-q", script])


@functools.cache
def versions() -> dict[str, str | None]:
    """What each tool says that it is, or None where it is missing."""
    found: dict[str, str | None] = {}
    for tool in TOOLS:
        try:
            said = run(Path.cwd(), [find(tool), *_VERSION.get(tool, ("--version",))], seconds=20)
        except (MissingError, MismatchError):
            found[tool] = None
        else:
            lines = [line.strip() for line in said.splitlines() if re.search(r"\d", line)]
            found[tool] = lines[0][:80] if lines else "?"
    return found
