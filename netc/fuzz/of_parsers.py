"""Checks of readers: whatever the bytes, they end in a model or in one `NetcError` that names the file."""

from __future__ import annotations

import gzip
import lzma
import random
from pathlib import Path

from netc import registry
from netc.aig import Aig
from netc.errors import NetcError
from netc.files import Source, decompress
from netc.fuzz.check import Check, MismatchError, Params
from netc.fuzz.damage import damaged, with_checksums
from netc.fuzz.networks import CONTAINERS
from netc.fuzz.of_files import readable
from netc.levels import LEVELS
from netc.loading import detect
from netc.manager import optimize_with
from netc.targets import emit

__all__ = ["CHECKS", "survives"]

_MOST_ANDS = 300
_MOST_NODES = 20_000


def _plan(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > _MOST_ANDS:
        return None
    source = chosen.choice((*readable(), "aiger ascii", *CONTAINERS))
    if source in CONTAINERS:
        name, make = CONTAINERS[source]
        data = make(chosen)
    else:
        target = source.split()[0]
        name = f"circuit{registry.find('backend', registry.BACKENDS, target).suffix}"
        given = {"ascii": True} if source.endswith("ascii") else {"properties": "drop"} if target == "blif" else {}
        data = b"".join(emit(aig, target, **given))
    if data[:2] == b"PK":
        data = with_checksums(data)
    data = damaged(chosen, data)
    packed = chosen.randrange(20)
    if packed < 2:  # damage within, or around, what compresses
        data = gzip.compress(data, mtime=0) if packed else lzma.compress(data)
        if chosen.random() < 0.5:
            data = damaged(chosen, data)
    return {"source": source, "name": name, "data": data}


def survives(data: bytes, name: str) -> bool:
    """Whether bytes are read as a file of this name; if not, that they are refused as they should be."""
    try:
        source = Source(name, decompress(name, data), Path(name))
        model = registry.resolve(detect(source).loader)(source)
    except NetcError as error:
        if not error.what or not error.place.startswith(name) or "\n" in f"{error.place}{error.what}":
            raise MismatchError(f"the message is not one line that names the file: {str(error)[:200]!r}") from None
        return False
    if model.logic.num_nodes <= _MOST_NODES:  # whatever was read can be worked with
        made = optimize_with(model, LEVELS[1], verify="sim").model
        for _ in emit(made, "npz"):
            pass
    return True


def _run(data: bytes, params: Params) -> None:
    survives(data, params["name"])


CHECKS = (Check("reader", "parsers", 40, _plan, _run, of_bytes=True),)
