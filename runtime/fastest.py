"""The engine ``auto``: the fastest one for a model, on this machine."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from netc import _core
from netc.model import Model
from netc.protocols import Engine

from .cache import Cache
from .machine_code import targets
from .table import TableEngine, kernels
from .templates import TemplateEngine
from .tuning import BLOCKS, Chosen, Plan, best, checked_block, compare
from .workshop import Workshop

__all__ = ["fastest", "here"]

# Machine code takes a microsecond an operation to make; beyond this the table kernel answers first by far. Nothing is
# timed there either: one call may take longer than all timing may.
_MOST_GATES = 400_000
_MOST_FLATTENED = 250_000  # beyond it flattening templates takes longer than anything that could be gained

_MOST_KEPT = 1 << 14  # bytes of all choices in the user's cache: about a thousand


def here() -> str:
    """What a choice holds for: machines that run the same kernels and machine code."""
    return " ".join([*kernels(), *targets()])


def fastest(model: Model, *, kernel: str | None = None, block: int | None = None) -> Engine:
    """The engine, and the samples it evaluates in one pass, by which long batches take the least time.

    By rule that is machine code up to some hundred thousand gates, then the table kernel, and templates as they are
    where flattening them would take long. Up to that size the other ways are timed against it, by the median of whole
    calls, within `netc.runtime.tuning.BOUND` seconds: what would take longer is left out. What was found is kept in the
    user's cache, and is not measured again. The engine's `chosen` says what it is, and why.

    `kernel` forces one of `netc.runtime.table.kernels()` on whichever it is, `block` 256 or 512 samples.
    """
    plans = _plans(model, kernel, checked_block(block, 0))
    if len(plans) == 1:
        return _only(model, kernel, plans[0])
    workshop = Workshop(model, kernel)
    store = _choices()
    started = time.perf_counter()
    key = _key(model, kernel, plans, workshop)
    plan = _recalled(store, key, plans)
    if plan is not None and workshop.engine(plan.engine) is not None:
        return workshop.finished(Chosen(plan, "measured before"))
    while (first := workshop.engine(plans[0].engine)) is None:  # the system forbids it
        plans = [plan for plan in plans if plan.engine != plans[0].engine]
    took = time.perf_counter() - started
    own = Plan(first.name, 8 * int(first.wide.plane_bytes))
    plans.sort(key=lambda plan: plan != own)
    seconds, left = compare(workshop.candidates(plans, took))
    if not seconds:
        return workshop.finished(Chosen(plans[0], "best by rule; there was no time to compare it"))
    plan = best(seconds)
    if store is not None:
        store.put(key, _text(plan))
    others = "".join(f"; no time for {each}" for each in left)
    return workshop.finished(Chosen(plan, f"the fastest of {len(seconds)}{others}", seconds))


def _plans(model: Model, kernel: str | None, block: int) -> list[Plan]:
    """What may be chosen, best by rule first; `block` is 0 or forced."""
    ports = model.logic.ports
    trained = model.trained if model.as_trained else None
    gates = trained.num_neurons if trained is not None else model.logic.num_ands
    if model.is_of_templates and gates > _MOST_FLATTENED and block in (0, *BLOCKS["template"]):
        engines = ["template"]
    elif max(gates, ports.leaves + ports.outputs) > _MOST_GATES:
        return [Plan("table", block or BLOCKS["table"][0])]
    else:
        there = {"machine": kernel in (None, *targets()) and bool(targets()), "template": model.is_of_templates}
        engines = [name for name in BLOCKS if there.get(name, True)]
    return [Plan(name, each) for name in engines for each in BLOCKS[name] if block in (0, each)]


def _only(model: Model, kernel: str | None, plan: Plan) -> Engine:
    """Made by itself: nothing is kept of what it is made from."""
    if plan.engine == "template":
        engine: Engine = TemplateEngine(model, kernel=kernel)
    else:
        engine = TableEngine(model, kernel=kernel, block=plan.block)
    engine.chosen = Chosen(plan, "best by rule for a model like this")
    return engine


def _choices() -> Cache | None:
    store = Cache.of_user("choices")
    return None if store is None else replace(store, most_bytes=_MOST_KEPT, suffix=".txt")


def _text(plan: Plan) -> bytes:
    return f"{plan.engine} {plan.block}\n".encode()


def _recalled(store: Cache | None, key: str, plans: list[Plan]) -> Plan | None:
    """What was kept, if it is one of the plans."""
    entry = None if store is None else store.get(key)
    try:
        found = b"" if entry is None else entry.read_bytes()
    except OSError:  # another process made room
        return None
    return next((plan for plan in plans if _text(plan) == found), None)


def _key(model: Model, kernel: str | None, plans: list[Plan], workshop: Workshop) -> str:
    """By all that the answer depends on: the program and its head, the processor, this build of netc."""
    network, head = workshop.network(plans[0].engine), model.head
    core = Path(_core.__file__).stat()
    what = (_processor(), here(), kernel, plans, core.st_size, core.st_mtime_ns, network.k, model.is_of_templates)
    made = hashlib.sha256(json.dumps(what).encode())
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
