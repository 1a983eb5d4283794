"""A failure as files: the circuit in AIGER or the bytes, and JSON that says what failed and how to see it again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from netc.aig import Aig
from netc.errors import NetcError
from netc.files import read_source, write_chunks
from netc.fuzz.cases import CHECKS, Case
from netc.loading import load
from netc.targets import write

__all__ = ["Failure", "opened", "save"]


@dataclass(frozen=True)
class Failure:
    """A case that failed, as small as it could be made, and what it said."""

    case: Case
    what: str
    size: int  # ANDs or bytes before shrinking
    path: Path | None = None

    @property
    def command(self) -> str:
        return f"netc fuzz --seed {self.case.seed} --first {self.case.number} --runs 1"

    def to_json(self) -> dict[str, Any]:
        subject = self.case.subject
        return {
            "check": self.case.check,
            "params": self.case.params,
            "what": self.what,
            "family": self.case.family,
            "seed": self.case.seed,
            "number": self.case.number,
            "size": subject.num_ands if isinstance(subject, Aig) else len(subject),
            "size_found": self.size,
            "command": self.command,
            "file": None if self.path is None else str(self.path),
        }


def save(failure: Failure, directory: Path) -> Failure:
    """Write ``CHECK-SEED-NUMBER.json`` and the subject beside it."""
    case = failure.case
    stem = f"{case.check}-{case.seed}-{case.number}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NetcError(str(directory), error.strerror or str(error)) from None
    if isinstance(case.subject, Aig):
        subject = directory / f"{stem}.aag"
        write(case.subject, subject)
    else:
        subject = directory / f"{stem}.bin"
        write_chunks(subject, [case.subject])
    kept = replace(failure, path=directory / f"{stem}.json")
    text = {"netc": version("netc"), **kept.to_json(), "file": subject.name}
    assert kept.path is not None
    write_chunks(kept.path, [json.dumps(text, indent=1).encode() + b"\n"])
    return kept


def opened(path: Path) -> Case:
    """The case that a saved failure holds; its `run` raises what the check raises, and nothing once it is mended."""
    try:
        kept = json.loads(bytes(read_source(path).data))
        name, file = str(kept["check"]), path.parent / str(kept["file"])
        subject = bytes(read_source(file).data) if CHECKS[name].of_bytes else load(file).logic
        return Case(int(kept["seed"]), int(kept["number"]), str(kept["family"]), name, dict(kept["params"]), subject)
    except (ValueError, KeyError, TypeError):
        raise NetcError(str(path), "this is no failure that netc fuzz kept") from None
