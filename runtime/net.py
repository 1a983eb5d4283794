"""A model that runs: NumPy arrays in, bits, scores and classes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.compact import pack, unpack
from netc.encoder import NAN_CHOICES, Encoder
from netc.errors import NetcError
from netc.head import Head
from netc.model import Model
from netc.native import ffi, lib
from netc.protocols import Engine

from . import stream, workers
from .arguments import CONVERTED_ROWS, as_bits, checked_out, is_read_in_place, pointer, row_width, threads_for
from .choice import NO_OPTIONS, Choice, chosen_for
from .runner import Runner
from .tuning import Chosen

__all__ = ["Net"]

_NO_ENCODER = "give the model an encoder (thresholds), or binarise the data first"  # a hint
_FEATURES = {
    np.dtype(np.uint8): lib.NETC_UINT8,
    np.dtype(np.float32): lib.NETC_FLOAT32,
    np.dtype(np.float64): lib.NETC_FLOAT64,
}
_BOOL, _UINT8, _INT32 = np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.int32)
_BITS, _PACKED_BITS, _SCORES, _CLASSES = lib.NETC_BITS, lib.NETC_PACKED_BITS, lib.NETC_SCORES, lib.NETC_CLASSES


class Net:
    """A compiled model.

    Every method takes `x` of shape (n, inputs), n from 0 up: bool, or integers or floats that are 0 or 1; where the
    model has an encoder, features of shape (n, features) instead; or with ``packed=True`` ``uint8`` rows of
    ``np.packbits(..., axis=1, bitorder="little")``. One row may be given as one dimension, and comes back so.
    Anything else is a `NetcError`; so is NaN among features, unless `nan` is ``"false"``: then it is above no
    threshold, as in torch. bool and ``uint8``, and features as ``uint8``, ``float32`` or ``float64``, are read where
    they lie, whatever their strides, and only in the columns that matter. `threads` splits long batches; the default
    uses every core that the process may. Results are written to `out` if it is given, a C-contiguous array of the
    result's shape and type.

    A net may be pickled: what goes along is what `netc.compact.pack` keeps of the model, and the name by which the
    engine was `asked` for with its `options`, from which the other process makes its own. What ``auto`` chose goes
    along too (see `choice`), and on a machine that runs the same kernels nothing is timed again. A net may be used in
    a process that was forked.
    """

    def __init__(
        self,
        model: Model,
        engine: Engine,
        *,
        nan: str = "error",
        asked: str | None = None,
        options: Mapping[str, Any] = NO_OPTIONS,
    ) -> None:
        self.model = model
        self.nan = nan
        self.engine = engine
        self.asked = asked or engine.name
        self.options = dict(options)
        self.inputs = model.logic.inputs
        self.outputs = model.logic.ports.outputs
        if nan not in NAN_CHOICES:
            raise NetcError("nan", f"{nan!r}; it is {' or '.join(map(repr, NAN_CHOICES))}")
        self._runner = Runner(engine, self.inputs, self.outputs, model.head, model.encoder, ignore_nan=nan == "false")

    def __reduce__(self) -> tuple[Any, ...]:
        choice = Choice.of(self.asked, self.options, self.engine)
        return _made_again, (pack(self.model), self.model.name, self.nan, choice)

    def __repr__(self) -> str:
        return f"<Net {self.model.name}, engine {self.choice.plan}: {self.model.logic!r}>"

    @property
    def choice(self) -> Chosen:
        """The engine and its samples a pass, and why these: what was timed, if anything was."""
        return chosen_for(self.engine)

    def bits(
        self,
        x: npt.ArrayLike,
        *,
        packed: bool = False,
        packed_out: bool = False,
        threads: int | None = None,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """The logic's outputs, ``bool[n, outputs]``.

        With `packed_out` ``uint8[n, ceil(outputs / 8)]``, little bit order.
        """
        if packed_out:
            return self._run(x, packed, threads, out, _PACKED_BITS, (row_width(self.outputs, packed=True),), _UINT8)
        return self._run(x, packed, threads, out, _BITS, (self.outputs,), _BOOL)

    def scores(
        self,
        x: npt.ArrayLike,
        *,
        packed: bool = False,
        threads: int | None = None,
        out: npt.NDArray[np.int32] | None = None,
    ) -> npt.NDArray[np.int32]:
        """``int32[n, classes]``: the votes, before `tau` and `beta`."""
        head = self._head()
        if head.only_class:
            raise NetcError("", "this model's head was lowered to the class: it has no scores any more")
        return self._run(x, packed, threads, out, _SCORES, (head.classes,), _INT32)

    def logits(
        self,
        x: npt.ArrayLike,
        *,
        packed: bool = False,
        threads: int | None = None,
        out: npt.NDArray[np.float32] | None = None,
    ) -> npt.NDArray[np.float32]:
        """``float32[n, classes]``: ``(score + beta) / tau``, what the trained network returns."""
        scores = self.scores(x, packed=packed, threads=threads)
        to = None if out is None else checked_out(out, scores.shape, np.float32)
        return self._head().logits(scores, out=to)

    def predict(
        self,
        x: npt.ArrayLike,
        *,
        packed: bool = False,
        threads: int | None = None,
        out: npt.NDArray[np.int32] | None = None,
    ) -> npt.NDArray[np.int32]:
        """``int32[n]``: the first class with the largest score."""
        self._head()
        return self._run(x, packed, threads, out, _CLASSES, (), _INT32)

    def stream(
        self,
        items: Iterable[stream.Item],
        *,
        wanted: str = "classes",
        packed: bool = False,
        packed_out: bool = False,
        threads: int | None = None,
        workers: int = 0,
    ) -> Iterator[npt.NDArray[Any]]:
        """An array of answers for each item, in order: `wanted` is ``"classes"``, ``"scores"``, ``"logits"`` or
        ``"bits"``.

        An item is an array as the other methods take it, or the rows of a file (`netc.data.open_samples`, and the
        ``parts`` of such rows). No more than a few items and answers are in memory at a time: the next item is taken
        from the iterator, in a thread, while this one is answered. With `workers` items go to so many processes,
        which share the cores among themselves; answers are the same. A `NetcError` about a row counts rows from the
        first item on.
        """
        question = stream.Question(wanted, packed, packed_out, threads)
        if workers:
            return _over_workers(self, items, question, workers)
        return stream.answers(self, items, question)

    def _head(self) -> Head:
        if self.model.head is None:
            raise NetcError("", "this circuit has no head, so it has no classes or scores; ask for bits")
        return self.model.head

    def _run(
        self,
        x: npt.ArrayLike,
        packed: bool,
        threads: int | None,
        out: npt.NDArray[Any] | None,
        wanted: int,
        row: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> npt.NDArray[Any]:
        array = np.asarray(x)
        single = array.ndim == 1
        if single:
            array = array[None]
        shape = (len(array) if array.ndim == 2 else 0, *row)
        if out is None:
            result = np.empty(shape, dtype)
        else:
            result = checked_out(out, row if single else shape, dtype)
            result = result[None] if single else result
        if self.model.encoder is not None and not packed and array.dtype.char != "?":
            self._run_features(array, self.model.encoder, threads, result, wanted)
        else:
            self._run_bits(array, packed, threads, result, wanted)
        if out is not None:
            return out
        return result[0] if single else result

    def _run_bits(
        self, array: npt.NDArray[Any], packed: bool, threads: int | None, result: npt.NDArray[Any], wanted: int
    ) -> None:
        width = row_width(self.inputs, packed)
        if array.ndim != 2 or array.shape[1] != width:
            what = "packed bits" if packed else "bits"
            raise NetcError("", f"x has shape {array.shape}; this model reads (n, {width}) {what}")
        if packed and array.dtype.char not in "?B":
            raise NetcError("", f"packed bits are uint8, not {array.dtype}")
        form = lib.NETC_PACKED if packed else lib.NETC_BYTES
        if is_read_in_place(array, packed):
            self._call(array, form, threads, result, wanted)
            return

        def as_bytes(part: npt.NDArray[Any], first: int) -> npt.NDArray[Any]:
            if packed:
                return np.ascontiguousarray(part)
            return as_bits(part, "this model", first=first, hint=_NO_ENCODER)

        self._run_parts(array, as_bytes, form, threads, result, wanted)

    def _run_features(
        self, array: npt.NDArray[Any], encoder: Encoder, threads: int | None, result: npt.NDArray[Any], wanted: int
    ) -> None:
        if array.ndim != 2 or array.shape[1] != encoder.features:
            raise NetcError("", f"x has shape {array.shape}; this model reads (n, {encoder.features}) features")
        if array.dtype.kind not in "iuf":
            raise NetcError("", f"features of type {array.dtype}; the encoder takes numbers")
        form = _FEATURES.get(array.dtype)
        if form is not None:
            self._call(array, form, threads, result, wanted)
            return

        def as_doubles(part: npt.NDArray[Any], _: int) -> npt.NDArray[Any]:
            return part.astype(np.float64)

        self._run_parts(array, as_doubles, lib.NETC_FLOAT64, threads, result, wanted)

    def _run_parts(
        self,
        array: npt.NDArray[Any],
        converted: Callable[[npt.NDArray[Any], int], npt.NDArray[Any]],
        form: int,
        threads: int | None,
        result: npt.NDArray[Any],
        wanted: int,
    ) -> None:
        """What the core does not read as it is: some rows at a time, given with the number of the first."""
        for first in range(0, max(1, len(array)), CONVERTED_ROWS):
            rows = slice(first, first + CONVERTED_ROWS)
            self._call(converted(array[rows], first), form, threads, result[rows], wanted, first=first)

    def _call(
        self,
        x: npt.NDArray[Any],
        form: int,
        threads: int | None,
        result: npt.NDArray[Any],
        wanted: int,
        *,
        first: int = 0,
    ) -> None:
        """Errors count rows from `first`."""
        samples = len(x)
        if samples == 0:
            return
        row_stride, column_stride = x.strides
        status = lib.netc_run(
            self._runner.struct,
            pointer(x),
            row_stride,
            column_stride,
            form,
            samples,
            threads_for(threads, samples),
            wanted,
            ffi.from_buffer(result),  # new, or found to be writable
        )
        if status:
            self._refuse(status, form, first)

    def _refuse(self, status: int, form: int, first: int) -> None:
        try:
            native.checked(status)
        except NetcError as error:
            hint = _NO_ENCODER
            if form != lib.NETC_BYTES:
                hint = 'nan="false" takes it for less than every threshold'
            what = re.sub(r"\d+", lambda row: str(first + int(row[0])), error.what, count=1)
            raise NetcError("", what, hint) from None

    def time_gates(self, blocks: int, *, samples: int | None = None, threads: int = 1) -> float:
        """Seconds to evaluate the gates alone, `blocks` times: see `Runner.time_gates`."""
        return self._runner.time_gates(blocks, samples=samples, threads=threads)


_over_workers = workers.answers


def _made_again(packed: bytes, name: str, nan: str, choice: Choice) -> Net:
    """The net that was pickled."""
    made: Net = choice.made(replace(unpack(packed), name=name), nan=nan)
    return made
