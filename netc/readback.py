"""What was written, read again by another tool and proved to be the same circuit."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from netc import cec
from netc.aig import Aig
from netc.context import Context
from netc.cores import usable_cores
from netc.errors import InternalError, NetcError
from netc.files import read_source, write_chunks
from netc.frontends.verilog import load
from netc.model import Model

__all__ = ["proved"]


@contextmanager
def proved(model: Model, backend: Any) -> Iterator[tuple[IO[bytes], cec.Cec]]:
    """The Verilog of a model, as a file to copy, and the answer to whether Yosys reads the model's logic in it.

    `backend` is the Verilog backend. A circuit that differs is an `InternalError`, which keeps both; what Yosys refuses
    is a `NetcError`.
    """
    with tempfile.TemporaryDirectory(prefix="netc-") as directory:
        file = Path(directory) / "written.v"
        write_chunks(file, backend.emit(model))
        meant = backend.logic_as_written(model)
        read = _read(file)
        try:
            answer = cec.check(
                meant, read, match="name", context=Context(cec.verification_budget(meant), usable_cores())
            )
        except NetcError as error:
            raise _refuted(meant, file, error.what) from None
        if answer.verdict is cec.Verdict.DIFFERENT:
            raise _refuted(meant, file, answer.reason or f"{answer.root} differs")
        with file.open("rb") as text:
            yield text, answer


def _read(file: Path) -> Aig:
    try:
        return load(read_source(file)).logic
    except NetcError as error:
        raise NetcError("--check", error.what, error.hint) from None


def _refuted(meant: Aig, file: Path, why: str) -> InternalError:
    """The error that keeps the circuit and its text; the text is not written where it was meant to go."""
    from netc.targets import write

    folder = Path(tempfile.mkdtemp(prefix="netc-refuted-"))
    write(meant, folder / "meant.aig")
    shutil.copy(file, folder / "written.v")
    return InternalError(
        f"Yosys reads another circuit in the Verilog ({why}); nothing was written, but meant.aig and written.v in"
        f" {folder} show it"
    )
