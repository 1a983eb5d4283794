"""Reads the page that `netc explain` prints, and computes what it says. Knows nothing of netc.

Formulas have one operator a pair of parentheses; comparisons bind tighter than the operators, ``~`` tightest.
"""

from __future__ import annotations

import json
import operator
import re
from typing import Any

import numpy as np

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[<>]=?|[~&|^()]|[^\s<>~&|^()"]+)')
OPERATORS = {"&": np.logical_and, "|": np.logical_or, "^": np.logical_xor}
RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def evaluate(formula: str, values: dict[str, Any], samples: int) -> Any:
    """``bool[samples]`` of a formula, given a column a name."""
    tokens = TOKEN.findall(formula)[::-1]

    def operand() -> Any:
        token = tokens.pop()
        if token == "~":
            return ~operand()
        if token == "(":
            inner = expression()
            assert tokens.pop() == ")"
            return inner
        if token in ("0", "1"):
            return np.full(samples, token == "1")
        column = values[json.loads(token) if token[0] == '"' else token]
        return RELATIONS[tokens.pop()](column, float(tokens.pop())) if tokens and tokens[-1] in RELATIONS else column

    def expression() -> Any:
        result, first = operand(), None
        while tokens and tokens[-1] != ")":
            here = tokens.pop()
            assert first in (None, here), "two operators need parentheses"
            first, result = here, OPERATORS[here](result, operand())
        return result

    found = expression()
    assert not tokens
    return found


def scores(page: str, values: dict[str, Any], samples: int) -> Any:
    """``int[samples, classes]``: for each class of the page, the weights of its true rules."""
    columns: list[Any] = []
    for line in page.splitlines():
        if line.startswith("class "):
            columns.append(np.zeros(samples, np.int64))
        elif vote := re.fullmatch(r"  ([+-]\d+)  (?:always|r\d+: (.*))", line):
            columns[-1] += int(vote[1]) * (evaluate(vote[2], values, samples) if vote[2] else 1)
    return np.stack(columns, axis=1)
