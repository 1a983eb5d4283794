"""One table of everything that is found by name: formats, passes, backends, engines. Loaded on first use.

A third party adds to a table with an entry point of the group ``netc.passes``, ``netc.backends``, ``netc.engines`` or
``netc.checkpoints``; those are consulted only for names that are not here.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netc.errors import NetcError

__all__ = ["BACKENDS", "CHECKPOINTS", "ENGINES", "FORMATS", "PASSES", "Format", "every", "find", "resolve"]

PASSES = {
    "balance": "netc.passes.balance:Balance",
    "dce": "netc.passes.dce:Dce",
    "fold": "netc.passes.fold:Fold",
    "lower-head": "netc.passes.lower_head:LowerHead",
    "rewrite": "netc.passes.rewrite:Rewrite",
    "strash": "netc.passes.strash:Strash",
    "sweep": "netc.passes.sweep:Sweep",
}

BACKENDS = {
    "aiger": "netc.backends.aiger:Aiger",
    "blif": "netc.backends.blif:Blif",
    "c": "netc.backends.c:C",
    "dot": "netc.backends.dot:Dot",
    "verilog": "netc.backends.verilog:Verilog",
}

ENGINES = {
    "c": "netc.runtime.compiled:CompiledEngine",
    "table": "netc.runtime.table:TableEngine",
}

# Families of checkpoints, asked in this order: each says whether a file is one of its own, and makes a model of it.
CHECKPOINTS = {
    "difflogic": "netc.frontends.checkpoints.difflogic:Difflogic",
}


@dataclass(frozen=True)
class Format:
    """A file format that netc reads: its loader takes a `netc.files.Source` and gives a `netc.model.Model`."""

    name: str
    loader: str
    suffixes: tuple[str, ...]
    magic: tuple[bytes, ...] = ()


FORMATS = (
    Format("aiger", "netc.frontends.aiger:load", (".aig", ".aag"), (b"aig ", b"aag ")),
    Format("blif", "netc.frontends.blif:load", (".blif",), (b".model",)),
    Format(
        "checkpoint",
        "netc.frontends.checkpoint:load",
        (
            *(".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".pk", ".bin"),
            *(".pt2", ".onnx", ".h5", ".hdf5", ".npz", ".safetensors", ".msgpack"),  # refused by name
        ),
        (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
    ),
)


def resolve(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def every(kind: str, table: dict[str, str]) -> Iterator[Any]:
    """All that a table names, in its order, then what entry points add under other names."""
    yield from map(resolve, table.values())
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=f"netc.{kind}s"), key=lambda entry: entry.name):
        if entry.name not in table:
            yield entry.load()


def find(kind: str, table: dict[str, str], name: str) -> Any:
    """The class or function called `name`; `NetcError` with the nearest names if there is none."""
    if name in table:
        return resolve(table[name])
    from importlib.metadata import entry_points

    for entry in entry_points(group=f"netc.{kind}s", name=name):
        return entry.load()
    near = difflib.get_close_matches(name, table, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(table))}"
    raise NetcError("", f"there is no {kind} called {name!r}", hint)
