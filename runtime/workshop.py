"""The engines of one model, each made when it is first wanted, from programs and networks that they share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from netc.errors import NetcError
from netc.lut import LutNetwork
from netc.model import Model
from netc.native import ffi, lib
from netc.protocols import Engine

from .arguments import pointer, row_width
from .machine_code import MachineCodeEngine, operands_of
from .program import Program, fanins_for
from .runner import Runner
from .table import K, TableEngine
from .templates import TemplateEngine
from .tuning import BLOCKS, Candidate, Chosen, Plan

__all__ = ["Workshop"]

_SAMPLES = max(BLOCKS["table"])  # of a call that is timed: whole blocks, however many samples they have

# What making another engine takes of the time that the first did, and code for another block, whose registers are
# allotted already. Measured with 6x1000, 6x8000, 6x64000 and difflogic_mnist_48k: 0.3 to 0.7, and 0.03 to 0.12.
_ANOTHER_ENGINE, _ANOTHER_BLOCK = 0.7, 0.15


class Workshop:
    """`kernel` is for all engines."""

    def __init__(self, model: Model, kernel: str | None) -> None:
        self._model = model
        self._kernel = kernel
        self._engines: dict[str, Engine | None] = {}
        self._networks: dict[int, LutNetwork] = {}
        self._programs: dict[int, Program] = {}

    def network(self, engine: str) -> LutNetwork:
        """What an engine is made from, or would be without templates."""
        fanins = fanins_for(self._model, self._operands(engine))
        if fanins not in self._networks:
            self._networks[fanins] = self._model.network(fanins)
        return self._networks[fanins]

    def engine(self, name: str) -> Engine | None:
        """None where the system forbids it."""
        if name not in self._engines:
            self._engines[name] = self._made(name)
        return self._engines[name]

    def candidates(self, plans: Sequence[Plan], took: float) -> list[Candidate]:
        """To be compared in this order; the first one's engine is there, and `took` so many seconds to make."""
        return [Candidate(plan, partial(self._cost, plan, took), partial(self._call, plan)) for plan in plans]

    def finished(self, chosen: Chosen) -> Engine:
        """The engine that was chosen."""
        engine = self.engine(chosen.plan.engine)
        assert engine is not None
        engine.wide = engine.kernel_of(chosen.plan.block // 8)
        engine.chosen = chosen
        return engine

    def _operands(self, engine: str) -> int:
        return operands_of(self._kernel) if engine == "machine" else K

    def _program(self, engine: str) -> Program:
        """An engine's own: it puts it in its own order."""
        operands = self._operands(engine)
        if operands not in self._programs:
            self._programs[operands] = Program(self._model, operands, network=self.network(engine))
        return self._programs[operands].copy()

    def _made(self, name: str) -> Engine | None:
        if name == "template":
            return TemplateEngine(self._model, kernel=self._kernel)
        program = self._program(name)
        if name == "table":
            return TableEngine(self._model, kernel=self._kernel, program=program)
        try:
            return MachineCodeEngine(self._model, kernel=self._kernel, program=program)
        except NetcError:
            return None

    def _cost(self, plan: Plan, took: float) -> float:
        return took * (_ANOTHER_BLOCK if plan.engine in self._engines else _ANOTHER_ENGINE)

    def _call(self, plan: Plan) -> Callable[[int], float] | None:
        """Whole calls on packed rows of zeros, so that what is done beside the gates counts as well."""
        engine = self.engine(plan.engine)
        if engine is None:
            return None
        engine.wide = engine.kernel_of(plan.block // 8)
        logic, head = self._model.logic, self._model.head
        runner = Runner(engine, logic.inputs, logic.ports.outputs, head)
        x = np.zeros((_SAMPLES, row_width(logic.inputs, packed=True)), np.uint8)
        out = np.empty((_SAMPLES, row_width(logic.ports.outputs, packed=True) if head is None else 4), np.uint8)
        form, wanted = lib.NETC_PACKED, lib.NETC_PACKED_BITS if head is None else lib.NETC_CLASSES
        given = (pointer(x), *x.strides, form, _SAMPLES, 1, wanted, ffi.from_buffer(out))

        def call(times: int) -> float:
            started = time.thread_time()  # what else runs on this core is of no interest
            for _ in range(times):
                lib.netc_run(runner.struct, *given)
            return time.thread_time() - started

        return call
