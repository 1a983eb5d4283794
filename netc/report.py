"""What an optimisation did: counts before and after, pass by pass. What tables and `--json` print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from netc.aig import Aig
from netc.sequential import LatchMap

__all__ = ["Counts", "PassReport", "Report"]

_WIDEST = 60  # of the text of a pass in a table
_MOST_LATCHES = 40  # in a report, of those that are gone


def _shown(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


@dataclass(frozen=True)
class Counts:
    """The size of a graph."""

    inputs: int
    latches: int
    outputs: int
    ands: int
    levels: int

    @classmethod
    def of(cls, aig: Aig) -> Counts:
        ports = aig.ports
        return cls(ports.inputs, ports.latches, ports.outputs, aig.num_ands, aig.depth)


@dataclass(frozen=True)
class PassReport:
    """One pass that ran: its pipeline text, what it left, its time and work."""

    text: str
    ands: int
    levels: int
    seconds: float
    work: int


@dataclass(frozen=True)
class Report:
    """`verified` is ``"proved"``, ``"simulated"`` (no difference seen, proof not finished) or ``"off"``.

    `proof_steps` is the length of the certificate, if one was written. `stopped_at` is the budget that reproduces a run
    that a limit or a person cut short, else None. `latches` is what they became, where passes ran that may change them.
    """

    pipeline: str
    before: Counts
    after: Counts
    passes: tuple[PassReport, ...]
    seconds: float
    verify_seconds: float
    verified: str
    work: int
    stopped_at: int | None = None
    proof_steps: int = 0
    latches: LatchMap | None = None

    def to_json(self) -> dict[str, Any]:
        data = asdict(replace(self, latches=None))
        return {**data, "latches": None if self.latches is None else self.latches.to_json()}

    def lines(self, *, each_pass: bool = False) -> Iterable[str]:
        """The report as plain text, a line at a time."""
        before, after = self.before, self.after
        if each_pass and self.passes:
            texts = [_shown(entry.text) for entry in self.passes]
            width = max(map(len, texts))
            yield f"{'pass':<{width}}  {'ANDs':>11}  {'levels':>7}  {'seconds':>8}  {'work':>13}"
            for text, entry in zip(texts, self.passes, strict=True):
                yield (
                    f"{text:<{width}}  {entry.ands:>11,}  {entry.levels:>7,}  {entry.seconds:>8.3f}  {entry.work:>13,}"
                )
        if self.latches is not None:
            yield from self._latch_lines(self.latches)
        share = f" ({100 * (after.ands / before.ands - 1):+.1f} %)" if before.ands else ""
        yield f"ANDs    {before.ands:>11,} → {after.ands:,}{share}"
        yield f"levels  {before.levels:>11,} → {after.levels:,}"
        yield f"time    {self.seconds:>11.2f} s, and {self.verify_seconds:.2f} s to verify: {self.verified}"
        if self.proof_steps:
            yield f"proof   {self.proof_steps:>11,} steps"
        if self.stopped_at is not None:
            yield f"stopped: this is the best so far; --budget {self.stopped_at} gives it again"

    def _latch_lines(self, latches: LatchMap) -> Iterable[str]:
        """How many latches are left, and what became of the others; of many only the first."""
        counts = ", ".join(f"{count:,} {what}" for what, count in latches.counts().items() if what != "kept")
        yield f"latches {self.before.latches:>11,} → {self.after.latches:,}" + (f" ({counts})" if counts else "")
        gone = list(latches.lines())
        yield from (f"  {line}" for line in gone[:_MOST_LATCHES])
        if len(gone) > _MOST_LATCHES:
            yield f"  … and {len(gone) - _MOST_LATCHES:,} more, which --json lists"
