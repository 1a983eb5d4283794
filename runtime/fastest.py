"""The engine ``auto``: the fastest one for a model, on this machine."""

from __future__ import annotations

import time

from netc.model import Model
from netc.protocols import Engine

from .kept import Kept
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
    started = time.perf_counter()
    kept = Kept(workshop.network(plans[0].engine), model.head, (here(), kernel, plans, model.is_of_templates))
    plan = kept.recall(plans)
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
    kept.keep(plan)
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
