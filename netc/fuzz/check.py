"""A check: how it is parameterised for a circuit, and what must hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from netc.aig import Aig
from netc.fuzz import evaluate

__all__ = ["Check", "MismatchError", "MissingError", "Params", "same_function"]

Params = dict[str, Any]  # what JSON holds: they are stored beside a failure


class MismatchError(Exception):
    """What must hold does not."""


class MissingError(Exception):
    """The machine lacks what the check needs: a tool, a processor. The message names it."""


@dataclass(frozen=True)
class Check:
    """Something that must hold for every circuit, or for any bytes.

    `plan` draws parameters for a circuit, or None if the check does not apply to it; for checks of bytes it gives
    them under ``"data"``. `run` raises `MismatchError`, or whatever else should not leave the library. `simpler` gives
    parameters with less in them, for shrinking. `weight` is how often it is drawn: cheap checks more often.
    """

    name: str
    kind: str
    weight: int
    plan: Callable[[random.Random, Aig], Params | None]
    run: Callable[[Any, Params], None]
    simpler: Callable[[Params], Iterator[Params]] = lambda params: iter(())
    of_bytes: bool = False


def same_function(before: Aig, after: Aig, seed: int, *, where: str = "") -> None:
    """The same roots on the evaluator's patterns; `MismatchError` names the first that differs."""
    leaves, samples = evaluate.patterns(seed, before.ports.leaves)
    if after.ports.leaves != before.ports.leaves or len(after.roots) != len(before.roots):
        raise MismatchError(f"{where}the ports changed: {before!r} became {after!r}")
    wanted, found = (evaluate.root_values(aig, leaves, samples) for aig in (before, after))
    same_words(wanted, found, leaves, where=where)


def same_words(wanted: list[int], found: list[int], leaves: list[int], *, where: str = "", what: str = "root") -> None:
    for index, (x, y) in enumerate(zip(wanted, found, strict=True)):
        if x != y:
            sample = ((x ^ y) & -(x ^ y)).bit_length() - 1
            shown = "".join("01"[word >> sample & 1] for word in leaves[:64])
            raise MismatchError(
                f"{where}{what} {index} is {y >> sample & 1}, not {x >> sample & 1}, at {shown or 'no input'}"
            )
