"""Answers beside the truth: accuracy and a confusion table, counted a batch at a time."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from netc.data import class_numbers
from netc.errors import NetcError
from netc.sources.rows import Array, Rows, batch_rows

__all__ = ["Scored", "Truth", "print_scored"]

_MOST_CLASSES = 4096  # rows of a confusion table


class Truth:
    """Labels, as many at a time as there are answers."""

    def __init__(self, rows: Rows, place: str) -> None:
        self._place = place
        self._batches = (class_numbers(batch, place) for batch in rows.batches(batch_rows(rows.columns)))
        self._held = np.empty(0, np.int64)

    def take(self, count: int, done: int) -> Array:
        """The next `count` labels, with which there are `done` in all."""
        while len(self._held) < count:
            batch = next(self._batches, None)
            if batch is None:
                raise NetcError(self._place, f"{done - count + len(self._held):,} labels for more samples")
            self._held = np.concatenate([self._held, batch])
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def finish(self, done: int) -> None:
        """All samples are answered: `NetcError` if labels are left."""
        left = len(self._held) + sum(map(len, self._batches))
        if left:
            raise NetcError(self._place, f"{done + left:,} labels for {done:,} samples")


class Scored:
    """How many samples of which class got which answer."""

    def __init__(self) -> None:
        self._confusion = np.zeros((1, 1), np.int64)

    def add(self, truth: Array, answers: Array) -> None:
        most = int(max(answers.max(initial=0), truth.max(initial=0)))
        if most >= _MOST_CLASSES:
            raise NetcError("--labels", f"class {most:,} is more than the {_MOST_CLASSES:,} that netc counts")
        more = max(0, most + 1 - len(self._confusion))
        self._confusion = np.pad(self._confusion, (0, more))
        np.add.at(self._confusion, (truth, answers), 1)

    def facts(self) -> dict[str, Any]:
        total, correct = int(self._confusion.sum()), int(self._confusion.trace())
        return {
            "accuracy": correct / total if total else None,
            "correct": correct,
            "confusion": self._confusion.tolist(),
        }


def print_scored(facts: dict[str, Any], names: tuple[str, ...]) -> None:
    confusion = facts["confusion"]
    labels = [names[index] if index < len(names) else str(index) for index in range(len(confusion))]
    share = 100 * facts["accuracy"] if facts["accuracy"] is not None else float("nan")
    click.echo(f"accuracy {share:.2f} % ({facts['correct']:,} of {facts['samples']:,})\n")
    width = max(5, max(map(len, labels)) + 1, len(f"{max(map(max, confusion)):,}") + 1)
    click.echo("true \\ predicted".ljust(17) + "".join(f"{label:>{width}}" for label in labels))
    for label, row in zip(labels, confusion, strict=True):
        click.echo(f"{label:>16} " + "".join(f"{count or '.':>{width}}" for count in row))
