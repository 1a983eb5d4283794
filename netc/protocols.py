"""What a pass, a backend and an engine look like to the hub, which imports none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

from netc.aig import Aig, Step
from netc.context import Context
from netc.model import Model
from netc.sequential import Reduction

__all__ = ["AigPass", "Backend", "Engine", "ModelPass", "SequentialPass"]


@runtime_checkable
class AigPass(Protocol):
    """A frozen dataclass whose fields are its options; it keeps every port of the graph."""

    name: ClassVar[str]

    def run(self, aig: Aig, context: Context) -> Step: ...


@runtime_checkable
class ModelPass(Protocol):
    """A pass that may move the border between logic and head: features in and answers out stay."""

    name: ClassVar[str]

    def run_model(self, model: Model, context: Context) -> Model: ...


@runtime_checkable
class SequentialPass(Protocol):
    """A pass that may change the latches: the same outputs and properties in every step from reset on."""

    name: ClassVar[str]

    def run_sequential(self, aig: Aig, context: Context) -> Reduction: ...


class Backend(Protocol):
    """A frozen dataclass whose fields are its options; `emit` gives the text or bytes in chunks of bounded size."""

    name: ClassVar[str]
    suffix: ClassVar[str]

    def emit(self, model: Model) -> Iterator[bytes]: ...


class Engine(Protocol):
    """A loaded program that evaluates blocks of samples; see runtime/runner.h for the C side.

    `wide` is a ``netc_kernel *`` for long batches, `small` one for short ones, or None. `kernel` is the instruction
    set, one of `netc.runtime.table.kernels()`, also for what a runner does before and after the gates. `chosen` is the
    `netc.runtime.tuning.Chosen` of ``auto``, None where the engine was asked for by name. Safe to call from several
    threads, each with its own planes. Made from a network and thrown away with it.
    """

    name: ClassVar[str]
    kernel: str
    wide: Any
    small: Any
    chosen: Any

    def kernel_of(self, plane_bytes: int) -> Any:
        """A kernel for planes of so many bytes; 64 is always there."""
        ...
