"""Certificates: a proof on disk that two circuits are equal, for a checker that need not believe us.

A certificate is a directory: ``before.aig``, ``after.aig``, ``map`` (which port is which) and ``proof.lrat``. What they
say, clause by clause, is written down in docs/certificates.md; ``netc verify`` checks it with a program of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, Lits
from netc.cec import CONFLICTS, Cec, Verdict, check, paired_ports
from netc.context import Context
from netc.errors import NetcError
from netc.files import write_chunks
from netc.ports import KINDS
from netc.targets import write

__all__ = ["Certificate", "certify"]

_PIECE = 1 << 20  # bytes of proof that are printed at a time


@dataclass(frozen=True)
class Certificate:
    """What `certify` found: the answer, and how long the proof is if there is one.

    `steps` counts its clauses, of `formula` that it starts from; `by_structure` and `by_sat` the nodes it merges.
    """

    answer: Cec
    formula: int = 0
    steps: int = 0
    by_structure: int = 0
    by_sat: int = 0

    def __bool__(self) -> bool:
        return self.steps > 0


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
    _refuse_used(folder)
    run = context or Context()
    answer = check(before, after, match=match, context=run, conflicts=conflicts, classes=True)
    if answer.classes is None:
        return Certificate(answer)
    leaf_of, root_of, _ = paired_ports(before, after, match)
    ands, roots = _side_by_side(before, after, leaf_of, root_of)
    handle = native.ffi.new("netc_proof **")
    counts = np.zeros(3, np.int64)
    done = native.call(
        native.lib.netc_certify,
        native.aig_struct(ands, before.ports.leaves, roots),
        run.struct,
        native.view(answer.classes, np.uint32),
        conflicts,
        handle,
        native.out(counts),
    )
    if done != 1:
        undecided = Cec(Verdict.UNDECIDED, answer.matched, answer.roots, reason="the proof did not end in its budget")
        return Certificate(undecided)
    proof = native.ffi.gc(handle[0], native.lib.netc_proof_free)
    steps = native.call(native.lib.netc_proof_trim, proof)
    _write(folder, before, after, _map(before, after, leaf_of, root_of), proof)
    formula = 2 + 3 * len(ands) + len(roots)
    return Certificate(answer, formula, steps, by_structure=int(counts[0]), by_sat=int(counts[1]))


def _refuse_used(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NetcError(str(folder), "a certificate is a directory, and this is none")
    if any(folder.iterdir()):
        raise NetcError(str(folder), "this directory is not empty", "a certificate needs a new directory")


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


def _map(a: Aig, b: Aig, leaf_of: npt.NDArray[np.int64], root_of: npt.NDArray[np.int64]) -> Iterator[bytes]:
    """A line for each port whose place in b is another than in a."""
    slices = b.ports.slices()
    order = {
        "input": leaf_of[: a.ports.inputs],
        "latch": leaf_of[a.ports.inputs :] - a.ports.inputs,
        **{kind: root_of[slices[kind]] - slices[kind].start for kind in ("output", "bad", "constraint", "fairness")},
    }
    for kind in KINDS:
        for index, partner in enumerate(order.get(kind, np.empty(0, np.int64)).tolist()):
            if index != partner:
                yield f"{kind} {index} {partner}\n".encode()


def _printed(proof: Any) -> Iterator[bytes]:
    buffer = np.empty(_PIECE, np.uint8)
    while size := native.call(native.lib.netc_proof_print, proof, native.out(buffer), len(buffer)):
        yield buffer[:size].tobytes()


def _write(folder: Path, before: Aig, after: Aig, port_map: Iterator[bytes], proof: Any) -> None:
    """All files beside the directory, then the directory at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write(before, beside / "before.aig", target="aiger")
        write(after, beside / "after.aig", target="aiger")
        write_chunks(beside / "map", port_map)
        write_chunks(beside / "proof.lrat", _printed(proof))
        beside.chmod(0o777 & ~_umask())
        beside.replace(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask
