"""The network in a checkpoint as a tree of parts, the same whether the file holds modules or only their tensors.

A whole module gives parts with classes, attributes and the order of registration; a state_dict gives the tree that its
dotted keys spell, with no classes. Training dictionaries around either are taken off, and what was beside the network
in them (settings, connections, an encoder) stays at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netc.errors import NetcError
from netc.frontends.checkpoints.inert import Global, Node, Object
from netc.frontends.checkpoints.nodes import NOTHING, maker, mapping, sequence
from netc.frontends.checkpoints.tensors import Array, Tensors
from netc.frontends.checkpoints.words import class_name, describe, label, listed

__all__ = ["Checkpoint", "Part", "open_tree"]

# Where training scripts put the network, the most telling name first.
WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model_dict", "model"),
    *("module", "net", "network", "params", "ema"),
)
# Beginnings of whole keys, without dots, beside a network that has no key of its own.
_BESIDE = (
    *("optim", "scheduler", "lr_scheduler", "scaler", "connections", "config", "model_config", "dataset_"),
    "__metadata__",
)

_MOST_ENTRIES = 250_000  # modules, tensors and attributes
_DEEPEST = 64  # modules within modules, and dots in a key
_MOST_WRAPPINGS = 8


@dataclass
class Part:
    """A module, or what a state_dict tells of one.

    `path` is its dotted name, ``""`` for the whole network; `values` are its own parameters, buffers and attributes;
    `children` are in the order of registration, or by number where all names are numbers.
    """

    path: str
    tensors: Tensors
    cls: Global = NOTHING
    values: dict[str, Node] = field(default_factory=dict)
    children: dict[str, Part] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """For messages: ``layer 3``."""
        return f"layer {label(self.path)}" if self.path else "the network"

    @property
    def class_name(self) -> str:
        return class_name(self.cls)

    def walk(self) -> Iterator[Part]:
        """This part and all below, each before its children."""
        parts = [self]
        while parts:
            part = parts.pop()
            yield part
            parts.extend(reversed(part.children.values()))

    def holds(self, *names: str) -> bool:
        """Whether it has a tensor, or a pair of tensors, under each of these names."""
        return all(name in self.values and _has_tensors(self.values[name], self.tensors) for name in names)

    def held(self) -> list[str]:
        """The names of its own tensors."""
        return [name for name, value in self.values.items() if self.tensors.is_tensor(value)]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the tensor of this name as the file claims it; () for what is none."""
        return self.tensors.shape(self.values.get(name))

    def array(self, name: str) -> Array:
        """The tensor of this name; `NetcError` with the layer if it cannot be read."""
        try:
            return self.tensors.array(self.values[name])
        except NetcError as error:
            raise NetcError(self.place, f"{label(name)}: {error.what}", error.hint) from None

    def number(self, name: str) -> int | float | None:
        """The number of this name, None if there is none."""
        return self.tensors.number(self.values.get(name))


@dataclass(frozen=True)
class Checkpoint:
    """A file that was read, before any family looked at it.

    `network` is the tree of parts, `whole` says that it was a module rather than a state_dict; `trail` are the keys
    that led to it and `beside` the dictionaries on the way, the outermost first and a state_dict itself last; `unread`
    are keys of other networks in those.
    """

    container: str
    root: Node
    tensors: Tensors
    network: Part
    whole: bool
    trail: tuple[str, ...]
    beside: tuple[Mapping[Node, Node], ...]
    unread: tuple[str, ...]

    def described(self) -> str:
        """What was found, for the first line of a model's notes."""
        what = f"a whole module ({self.network.class_name})" if self.whole else "a state_dict"
        under = f" under {'.'.join(map(label, self.trail))!r}" if self.trail else ""
        unread = f" (not read: {listed(self.unread)})" if self.unread else ""
        return f"{self.container}: {what}{under}{unread}"


def _has_tensors(node: Node, tensors: Tensors) -> bool:
    if isinstance(node, (tuple, list)):
        return bool(node) and all(map(tensors.is_tensor, node[:16]))
    return tensors.is_tensor(node)


def _attributes(node: Node) -> Mapping[Node, Node]:
    """The ``__dict__`` of a module; nothing for what is no module."""
    state = node.state if isinstance(node, Object) else None
    if isinstance(state, dict) and mapping(state.get("_modules")) is not None:
        return state
    return {}


def _module_in(node: Node) -> Node:
    """The module that a node is, or that torch.compile wrapped in it; else None."""
    for _ in range(_MOST_WRAPPINGS):
        if _attributes(node):
            return node
        if not (maker(node).name == "OptimizedModule" and node.args):
            return None
        node = node.args[0]
    return None


def _promising(node: Node, tensors: Tensors) -> bool:
    """Whether a value in a training dictionary may be the network."""
    items = mapping(node)
    if items is None:
        return _module_in(node) is not None
    return any(tensors.is_tensor(value) or mapping(value) is not None for value in items.values())


def open_tree(container: str, root: Node, tensors: Tensors) -> Checkpoint:
    """Find the network in a file; `NetcError` if there is nothing like one."""
    node = root
    trail: list[str] = []
    beside: list[Mapping[Node, Node]] = []
    unread: list[str] = []
    for _ in range(_MOST_WRAPPINGS):
        items = mapping(node)
        if items is None or _module_in(node) is not None:
            break
        modules = [key for key, value in items.items() if isinstance(key, str) and _module_in(value) is not None]
        named = [key for key in WRAPPERS if key in items and _promising(items[key], tensors)]
        preferred = [key for key in named if key in modules] or (modules if len(modules) == 1 else []) or named
        if len(modules) > 1 and not named:
            raise NetcError(
                "", f"the file holds several modules: {listed(modules)}", "save the one to compile by itself"
            )
        if not preferred:
            break
        trail.append(preferred[0])
        unread += [key for key in dict.fromkeys(named + modules) if key != preferred[0]]
        beside.append(items)
        node = items[preferred[0]]
    module = _module_in(node)
    if module is not None:
        network = _Builder(tensors).of_module(module, "", 0)
    elif (items := _items(node, tensors)) is not None:
        network = _Builder(tensors).of_items(items)
        beside.append(items)
    else:
        raise NetcError("", f"the file holds {describe(node)}, no network")
    return Checkpoint(container, root, tensors, network, module is not None, tuple(trail), tuple(beside), tuple(unread))


def _items(node: Node, tensors: Tensors) -> Mapping[Node, Node] | None:
    """A dictionary, the attributes of an object, or a list of such things by number; None for anything else."""
    items = mapping(node)
    if items is not None or tensors.is_tensor(node):
        return items
    if isinstance(node, Object) and isinstance(node.state, dict):
        return node.state
    rows = sequence(node)
    if rows is not None and any(_items_in(row, tensors) for row in rows[:16]):
        return dict(enumerate(rows))
    return None


def _items_in(node: Node, tensors: Tensors) -> bool:
    return tensors.is_tensor(node) or mapping(node) is not None


def _is_beside(key: str | int, value: Node) -> bool:
    """Whether an entry at the top of a state_dict is no part of the network."""
    thresholds = key == "encoder" and {"threshold", "thresholds"} & (mapping(value) or {}).keys()
    return bool(thresholds) or (str(key).startswith(_BESIDE) and "." not in str(key))


class _Builder:
    """Makes parts, and counts: modules may be shared, so a small file could spell a huge tree."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.count = 0

    def spend(self, entries: int) -> None:
        self.count += entries
        if self.count > _MOST_ENTRIES:
            raise NetcError("", f"the network has more than {_MOST_ENTRIES:,} modules, tensors and attributes")

    def part(self, path: str, cls: Global = NOTHING) -> Part:
        self.spend(1)
        return Part(path, self.tensors, cls)

    def of_module(self, node: Node, path: str, depth: int) -> Part:
        if depth > _DEEPEST:
            raise NetcError("", f"modules are nested deeper than {_DEEPEST}")
        attributes = _attributes(node)
        part = self.part(path, maker(node))
        for values in (attributes, mapping(attributes.get("_buffers")), mapping(attributes.get("_parameters"))):
            self.spend(len(values or {}))
            part.values.update((name, value) for name, value in (values or {}).items() if isinstance(name, str))
        for name, child in (mapping(attributes["_modules"]) or {}).items():
            inner = _module_in(child)
            if inner is not None and isinstance(name, str):
                part.children[name] = self.of_module(inner, f"{path}.{name}" if path else name, depth + 1)
        return part

    def of_items(self, items: Mapping[Node, Node]) -> Part:
        root = self.part("")
        waiting = [(root, items, 0)]
        while waiting:
            part, items, depth = waiting.pop()
            self.spend(len(items))
            for key, value in items.items():
                if not isinstance(key, (str, int)) or (depth == 0 and _is_beside(key, value)):
                    continue
                *names, last = str(key).split(".")
                if depth + len(names) >= _DEEPEST:
                    raise NetcError("", f"keys are nested deeper than {_DEEPEST}: {label(str(key))}")
                at = part
                for name in names:
                    at = self.child(at, name)
                inner = mapping(value)
                if inner is None:
                    at.values[last] = value
                else:
                    waiting.append((self.child(at, last), inner, depth + 1 + len(names)))
        for part in root.walk():
            if all(name.isdecimal() and len(name) < 10 for name in part.children):
                part.children = dict(sorted(part.children.items(), key=lambda item: int(item[0])))
        return root

    def child(self, part: Part, name: str) -> Part:
        if name not in part.children:
            part.children[name] = self.part(f"{part.path}.{name}" if part.path else name)
        return part.children[name]
