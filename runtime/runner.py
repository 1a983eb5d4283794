"""An engine and a head, as the core's runner takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from netc import native
from netc.encoder import Encoder
from netc.head import Head
from netc.protocols import Engine

from .forks import renewed_after_fork
from .table import kernels

__all__ = ["Runner"]


class Runner:
    """A ``netc_runner`` and all that it points to."""

    def __init__(
        self,
        engine: Engine,
        inputs: int,
        outputs: int,
        head: Head | None = None,
        encoder: Encoder | None = None,
        *,
        ignore_nan: bool = False,
    ) -> None:
        self.struct = native.ffi.new("netc_runner *")
        self._alive: list[Any] = [engine]
        self.struct.inputs, self.struct.outputs = inputs, outputs
        self.struct.classes = head.classes if head is not None else 0
        self.struct.set = kernels().index(engine.kernel)
        self.struct.wide = engine.wide[0]
        self._complete(self.struct.wide, head, encoder)
        if engine.small is not None:
            self.struct.small = engine.small[0]
            self._complete(self.struct.small, head, encoder)
        self.struct.ignore_nan = ignore_nan
        self.renew_pool()
        renewed_after_fork(self)

    def renew_pool(self) -> None:
        """An empty pool of planes; the one before lives on, since a call may be using it."""
        self.struct.pool = self._owned(native.lib.netc_pool_new(), native.lib.netc_pool_free)

    def _complete(self, kernel: Any, head: Head | None, encoder: Encoder | None) -> None:
        """Have a kernel's inputs made by an encoder and its outputs counted by a head."""
        if head is not None:
            self._count(kernel, head)
        if encoder is not None:
            self._encode(kernel, encoder)

    def _count(self, kernel: Any, head: Head) -> None:
        votes = native.lib.netc_votes_new(
            native.ffi.addressof(kernel, "layout"),
            head.classes,
            native.view(head.start, np.int64),
            native.view(head.bit, np.uint32),
            native.view(head.weight, np.int32),
            native.view(head.offset, np.int32),
        )
        kernel.votes = self._owned(votes, native.lib.netc_votes_free)

    def _encode(self, kernel: Any, encoder: Encoder) -> None:
        thresholds = native.lib.netc_thresholds_new(
            native.ffi.addressof(kernel, "layout"),
            native.view(encoder.feature, np.int32),
            native.view(encoder.threshold, np.float64),
            encoder.at_least,
        )
        kernel.thresholds = self._owned(thresholds, native.lib.netc_thresholds_free)

    def _owned(self, handle: Any, free: Any) -> Any:
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self._alive.append(native.ffi.gc(handle, free))
        return self._alive[-1]

    def time_gates(self, blocks: int, *, samples: int | None = None, threads: int = 1) -> float:
        """Seconds to evaluate the gates alone, `blocks` times: no packing, no votes.

        `samples` chooses the kernel as a batch of so many samples does; the default is that of long batches.
        """
        most = 1 << 62 if samples is None else samples
        return native.call(native.lib.netc_time_gates, self.struct, most, blocks, threads) / 1e9
