"""GraphML: the circuit for Gephi, yEd, Cytoscape, igraph or networkx."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from xml.sax.saxutils import escape

from netc.graphs import Edge, Vertex, edges, vertices
from netc.model import Model
from netc.names import visible
from netc.printing import text_chunks

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
        yield from text_chunks(_lines(model))


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
    return escape(visible(name))
