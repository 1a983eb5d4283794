"""What containers of named arrays lack: nesting, and settings that are no arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable

from netc.frontends.checkpoints.inert import Node

__all__ = ["meaning", "tree"]

_NESTED = ("config", "encoder")  # of settings, where ``config.k`` means k of config


def meaning(text: str) -> Node:
    """A number, a truth value or a dictionary where the text is JSON of one, else the text itself."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, (bool, int, float, dict)) else text


def tree(named: Iterable[tuple[str, Node]]) -> dict[str, Node]:
    """The root of a tree of nodes with distinct names: ``/`` is taken for ``.``, settings get dictionaries."""
    root: dict[str, Node] = {}
    for name, node in named:
        dotted = name.replace("/", ".")
        first, _, rest = dotted.partition(".")
        group = root.setdefault(first, {}) if first in _NESTED and rest else None
        if isinstance(group, dict):
            group[rest] = node
        else:
            root[name if dotted in root else dotted] = node
    return root
