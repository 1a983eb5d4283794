"""What a model becomes: something that runs, text, or a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, overload

from netc import registry
from netc.aig import Aig
from netc.artifacts import LIBRARY_SUFFIXES, is_directory, write_c
from netc.errors import NetcError
from netc.files import strip_compression, write_chunks
from netc.grid import Grid
from netc.machine import Machine
from netc.model import Model

__all__ = ["backend_for", "compile", "emit", "save", "target_of", "write"]

_CELLS = 512  # of a grid that are evaluated together


@overload
def compile(model: Model | Aig, *, engine: str = ..., nan: str = ..., **options: Any) -> Any: ...
@overload
def compile(model: Machine, *, engine: str = ..., **options: Any) -> Any: ...
@overload
def compile(model: Grid, *, engine: str = ..., **options: Any) -> Any: ...


def compile(model: Model | Aig | Machine | Grid, *, engine: str = "auto", nan: str = "error", **options: Any) -> Any:
    """Something that runs: a `netc.runtime.net.Net`; for a `Machine` a `netc.runtime.machine_net.MachineNet`, for a
    `Grid` a `netc.runtime.grid.GridNet`.

    `engine` is ``"table"`` (starts at once), ``"machine"`` (x86-64 code made in memory), ``"template"`` (convolutions
    as they were trained, not flattened), ``"c"`` (compiles C, cached), or ``"auto"``, the fastest of the first three
    here, of which ``net.choice`` tells. `options` are the engine's; each has `kernel`, which forces an instruction set
    (`netc.runtime.table.kernels`) where this machine has a better one, and ``table``, ``machine`` and ``auto`` have
    `block`, the samples of a pass. `nan` is ``"error"`` or ``"false"``: what an encoder makes of NaN. A graph with
    latches runs as ``Machine.of(graph)``.
    """
    made = registry.find("engine", registry.ENGINES, engine)
    if options:
        _check_options(engine, made, options)
    if isinstance(model, Machine):
        machine_net = registry.resolve("netc.runtime.machine_net:MachineNet")
        return machine_net(model, made(Model(model.core), **options), asked=engine, options=options)
    if isinstance(model, Grid):
        grid_net = registry.resolve("netc.runtime.grid:GridNet")
        if options.get("block", _CELLS) != _CELLS:
            raise NetcError("", f"block={options['block']}; a grid is evaluated {_CELLS} cells a pass")
        block = {"block": _CELLS} if engine == "auto" else {}
        return grid_net(model, made(model.cell, **block | options), asked=engine, options=options)
    subject = model if isinstance(model, Model) else Model(model)
    if subject.logic.ports.latches:
        raise NetcError("", "this circuit has latches", "netc.compile(netc.Machine.of(aig)) steps it through time")
    net = registry.resolve("netc.runtime.net:Net")
    return net(subject, made(subject, **options), nan=nan, asked=engine, options=options)


def _check_options(engine: str, made: Any, options: dict[str, Any]) -> None:
    """Raise `NetcError` for options that an engine does not have."""
    import inspect

    there = [name for name, what in inspect.signature(made).parameters.items() if what.kind is what.KEYWORD_ONLY]
    if not options.keys() <= set(there):
        raise _no_option(f"engine {engine}", options, there)


def _no_option(what: str, options: Iterable[str], there: list[str]) -> NetcError:
    wrong = [name for name in options if name not in there]
    return NetcError("", f"{what} has no option {', '.join(wrong)}", f"its options: {', '.join(there)}")


def backend_for(target: str, **options: Any) -> Any:
    """A backend with its options; `NetcError` for options it does not have."""
    made = registry.find("backend", registry.BACKENDS, target)
    try:
        return made(**options)
    except TypeError:
        import dataclasses

        raise _no_option(target, options, [field.name for field in dataclasses.fields(made)]) from None


def target_of(path: str | Path) -> str | None:
    """The backend that a file's suffix asks for, or None. A shared library is C, and so is a directory."""
    if is_directory(path):
        return "c"
    suffix = Path(strip_compression(Path(path).name)).suffix.lower()
    by_suffix = {
        ".aag": "aiger",
        ".aig": "aiger",
        ".blif": "blif",
        ".c": "c",
        ".dot": "dot",
        ".graphml": "graphml",
        ".gv": "dot",
        ".npz": "npz",
        ".v": "verilog",
    }
    return "c" if suffix in LIBRARY_SUFFIXES else by_suffix.get(suffix)


def emit(model: Model | Aig, target: str, /, **options: Any) -> Iterator[bytes]:
    """The text or bytes of one backend (``"c"``, ``"verilog"``, ``"blif"``, ``"aiger"``, ``"npz"`` …), in chunks."""
    subject = model if isinstance(model, Model) else Model(model)
    chunks: Iterator[bytes] = backend_for(target, **options).emit(subject)
    return chunks


def write(
    model: Model | Aig, path: str | Path, /, *, target: str | None = None, force: bool = True, **options: Any
) -> None:
    """Write a file, whole or not at all; `target` defaults to what the suffix asks for.

    C comes with its header, ``NAME.so`` is compiled, a directory gets all that it takes to build: see `netc.artifacts`.
    """
    chosen = target or target_of(path)
    if chosen is None:
        raise NetcError(str(path), "no target is known for this suffix", "--target says which it is")
    if chosen == "aiger" and "ascii" not in options:
        options["ascii"] = strip_compression(str(path)).endswith(".aag")
    if chosen == "c":
        write_c(model if isinstance(model, Model) else Model(model), path, backend_for("c", **options), force=force)
        return
    write_chunks(path, emit(model, chosen, **options), force=force)


def save(model: Model | Aig, path: str | Path, /, *, force: bool = True) -> None:
    """Write netc's own exchange format: all of a model but its report, for `netc.load` and others to read.

    A NumPy .npz archive of plain arrays and JSON, described in docs/formats.md. The same model gives the same bytes.
    """
    write(model, path, target="npz", force=force)
