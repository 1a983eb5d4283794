"""Random legal options for anything that is a dataclass of options: passes and backends alike.

A field may say what is legal in its metadata, as ``low`` and ``high`` or as ``choices``. Where it does not, values
near its default and the words of its comment are tried, and what the class refuses with `NetcError` is not legal.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

from netc.describe import comments_of
from netc.errors import NetcError

__all__ = ["draw"]

_TRIES = 12


def draw(chosen: random.Random, made: Any, refuses: Callable[[Any], bool] = lambda _: False) -> dict[str, Any]:
    """Options other than the defaults with which `made` can be made, and which `refuses` accepts."""
    hints, comments = get_type_hints(made), comments_of(made)
    fields = [field for field in dataclasses.fields(made) if field.init]
    for _ in range(_TRIES):
        values = {}
        for field in fields:
            if chosen.random() < 0.5:
                kinds = get_args(hints[field.name]) or (hints[field.name],)
                candidates = _candidates(chosen, field, kinds, comments.get(field.name, ""))
                values[field.name] = chosen.choice(candidates) if candidates else field.default
        try:
            if not refuses(made(**values)):
                return {
                    field.name: values[field.name]
                    for field in fields
                    if values.get(field.name) != field.default and field.name in values
                }
        except NetcError:
            pass
    return {}


def _candidates(chosen: random.Random, field: Any, kinds: tuple[Any, ...], comment: str) -> list[Any]:
    if "choices" in field.metadata:
        return list(field.metadata["choices"])
    if bool in kinds:
        return [False, True]
    if int in kinds:
        low, high = field.metadata.get("low"), field.metadata.get("high")
        if low is not None and high is not None:
            return [low, high, chosen.randint(low, high), chosen.randint(low, min(high, low + 8))]
        default = field.default if isinstance(field.default, int) else 0
        return [*range(9), default // 2, max(0, default - 1), default + 1, 2 * default]
    if float in kinds:
        middle = field.default if isinstance(field.default, float) else 0.0
        return [0.0, 1.0, middle / 2, middle * 2]
    if str in kinds:
        return [field.default, *re.findall(r"[a-z][a-z0-9_-]+", comment)]
    return []
