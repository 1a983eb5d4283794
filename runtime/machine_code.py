"""The machine-code engine: gates as a straight line of instructions for this processor, made without a compiler."""

from __future__ import annotations

from typing import Any, ClassVar

from netc import native
from netc.errors import NetcError
from netc.model import Model

from .program import Program
from .table import chosen_kernel
from .tuning import Chosen, checked_block

__all__ = ["MachineCodeEngine", "operands_of", "targets"]


def targets() -> list[str]:
    """The instruction sets that this machine runs and netc makes code for, best first: ``avx512``, ``avx2``."""
    count = native.lib.netc_machine_code_num_targets()
    return [native.ffi.string(native.lib.netc_machine_code_target_name(index)).decode() for index in range(count)]


def operands_of(kernel: str | None) -> int:
    """How many operands an instruction has of one of `targets()`, by default the best."""
    _, index = chosen_kernel(kernel, targets())
    return int(native.lib.netc_machine_code_target_operands(index))


class MachineCodeEngine:
    """x86-64 code that keeps values in registers for as long as they are read again soon.

    The fastest engine while code and planes fit the second level of cache: some tens of thousands of gates. `kernel`
    forces one of `targets()`. Raises `NetcError` where the machine has none of them, where the system forbids a
    program to make code, or where planes take 2 GiB; the engine ``table`` runs there. `block` is how many samples it
    evaluates in one pass, 256 or 512, by default as many as fit a register. `program` is the model's, if it is there
    already; it is used up, unless it has another number of operands than the target's instructions.
    """

    name: ClassVar[str] = "machine"

    def __init__(
        self, model: Model, *, kernel: str | None = None, block: int | None = None, program: Program | None = None
    ) -> None:
        there = targets()
        if not there:
            raise NetcError("", "no machine code is made for this processor", "use the engine table")
        self.kernel, index = chosen_kernel(kernel, there)
        block = checked_block(block, 8 * int(native.lib.netc_machine_code_target_bytes(index)))
        operands = operands_of(kernel)
        if program is None or program.operands != operands:
            program = Program(model, operands)
        self.operations = program.operations  # for each block of samples
        handle = native.lib.netc_machine_code_new(program.handle, index)
        if handle == native.ffi.NULL:
            raise MemoryError("no memory for the program")
        self._code = native.ffi.gc(handle, native.lib.netc_machine_code_free)
        self.wide, self.small = self.kernel_of(block // 8), self.kernel_of(16)
        self.chosen: Chosen | None = None

    def kernel_of(self, plane_bytes: int) -> Any:
        """A ``netc_kernel *`` for planes of 16, 32 or 64 bytes; it must not outlive the engine."""
        status = native.lib.netc_machine_code_emit(self._code, plane_bytes)
        if status == -2:
            raise NetcError("", "the program keeps more values than machine code reaches", "use the engine table")
        if status < 0:
            raise NetcError("", "this system forbids programs to make machine code", "use the engine table")
        made = native.ffi.new("netc_kernel *")
        native.lib.netc_machine_code_kernel(self._code, plane_bytes, made)
        return made

    @property
    def program_bytes(self) -> int:
        """Of the code for long batches."""
        return int(native.lib.netc_machine_code_size(self._code, self.wide.plane_bytes))

    @property
    def bytes(self) -> int:
        """What one block touches: its code and its planes."""
        planes = (int(self.wide.layout.planes) + 1) * int(self.wide.plane_bytes)
        return planes + self.program_bytes
