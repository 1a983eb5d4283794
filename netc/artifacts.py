"""What the C target leaves on disk: a source with its header, a shared library, or a directory to build in."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from netc.ccompiler import find_compiler, patience
from netc.errors import NetcError
from netc.files import STDIO, strip_compression, write_chunks, writing
from netc.model import Model

__all__ = ["LIBRARY_SUFFIXES", "is_directory", "names_of", "write_c"]

LIBRARY_SUFFIXES = (".so", ".dylib")

_HINT = "-o FILE.c writes the source, for a compiler elsewhere"


def is_directory(path: str | Path) -> bool:
    """Whether a result goes into a directory: one that exists, or a name that ends with a slash."""
    return str(path) != STDIO and (str(path).endswith("/") or Path(path).is_dir())


def names_of(path: str | Path) -> dict[str, Path]:
    """Where each of the C target's files goes when the user names `path`; those that are not wanted are absent."""
    if is_directory(path):
        return {name: Path(path, name) for name in ("model.c", "model.h", "main.c", "Makefile")}
    given = Path(path)
    if str(path) == STDIO or (given.exists() and not given.is_file()):
        return {"model.c": given}  # a pipe or a device: nothing stands beside it
    header = Path(strip_compression(str(path))).with_suffix(".h")
    if header == given:
        raise NetcError(str(path), "this name is for the header", "-o NAME.c writes NAME.c and NAME.h")
    return {"model.c": given, "model.h": header}


def write_c(
    model: Model,
    path: str | Path,
    backend: Any,
    *,
    force: bool = True,
    compiler: str | None = None,
    flags: Sequence[str] = ("-O1",),
) -> list[Path]:
    """Write what `path` asks for, all of it or nothing, and return the names of the files.

    ``NAME.c`` comes with ``NAME.h``; ``NAME.so`` is compiled by `compiler` with `flags` and comes with ``NAME.h``; a
    directory gets model.c, model.h, main.c and a Makefile; ``-`` is the source alone. Without `force` files that exist
    are a `NetcError`.
    """
    files = backend.files(model)
    names = names_of(path)
    if Path(path).suffix in LIBRARY_SUFFIXES and "model.h" in names and not is_directory(path):
        with tempfile.TemporaryDirectory(prefix="netc-") as directory:
            library = _compiled(model, files["model.c"], Path(directory), compiler, flags)
            _write_all({"model.c": _pieces(library), "model.h": files["model.h"]}, names, force)
        return list(names.values())
    made = _make_directory(Path(path)) if is_directory(path) else None
    try:
        _write_all(files, names, force)
    except BaseException:
        if made is not None:
            with contextlib.suppress(OSError):
                made.rmdir()
        raise
    return list(names.values())


def _write_all(files: dict[str, Iterator[bytes]], names: dict[str, Path], force: bool) -> None:
    """Every file is complete before the first appears under its name."""
    with ExitStack() as stack:
        open_files = {name: stack.enter_context(writing(path, force=force)) for name, path in names.items()}
        for name, file in open_files.items():
            for chunk in files[name]:
                file.write(chunk)


def _make_directory(path: Path) -> Path | None:
    """The directory, if it had to be made."""
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():
            raise NetcError(str(path), "this is a file, not a directory") from None
        return None
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None
    return path


def _compiled(
    model: Model, source: Iterator[bytes], directory: Path, compiler: str | None, flags: Sequence[str]
) -> Path:
    found = find_compiler(compiler, hint=_HINT)
    library = directory / "model.so"
    write_chunks(directory / "model.c", source)
    timeout = patience(model.logic.num_ands)
    found.shared_library(directory / "model.c", library, flags, timeout=timeout, hint=_HINT)
    return library


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
