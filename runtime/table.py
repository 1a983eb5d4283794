"""The table engine: the default, it starts at once and needs no compiler."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netc import native
from netc.errors import NetcError
from netc.model import Model

__all__ = ["TableEngine", "kernels"]

K = 3  # one vpternlogq computes any function of three operands; elsewhere it is at most four operations for three loads


def kernels() -> list[str]:
    """The kernels that this machine can run, best first: ``avx512``, ``avx2``, ``sse2``, ``neon``, ``portable``."""
    count = native.lib.netc_table_num_kernels()
    return [native.ffi.string(native.lib.netc_table_kernel_name(index)).decode() for index in range(count)]


class TableEngine:
    """Records of (destination, three operands), grouped by function, run by a kernel for this machine's vectors.

    `kernel` forces one of `kernels()`; `NetcError` if this machine does not have it.
    """

    name: ClassVar[str] = "table"

    def __init__(self, model: Model, *, kernel: str | None = None) -> None:
        there = kernels()
        if kernel is not None and kernel not in there:
            raise NetcError("", f"no kernel {kernel!r} on this machine", f"there are {', '.join(there)}")
        network = model.network(K)
        self.kernel = kernel or there[0]
        handle = native.lib.netc_table_new(
            native.view(network.fanins, np.uint32),
            native.view(network.tables, np.uint64),
            network.num_luts,
            network.k,
            network.ports.leaves,
            native.view(network.roots, np.uint32),
            network.ports.outputs,
        )
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self.program = native.ffi.gc(handle, native.lib.netc_table_free)
        self.function = native.lib.netc_table_kernel(there.index(self.kernel))
        self.scratch_bytes = int(native.lib.netc_table_scratch_bytes(self.program))

    @property
    def records(self) -> int:
        """Operations for each block of samples."""
        return int(native.lib.netc_table_records(self.program))
