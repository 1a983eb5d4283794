"""Certificates: a proof on disk that two circuits are equal, for a checker that need not believe us.

A certificate is a directory: ``before.aig``, ``after.aig``, ``map`` (which port is which) and ``proof.lrat``. What they
say, clause by clause, is written down in docs/certificates.md; ``netc verify`` checks it with a program of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.ccompiler import find_compiler
from netc.cec import CONFLICTS, Cec, Verdict, check
from netc.context import Context
from netc.errors import NetcError
from netc.files import write_chunks
from netc.pairing import pair
from netc.targets import write

__all__ = ["CHECKER", "Certificate", "build_checker", "certify", "certify_steps", "run_checker"]

CHECKER = Path(__file__).parent / "checker" / "netc_check.c"

_PIECE = 1 << 20  # bytes of proof that are printed at a time
_COMPILE_SECONDS = 120.0


@dataclass(frozen=True)
class Certificate:
    """What `certify` found: the answer, and how long the proof is if there is one.

    `steps` counts its clauses, beside the `formula` that it starts from; `by_structure` and `by_sat` the nodes that it
    merges, needed or not.
    """

    answer: Cec
    formula: int = 0
    steps: int = 0
    by_structure: int = 0
    by_sat: int = 0

    def __bool__(self) -> bool:
        return self.steps > 0

    def to_json(self, directory: str | Path | None) -> dict[str, Any] | None:
        if not self:
            return None
        return {"directory": str(directory), "formula": self.formula, "steps": self.steps}


@dataclass(frozen=True)
class _Proof:
    """A proof in the core's memory, and the circuits it is about."""

    before: Aig
    after: Aig
    port_map: list[bytes]
    handle: Any

    def write(self, folder: Path) -> None:
        write(self.before, folder / "before.aig", target="aiger")
        write(self.after, folder / "after.aig", target="aiger")
        write_chunks(folder / "map", self.port_map)
        write_chunks(folder / "proof.lrat", self.printed())

    def printed(self) -> Iterator[bytes]:
        buffer = np.empty(_PIECE, np.uint8)
        while size := native.call(native.lib.netc_proof_print, self.handle, native.out(buffer), len(buffer)):
            yield buffer[:size].tobytes()


def certify(
    before: Aig,
    after: Aig,
    directory: str | Path,
    *,
    match: str = "auto",
    context: Context | None = None,
    conflicts: int = CONFLICTS,
) -> Certificate:
    """Prove two circuits equivalent as `check` does, and leave the proof in a directory, whole or not at all.

    The directory must be new or empty: `NetcError` if it is not, or if the interfaces cannot be paired. Nothing is
    written, and the result is false, when the circuits differ or the budget does not suffice.
    """
    folder = Path(directory)
    refuse_used(folder)
    found, proof = _prove(before, after, match, context or Context(), conflicts)
    if proof is not None:
        with _appearing(folder) as beside:
            proof.write(beside)
    return found


def certify_steps(pairs: Sequence[tuple[Aig, Aig]], directory: str | Path, budgets: Sequence[int]) -> list[Certificate]:
    """`certify` for an optimisation: ports paired by order, a budget of work a pair.

    One pair's files stand in the directory itself, several pairs' in ``1``, ``2`` … within it. Nothing is written
    unless every pair is proved; the list ends with the first that is not.
    """
    folder = Path(directory)
    refuse_used(folder)
    found: list[Certificate] = []
    proofs: list[_Proof] = []
    for (before, after), budget in zip(pairs, budgets, strict=True):
        certificate, proof = _prove(before, after, "order", Context(budget), CONFLICTS)
        found.append(certificate)
        if proof is None:
            return found
        proofs.append(proof)
    with _appearing(folder) as beside:
        for index, proof in enumerate(proofs):
            inner = beside if len(proofs) == 1 else beside / str(index + 1)
            inner.mkdir(exist_ok=True)
            proof.write(inner)
    return found


def _prove(a: Aig, b: Aig, match: str, context: Context, conflicts: int) -> tuple[Certificate, _Proof | None]:
    answer = check(a, b, match=match, context=context, conflicts=conflicts, classes=True)
    if answer.classes is None:
        return Certificate(answer), None
    paired = pair(a, b, match)
    leaf_of, root_of = paired.leaf_of, paired.root_of
    ands, roots = _side_by_side(a, b, leaf_of, root_of)
    handle = native.ffi.new("netc_proof **")
    counts = np.zeros(3, np.int64)
    done = native.call(
        native.lib.netc_certify,
        native.aig_struct(ands, a.ports.leaves, roots),
        context.struct,
        native.view(answer.classes, np.uint32),
        conflicts,
        handle,
        native.out(counts),
    )
    if done != 1:
        undecided = Cec(Verdict.UNDECIDED, answer.matched, answer.roots, reason="the proof did not end in its budget")
        return Certificate(undecided), None
    proof = native.ffi.gc(handle[0], native.lib.netc_proof_free)
    steps = native.call(native.lib.netc_proof_trim, proof)
    formula = 2 + 3 * len(ands) + len(roots)
    found = Certificate(answer, formula, steps, by_structure=int(counts[0]), by_sat=int(counts[1]))
    return found, _Proof(a, b, list(_port_map(a, b, leaf_of, root_of)), proof)


def _side_by_side(a: Aig, b: Aig, leaf_of: npt.NDArray[np.int64], root_of: npt.NDArray[np.int64]) -> tuple[Lits, Lits]:
    """A's nodes and then b's ANDs as they stand, over a's leaves; a's roots and then b's in a's order."""
    place = np.empty(b.num_nodes, np.uint32)
    place[0] = 0
    place[1 + leaf_of] = np.arange(1, 1 + a.ports.leaves)
    place[b.first_and :] = np.arange(a.num_nodes, a.num_nodes + b.num_ands)
    theirs = 2 * place[b.ands >> 1] + (b.ands & 1)
    ands = np.ascontiguousarray(np.concatenate([a.ands, theirs]).astype(np.uint32))
    of_b = 2 * place[b.roots >> 1] + (b.roots & 1)
    return ands, np.concatenate([a.roots, of_b[root_of]]).astype(np.uint32)


def _port_map(a: Aig, b: Aig, leaf_of: npt.NDArray[np.int64], root_of: npt.NDArray[np.int64]) -> Iterator[bytes]:
    """A line for each port whose place in b is another than in a."""
    slices = b.ports.slices()
    order = {
        "input": leaf_of[: a.ports.inputs],
        "latch": leaf_of[a.ports.inputs :] - a.ports.inputs,
        **{kind: root_of[slices[kind]] - slices[kind].start for kind in ("output", "bad", "constraint", "fairness")},
    }
    for kind, partners in order.items():
        for index, partner in enumerate(partners.tolist()):
            if index != partner:
                yield f"{kind} {index} {partner}\n".encode()


# ---- directories --------------------------------------------------------------------------------------------------


def refuse_used(folder: Path) -> None:
    """`NetcError` if something stands where a certificate shall be."""
    if folder.is_dir() and any(folder.iterdir()):
        raise NetcError(str(folder), "this directory is not empty", "a certificate needs a new directory")
    if folder.exists() and not folder.is_dir():
        raise NetcError(str(folder), "a certificate is a directory, and this is a file")


@contextlib.contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A directory to fill: it gets its name when the block ends well, and is gone otherwise."""
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    except OSError as error:
        raise NetcError(str(folder), error.strerror or str(error)) from None
    try:
        yield beside
        mask = os.umask(0o077)
        os.umask(mask)
        beside.chmod(0o777 & ~mask)
        try:
            beside.replace(folder)
        except OSError as error:
            raise NetcError(str(folder), error.strerror or str(error)) from None
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


# ---- the checker --------------------------------------------------------------------------------------------------


def build_checker(program: str | Path, compiler: str | None = None) -> None:
    """Compile the checker; it is one file of C and needs nothing else."""
    hint = "the checker is a C program; netc verify --source prints it, to be compiled elsewhere"
    found = find_compiler(compiler, hint=hint)
    found.program(CHECKER, Path(program), ("-std=c99", "-O2"), timeout=_COMPILE_SECONDS, hint=hint)


def run_checker(program: str | Path, *arguments: str | Path, capture: bool = True) -> subprocess.CompletedProcess[str]:
    """Let the checker speak, to the caller or to our own standard output: 0 verified, 1 refused, 2 unreadable."""
    command = [str(Path(program).absolute()), *map(str, arguments)]
    return subprocess.run(command, capture_output=capture, text=True, errors="replace", check=False)  # noqa: S603
