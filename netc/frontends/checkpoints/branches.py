"""A tree of dictionaries, lists and objects as its leaves, each with the keys that lead to it.

JAX calls such trees pytrees. A name that spells a path itself, as in ``params.update.0`` or ``['params'][0]``, is that
path, so a flat file looks like a nested one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Node, Object
from netc.frontends.checkpoints.nodes import mapping, sequence
from netc.frontends.checkpoints.tensors import Tensors

__all__ = ["Path", "leaves"]

Path = tuple[str, ...]

_MOST = 100_000  # nodes
_DEEPEST = 64
_LONGEST_KEY = 1000

_NAME = re.compile(r"[^./\[\]'\"]+")


def leaves(root: Node, tensors: Tensors) -> Iterator[tuple[Path, Node]]:
    """Every leaf with its path. Numbers in lists stay together; an object has its attributes, a tuple of a class its
    elements by number. Raises `NetcError` for trees that are too large or too deep.
    """
    waiting: list[tuple[Path, Node]] = [((), root)]
    count = 0
    while waiting:
        path, node = waiting.pop()
        inside = list(_inside(node, tensors))
        count += len(inside)
        if count > _MOST:
            raise NetcError("", f"the file has more than {_MOST:,} tensors and other values")
        if not inside:
            yield path, node
        for key, child in reversed(inside):
            longer = (*path, *_NAME.findall(str(key)[:_LONGEST_KEY]))
            if len(longer) > _DEEPEST:
                raise NetcError("", f"values are nested deeper than {_DEEPEST}")
            waiting.append((longer, child))


def _inside(node: Node, tensors: Tensors) -> Iterable[tuple[str | int, Node]]:
    if tensors.is_tensor(node):
        return ()
    items = mapping(node)
    if items is None and isinstance(node, Object) and isinstance(node.state, dict):
        items = node.state
    if items is not None:
        return [(key, value) for key, value in items.items() if isinstance(key, (str, int))]
    rows = sequence(node)
    if rows is None and isinstance(node, Object) and node.state is None:
        rows = node.args
    if not rows or isinstance(rows[0], (bool, int, float, str)):
        return ()
    return list(enumerate(rows))
