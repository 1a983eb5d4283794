"""Numbers on the command line: too large for the core, or none at all, they are refused as any other bad value is."""

from __future__ import annotations

import math
from typing import Any

import click

from netc.bounds import MOST, MOST_64

__all__ = ["MOST_64", "Real", "Whole"]


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
