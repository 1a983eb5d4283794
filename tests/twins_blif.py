"""A slow, plain evaluator of flat BLIF text, written from the format's definition."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]


def lines_of(text: str) -> list[list[str]]:
    """The words of each line that has some; comments cut, continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"#[^\n]*", "", text.replace("\r\n", "\n")))
    return [line.split() for line in joined.split("\n") if line.split()]


def ports(text: str, kind: str) -> list[str]:
    """The names after ``.inputs``, ``.outputs`` or ``.latch`` (the states)."""
    lines = [line for line in lines_of(text) if line[0] == f".{kind}"]
    return [line[2] for line in lines] if kind == "latch" else [name for line in lines for name in line[1:]]


def cover_value(cover: list[tuple[str, str]], fanins: Bits) -> Bits:
    """A cover's value for each row of ``bool[n, width]``: in some cube, or in none if the cover lists the off-set."""
    inside = np.zeros(len(fanins), np.bool_)
    for cube, _ in cover:
        holds = np.ones(len(fanins), np.bool_)
        for column, character in enumerate(cube):
            if character != "-":
                holds &= fanins[:, column] == (character == "1")
        inside |= holds
    return ~inside if cover and cover[0][1] == "0" else inside


def evaluate(text: str, leaves: Mapping[str, Bits]) -> dict[str, Bits]:
    """Every signal of the one model in `text`, from the values of its inputs and latches."""
    gates: list[tuple[list[str], str, list[tuple[str, str]]]] = []
    for line in lines_of(text):
        if line[0] == ".names":
            gates.append((line[1:-1], line[-1], []))
        elif line[0][0] != ".":
            gates[-1][2].append((line[0] if len(line) == 2 else "", line[-1]))
    values = dict(leaves)
    samples = len(next(iter(leaves.values()))) if leaves else 1
    while gates:
        ready = [gate for gate in gates if all(fanin in values for fanin in gate[0])]
        assert ready, "a cycle, or a signal that nothing drives"
        for fanins, output, cover in ready:
            assert output not in values, f"{output} is driven twice"
            columns = [values[fanin] for fanin in fanins]
            values[output] = cover_value(cover, np.array(columns, np.bool_).reshape(len(fanins), samples).T)
        gates = [gate for gate in gates if gate[1] not in values]
    return values


def roots(text: str, leaves: Bits) -> Bits:
    """``bool[n, outputs + latches]``: outputs and next states, from ``bool[n, inputs + latches]`` in the same order."""
    names = ports(text, "inputs") + ports(text, "latch")
    values = evaluate(text, {name: leaves[:, column] for column, name in enumerate(names)})
    wanted = ports(text, "outputs") + [line[1] for line in lines_of(text) if line[0] == ".latch"]
    return np.array([values[name] for name in wanted], np.bool_).reshape(len(wanted), len(leaves)).T
