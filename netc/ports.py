"""What a circuit shows to the outside: how many of each port, reset values, names, the source's comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from netc.errors import NetcError

__all__ = ["KINDS", "ROOT_KINDS", "UNINITIALISED", "Ports"]

UNINITIALISED = 2  # a latch without a reset value; the others are 0 and 1

KINDS = ("input", "latch", "output", "bad", "constraint", "justice", "fairness")
# The order in which a graph's `roots` hold them; a justice property has several literals.
ROOT_KINDS = ("output", "latch", "bad", "constraint", "justice", "fairness")

_NO_NAMES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Ports:
    """The interface of a graph, shared unchanged by every graph a pass makes from it.

    `names[kind]` maps a port's position to its name; ports without a name are absent. Names are data from strangers:
    any text, possibly empty or repeated. `comment` is the file's comment section, byte for byte.
    """

    inputs: int = 0
    resets: bytes = b""  # one byte a latch: 0, 1 or UNINITIALISED
    outputs: int = 0
    bad: int = 0
    constraints: int = 0
    justice: tuple[int, ...] = ()  # literals in each property
    fairness: int = 0
    names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    comment: bytes = b""

    @property
    def latches(self) -> int:
        return len(self.resets)

    @property
    def leaves(self) -> int:
        """Inputs and latches: the nodes 1..leaves of a graph."""
        return self.inputs + self.latches

    def count(self, kind: str) -> int:
        """How many ports of this kind there are (justice: properties, not literals)."""
        return {
            "input": self.inputs,
            "latch": self.latches,
            "output": self.outputs,
            "bad": self.bad,
            "constraint": self.constraints,
            "justice": len(self.justice),
            "fairness": self.fairness,
        }[kind]

    @property
    def has_properties(self) -> bool:
        return bool(self.bad or self.constraints or self.justice or self.fairness)

    def slices(self) -> dict[str, slice]:
        """Where each kind's literals stand in a graph's `roots`."""
        sizes = {kind: self.count(kind) for kind in ROOT_KINDS}
        sizes["justice"] = sum(self.justice)
        slices, start = {}, 0
        for kind in ROOT_KINDS:
            slices[kind] = slice(start, start + sizes[kind])
            start += sizes[kind]
        return slices

    @property
    def num_roots(self) -> int:
        return int(self.slices()["fairness"].stop)

    def name(self, kind: str, index: int, default: str | None = None) -> str | None:
        return self.names.get(kind, _NO_NAMES).get(index, default)

    def with_names(self, kind: str, names: Mapping[int, str]) -> Ports:
        return replace(self, names={**self.names, kind: dict(names)})

    def check(self) -> None:
        """Raise `NetcError` where the interface contradicts itself."""
        counts = (self.inputs, self.outputs, self.bad, self.constraints, self.fairness, *self.justice)
        if min(counts) < 0:
            raise NetcError("", "a port count is negative")
        if any(reset not in (0, 1, UNINITIALISED) for reset in set(self.resets)):
            raise NetcError("", "a latch's reset is 0, 1 or 2 (uninitialised)")
        for kind, names in self.names.items():
            if kind not in KINDS:
                raise NetcError("", f"names are given for {kind!r}, which is no kind of port")
            for index in names:
                if not 0 <= index < self.count(kind):
                    raise NetcError("", f"a name is given for {kind} {index}, but there are {self.count(kind)}")
