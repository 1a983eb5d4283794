"""The system's C compiler: finding it, knowing it again, and running it for a bounded time.

Several sources are compiled side by side, as many as the caller allows.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netc.errors import NetcError
from netc.process import Limit, run

__all__ = ["CCompiler", "find_compiler", "patience"]

_WHO = "the C compiler"
_NAMES = ("cc", "gcc", "clang")
_IDENTITY_SECONDS = 20.0
_SECONDS, _SECONDS_PER_GATE = 120.0, 0.01  # gcc 12 needs 0.2 ms a gate at -Og and 1 ms at -O2


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
        limit = Limit(_WHO, timeout, hint)
        source, program = source.absolute(), program.absolute()
        run([[*self.command, *flags, "-o", str(program), source.name]], source.parent, limit)

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
        limit = Limit(_WHO, timeout, hint)
        if static or len(names) > 1:
            objects = [f"{Path(name).stem}.o" for name in names]
            pairs = zip(names, objects, strict=True)
            run([[*self.command, *flags, "-fPIC", "-c", "-o", to, name] for name, to in pairs], directory, limit, jobs)
            names = objects
        if static:
            (said,) = run([[*self.command, *flags, "-print-prog-name=ar"]], directory, limit)
            archiver = shutil.which(said.strip())
            if archiver is None:
                raise NetcError(self.path, f"the compiler's archiver {said.strip()!r} is not there", hint)
            run([[archiver, "rc", made, *names]], directory, limit)
        else:
            run([[*self.command, *flags, "-shared", "-fPIC", "-o", made, *names]], directory, limit)


def find_compiler(name: str | None = None, *, hint: str = "") -> CCompiler:
    """The compiler called `name`, by default the first of cc, gcc and clang; `NetcError` if there is none.

    A name may be followed by arguments, as in ``zig cc`` or ``ccache gcc``.
    """
    for candidate in _NAMES if name is None else (name,):
        program, *arguments = [candidate] if shutil.which(candidate) else _words(candidate)
        found = shutil.which(program)
        if found is not None:
            path = str(Path(found).absolute())  # it is run in another directory
            limit = Limit(_WHO, _IDENTITY_SECONDS, hint)
            (identity,) = run([[path, *arguments, "--version"]], None, limit)
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
