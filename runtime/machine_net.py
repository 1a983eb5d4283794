"""A machine that runs: bits of many sequences in, step by step, bits and states out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netc import native
from netc.compact import pack, unpack
from netc.errors import NetcError
from netc.machine import Machine
from netc.model import Model
from netc.native import ffi, lib
from netc.protocols import Engine

from .arguments import CONVERTED_ROWS, as_bits, checked_out, is_read_in_place, pointer, row_width, threads_for
from .choice import NO_OPTIONS, Choice
from .runner import Runner

__all__ = ["MachineNet", "State"]

_ALIGNMENT = 64  # bytes: a cache line
_READER = "this machine"

Out = tuple[npt.NDArray[Any] | None, "npt.NDArray[Any] | State | None"]


class State:
    """The latches of many sequences as the core has them while it steps: nothing is packed between two calls.

    `MachineNet.start` makes one. It may be pickled, and runs on nets whose kernels are as wide as its own.
    `planes` are ``uint8[blocks, latches, bytes]``: bit i of a plane, in little bit order, is that of a block's
    sequence i.
    """

    def __init__(self, sequences: int, latches: int, plane_bytes: int) -> None:
        self.sequences = sequences
        self.latches = latches
        blocks = -(-sequences // (8 * plane_bytes))
        size = blocks * latches * plane_bytes
        memory = np.empty(size + _ALIGNMENT, np.uint8)
        first = -memory.ctypes.data % _ALIGNMENT
        self.planes = memory[first : first + size].reshape(blocks, latches, plane_bytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return _state_again, (self.sequences, self.latches, self.planes.shape[2], self.planes.tobytes())

    def __repr__(self) -> str:
        return f"<State of {self.sequences:,} sequences, {self.latches:,} latches>"

    def bits(self) -> npt.NDArray[np.bool_]:
        """``bool[sequences, latches]``."""
        blocks, latches, plane_bytes = self.planes.shape
        planes = np.unpackbits(self.planes, axis=2, bitorder="little").view(np.bool_)
        return planes.transpose(0, 2, 1).reshape(blocks * 8 * plane_bytes, latches)[: self.sequences]


def _state_again(sequences: int, latches: int, plane_bytes: int, planes: bytes) -> State:
    """The state that was pickled."""
    state = State(sequences, latches, plane_bytes)
    state.planes[:] = np.frombuffer(planes, np.uint8).reshape(state.planes.shape)
    return state


class MachineNet:
    """A compiled machine: many sequences side by side, state in and state out.

    Inputs are bool, or integers or floats that are 0 or 1; or with ``packed=True`` ``uint8`` rows of
    ``np.packbits(..., bitorder="little")``, and so is then a state that is given as an array. Anything else is a
    `NetcError`. With ``packed_out=True`` outputs, and a state that is returned as an array, are such rows. bool and
    ``uint8``, whatever their strides, are read where they lie. `threads` share the sequences; the default is every
    core.

    The state comes back as it was given: as an array, or as a `State`, which keeps the core's form from call to call.
    Results are written to `out` if it is given: a pair for outputs and state, either of which may be None. They are
    C-contiguous arrays of the results' shapes and types, or a `State`; a state may be written over the one that was
    read.

    A machine net may be pickled, and used after a fork, as a `netc.runtime.net.Net` may.
    """

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

    def start(self, sequences: int, state: npt.ArrayLike | None = None, *, packed: bool = False) -> State:
        """The state of so many sequences in the core's form: the resets, or what an array says."""
        if sequences < 0:
            raise NetcError("", f"{sequences} sequences")
        made = self._new_state(sequences)
        nothing = _Rows(np.empty((0, sequences, 0), np.uint8), lib.NETC_BYTES)
        self._call(nothing, self._before(state, sequences, packed), nothing, _Rows.of(made, packed), 1)
        return made

    def run(
        self,
        x: npt.ArrayLike,
        state: npt.ArrayLike | State | None = None,
        *,
        packed: bool = False,
        packed_out: bool = False,
        threads: int | None = None,
        out: Out = (None, None),
    ) -> tuple[npt.NDArray[Any], Any]:
        """Steps all sequences through ``x``, bits of shape (steps, sequences, inputs).

        Returns the outputs, ``bool[steps, sequences, outputs]``, seen in each step before the state changes, and
        the state after the last, ``bool[sequences, latches]``. `state` defaults to the resets (uninitialised latches
        start false).
        """
        given = np.asarray(x)
        self._check_inputs(given, ("steps", "sequences"), packed)
        outputs, after = self._results(given.shape[:2], state, packed_out, out)
        self._run(given, state, packed, outputs, after, packed_out, threads)
        return outputs, after

    def step(
        self,
        x: npt.ArrayLike,
        state: npt.ArrayLike | State | None = None,
        *,
        packed: bool = False,
        packed_out: bool = False,
        threads: int | None = None,
        out: Out = (None, None),
    ) -> tuple[npt.NDArray[Any], Any]:
        """One step of ``x``, bits of shape (sequences, inputs): outputs and the next state."""
        given = np.asarray(x)
        self._check_inputs(given, ("sequences",), packed)
        outputs, after = self._results(given.shape[:1], state, packed_out, out)
        self._run(given[None], state, packed, outputs[None], after, packed_out, threads)
        return outputs, after

    def time_gates(self, blocks: int, *, sequences: int | None = None, threads: int = 1) -> float:
        """Seconds to evaluate the gates alone, `blocks` times: see `Runner.time_gates`."""
        return self._runner.time_gates(blocks, samples=sequences, threads=threads)

    def _check_inputs(self, x: npt.NDArray[Any], axes: tuple[str, ...], packed: bool) -> None:
        width = row_width(self.machine.inputs, packed)
        if x.ndim != len(axes) + 1 or x.shape[-1] != width:
            what = " packed bits" if packed else ""
            raise NetcError("", f"x has shape {x.shape}; this machine reads ({', '.join(axes)}, {width}){what}")
        if packed and x.dtype != np.uint8:
            raise NetcError("", f"packed bits are uint8, not {x.dtype}")

    def _results(
        self, rows: tuple[int, ...], state: npt.ArrayLike | State | None, packed_out: bool, out: Out
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | State]:
        """Where outputs and the state are written to."""
        if not isinstance(out, tuple) or len(out) != 2:
            raise NetcError("", "out is a pair: for the outputs, and for the state")
        sequences = rows[-1]
        dtype = np.dtype(np.uint8 if packed_out else np.bool_)
        shape = (*rows, row_width(self.machine.outputs, packed_out))
        outputs = np.empty(shape, dtype) if out[0] is None else checked_out(out[0], shape, dtype)
        if isinstance(out[1], State):
            return outputs, self._checked_state(out[1], sequences)
        if out[1] is None and isinstance(state, State):
            return outputs, self._new_state(sequences)
        shape = (sequences, row_width(self.machine.latches, packed_out))
        return outputs, np.empty(shape, dtype) if out[1] is None else checked_out(out[1], shape, dtype)

    def _run(
        self,
        x: npt.NDArray[Any],
        state: npt.ArrayLike | State | None,
        packed: bool,
        outputs: npt.NDArray[Any],
        after: npt.NDArray[Any] | State,
        packed_out: bool,
        threads: int | None,
    ) -> None:
        steps, sequences, _ = x.shape
        wanted = threads_for(threads, sequences)
        before, to = self._before(state, sequences, packed), _Rows.of(after, packed_out)
        if is_read_in_place(x, packed):
            self._call(_Rows.of(x, packed), before, _Rows.of(outputs, packed_out), to, wanted)
            return
        some = max(1, CONVERTED_ROWS // max(1, sequences))  # steps
        for first in range(0, max(1, steps), some):
            part = x[first : first + some]
            part = np.ascontiguousarray(part) if packed else self._as_bits(part, first)
            seen = outputs[first : first + some]
            self._call(_Rows.of(part, packed), before, _Rows.of(seen, packed_out), to, wanted)
            before = to

    def _as_bits(self, x: npt.NDArray[Any], first: int) -> npt.NDArray[np.uint8]:
        """Some steps of numbers as bytes; errors count steps from `first`."""
        bits = np.empty(x.shape, np.uint8)
        for step, (rows, to) in enumerate(zip(x, bits, strict=True), first):
            to[:] = as_bits(rows, _READER, place=f"step {step}, ")
        return bits

    def _before(self, state: npt.ArrayLike | State | None, sequences: int, packed: bool) -> _Rows:
        """A state that was given, its rows contiguous and of type bool or uint8."""
        if state is None:
            resets = self.machine.initial_state(1)
            return _Rows.of(np.broadcast_to(resets, (sequences, resets.shape[1])), packed=False)
        if isinstance(state, State):
            return _Rows.of(self._checked_state(state, sequences), packed)
        array = np.asarray(state)
        width = row_width(self.machine.latches, packed)
        if array.shape != (sequences, width):
            what = " packed bits" if packed else ""
            raise NetcError("", f"the state has shape {array.shape}; it needs ({sequences}, {width}){what}")
        if packed and array.dtype != np.uint8:
            raise NetcError("", f"packed bits are uint8, not {array.dtype}")
        if array.dtype.char not in "?B":
            array = as_bits(array, _READER, what="the state", place="the state's ")
        return _Rows.of(array if array.strides[1] == 1 else np.ascontiguousarray(array), packed)

    def _new_state(self, sequences: int) -> State:
        return State(sequences, self.machine.latches, self._plane_bytes(sequences))

    def _plane_bytes(self, sequences: int) -> int:
        return int(lib.netc_machine_plane_bytes(self._runner.struct, sequences))

    def _checked_state(self, state: State, sequences: int) -> State:
        if (state.sequences, state.latches) != (sequences, self.machine.latches):
            found, needed = (state.sequences, state.latches), (sequences, self.machine.latches)
            raise NetcError("", f"the state has shape {found}; it needs {needed}")
        if state.planes.shape[2] != self._plane_bytes(sequences):
            hint = "start(sequences, state.bits()) makes one for this machine"
            raise NetcError("", "the state is of a machine with another kernel", hint)
        return state

    def _call(self, x: _Rows, before: _Rows, outputs: _Rows, after: _Rows, threads: int) -> None:
        given = ffi.new("netc_machine_run *")
        given.latches, given.threads = self.machine.latches, threads
        given.steps, given.sequences, _ = x.array.shape
        given.x, given.x_form = x.pointer, x.form
        given.step_stride, given.row_stride, given.column_stride = x.array.strides
        given.y, given.y_form = outputs.pointer, outputs.form
        given.before, given.before_form = before.pointer, before.form
        given.before_stride = before.array.strides[0]
        given.after, given.after_form = after.pointer, after.form
        native.call(lib.netc_run_machine, self._runner.struct, given)


class _Rows(NamedTuple):
    """An array, and what the core calls its form."""

    array: npt.NDArray[Any]
    form: int

    @classmethod
    def of(cls, bits: npt.NDArray[Any] | State, packed: bool) -> _Rows:
        if isinstance(bits, State):
            return cls(bits.planes, lib.NETC_PLANES)
        return cls(bits, lib.NETC_PACKED if packed else lib.NETC_BYTES)

    @property
    def pointer(self) -> Any:
        return pointer(self.array)


def _made_again(packed: bytes, inputs: int, outputs: int, resets: bytes, choice: Choice) -> MachineNet:
    """The net that was pickled."""
    made: MachineNet = choice.made(Machine(unpack(packed).logic, inputs, outputs, resets))
    return made
