"""A machine that runs: bits of many sequences in, step by step, bits and states out."""

from __future__ import annotations

import math
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
from .choice import NO_OPTIONS, Choice, chosen_for
from .runner import Runner
from .tuning import Chosen

__all__ = ["MachineNet", "State"]

_ALIGNMENT = 64  # bytes: a cache line
_ADDRESS, _RUN = ffi.typeof("uintptr_t"), ffi.typeof("netc_machine_run *")
_BOOL, _UINT8 = np.dtype(np.bool_), np.dtype(np.uint8)
_BYTES, _PACKED = lib.NETC_BYTES, lib.NETC_PACKED
_READER = "this machine"

Out = tuple[npt.NDArray[Any] | None, "npt.NDArray[Any] | State | None"]


class State:
    """The latches of many sequences as the core has them while it steps: nothing is packed between two calls.

    `MachineNet.start` makes one. It may be pickled, and runs on nets whose kernels are as wide as its own.
    `planes` are ``uint8[blocks, latches, bytes]``: bit i of a plane, in little bit order, is that of a block's
    sequence i. `form` is how many sequences and latches there are, and bytes of a plane.
    """

    def __init__(self, sequences: int, latches: int, plane_bytes: int) -> None:
        self.sequences = sequences
        self.latches = latches
        self.form = sequences, latches, plane_bytes
        self._shape = -(-sequences // (8 * plane_bytes)), latches, plane_bytes
        size = math.prod(self._shape)
        self._memory = np.empty(size + _ALIGNMENT, np.uint8)
        start = pointer(self._memory)
        first = -int(ffi.cast(_ADDRESS, start)) % _ALIGNMENT
        self._used = slice(first, first + size)
        self.rows = _Rows(self._memory, start + first, lib.NETC_PLANES, 0)

    @property
    def planes(self) -> npt.NDArray[np.uint8]:
        return self._memory[self._used].reshape(self._shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return _state_again, (*self.form, self.planes.tobytes())

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
        self._plan = ffi.gc(lib.netc_machine_plan_new(self._runner.struct, machine.latches), lib.netc_machine_plan_free)
        if self._plan == ffi.NULL:
            raise MemoryError("no memory for the machine")
        self._resets = _Rows.of(machine.initial_state(1), packed=False)._replace(stride=0)

    def __reduce__(self) -> tuple[Any, ...]:
        machine = self.machine
        choice = Choice.of(self.asked, self.options, self.engine)
        return _made_again, (pack(Model(machine.core)), machine.inputs, machine.outputs, machine.resets, choice)

    def __repr__(self) -> str:
        machine = self.machine
        return f"<MachineNet, {machine.latches:,} latches, engine {self.choice.plan}: {machine.core!r}>"

    @property
    def choice(self) -> Chosen:
        """The engine and how many sequences take a step in one pass, and why these, as of a `Net`."""
        return chosen_for(self.engine)

    def start(self, sequences: int, state: npt.ArrayLike | None = None, *, packed: bool = False) -> State:
        """The state of so many sequences in the core's form: the resets, or what an array says."""
        if sequences < 0:
            raise NetcError("", f"{sequences} sequences")
        made = self._new_state(sequences)
        nothing = np.empty((0, sequences, 0), np.uint8)
        self._call(nothing, False, self._before(state, sequences, packed), nothing, False, made.rows, 1)
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
        self._run(given, state, packed, outputs, after, packed_out, threads)
        return outputs, after

    def time_gates(self, blocks: int, *, sequences: int | None = None, threads: int = 1) -> float:
        """Seconds to evaluate the gates alone, `blocks` times: see `Runner.time_gates`."""
        return self._runner.time_gates(blocks, samples=sequences, threads=threads)

    def _check_inputs(self, x: npt.NDArray[Any], axes: tuple[str, ...], packed: bool) -> None:
        width = row_width(self.machine.inputs, packed)
        if x.ndim != len(axes) + 1 or x.shape[-1] != width:
            what = " packed bits" if packed else ""
            raise NetcError("", f"x has shape {x.shape}; this machine reads ({', '.join(axes)}, {width}){what}")
        if packed and x.dtype.char != "B":
            raise NetcError("", f"packed bits are uint8, not {x.dtype}")

    def _results(
        self, rows: tuple[int, ...], state: npt.ArrayLike | State | None, packed_out: bool, out: Out
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | State]:
        """Where outputs and the state are written to."""
        if not isinstance(out, tuple) or len(out) != 2:
            raise NetcError("", "out is a pair: for the outputs, and for the state")
        sequences = rows[-1]
        dtype = _UINT8 if packed_out else _BOOL
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
        """`x` and the outputs of some steps, or of one as two dimensions."""
        sequences = x.shape[-2]
        to = _Rows.of(after, packed_out)
        before = to if state is after and isinstance(after, State) else self._before(state, sequences, packed)
        wanted = threads_for(threads, sequences)
        if is_read_in_place(x, packed):
            self._call(x, packed, before, outputs, packed_out, to, wanted)
            return
        if x.ndim == 2:
            x, outputs = x[None], outputs[None]
        some = max(1, CONVERTED_ROWS // max(1, sequences))  # steps
        for first in range(0, max(1, len(x)), some):
            part = x[first : first + some]
            part = np.ascontiguousarray(part) if packed else self._as_bits(part, first)
            self._call(part, packed, before, outputs[first : first + some], packed_out, to, wanted)
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
            return self._resets
        if isinstance(state, State):
            return self._checked_state(state, sequences).rows
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
        return int(lib.netc_machine_plane_bytes(self._plan, sequences))

    def _checked_state(self, state: State, sequences: int) -> State:
        needed = (sequences, self.machine.latches, self._plane_bytes(sequences))
        if state.form == needed:
            return state
        if state.form[:2] != needed[:2]:
            raise NetcError("", f"the state has shape {state.form[:2]}; it needs {needed[:2]}")
        hint = "start(sequences, state.bits()) makes one for this machine"
        raise NetcError("", "the state is of a machine with another kernel", hint)

    def _call(
        self,
        x: npt.NDArray[Any],
        packed: bool,
        before: _Rows,
        outputs: npt.NDArray[Any],
        packed_out: bool,
        after: _Rows,
        threads: int,
    ) -> None:
        steps, strides = (len(x), x.strides) if x.ndim == 3 else (1, (0, *x.strides))
        given = [
            *(steps, x.shape[-2], threads),
            *(pointer(x), _PACKED if packed else _BYTES, *strides),
            *(pointer(outputs), _PACKED if packed_out else _BYTES),
            *(before.pointer, before.form, before.stride),
            *(after.pointer, after.form),
        ]
        native.call(lib.netc_run_machine, self._plan, ffi.new(_RUN, given))


class _Rows(NamedTuple):
    """An array and where it begins, what the core calls its form, and bytes from row to row."""

    array: npt.NDArray[Any]
    pointer: Any
    form: int
    stride: int

    @classmethod
    def of(cls, bits: npt.NDArray[Any] | State, packed: bool) -> _Rows:
        if isinstance(bits, State):
            return bits.rows
        return cls(bits, pointer(bits), _PACKED if packed else _BYTES, bits.strides[0])


def _made_again(packed: bytes, inputs: int, outputs: int, resets: bytes, choice: Choice) -> MachineNet:
    """The net that was pickled."""
    made: MachineNet = choice.made(Machine(unpack(packed).logic, inputs, outputs, resets))
    return made
