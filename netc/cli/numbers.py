"""Numbers on the command line: too large for the core, or none at all, they are refused as any other bad value is."""

from __future__ import annotations

import math
import re
from typing import Any

import click

from netc.bounds import MOST, MOST_64
from netc.errors import NetcError

__all__ = ["MOST_64", "Real", "Whole", "parse_size"]


class Whole(click.IntRange):
    """A whole number of at least so much, that fits the core's integers."""

    def __init__(self, least: int, most: int = MOST) -> None:
        super().__init__(min=least)
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if number > self.most:
            self.fail(f"{number} is more than {self.most}.", param, ctx)
        return number


class Real(click.FloatRange):
    """A number that can be compared: not nan."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("nan is no number.", param, ctx)
        return number


def parse_size(option: str, text: str) -> tuple[int, int]:
    """Rows and columns, from ``HxW``."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8})", text)
    if match is None:
        raise NetcError(option, f"{text!r} is no size", "rows and columns, such as 16x16")
    return int(match[1]), int(match[2])
