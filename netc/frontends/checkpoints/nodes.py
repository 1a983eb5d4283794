"""Looking at an inert tree: what made an object, and its contents as a mapping or a sequence, whatever its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.frontends.checkpoints.inert import Global, Node, Object, Persistent

__all__ = ["NOTHING", "maker", "mapping", "sequence", "sizes"]

NOTHING = Global("", "")  # made a node that is no object

_ORDERED = {Global("collections", "OrderedDict"), Global("builtins", "dict"), Global("__builtin__", "dict")}
_SETS = {
    Global(module, name) for module in ("builtins", "__builtin__") for name in ("set", "frozenset", "list", "tuple")
}
_FROZEN = {Global("flax.core.frozen_dict", "FrozenDict")}
_OLD_STYLE = {Global(module, "_reconstructor") for module in ("copyreg", "copy_reg")}  # (class, base, state)


def maker(node: Node) -> Global:
    """The class or function that the file calls to make a node.

    Files of torch before 1.6 wrap a module's class in a reference, ``("module", class, source file, source)``; pickles
    of protocols 0 and 1 wrap classes in ``copyreg._reconstructor``.
    """
    cls = node.cls if isinstance(node, Object) else NOTHING
    if isinstance(cls, Global) and cls in _OLD_STYLE and node.args:
        cls = node.args[0]
    if isinstance(cls, Persistent) and isinstance(cls.key, tuple) and len(cls.key) > 1 and cls.key[0] == "module":
        cls = cls.key[1]
    return cls if isinstance(cls, Global) else NOTHING


def mapping(node: Node) -> Mapping[Node, Node] | None:
    """The items of a dictionary of any class; None for what is none.

    An OmegaConf container counts as one, its items are in its ``_content``, and so does flax's ``FrozenDict``.
    """
    if isinstance(node, dict):
        return node
    if not isinstance(node, Object):
        return None
    if node.pairs is None and maker(node) in _ORDERED:
        rows = node.args[0] if node.args else []
        node.pairs = {}
        if isinstance(rows, (list, tuple)):  # how Python 2 pickled it: OrderedDict([[key, value], …])
            for row in rows:
                if isinstance(row, (list, tuple)) and len(row) == 2 and isinstance(row[0], (str, int)):
                    node.pairs[row[0]] = row[1]
    if node.pairs is not None:
        return node.pairs
    inner: Node = None
    if maker(node) in _FROZEN and node.args:
        inner = node.args[0]
    elif isinstance(node.state, dict) and maker(node).module.startswith("omegaconf."):
        inner = node.state.get("_content")
    return inner if isinstance(inner, dict) else None


def sequence(node: Node) -> Sequence[Node] | None:
    """The elements of a list or tuple of any class; None for what is none."""
    if isinstance(node, (list, tuple)):
        return node
    if isinstance(node, Object) and node.elements is not None:
        return node.elements
    if maker(node) in _SETS and len(node.args) == 1 and isinstance(node.args[0], (list, tuple)):
        found: Sequence[Node] = node.args[0]
        return found
    return None


def sizes(node: Node, axes: int | None = None) -> list[int]:
    """One number an axis, from a list of them or from one for all; [] for anything else."""
    rows = sequence(node)
    values = list(rows) if rows is not None else [node] * (axes or 1)
    plain = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    return values if plain and axes in (None, len(values)) else []
