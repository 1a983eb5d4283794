"""GraphML: the circuit for Gephi, yEd, Cytoscape, igraph or networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar
from xml.sax.saxutils import escape

from netc.graphs import Edge, Vertex, edges, vertices
from netc.model import Model

_LINES = 1 << 15  # lines printed at a time

_KEYS = (
    ("graph", "name", "string"),
    ("node", "kind", "string"),
    ("node", "name", "string"),
    ("node", "level", "long"),
    ("node", "reset", "string"),
    ("edge", "complement", "boolean"),
    ("edge", "fanin", "long"),
)


@dataclass(frozen=True)
class Graphml:
    r"""The ANDs of the graph as they stand: a node each, and one for every input, latch, output and property.

    Nodes have a kind, a level, and ports a name; edges lead from what is read to its reader and say whether they
    complement. The edge of a next state leads to its latch, so that latches close cycles. It is the graph that
    `Aig.to_networkx` makes. In names, what XML cannot hold or nobody can see is written as ``\x0a``.
    """

    name: ClassVar[str] = "graphml"
    suffix: ClassVar[str] = ".graphml"

    def emit(self, model: Model) -> Iterator[bytes]:
        yield from _batched(_lines(model))


def _lines(model: Model) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for of, name, kind in _KEYS:
        yield f'  <key id="{of}-{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield '  <graph edgedefault="directed">\n'
    yield f"    {_data('graph-name', _text(model.name))}\n"
    yield from map(_node, vertices(model.logic))
    yield from map(_edge, edges(model.logic))
    yield "  </graph>\n</graphml>\n"


def _node(vertex: Vertex) -> str:
    name = _data("node-name", _text(vertex.name)) if vertex.name else ""
    reset = _data("node-reset", vertex.reset) if vertex.reset else ""
    known = f"{_data('node-kind', vertex.kind)}{name}{_data('node-level', str(vertex.level))}{reset}"
    return f'    <node id="{vertex.key}">{known}</node>\n'


def _edge(edge: Edge) -> str:
    complement = _data("edge-complement", "true" if edge.complement else "false")
    known = f"{complement}{_data('edge-fanin', str(edge.fanin))}"
    return f'    <edge source="{edge.source}" target="{edge.target}">{known}</edge>\n'


def _data(key: str, text: str) -> str:
    return f'<data key="{key}">{text}</data>'


def _text(name: str) -> str:
    """A name as XML has it; bytes that are no text count as their number."""
    return escape("".join(c if c.isprintable() else f"\\x{_byte(c):02x}" for c in name))


def _byte(character: str) -> int:
    code = ord(character)
    return code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code


def _batched(lines: Iterable[str]) -> Iterator[bytes]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _LINES:
            yield "".join(batch).encode()
            batch.clear()
    yield "".join(batch).encode()
