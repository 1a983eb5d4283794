"""The table engine: the default, it starts at once and needs no compiler."""

from __future__ import annotations

from typing import Any, ClassVar

from netc import native
from netc.errors import NetcError
from netc.model import Model

from .program import Program
from .tuning import Chosen, checked_block

__all__ = ["TableEngine", "chosen_kernel", "kernels"]

K = 3  # one vpternlogq computes any function of three operands; elsewhere it is at most four operations for three loads


def kernels() -> list[str]:
    """The kernels that this machine can run, best first: ``avx512``, ``avx2``, ``sse2``, ``neon``, ``portable``."""
    count = native.lib.netc_table_num_kernels()
    return [native.ffi.string(native.lib.netc_table_kernel_name(index)).decode() for index in range(count)]


def chosen_kernel(wanted: str | None, there: list[str]) -> tuple[str, int]:
    """The wanted kernel of a list, by default the first, and its number; `NetcError` if it is not in it."""
    if wanted is not None and wanted not in there:
        raise NetcError("", f"no kernel {wanted!r} on this machine", f"there are {', '.join(there)}")
    kernel = wanted or there[0]
    return kernel, there.index(kernel)


class TableEngine:
    """Records of (destination, three operands), grouped by function, run by a kernel for this machine's vectors.

    `kernel` forces one of `kernels()`, for gates, inputs and votes; `NetcError` if this machine does not have it.
    `block` is how many samples it evaluates in one pass, 512 or 256. `program` is the model's of `K` operands, if it is
    there already; it is used up.
    """

    name: ClassVar[str] = "table"

    def __init__(
        self, model: Model, *, kernel: str | None = None, block: int | None = None, program: Program | None = None
    ) -> None:
        self.kernel, self._index = chosen_kernel(kernel, kernels())
        block = checked_block(block, 512)
        program = program or Program(model, K)
        self.operations = program.operations  # for each block of samples
        handle = native.lib.netc_table_new(program.handle)
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self._table = native.ffi.gc(handle, native.lib.netc_table_free)
        self.wide, self.small = self.kernel_of(block // 8), self.kernel_of(16)
        self.chosen: Chosen | None = None

    @property
    def program_bytes(self) -> int:
        """Of the records."""
        return int(native.lib.netc_table_bytes(self._table))

    def kernel_of(self, plane_bytes: int) -> Any:
        """A ``netc_kernel *`` for planes of 64, 32 or 16 bytes; it must not outlive the engine."""
        made = native.ffi.new("netc_kernel *")
        made.eval = native.lib.netc_table_kernel(self._index, plane_bytes)
        made.code = self._table
        made.plane_bytes = plane_bytes
        native.lib.netc_table_layout(self._table, native.ffi.addressof(made, "layout"))
        return made
