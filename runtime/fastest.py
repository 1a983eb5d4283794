"""The engine ``auto``: the fastest one for a model, on this machine."""

from __future__ import annotations

import statistics
from contextlib import suppress

from netc.errors import NetcError
from netc.model import Model
from netc.protocols import Engine

from .machine_code import MachineCodeEngine, targets
from .program import Program
from .runner import Runner
from .table import K, TableEngine, kernels
from .templates import TemplateEngine

__all__ = ["fastest", "here"]

# Machine code takes a microsecond an operation to make; beyond this the table kernel answers first by far.
_MOST_OPERATIONS = 250_000

_SHORTEST = 100e-6  # seconds of one reading of the clock
_READINGS = 5


def here() -> str:
    """What a choice holds for: machines that run the same kernels and machine code."""
    return " ".join([*kernels(), *targets()])


def fastest(model: Model, *, kernel: str | None = None) -> Engine:
    """The table kernel, or machine code or templates where they can be had and evaluate the gates in less time.

    They are timed on blank planes for some milliseconds, by the median. A large network of templates is left to those
    unseen: flattening it takes longer than anything that could be gained. `kernel` forces one of
    `netc.runtime.table.kernels()` on whichever it is.
    """
    if model.is_of_templates and model.trained is not None and model.trained.num_neurons > _MOST_OPERATIONS:
        return TemplateEngine(model, kernel=kernel)
    program = Program(model, K)
    encoded = bool(targets()) if kernel is None else kernel in targets()
    spare = program.copy() if encoded and program.operations <= _MOST_OPERATIONS else None
    table = TableEngine(model, kernel=kernel, program=program)
    engines: list[Engine] = [table]
    if spare is not None:
        with suppress(NetcError):  # the system forbids it
            engines.append(MachineCodeEngine(model, kernel=kernel, program=spare))
    if model.is_of_templates:
        engines.append(TemplateEngine(model, kernel=kernel))
    return min(engines, key=_seconds) if len(engines) > 1 else table


def _seconds(engine: Engine) -> float:
    """Of a sample, in long batches."""
    runner = Runner(engine, int(engine.wide.layout.num_reads), 0)
    runner.time_gates(1)  # from here on everything is warm
    blocks = 1
    while (spent := runner.time_gates(blocks)) < _SHORTEST:
        blocks *= 2
    readings = [spent, *(runner.time_gates(blocks) for _ in range(_READINGS - 1))]
    return statistics.median(readings) / blocks / int(engine.wide.plane_bytes)
