"""Options that are whole numbers: each has a least and a most, and says so when it is given another."""

from __future__ import annotations

import dataclasses
from typing import Any

from netc.errors import NetcError

__all__ = ["MOST", "MOST_64", "check_bounds"]

MOST = 2**31 - 1  # that the core takes for a number
MOST_64 = 2**63 - 1  # and for a seed or a budget


def check_bounds(made: Any, **bounds: int | tuple[int, int]) -> None:
    """Raise `NetcError` unless each number among the fields of a pass lies within its bounds, least and most.

    One bound is the least. A field that is not named is at least 0; all are below 2^31, a `seed` below 2^63.
    """
    for field in dataclasses.fields(made):
        value = getattr(made, field.name)
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        bound = bounds.get(field.name, 0)
        least, most = bound if isinstance(bound, tuple) else (bound, MOST_64 if field.name == "seed" else MOST)
        if not least <= value <= most:
            between = f"{least} to {most}" if isinstance(bound, tuple) else f"at least {least} and below {most + 1}"
            raise NetcError(made.name, f"{field.name}={value}; it is {between}")
