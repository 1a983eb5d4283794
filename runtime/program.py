"""A LUT network as operations on planes, in the core."""

from __future__ import annotations

from typing import Any

import numpy as np

from netc import native
from netc.lut import LutNetwork

__all__ = ["Program"]


class Program:
    """The outputs of a network of at most 3 inputs a LUT; `grouped`, operations of one function follow each other."""

    def __init__(self, network: LutNetwork, *, grouped: bool) -> None:
        handle = native.lib.netc_program_new(
            native.view(network.fanins, np.uint32),
            native.view(network.tables, np.uint64),
            network.num_luts,
            network.k,
            network.ports.leaves,
            native.view(network.roots, np.uint32),
            network.ports.outputs,
            grouped,
        )
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self.handle = native.ffi.gc(handle, native.lib.netc_program_free)
        self.operations = int(native.lib.netc_program_operations(self.handle))

    def lay_out(self, kernel: Any) -> None:
        """Tell a ``netc_kernel`` where values are; it must not outlive this program."""
        native.lib.netc_program_layout(self.handle, native.ffi.addressof(kernel, "layout"))
