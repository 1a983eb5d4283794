"""A LUT network as operations, in the core."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from netc import native
from netc.lut import LutNetwork
from netc.model import Model

__all__ = ["Program", "fanins_for"]


def fanins_for(model: Model, operands: int) -> int:
    """How many a LUT of the network has from which a program of so many operands is made.

    Trained gates are taken as they are. Otherwise two inputs suffice: operations are merged from them.
    """
    return operands if model.as_trained and not model.fits_luts(2) else 2


class Program:
    """A model's logic as operations of at most so many `operands`, 2 or 3.

    `network` is the model's of `fanins_for` so many, if it is there already.
    """

    def __init__(self, model: Model, operands: int, *, network: LutNetwork | None = None) -> None:
        network = network or model.network(fanins_for(model, operands))
        handle = native.lib.netc_program_new(
            native.view(network.fanins, np.uint32),
            native.view(network.tables, np.uint64),
            network.num_luts,
            network.k,
            network.ports.leaves,
            native.view(network.roots, np.uint32),
            network.ports.outputs,
            operands,
        )
        self.operands = operands
        self.handle = _owned(handle)
        self.operations = int(native.lib.netc_program_operations(self.handle))

    def copy(self) -> Program:
        """Another one like it: an engine puts its program in its own order."""
        made = copy(self)
        made.handle = _owned(native.lib.netc_program_copy(self.handle))
        return made


def _owned(handle: Any) -> Any:
    if handle == native.ffi.NULL:
        raise MemoryError("no memory for the program")
    return native.ffi.gc(handle, native.lib.netc_program_free)
