"""Words for messages about what a file holds. What comes from it is data: shortened, and without control characters."""

from __future__ import annotations

from collections.abc import Iterable

from netc.frontends.checkpoints.inert import Global, Node, Object, Persistent
from netc.frontends.checkpoints.nodes import NOTHING, maker, mapping

__all__ = ["class_name", "describe", "label", "listed"]

_LONGEST = 80


def label(text: str) -> str:
    """A name from a file on one line of a terminal."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return short if short.isprintable() else ascii(short)[1:-1]


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names with commas, the first few of them."""
    shown = [label(name) for name in names]
    more = f", … ({len(shown)} in all)" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def class_name(cls: Global) -> str:
    """A class as its users write it: ``torch.nn.modules.linear.Linear`` is ``torch.nn.Linear``."""
    module = "torch.nn" if cls.module.startswith("torch.nn.modules.") else cls.module
    return label(f"{module}.{cls.name}" if module else cls.name)


def describe(node: Node) -> str:
    """What a node is, in a few words."""
    made = maker(node)
    items = mapping(node)
    if items is not None:
        kind = "dict" if made == NOTHING else class_name(made)
        return f"a {kind} of {listed(str(key) if isinstance(key, (str, int)) else '…' for key in items) or 'nothing'}"
    if isinstance(node, Global):
        return f"the class {class_name(node)}"
    if isinstance(node, Persistent):
        return "a reference"
    if isinstance(node, Object):
        return f"a {class_name(made)}" if made != NOTHING else "an object"
    if isinstance(node, (list, tuple)):
        return f"a {type(node).__name__} of {len(node):,}"
    return "nothing" if node is None else f"a {type(node).__name__}"
