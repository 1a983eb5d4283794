"""Drawings: what they show is the circuit."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Builder, Model, NetcError, emit
from netc.ports import Ports

GRAPHVIZ = shutil.which("dot")

_ID = r'"((?:[^"\\]|\\.)*)"'
_EDGE = re.compile(rf"  {_ID} -> {_ID}(?: \[([^]]*)\])?;")
_NODE = re.compile(rf"    {_ID};")
_LUT = re.compile(rf'  {_ID} \[label="((?:[^"\\]|\\.)*)"\];')


def text_of(circuit: Aig | Model, **options: Any) -> str:
    return b"".join(emit(circuit, "dot", **options)).decode()


def shapes(text: str) -> dict[str, list[str]]:
    """The nodes of each shape, in order."""
    found: dict[str, list[str]] = {}
    for shape, body in re.findall(r"node \[shape=(\w+)\];\n((?:    .*\n)*)  \}", text):
        found[shape] = _NODE.findall(body)
    return found


def edges(text: str) -> list[tuple[str, str, str]]:
    return [(source, target, style or "") for source, target, style in _EDGE.findall(text)]


def evaluate(text: str, leaves: dict[str, Any]) -> dict[str, Any]:
    """Every box of a drawing of ANDs, and every shape below, from the values of inputs and latches."""
    fanins: dict[str, list[tuple[str, bool]]] = {}
    for source, target, style in edges(text):
        if "constraint=false" not in style:
            fanins.setdefault(target, []).append((source, "dashed" in style))
    values = dict(leaves)
    while waiting := [node for node in fanins if node not in values]:
        ready = [node for node in waiting if all(source in values for source, _ in fanins[node])]
        assert ready
        for node in ready:
            values[node] = np.logical_and.reduce([values[source] ^ dashed for source, dashed in fanins[node]])
    return values


def toggle() -> Aig:
    build = Builder(1, 1)
    change = build.xor(build.input(0), build.latch(0))
    names = {"input": {0: "enable"}, "latch": {0: "state"}, "output": {0: "q"}}
    return build.finish([build.latch(0) ^ 1], [change], names=names)


def test_a_toggle_flip_flop() -> None:
    assert text_of(Model(toggle(), name="toggle")) == (
        'digraph "toggle" {\n'
        "  { rank=source; node [shape=invtriangle];\n"
        '    "enable";\n'
        "  }\n"
        "  { rank=same; node [shape=doubleoctagon];\n"
        '    "state";\n'
        "  }\n"
        "  node [shape=box];\n"
        '  "state" -> "n3" [style=dashed];\n'
        '  "enable" -> "n3" [style=dashed];\n'
        '  "state" -> "n4";\n'
        '  "enable" -> "n4";\n'
        '  "n4" -> "n5" [style=dashed];\n'
        '  "n3" -> "n5" [style=dashed];\n'
        "  { rank=sink; node [shape=triangle];\n"
        '    "q";\n'
        "  }\n"
        '  "state" -> "q" [style=dashed];\n'
        '  "n5" -> "state" [constraint=false];\n'
        "}\n"
    )


def test_a_lut_shows_its_function() -> None:
    text = text_of(toggle(), k=2)
    assert _LUT.findall(text) == [("n3", "n3\\nenable ^ state")]
    assert ("enable", "n3", "") in edges(text)


@given(strategies.aigs(properties=False))
def test_the_edges_are_the_circuit(aig: Aig) -> None:
    text = text_of(aig)
    leaves = twins.all_patterns(aig.ports.leaves)
    names = [f"x[{index}]" for index in range(aig.inputs)] + [f"s[{index}]" for index in range(aig.ports.latches)]
    given_values = {name: leaves[:, index] for index, name in enumerate(names)}
    values = evaluate(text, {"n0": np.zeros(len(leaves), np.bool_), **given_values})
    roots = twins.roots(aig, leaves)
    for index in range(aig.ports.outputs):
        assert np.array_equal(values[f"y[{index}]"], roots[:, index])
    into = {target: (source, style) for source, target, style in edges(text) if "constraint=false" in style}
    for index in range(aig.ports.latches):
        source, style = into[f"s[{index}]"]
        assert np.array_equal(values[source] ^ ("dashed" in style), roots[:, aig.ports.outputs + index])


@given(strategies.aigs(), st.sampled_from([0, 2, 4, 6]))
def test_every_port_is_drawn_once(aig: Aig, k: int) -> None:
    ports = aig.ports
    found = shapes(text_of(aig, k=k))
    expected = {
        "invtriangle": ports.inputs,
        "doubleoctagon": ports.latches,
        "triangle": ports.outputs,
        "octagon": ports.bad,
        "hexagon": ports.constraints,
        "house": len(ports.justice),
        "invhouse": ports.fairness,
    }
    assert {shape: len(nodes) for shape, nodes in found.items()} == {k: v for k, v in expected.items() if v}
    drawn = [node for nodes in found.values() for node in nodes]
    assert len(set(drawn)) == len(drawn)


HOSTILE = [
    'say "hi"',
    "back\\slash",
    "\\N",
    "\\x0a",
    "line\nbreak",
    "<b>",
    "n4",
    "a b",
    "ünï",
    "\udcff",
    "-> x;",
    "}",
    "",
]


def hostile() -> Aig:
    build = Builder(len(HOSTILE))
    lits = [build.and_(build.input(index), build.input(index - 1)) for index in range(1, len(HOSTILE))]
    names = {kind: dict(enumerate(HOSTILE)) for kind in ("input", "output")}
    return build.finish([*lits, 1], names=names)


@pytest.mark.parametrize("k", [0, 4])
def test_hostile_names_are_escaped_and_stay_apart(k: int) -> None:
    text = text_of(hostile(), k=k)
    found = shapes(text)
    assert len(found["invtriangle"]) == len(found["triangle"]) == len(HOSTILE)
    assert len({*found["invtriangle"], *found["triangle"]}) == 2 * len(HOSTILE)
    assert found["invtriangle"][:5] == ['say \\"hi\\"', "back\\\\slash", "\\\\N", "\\\\x0a", "line\\\\x0abreak"]
    assert found["invtriangle"][9] == "\\\\xff"
    assert '  "n_' in text  # the boxes make way for the input n4


@pytest.mark.skipif(GRAPHVIZ is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("k", [0, 4])
def test_graphviz_reads_hostile_names(k: int) -> None:
    assert GRAPHVIZ is not None
    text = text_of(Model(hostile(), name='"};'), k=k)
    done = subprocess.run([GRAPHVIZ, "-Tplain"], input=text.encode(), capture_output=True, check=True)
    assert done.stderr == b""
    drawn = [line for line in done.stdout.decode().split("\n") if line.startswith("node ")]
    assert len(drawn) == 2 * len(HOSTILE) + len(HOSTILE)  # ports, ANDs, and the constant
    assert len(re.findall(r"^edge ", done.stdout.decode(), re.MULTILINE)) == len(edges(text))


@pytest.mark.parametrize("k", [1, 7])
def test_a_box_has_two_to_six_inputs(k: int) -> None:
    with pytest.raises(NetcError, match="a LUT has 2 to 6 inputs"):
        text_of(toggle(), k=k)


def test_large_drawings_come_in_chunks() -> None:
    rng = np.random.default_rng(1)
    fanins = rng.integers(2, 2 * (101 + np.arange(100_000))[:, None], (100_000, 2))
    ands = np.sort(fanins, axis=1)[:, ::-1].astype(np.uint32)
    sizes = [len(chunk) for chunk in emit(Aig(Ports(inputs=100), ands, np.zeros(0, np.uint32)), "dot")]
    assert sum(sizes) > 4_000_000
    assert max(sizes) <= 2**21
