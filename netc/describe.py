"""The options of a pass or backend, read from its class: name, type, default, and the comment beside the field."""

from __future__ import annotations

import dataclasses
import inspect
import re
from dataclasses import dataclass
from typing import Any, get_type_hints

__all__ = ["Option", "comments_of", "options_of", "summary_of"]

_FIELD = re.compile(r"^\s*(?P<name>[a-z_]+)\s*:[^#]*#\s*(?P<comment>.*)$")


@dataclass(frozen=True)
class Option:
    """One option as users see it."""

    name: str
    type: str
    default: Any
    help: str


def comments_of(made: Any) -> dict[str, str]:
    """What stands beside the fields of a class, by name."""
    matches = map(_FIELD.match, inspect.getsource(made).splitlines())
    return {match["name"]: match["comment"] for match in matches if match}


def options_of(made: Any) -> list[Option]:
    """The fields of a dataclass, in order."""
    comments = comments_of(made)
    hints = get_type_hints(made)
    return [
        Option(field.name, hints[field.name].__name__, field.default, comments.get(field.name, ""))
        for field in dataclasses.fields(made)
    ]


def summary_of(made: Any) -> str:
    """The first line of a class's docstring."""
    return (inspect.getdoc(made) or "").split("\n")[0]
