"""A machine that runs: bits of many sequences in, step by step, bits and states out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.compact import pack, unpack
from netc.errors import NetcError
from netc.machine import Machine
from netc.model import Model
from netc.protocols import Engine
from netc.targets import compile as compile_net

from .choice import NO_OPTIONS, Choice
from .net import _threads
from .runner import Runner

__all__ = ["MachineNet"]


class MachineNet:
    """A compiled machine: many sequences side by side, state in and state out. It pickles as a `Net` does."""

    def __init__(
        self, machine: Machine, engine: Engine, *, asked: str | None = None, options: Mapping[str, Any] = NO_OPTIONS
    ) -> None:
        self.machine = machine
        self.engine = engine
        self.asked = asked or engine.name
        self.options = dict(options)
        self._runner = Runner(engine, machine.core.inputs, machine.core.ports.outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        machine = self.machine
        choice = Choice.of(self.asked, self.options, self.engine)
        return _made_again, (pack(Model(machine.core)), machine.inputs, machine.outputs, machine.resets, choice)

    def __repr__(self) -> str:
        machine = self.machine
        return f"<MachineNet, {machine.latches:,} latches, engine {self.engine.name}: {machine.core!r}>"

    def run(
        self, x: npt.ArrayLike, state: npt.NDArray[Any] | None = None, *, threads: int | None = None
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Steps all sequences through ``x``, bits of shape (steps, sequences, inputs).

        Returns the outputs, ``bool[steps, sequences, outputs]``, seen in each step before the state changes, and
        the state after the last, ``bool[sequences, latches]``. `state` defaults to the resets (uninitialised
        latches start false). `threads` share the sequences, 512 at a time; the default is every core.
        """
        machine = self.machine
        given = np.asarray(x)
        if given.ndim != 3 or given.shape[2] != machine.inputs:
            raise NetcError("", f"x has shape {given.shape}; this machine reads (steps, sequences, {machine.inputs})")
        inputs = np.ascontiguousarray(given if given.dtype.char in "?B" else given.astype(np.uint8))
        if given.dtype.char not in "?B" and (inputs != given).any():
            raise NetcError("", "this machine reads bits, 0 or 1")
        steps, sequences = given.shape[:2]
        start = machine.initial_state(sequences) if state is None else np.asarray(state)
        if start.shape != (sequences, machine.latches):
            raise NetcError("", f"the state has shape {start.shape}; it needs ({sequences}, {machine.latches})")
        now = np.array(start, np.uint8, order="C")
        outputs = np.empty((steps, sequences, machine.outputs), np.uint8)
        native.call(
            native.lib.netc_run_machine,
            self._runner.struct,
            machine.inputs,
            machine.latches,
            steps,
            sequences,
            native.view(inputs.view(np.uint8), np.uint8),
            native.out(outputs),
            native.out(now),
            _threads(threads),
        )
        return outputs.view(np.bool_), now.view(np.bool_)

    def step(
        self, x: npt.ArrayLike, state: npt.NDArray[Any] | None = None
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """One step of ``x``, bits of shape (sequences, inputs): outputs and the next state."""
        outputs, after = self.run(np.asarray(x)[None], state)
        return outputs[0], after


def _made_again(packed: bytes, inputs: int, outputs: int, resets: bytes, choice: Choice) -> MachineNet:
    """The net that was pickled."""
    machine = Machine(unpack(packed).logic, inputs, outputs, resets)
    net: MachineNet = compile_net(machine, engine=choice.engine(), **choice.options)
    net.asked = choice.asked
    return net
