"""Checks of file formats: written by every backend that some format reads, compressed or not, and read again."""

from __future__ import annotations

import random
import tempfile
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

from netc import registry
from netc.aig import Aig
from netc.fuzz import options, oracles
from netc.fuzz.check import Check, MismatchError, MissingError, Params, same_function
from netc.loading import load
from netc.ports import Ports
from netc.targets import write

__all__ = ["CHECKS", "plain_ports"]

_MOST_ANDS = 6000
_EXACT = ("aiger", "npz")  # what comes back is the same graph, node for node; of others the same function
_SUFFIXES = {"": None, ".gz": None, ".xz": None, ".zst": "zstandard"}


def readable() -> list[str]:
    """The backends whose files netc itself reads."""
    suffixes = {suffix for known in registry.FORMATS for suffix in known.suffixes if not known.through}
    return [name for name in registry.BACKENDS if registry.find("backend", registry.BACKENDS, name).suffix in suffixes]


def plain_ports(aig: Aig) -> Aig:
    """The graph without names, comment and properties."""
    kept = Ports(inputs=aig.inputs, resets=aig.ports.resets, outputs=aig.ports.outputs)
    return Aig(kept, aig.ands, aig.roots[: kept.num_roots])


def _plan(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > _MOST_ANDS:
        return None
    target = chosen.choice(readable())
    made = registry.find("backend", registry.BACKENDS, target)
    return {
        "target": target,
        "options": {**options.draw(chosen, made), **({"ascii": chosen.random() < 0.5} if target == "aiger" else {})},
        "suffix": chosen.choice(list(_SUFFIXES)),
        "seed": chosen.getrandbits(32),
    }


def _run(aig: Aig, params: Params) -> None:
    target, suffix = params["target"], params["suffix"]
    package = _SUFFIXES[suffix]
    if package is not None and find_spec(package) is None:
        raise MissingError(package)
    given, made = dict(params["options"]), registry.find("backend", registry.BACKENDS, target)
    if "properties" in {field.name for field in fields(made)}:
        given["properties"] = "drop"
        ports = replace(aig.ports, bad=0, constraints=0, justice=(), fairness=0)
        names = {kind: named for kind, named in ports.names.items() if kind in ("input", "output", "latch")}
        aig = plain_ports(aig).with_ports(replace(ports, names=names))
    if given.get("clock"):
        del given["clock"]  # an input more, which other checks look at
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        ending = ".aag" if given.get("ascii") else made.suffix
        path = Path(directory, f"circuit{ending}{suffix}")
        write(aig, path, target=target, **given)
        first = path.read_bytes()
        back = load(path).logic
        write(aig, path, target=target, **given)
        if path.read_bytes() != first:
            raise MismatchError(f"{target}: the same circuit gives other bytes")
    if target in _EXACT:
        if not back.same_as(aig):
            same_function(aig, back, params["seed"], where=f"{target}: ")
            raise MismatchError(f"{target}: another graph or other ports come back: {aig!r}, {back!r}")
        return
    ports = back.ports
    if (ports.inputs, ports.resets, ports.outputs) != (aig.ports.inputs, aig.ports.resets, aig.ports.outputs):
        raise MismatchError(f"{target}: other ports come back: {aig!r}, {back!r}")
    same_function(aig, back, params["seed"], where=f"{target}: ")


def _plan_foreign(chosen: random.Random, aig: Aig) -> Params | None:
    if not 0 < aig.num_ands <= _MOST_ANDS or not aig.inputs or not aig.ports.outputs:
        return None
    return {
        "target": chosen.choice(("aiger", "blif")),
        "k": chosen.choice((0, 2, 3, 4, 6)),
        "seed": chosen.getrandbits(32),
    }


def _run_foreign(aig: Aig, params: Params) -> None:
    """ABC reads what was written, and writes it as AIGER."""
    aig = plain_ports(aig)
    aig = aig.with_ports(replace(aig.ports, resets=bytes(aig.ports.latches)))
    if not aig.inputs or not aig.ports.outputs:
        return
    more = {"k": params["k"]} if params["target"] == "blif" else {}
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        folder = Path(directory)
        name = "circuit.blif" if params["target"] == "blif" else "circuit.aig"
        write(aig, folder / name, **more)
        said = oracles.abc(folder, f"read {name}; strash; write_aiger back.aig")
        if not (folder / "back.aig").exists():
            raise MismatchError(f"{params['target']}: ABC does not read it: {said.strip()[-300:]}")
        back = load(folder / "back.aig").logic
    same_function(aig, back, params["seed"], where=f"{params['target']} by way of ABC: ")


CHECKS = (
    Check("file", "formats", 25, _plan, _run),
    Check("file-abc", "formats", 3, _plan_foreign, _run_foreign),
)
