"""What the C target leaves on disk: a source with its header, a library with it, or a directory to build in."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from netc.ccompiler import find_compiler, patience
from netc.cores import usable_cores
from netc.errors import NetcError
from netc.files import STDIO, chunks_of, strip_compression, write_chunks, writing
from netc.model import Model

__all__ = ["LIBRARY_SUFFIXES", "is_directory", "names_of", "write_c"]

_STATIC_SUFFIX = ".a"
LIBRARY_SUFFIXES = (".so", ".dylib", _STATIC_SUFFIX)

_HINT = "-o FILE.c writes the source, for a compiler elsewhere"


def is_directory(path: str | Path) -> bool:
    """Whether a result goes into a directory: one that exists, or a name that ends with a slash."""
    return str(path) != STDIO and (str(path).endswith("/") or Path(path).is_dir())


def names_of(path: str | Path) -> dict[str, Path]:
    """Where each of the C target's files goes when the user names `path`; those that are not wanted are absent.

    In a directory, sources that only a large network has are left out: they come with the others.
    """
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
    jobs: int | None = None,
) -> list[Path]:
    """Write what `path` asks for, all of it or nothing, and return the names of the files.

    ``NAME.c`` comes with ``NAME.h``; ``NAME.so``, ``.dylib`` and ``.a`` are compiled by `compiler` with `flags`, `jobs`
    sources at a time (default: as many as there are cores), and come with ``NAME.h``; a directory gets sources and
    headers, main.c and a Makefile; ``-`` is the source alone. Without `force` files that exist are a `NetcError`.
    """
    if is_directory(path):
        return _write_directory(backend.files(model), Path(path), force)
    files, names = backend.pair(model), names_of(path)
    if Path(path).suffix in LIBRARY_SUFFIXES and "model.h" in names:
        with tempfile.TemporaryDirectory(prefix="netc-") as directory:
            static = Path(path).suffix == _STATIC_SUFFIX
            library = _compiled(backend, model, Path(directory), static, compiler, flags, jobs or usable_cores())
            _write_all({"model.c": _pieces(library), "model.h": files["model.h"]}, names, force)
    else:
        _write_all(files, names, force)
    return list(names.values())


def _write_directory(files: dict[str, Iterator[bytes]], path: Path, force: bool) -> list[Path]:
    names = {name: path / name for name in files}
    made = _make_directory(path)
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
    backend: Any, model: Model, directory: Path, static: bool, compiler: str | None, flags: Sequence[str], jobs: int
) -> Path:
    found = find_compiler(compiler, hint=_HINT)
    library = directory / "model.library"
    sources = backend.sources(model)
    for name, chunks in sources.items():
        write_chunks(directory / name, chunks)
    units = [directory / name for name in sources if name.endswith(".c")]
    timeout = patience(model.logic.num_ands)
    found.library(units, library, flags, static=static, jobs=jobs, timeout=timeout, hint=_HINT)
    if not library.exists():
        raise NetcError(found.path, "the C compiler made no library", _HINT)
    return library


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from chunks_of(file)
