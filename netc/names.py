"""Names for every port: what the file gave, made complete and distinct. Each backend escapes them in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from netc.ports import KINDS, Ports

__all__ = ["PortNames", "bus_of", "free_prefix", "port_names", "unique", "visible"]

# What unnamed ports are called; the index makes them one bus.
_DEFAULTS = {
    "input": "x",
    "latch": "s",
    "output": "y",
    "bad": "bad",
    "constraint": "constraint",
    "justice": "justice",
    "fairness": "fairness",
}

_BUS = re.compile(r"(?P<base>.*[^\[\]])\[(?P<index>0|[1-9][0-9]{0,8})\]")


@dataclass(frozen=True)
class PortNames:
    """One name a port, by kind. Inputs, latches and outputs are distinct among themselves and from each other."""

    of: dict[str, list[str]]

    def __getitem__(self, kind: str) -> list[str]:
        return self.of[kind]


def unique(names: Iterable[str], taken: set[str] | None = None, *, fold_case: bool = False) -> list[str]:
    """The same names with ``_2``, ``_3``, … after repeated ones; `taken` is what is used already, and is added to."""
    seen = set() if taken is None else taken
    counters: dict[str, int] = {}
    result = []
    for name in names:
        candidate = name
        while (candidate.lower() if fold_case else candidate) in seen:
            counters[name] = counters.get(name, 1) + 1
            candidate = f"{name}_{counters[name]}"
        seen.add(candidate.lower() if fold_case else candidate)
        result.append(candidate)
    return result


def free_prefix(names: Iterable[str], base: str = "n") -> str:
    """`base`, with underscores after it until none of the names is this prefix and a number."""
    numbered = re.compile(rf"{re.escape(base)}(_*)[0-9]+")
    taken = {len(match[1]) for match in map(numbered.fullmatch, names) if match}
    return base + "_" * next(count for count in range(len(taken) + 1) if count not in taken)


def bus_of(name: str) -> tuple[str, int] | None:
    """(base, index) of a name like ``data[3]``, else None."""
    match = _BUS.fullmatch(name)
    return (match["base"], int(match["index"])) if match else None


def port_names(ports: Ports) -> PortNames:
    """Names for all ports, in any characters.

    Unnamed ones become ``x[0]`` …, ``y[0]`` …, with a base that nobody uses.
    """
    given = {name for of_kind in ports.names.values() for name in of_kind.values()}
    bases = {bus[0] for bus in map(bus_of, given) if bus} | given
    taken: set[str] = set()
    made: dict[str, list[str]] = {}
    for kind in KINDS:
        base = _DEFAULTS[kind]
        while base in bases:
            base += "_"
        of_kind = ports.names.get(kind, {})
        names = [of_kind.get(index) or f"{base}[{index}]" for index in range(ports.count(kind))]
        made[kind] = unique(names, taken)
    return PortNames(made)


def visible(name: str) -> str:
    r"""The name with ``\x0a`` for what cannot be seen; for bytes that are no text, by their number."""
    return "".join(c if c.isprintable() else f"\\x{_byte(c):02x}" for c in name)


def _byte(character: str) -> int:
    """The number of a character; of the byte, where the name is no UTF-8."""
    code = ord(character)
    return code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
