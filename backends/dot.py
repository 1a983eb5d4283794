"""Graphviz: a drawing of the circuit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from netc.cover import cover
from netc.errors import NetcError
from netc.expression import expression
from netc.lut import MAX_K, LutNetwork
from netc.model import Model
from netc.names import free_prefix, port_names, unique, visible
from netc.ports import KINDS, ROOT_KINDS, Ports
from netc.printing import OWN, fanin_mark, lut_chunks, text_chunks

_COMPLEMENT = " [style=dashed]"
_SHAPES = {
    "input": "invtriangle",
    "latch": "doubleoctagon",
    "output": "triangle",
    "bad": "octagon",
    "constraint": "hexagon",
    "justice": "house",
    "fairness": "invhouse",
}


@dataclass(frozen=True)
class Dot:
    """Boxes are ANDs, or LUTs with their function; triangles are inputs and outputs; a dashed edge is a complement.

    Signals flow down, from inputs to outputs. A latch is drawn once, as a double octagon that its next state leads to.
    Properties are drawn like outputs, in shapes of their own.
    """

    name: ClassVar[str] = "dot"
    suffix: ClassVar[str] = ".dot"
    k: int = 0  # inputs of a box: 2 to 6, or 0 for the ANDs of the graph as it stands

    def __post_init__(self) -> None:
        if self.k not in (0, *range(2, MAX_K + 1)):
            raise NetcError("-K", f"{self.k}; a LUT has 2 to {MAX_K} inputs, or 0 for ANDs")

    def emit(self, model: Model) -> Iterator[bytes]:
        network = LutNetwork.of_aig(model.logic) if self.k == 0 else model.network(self.k)
        return self._text(escaped(model.name), model.logic.ports, network)

    def _text(self, title: str, ports: Ports, network: LutNetwork) -> Iterator[bytes]:
        full = port_names(ports)
        taken: set[str] = set()
        names = {kind: unique(map(escaped, full[kind]), taken) for kind in KINDS}
        prefix = free_prefix(taken)
        leaves = [f"{prefix}0", *names["input"], *names["latch"]]

        yield f'digraph "{title}" {{\n'.encode()
        yield from _shapes("source", names["input"], _SHAPES["input"])
        yield from _shapes("same", names["latch"], _SHAPES["latch"])
        if network.depends_on_constant() or bool((network.roots < 2).any()):
            yield f'  "{leaves[0]}" [label="0", shape=plaintext];\n'.encode()
        yield b"  node [shape=box];\n"
        template = _and_template if self.k == 0 else _lut_template
        yield from lut_chunks(network, template, names=leaves, prefix=prefix)
        for kind in ROOT_KINDS:
            if kind != "latch":
                yield from _shapes("sink", names[kind], _SHAPES[kind])
        yield from text_chunks(_root_edges(ports, network, names, leaves, prefix))
        yield b"}\n"


def escaped(name: str) -> str:
    r"""The name between double quotes, as a node's ID and, without a label of its own, as its label.

    Backslashes are doubled, for in a label ``\N`` and ``\n`` have meanings; control characters, line breaks and bytes
    that are no text become ``\x0a``.
    """
    return visible(name).replace("\\", "\\\\").replace('"', '\\"')


def _shapes(rank: str, names: list[str], shape: str) -> Iterator[bytes]:
    if names:
        yield f"  {{ rank={rank}; node [shape={shape}];\n".encode()
        yield from text_chunks(f'    "{name}";\n' for name in names)
        yield b"  }\n"


def _and_template(table: int, _k: int) -> str:
    """An AND as a graph has it: its table is the one minterm at which both fan-ins count as true."""
    minterm = table.bit_length() - 1
    edges = (f'  "{fanin_mark(j)}" -> "{OWN}"{"" if minterm >> j & 1 else _COMPLEMENT};\n' for j in range(2))
    return "".join(edges)


def _lut_template(table: int, k: int) -> str:
    formula = expression(table, [fanin_mark(j) for j in range(k)])
    cubes = cover(table, k)
    support = [j for j in range(k) if any(cube[j] != "-" for cube in cubes)]
    edges = "".join(f'  "{fanin_mark(j)}" -> "{OWN}";\n' for j in support)
    return f'  "{OWN}" [label="{OWN}\\n{formula}"];\n{edges}'


def _root_edges(
    ports: Ports, network: LutNetwork, names: dict[str, list[str]], leaves: list[str], prefix: str
) -> Iterator[str]:
    for kind in ROOT_KINDS:
        targets: Iterable[str] = names[kind]
        if kind == "justice":
            targets = [name for name, size in zip(names[kind], ports.justice, strict=True) for _ in range(size)]
        for lit, target in zip(network.of_kind(kind).tolist(), targets, strict=True):
            node = lit >> 1
            source = leaves[node] if node < len(leaves) else f"{prefix}{node}"
            styles = ["style=dashed"] * (lit & 1) + ["constraint=false"] * (kind == "latch")
            yield f'  "{source}" -> "{target}"{f" [{chr(44).join(styles)}]" if styles else ""};\n'
