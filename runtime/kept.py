"""What was chosen for a program before, in the user's cache: a line of text for each."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from netc import _core
from netc.head import Head
from netc.lut import LutNetwork

from .cache import Cache
from .tuning import Plan

__all__ = ["Kept"]

_MOST_BYTES = 1 << 14  # of all choices: about a thousand


class Kept:
    """Of one program and its head on this processor, with this build of netc; `asked` is what else was to be chosen by.

    Where nothing can be kept, or what is there is damaged or no choice, nothing is known.
    """

    def __init__(self, network: LutNetwork, head: Head | None, asked: Sequence[Any]) -> None:
        store = Cache.of_user("choices")
        self._store = None if store is None else replace(store, most_bytes=_MOST_BYTES, suffix=".txt")
        self._key = _key(network, head, asked)

    def recall(self, plans: Sequence[Plan]) -> Plan | None:
        """What was kept, if it is one of these."""
        entry = None if self._store is None else self._store.get(self._key)
        try:
            found = b"" if entry is None else entry.read_bytes()
        except OSError:  # another process made room
            return None
        return next((plan for plan in plans if _text(plan) == found), None)

    def keep(self, plan: Plan) -> None:
        """In place of what was kept."""
        if self._store is None:
            return
        before = self._store.get(self._key)
        if before is not None:
            self._store.discard(before)
        self._store.put(self._key, _text(plan))


def _text(plan: Plan) -> bytes:
    return f"{plan.engine} {plan.block}\n".encode()


def _key(network: LutNetwork, head: Head | None, asked: Sequence[Any]) -> str:
    core = Path(_core.__file__).stat()
    made = hashlib.sha256(json.dumps([_processor(), core.st_size, core.st_mtime_ns, network.k, *asked]).encode())
    arrays: list[npt.NDArray[Any]] = [network.fanins, network.tables, network.roots]
    for array in arrays if head is None else [*arrays, head.start, head.bit, head.weight, head.offset]:
        made.update(array.size.to_bytes(8, "little"))
        made.update(array.data)
    return made.hexdigest()


def _processor() -> str:
    """Its name and cache, where the system says them, else its kind."""
    try:
        with Path("/proc/cpuinfo").open("rb", buffering=0) as file:  # which is made as it is read, core by core
            lines = file.read(1024).decode("ascii", "replace").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    told = ("vendor_id", "model", "stepping", "cache size", "CPU ")
    return "\n".join(line for line in lines if line.startswith(told))
