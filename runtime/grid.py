"""Cellular automata that run: grids of bits in and out, many side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.compact import pack, unpack
from netc.cores import usable_cores
from netc.errors import NetcError
from netc.grid import Grid
from netc.protocols import Engine

from .arguments import checked_out, converted
from .choice import NO_OPTIONS, Choice
from .runner import Runner

__all__ = ["GridNet"]

_CALL = 1 << 28  # cells times steps between two looks at whether Ctrl-C was pressed
_BLOCK = 512  # cells that are evaluated together
_SHARE = 1 << 16  # inputs read and gates evaluated in a step, 512 cells at once: what makes a thread worth its while


class GridNet:
    """A compiled automaton: states are ``bool[…, height, width, channels]``, with any number of grids side by side.

    States may be given as bool, or as integers or floats of 0 and 1; anything else is a `NetcError`. It
    pickles as a `netc.runtime.net.Net` does.
    """

    def __init__(
        self, grid: Grid, engine: Engine, *, asked: str | None = None, options: Mapping[str, Any] = NO_OPTIONS
    ) -> None:
        self.grid = grid
        self.engine = engine
        self.asked = asked or engine.name
        self.options = dict(options)
        logic = grid.cell.logic
        self._kernel = engine.kernel_of(64)
        read = np.flatnonzero(logic.live()[1 : 1 + logic.inputs])
        self._taps = [(int(index), *map(int, grid.taps()[index])) for index in read]
        self._cost = len(read) + logic.num_ands

    def __reduce__(self) -> tuple[Any, ...]:
        grid = self.grid
        choice = Choice.of(self.asked, self.options, self.engine)
        return _made_again, (pack(grid.cell), grid.cell.name, grid.boundary, grid.order, choice)

    def __repr__(self) -> str:
        return f"<GridNet {self.grid.cell.name}, {self.grid.boundary}, engine {self.engine.name}>"

    def run(
        self,
        state: npt.ArrayLike,
        steps: int,
        *,
        record: int | None = None,
        rate: float | None = None,
        seed: int = 0,
        masks: npt.ArrayLike | None = None,
        threads: int | None = None,
        out: npt.NDArray[np.bool_] | None = None,
    ) -> npt.NDArray[np.bool_]:
        """The state after some steps; with `record` ``bool[1 + steps // record, …, height, width, channels]``.

        These are the states after 0, `record`, 2 `record`, … steps. In a step every cell takes its next state at
        once, or

        * with `rate`, from 0 to 1, each with this probability, all channels together: cell (y, x) of grid n in step t
          does if the upper 53 bits of output number ``(t * height + y) * width + x`` of SplitMix64, as a fraction of
          2**53, are below `rate`. Its seed is output number n of SplitMix64 with `seed`, so a grid's updates do not
          depend on those beside it.
        * with `masks`, bits ``[steps, …, height, width]`` (or what NumPy broadcasts to it), those that it says.

        `threads` shares the work of each step; the default is as many as the grids are large enough for, up to every
        core. They change no result. Results are written to `out` if it is given, a C-contiguous array of the result's
        shape and type; it may be the state.
        """
        now = _bits(state, "state")
        channels = self.grid.channels
        if now.ndim < 3 or now.shape[-1] != channels:
            raise NetcError("", f"the state has shape {now.shape}; this automaton's is (…, height, width, {channels})")
        if not 0 <= steps < 1 << 62:
            raise NetcError("", f"{steps} steps")
        if record is not None and record < 1:
            raise NetcError("", f"record={record}; it is at least 1")
        if threads is not None and threads < 1:
            raise NetcError("", f"threads={threads}; it is at least 1")
        updates, kept = self._updates(now.shape[:-1], steps, rate, seed, masks)
        stops = range(0, steps + 1, record) if record else range(steps, steps + 1)
        shape = (len(stops), *now.shape) if record else now.shape
        try:
            result = np.empty(shape, np.bool_) if out is None else checked_out(out, shape, np.bool_)
        except ValueError:  # more than NumPy can count
            raise MemoryError(f"no memory for {len(stops)} states") from None
        if now.size:
            self._run(now, stops, updates, (result if record else result[None]).view(np.uint8), threads)
        del kept
        return result

    def step(self, state: npt.ArrayLike, **options: Any) -> npt.NDArray[np.bool_]:
        """The state after one step; options as for `run`."""
        return self.run(state, 1, **options)

    def time_gates(self, blocks: int, *, threads: int = 1) -> float:
        """Seconds to evaluate the gates alone, `blocks` times: see `Runner.time_gates`."""
        logic = self.grid.cell.logic
        return Runner(self.engine, logic.inputs, logic.ports.outputs).time_gates(blocks, threads=threads)

    def _updates(
        self, cells: tuple[int, ...], steps: int, rate: float | None, seed: int, masks: npt.ArrayLike | None
    ) -> tuple[Any, npt.NDArray[np.uint8] | None]:
        """The core's ``netc_grid_updates`` (null: every cell), and the array that it points into."""
        if masks is not None:
            if rate is not None:
                raise NetcError("", "rate and masks both say which cells take a step; give one")
            given = _bits(masks, "mask")
            wanted = (steps, *cells)
            try:
                kept = np.ascontiguousarray(np.broadcast_to(given, wanted))
            except ValueError:
                raise NetcError("", f"masks have shape {given.shape}; these steps need {wanted}") from None
            return native.ffi.new("netc_grid_updates *", {"mask": native.view(kept, np.uint8)}), kept
        if rate is None:
            return native.ffi.NULL, None
        if not 0 <= rate <= 1:
            raise NetcError("", f"rate={rate}; it is a probability, from 0 to 1")
        if not 0 <= seed < 1 << 64:
            raise NetcError("", f"seed={seed}; it is from 0 to 2**64 - 1")
        return native.ffi.new("netc_grid_updates *", {"threshold": math.ceil(rate * 2**53), "seed": seed}), None

    def _run(
        self,
        now: npt.NDArray[np.uint8],
        stops: range,
        updates: Any,
        result: npt.NDArray[np.uint8],
        threads: int | None,
    ) -> None:
        *many, height, width, channels = now.shape
        grids = math.prod(many)
        if threads is None:
            blocks = grids * height * width // _BLOCK
            threads = max(1, min(usable_cores(), blocks * self._cost // _SHARE))
        taps = native.ffi.new("netc_grid_tap[]", self._taps)
        shape = native.ffi.new("netc_grid_shape *")
        shape.grids, shape.height, shape.width, shape.channels = grids, height, width, channels
        shape.periodic = self.grid.boundary == "periodic"
        shape.taps, shape.num_taps = taps, len(self._taps)
        handle = native.lib.netc_grid_new(self._kernel, shape, threads)
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the grids")
        core = native.ffi.gc(handle, native.lib.netc_grid_free)
        native.call(native.lib.netc_grid_load, core, native.view(now, np.uint8))
        mask, at = updates and updates.mask, 0
        most = max(1, _CALL // (grids * height * width))
        for stop, to in zip(stops, result, strict=True):
            while at < stop:
                count = min(most, stop - at)
                if updates:
                    updates.first_step = at
                    updates.mask = mask + at * grids * height * width if mask else mask
                native.call(native.lib.netc_grid_steps, core, count, updates)
                at += count
            native.call(native.lib.netc_grid_store, core, native.out(to))


def _made_again(packed: bytes, name: str, boundary: str, order: str, choice: Choice) -> GridNet:
    """The net that was pickled."""
    made: GridNet = choice.made(Grid(replace(unpack(packed), name=name), boundary, order))
    return made


def _bits(given: npt.ArrayLike, what: str) -> npt.NDArray[np.uint8]:
    """Bytes 0 and 1, C-contiguous; `NetcError` with the place of anything else."""
    array = np.asarray(given)
    if array.dtype == np.bool_:
        return np.ascontiguousarray(array).view(np.uint8)
    if array.dtype.kind not in "iuf":
        raise NetcError("", f"the {what} has type {array.dtype}; they are bits")
    bits, place = converted(array)
    if place is not None:
        raise NetcError("", f"the {what} holds {array[place]} at {place}; they are bits, 0 or 1")
    return np.ascontiguousarray(bits)
