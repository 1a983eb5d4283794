"""BLIF for ABC, Yosys and SIS: tables, latches, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from netc.aig import Aig, Lits
from netc.cover import cover
from netc.errors import NetcError
from netc.lut import MAX_K, LutNetwork
from netc.model import Model
from netc.names import free_prefix, port_names, unique
from netc.ports import UNINITIALISED, Ports
from netc.printing import OWN, fanin_mark, lut_chunks, text_chunks
from netc.properties import without_properties

_WIDTH = 80  # columns, for lists of ports
_NOT = "_not"  # after the number of a node: its complement

# What both ABC and Yosys keep: '#' starts a comment, '=' splits pins, Yosys rewrites others.
_ILLEGAL = re.compile(r"[^A-Za-z0-9_$.\[\]]")


@dataclass(frozen=True)
class Blif:
    """One .model with a .names for each LUT, its cover an irredundant sum of products.

    Names are made of ``A-Z a-z 0-9 _ $ . [ ]``, other characters become ``_``, and they are made unique after that. A
    LUT that drives an output carries the output's name. A latch without a reset value is written as unknown (3).
    """

    name: ClassVar[str] = "blif"
    suffix: ClassVar[str] = ".blif"
    k: int = 0  # inputs of a table: 2 to 6, or 0 for a table an AND, as the graph stands
    clock: str = ""  # latches are clocked by this input (re); empty writes latches without a clock
    model: str = ""  # the name after .model; empty takes the circuit's
    properties: str = ""  # outputs or drop: what becomes of bad states, constraints, justice and fairness

    def __post_init__(self) -> None:
        if self.k not in (0, *range(2, MAX_K + 1)):
            raise NetcError("-K", f"{self.k}; a table has 2 to {MAX_K} inputs, or 0 for one table an AND")

    def emit(self, model: Model) -> Iterator[bytes]:
        logic = without_properties(model.logic, self.properties or None, "BLIF")
        model = replace(model, logic=logic)
        network = LutNetwork.of_aig(logic) if self.k == 0 else model.network(self.k)
        return self._text(legal(self.model or model.name), logic, network)

    def _text(self, title: str, logic: Aig, network: LutNetwork) -> Iterator[bytes]:
        names = _Names(logic, self.clock)
        network = network.with_complemented(_better_complemented(network))
        named, buffered = _name_luts(network, names)
        next_states = network.of_kind("latch").tolist()

        yield f".model {title}\n".encode()
        yield from _wrapped(".inputs", names.inputs)
        yield from _wrapped(".outputs", names.outputs)
        control = f" re {names.clock}" if names.clock else ""
        shown = {0: "0", 1: "1", UNINITIALISED: "3"}
        yield from text_chunks(
            f".latch {names.of(lit, named)} {state}{control} {shown[reset]}\n"
            for lit, state, reset in zip(next_states, names.latches, logic.ports.resets, strict=True)
        )
        if network.depends_on_constant() or 0 in next_states:
            yield _signal(0, "", names.leaves[0]).encode()
        complements = sorted({lit for lit in next_states if lit & 1})
        yield from text_chunks(_signal(lit, names.of(lit ^ 1, named), names.of(lit, named)) for lit in complements)
        yield from lut_chunks(network, _template, names=names.leaves, more_names=named, prefix=names.prefix)
        yield from text_chunks(_signal(lit, names.of(lit & ~1, named), name) for lit, name in buffered)
        yield b".end\n"


def legal(name: str) -> str:
    """The name in characters that ABC and Yosys both keep; not empty, and no constant of Yosys ($true), no keyword."""
    text = _ILLEGAL.sub("_", name)
    return text if text and text[0] not in "$." else f"_{text}"


class _Names:
    """What everything is called in the file.

    `leaves` has the constant, inputs and latches, by node; a LUT without an output's name is `prefix` and its node.
    `inputs` ends with the clock if that is no input already.
    """

    def __init__(self, logic: Aig, clock: str) -> None:
        ports = logic.ports
        full = port_names(ports)
        inputs = [legal(name) for name in full["input"]]
        self.clock = legal(clock) if clock and ports.latches else ""
        clocks = [self.clock] if self.clock and self.clock not in inputs else []
        if self.clock and not clocks and logic.fanouts[1 + inputs.index(self.clock)] > 0:
            raise NetcError(
                "--clock", f"{self.clock} is an input that logic reads", "choose another name for the clock"
            )
        taken = set(clocks)
        inputs = unique(inputs, taken)
        self.inputs = inputs + clocks
        self.latches = unique(map(legal, full["latch"]), taken)
        leaves = inputs + self.latches

        # An output that is an input or latch of the same name needs no name of its own: in BLIF they are one signal.
        lits = logic.outputs.tolist()
        same = {
            index: (lits[index] >> 1) - 1
            for index, name in ports.names.get("output", {}).items()
            if _leaf_name(ports, lits[index]) == name
        }
        rest = iter(unique((legal(name) for index, name in enumerate(full["output"]) if index not in same), taken))
        self.outputs = [leaves[same[index]] if index in same else next(rest) for index in range(ports.outputs)]

        self.prefix = free_prefix(name.removesuffix(_NOT) for name in taken)
        self.leaves = [f"{self.prefix}0", *leaves]

    def of(self, lit: int, named: dict[int, str]) -> str:
        """The signal of a literal; a complement is called after its node."""
        node = lit >> 1
        if lit & 1:
            return f"{self.prefix}{node}{_NOT}"
        if node < len(self.leaves):
            return self.leaves[node]
        return named.get(node) or f"{self.prefix}{node}"


def _leaf_name(ports: Ports, lit: int) -> str | None:
    """The name that the file gave to the input or latch whose literal this is."""
    leaf = (lit >> 1) - 1
    if lit & 1 or not 0 <= leaf < ports.leaves:
        return None
    return ports.name("input", leaf) if leaf < ports.inputs else ports.name("latch", leaf - ports.inputs)


def _better_complemented(network: LutNetwork) -> Lits:
    """LUTs that outputs and next states want only complemented: as complements they need no inverter."""
    roots = network.roots[network.roots >> 1 >= network.first_lut]
    return np.setdiff1d(roots[roots & 1 == 1] >> 1, roots[roots & 1 == 0] >> 1)


def _name_luts(network: LutNetwork, names: _Names) -> tuple[dict[int, str], list[tuple[int, str]]]:
    """The LUTs that carry an output's name, and the other outputs as (literal, name): those need a signal each."""
    named: dict[int, str] = {}
    others = []
    for name, lit in zip(names.outputs, network.outputs.tolist(), strict=True):
        node, complemented = lit >> 1, lit & 1
        if not complemented and node >= network.first_lut and node not in named:
            named[node] = name
        elif complemented or node >= network.first_lut or names.leaves[node] != name:
            others.append((lit, name))
    return named, others


def _template(table: int, k: int) -> str:
    cubes = cover(table, k)
    support = [j for j in range(k) if any(cube[j] != "-" for cube in cubes)]
    rows = "".join(f"{''.join(cube[j] for j in support)} 1\n" if support else "1\n" for cube in cubes)
    return f".names {''.join(f'{fanin_mark(j)} ' for j in support)}{OWN}\n{rows}"


def _signal(lit: int, source: str, name: str) -> str:
    """A signal that equals a literal; `source` is the name of the literal's node."""
    if lit < 2:
        return f".names {name}\n" + "1\n" * lit
    return f".names {source} {name}\n{1 - (lit & 1)} 1\n"


def _wrapped(keyword: str, names: Iterable[str]) -> Iterator[bytes]:
    """A list of names on lines of about 80 columns, each but the last ended by a backslash."""

    def words() -> Iterator[str]:
        column = len(keyword)
        yield keyword
        for name in names:
            if column + 1 + len(name) > _WIDTH - 2:
                yield " \\\n"
                column = 0
            yield f" {name}"
            column += 1 + len(name)
        yield "\n"

    return text_chunks(words())
