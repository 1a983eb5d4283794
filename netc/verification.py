"""Verification: what a run made, piece by piece, proved equal to what it was given, simulated, or certified."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netc import cec, sec
from netc.aig import Aig, Lits
from netc.context import Context
from netc.errors import InternalError
from netc.simulation import simulate_words

__all__ = ["Piece", "certify_pieces", "verify_pieces"]


@dataclass(frozen=True)
class Piece:
    """Two circuits to be proved equivalent: as functions of their leaves, or from reset on.

    With `latches` it is from reset on: those are the pairs of latches, in `before` and `after`, that start equal.
    `image`, where known, says what the passes made of the nodes of `before`: whom to compare first, no more.
    """

    before: Aig
    after: Aig
    latches: list[tuple[int, int]] | None = None
    image: Lits | None = None


def _refuted(before: Aig, after: Aig) -> InternalError:
    """The error that keeps both circuits, for whoever looks for the mistake; the result itself is never written."""
    from netc.targets import write

    folder = Path(tempfile.mkdtemp(prefix="netc-refuted-"))
    for name, aig in (("before", before), ("after", after)):
        write(aig, folder / f"{name}.aig")
    return InternalError(
        "the optimised circuit is not equivalent to the original; nothing was written,"
        f" but before.aig and after.aig in {folder} show it"
    )


def certify_pieces(pieces: list[Piece], directory: str | Path) -> tuple[str, float, int]:
    """`verify_pieces` that leaves its proof in a directory."""
    from netc.certificate import certify_steps

    started = time.perf_counter()
    pairs = [(piece.before, piece.after) for piece in pieces]
    changed = [pair for pair in pairs if pair[0] is not pair[1]] or pairs[:1]
    found = certify_steps(changed, directory, [cec.verification_budget(before) for before, _ in changed])
    if found[-1].answer.verdict is cec.Verdict.DIFFERENT:
        raise _refuted(*changed[len(found) - 1])
    verified = "proved" if all(found) else "simulated"
    steps = sum(certificate.steps for certificate in found) if all(found) else 0
    return verified, time.perf_counter() - started, steps


def _compared(piece: Piece, how: str, threads: int, spent: int) -> str:
    """What is known of a piece: "proved" or "simulated"; or nothing, where the circuits differ."""
    before, after = piece.before, piece.after
    if how == "sim" and piece.latches is None:
        patterns = np.random.default_rng(1).integers(0, 2**64, (before.ports.leaves, 64), np.uint64)
        same = np.array_equal(simulate_words(before, patterns), simulate_words(after, patterns))
        return "simulated" if same else ""
    context = Context(cec.verification_budget(before, spent), threads)
    if piece.latches is None:
        verdict = cec.prove(before, after, context, piece.image).verdict
    else:
        steps = 0 if how == "sim" else sec.STEPS
        verdict = sec.check(before, after, match="order", steps=steps, context=context, latches=piece.latches).verdict
    return {cec.Verdict.EQUIVALENT: "proved", cec.Verdict.UNDECIDED: "simulated", cec.Verdict.DIFFERENT: ""}[verdict]


def verify_pieces(pieces: list[Piece], how: str, threads: int, spent: int) -> tuple[str, float]:
    """("proved" | "simulated" | "off", seconds) for all of them; one that is refuted raises `InternalError`."""
    started = time.perf_counter()
    if how == "off":
        return "off", 0.0
    verified = "proved"
    for piece in pieces:
        if piece.before is piece.after:
            continue
        found = _compared(piece, how, threads, spent)
        if not found:
            raise _refuted(piece.before, piece.after)
        if found == "simulated":
            verified = found
    return verified, time.perf_counter() - started
