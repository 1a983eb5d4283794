"""Cases: what a seed and a number make, and the table of all checks."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from netc.aig import Aig
from netc.errors import NetcError
from netc.fuzz import (
    of_backends,
    of_certificates,
    of_engines,
    of_files,
    of_layers,
    of_parsers,
    of_passes,
    of_proofs,
    of_sequences,
)
from netc.fuzz.check import Check, Params
from netc.fuzz.generators import circuit

__all__ = ["CHECKS", "KINDS", "Case", "make"]

_MODULES = (
    *(of_passes, of_files, of_backends, of_engines, of_layers),
    *(of_proofs, of_certificates, of_sequences, of_parsers),
)

CHECKS: dict[str, Check] = {check.name: check for module in _MODULES for check in module.CHECKS}
KINDS = tuple(dict.fromkeys(check.kind for check in CHECKS.values()))

_TRIES = 1000  # circuits until some check applies to one


@dataclass(frozen=True)
class Case:
    """A subject, a circuit or bytes, and what is to hold for it."""

    seed: int
    number: int
    family: str
    check: str
    params: Params
    subject: Aig | bytes

    def run(self) -> None:
        CHECKS[self.check].run(self.subject, self.params)


def make(seed: int, number: int, kinds: Sequence[str] = ()) -> Case:
    """The case of a seed and a number, of all kinds or only some: the same in every process."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise NetcError("--only", f"there is no kind {unknown[0]!r}", f"there are {', '.join(KINDS)}")
    text = hashlib.sha256(f"netc fuzz {seed} {number}".encode()).digest()
    chosen = random.Random(int.from_bytes(text, "little"))
    family, aig = circuit(chosen)
    checks = [check for check in CHECKS.values() if not kinds or check.kind in kinds]
    for _ in range(_TRIES):
        (check,) = chosen.choices(checks, [check.weight for check in checks])
        params = check.plan(chosen, aig)
        if params is None:  # it does not fit this circuit
            family, aig = circuit(chosen)
        elif check.of_bytes:
            data = params.pop("data")
            return Case(seed, number, params["source"], check.name, params, data)
        else:
            return Case(seed, number, family, check.name, params, aig)
    raise NetcError("--only", f"no check of {', '.join(kinds)} applies to any circuit")
