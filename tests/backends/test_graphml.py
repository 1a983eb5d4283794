"""Graphs for networkx and GraphML: they are the circuit, and networkx reads back what was written."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import strategies
import twins
from hypothesis import given

from netc import Aig, Builder, Model, emit, write
from netc.names import port_names
from netc.ports import KINDS, Ports


def xml_of(circuit: Aig | Model) -> bytes:
    return b"".join(emit(circuit, "graphml"))


def read(data: bytes) -> Any:
    return networkx.read_graphml(io.BytesIO(data), force_multigraph=True)


def parts(graph: Any) -> tuple[Any, Any]:
    """Nodes with their attributes, and edges with theirs, in an order of their own."""
    return (
        sorted((key, sorted(values.items())) for key, values in graph.nodes(data=True)),
        sorted((source, target, sorted(values.items())) for source, target, values in graph.edges(data=True)),
    )


def evaluate(graph: Any, leaves: dict[str, Any]) -> dict[str, Any]:
    """The value of every node that is no leaf, by the graph alone."""
    values = dict(leaves)
    cut = graph.copy()
    cut.remove_edges_from([edge for edge in graph.edges if graph.nodes[edge[1]]["kind"] == "latch"])
    for node in networkx.topological_sort(cut):
        if node not in values:
            sides = [values[source] ^ data["complement"] for source, _, data in cut.in_edges(node, data=True)]
            values[node] = np.logical_and.reduce(sides)
    return values


@given(strategies.aigs())
def test_the_graph_is_the_circuit(aig: Aig) -> None:
    graph = aig.to_networkx()
    kinds = networkx.get_node_attributes(graph, "kind")
    for kind in KINDS:
        names = [graph.nodes[key]["name"] for key in graph if kinds[key] == kind]
        assert names == port_names(aig.ports)[kind]
    assert sum(kind == "and" for kind in kinds.values()) == aig.num_ands
    assert graph.number_of_edges() == 2 * aig.num_ands + len(aig.roots)
    patterns = twins.all_patterns(aig.ports.leaves)
    leaves = {f"n{1 + index}": patterns[:, index] for index in range(aig.ports.leaves)}
    values = evaluate(graph, {"n0": np.zeros(len(patterns), np.bool_), **leaves} if "n0" in graph else leaves)
    nodes, roots = twins.simulate(aig, patterns), twins.roots(aig, patterns)
    for node in range(aig.first_and, aig.num_nodes):
        np.testing.assert_array_equal(values[f"n{node}"], nodes[:, node])
        assert graph.nodes[f"n{node}"]["level"] == aig.levels[node]
    for index in range(aig.ports.outputs):
        np.testing.assert_array_equal(values[f"output{index}"], roots[:, index])
    for index, lit in enumerate(aig.next_states.tolist()):
        (edge,) = graph.in_edges(f"n{1 + aig.inputs + index}", data=True)
        assert (edge[0], edge[2]["complement"]) == (f"n{lit >> 1}", bool(lit & 1))
        assert graph.nodes[edge[1]]["reset"] == "01x"[aig.ports.resets[index]]


@given(strategies.aigs())
def test_networkx_reads_back_the_same_graph(aig: Aig) -> None:
    assert parts(read(xml_of(aig))) == parts(aig.to_networkx())


def test_names_from_strangers() -> None:
    names = {0: "a<b>&\"c'", 1: "größe", 2: "\x1b[31m\n", 3: "\udcff", 4: "]]>", 5: "\U0001d6fc"}
    aig = Aig(Ports(inputs=6, names={"input": names}), np.zeros((0, 2), np.uint32), np.zeros(0, np.uint32))
    graph = read(xml_of(Model(aig, name="<!-- & -->")))
    shown = [graph.nodes[f"n{1 + index}"]["name"] for index in range(6)]
    assert shown == ["a<b>&\"c'", "größe", "\\x1b[31m\\x0a", "\\xff", "]]>", "\U0001d6fc"]
    assert graph.graph["name"] == "<!-- & -->"


def test_a_small_one_in_full() -> None:
    build = Builder(1, 1)
    aig = build.finish([build.and_(build.input(0), build.latch(0) ^ 1)], [build.input(0) ^ 1])
    assert xml_of(aig).decode().split("</data>\n", 1)[1] == (
        '    <node id="n1"><data key="node-kind">input</data><data key="node-name">x[0]</data>'
        '<data key="node-level">0</data></node>\n'
        '    <node id="n2"><data key="node-kind">latch</data><data key="node-name">s[0]</data>'
        '<data key="node-level">0</data><data key="node-reset">0</data></node>\n'
        '    <node id="n3"><data key="node-kind">and</data><data key="node-level">1</data></node>\n'
        '    <node id="output0"><data key="node-kind">output</data><data key="node-name">y[0]</data>'
        '<data key="node-level">1</data></node>\n'
        '    <edge source="n2" target="n3"><data key="edge-complement">true</data>'
        '<data key="edge-fanin">0</data></edge>\n'
        '    <edge source="n1" target="n3"><data key="edge-complement">false</data>'
        '<data key="edge-fanin">1</data></edge>\n'
        '    <edge source="n3" target="output0"><data key="edge-complement">false</data>'
        '<data key="edge-fanin">0</data></edge>\n'
        '    <edge source="n1" target="n2"><data key="edge-complement">true</data>'
        '<data key="edge-fanin">0</data></edge>\n'
        "  </graph>\n</graphml>\n"
    )


def test_a_long_chain_comes_in_chunks() -> None:
    build = Builder(2)
    lit = build.input(0)
    for _ in range(100_000):
        lit = build.append_and(lit ^ 1, build.input(1))
    started = time.perf_counter()
    chunks = list(emit(build.finish([lit]), "graphml"))
    assert len(chunks) > 5
    assert max(map(len, chunks)) < 1 << 23
    assert time.perf_counter() - started < 10


def test_the_suffix_asks_for_it(tmp_path: Path) -> None:
    aig = Builder(1).finish([2])
    write(aig, tmp_path / "a.graphml.gz")
    assert parts(networkx.read_graphml(tmp_path / "a.graphml.gz", force_multigraph=True)) == parts(aig.to_networkx())


def test_networkx_is_not_loaded_for_the_file() -> None:
    made = "import sys, netc; list(netc.emit(netc.Builder(1).finish([2]), 'graphml'))"
    code = f"{made}; assert 'networkx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
