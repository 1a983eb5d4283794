"""The engine ``auto``: the fastest one for a model, on this machine."""

from __future__ import annotations

import statistics

from netc.errors import NetcError
from netc.model import Model
from netc.protocols import Engine

from .machine_code import MachineCodeEngine, targets
from .program import Program
from .runner import Runner
from .table import K, TableEngine

__all__ = ["fastest"]

# Machine code takes a microsecond an operation to make; beyond this the table kernel answers first by far.
_MOST_OPERATIONS = 250_000

_SHORTEST = 100e-6  # seconds of one reading of the clock
_READINGS = 5


def fastest(model: Model) -> Engine:
    """The table kernel, or machine code where that can be made and evaluates the gates in less time.

    Both are timed on blank planes for some milliseconds, by the median, once there are so many gates that it matters.
    """
    program = Program(model, K)
    spare = program.copy() if targets() and program.operations <= _MOST_OPERATIONS else None
    table = TableEngine(model, program=program)
    if spare is None:
        return table
    try:
        machine = MachineCodeEngine(model, program=spare)
    except NetcError:  # the system forbids it
        return table
    return machine if _seconds(machine) < _seconds(table) else table


def _seconds(engine: Engine) -> float:
    """Of a sample, in long batches."""
    runner = Runner(engine, int(engine.wide.layout.num_reads), 0)
    runner.time_gates(1)  # from here on everything is warm
    blocks = 1
    while (spent := runner.time_gates(blocks)) < _SHORTEST:
        blocks *= 2
    readings = [spent, *(runner.time_gates(blocks) for _ in range(_READINGS - 1))]
    return statistics.median(readings) / blocks / int(engine.wide.plane_bytes)
