"""Graphs as other programs want them: one vertex a node and one a port that is read, one edge a literal.

`vertices` and `edges` say what is in it, a block at a time, so that a writer needs no more memory than the circuit;
`to_networkx` puts them into a graph that analysis can be done on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from netc.aig import Aig
from netc.names import port_names
from netc.ports import ROOT_KINDS, UNINITIALISED

if TYPE_CHECKING:
    import networkx

__all__ = ["Edge", "Vertex", "edges", "to_networkx", "vertices"]

_BLOCK = 1 << 15  # ANDs at a time


class Vertex(NamedTuple):
    """`key` is ``n5`` for node 5 and ``output0`` … for what reads the graph; `reset` is of latches: 0, 1 or x.

    `kind` is constant, input, latch, and, output, bad, constraint, justice or fairness. ANDs and the constant have no
    name. The level of what reads the graph is that of what it reads.
    """

    key: str
    kind: str
    name: str
    level: int
    reset: str = ""


class Edge(NamedTuple):
    """From what is read to its reader; for ANDs `fanin` is 0 or 1, and otherwise 0."""

    source: str
    target: str
    complement: bool
    fanin: int = 0


def vertices(aig: Aig) -> Iterator[Vertex]:
    """The constant if something reads it, inputs, latches, ANDs, and outputs and properties."""
    names, levels = port_names(aig.ports), aig.levels
    if aig.fanouts[0]:
        yield Vertex("n0", "constant", "", 0)
    for index, name in enumerate(names["input"]):
        yield Vertex(f"n{1 + index}", "input", name, 0)
    for index, (name, reset) in enumerate(zip(names["latch"], aig.ports.resets, strict=True)):
        shown = "x" if reset == UNINITIALISED else str(reset)
        yield Vertex(f"n{1 + aig.inputs + index}", "latch", name, 0, shown)
    for start in range(aig.first_and, aig.num_nodes, _BLOCK):
        for node, level in enumerate(levels[start : start + _BLOCK].tolist(), start):
            yield Vertex(f"n{node}", "and", "", level)
    for kind in ROOT_KINDS:
        if kind != "latch":
            of_root = iter((levels[aig.of_kind(kind) >> 1]).tolist())
            sizes = aig.ports.justice if kind == "justice" else [1] * aig.ports.count(kind)
            for index, (name, size) in enumerate(zip(names[kind], sizes, strict=True)):
                yield Vertex(f"{kind}{index}", kind, name, max((next(of_root) for _ in range(size)), default=0))


def edges(aig: Aig) -> Iterator[Edge]:
    """Fan-ins of the ANDs, then what roots read; the edge of a next state leads to its latch."""
    for start in range(0, aig.num_ands, _BLOCK):
        for node, pair in enumerate(aig.ands[start : start + _BLOCK].tolist(), aig.first_and + start):
            for fanin, lit in enumerate(pair):
                yield Edge(f"n{lit >> 1}", f"n{node}", bool(lit & 1), fanin)
    for kind in ROOT_KINDS:
        lits = iter(aig.of_kind(kind).tolist())
        sizes = aig.ports.justice if kind == "justice" else [1] * aig.ports.count(kind)
        for index, size in enumerate(sizes):
            target = f"n{1 + aig.inputs + index}" if kind == "latch" else f"{kind}{index}"
            for _ in range(size):
                lit = next(lits)
                yield Edge(f"n{lit >> 1}", target, bool(lit & 1))


def to_networkx(aig: Aig) -> networkx.MultiDiGraph[str]:
    """A `networkx.MultiDiGraph` with the attributes of `Vertex` and `Edge`; empty names and resets are left out."""
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for vertex in vertices(aig):
        values: dict[str, Any] = {"kind": vertex.kind, "level": vertex.level}
        if vertex.name:
            values["name"] = vertex.name
        if vertex.reset:
            values["reset"] = vertex.reset
        graph.add_node(vertex.key, **values)
    for edge in edges(aig):
        graph.add_edge(edge.source, edge.target, complement=edge.complement, fanin=edge.fanin)
    return graph
