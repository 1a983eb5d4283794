"""Writing BLIF."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strategies
import twins
import twins_blif
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Builder, LayeredNetwork, LutNetwork, Model, NetcError, emit, load, write
from netc.cec import check
from netc.cover import cover
from netc.files import Source
from netc.frontends.blif import load as load_blif
from netc.mapping import map_luts
from netc.ports import UNINITIALISED, Ports

ABC = shutil.which("berkeley-abc") or shutil.which("abc")
YOSYS = shutil.which("yosys")


def text_of(circuit: Aig | Model, **options: Any) -> str:
    return b"".join(emit(circuit, "blif", **options)).decode()


def read(text: str) -> Model:
    return load_blif(Source("t.blif", text.encode()))


def adder() -> Aig:
    """A full adder with the carry kept: two inputs, one latch."""
    build = Builder(2, 1)
    total, carry = build.full_adder(build.input(0), build.input(1), build.latch(0))
    names = {"input": {0: "a", 1: "b"}, "latch": {0: "c"}, "output": {0: "sum"}}
    return build.finish([total], [carry], b"\x00", names=names)


def random_graph(seed: int, ands: int = 300, latches: int = 6) -> Aig:
    rng = np.random.default_rng(seed)
    leaves = 10 + latches
    rows = []
    for index in range(ands):
        a, b = rng.integers(2, 2 * (1 + leaves + index), 2).tolist()
        rows.append((max(a, b), min(a, b)))
    ports = Ports(inputs=10, resets=bytes(rng.integers(0, 2, latches).tolist()), outputs=8)
    roots = rng.integers(2 * (leaves + ands // 2), 2 * (1 + leaves + ands), ports.num_roots)
    return Aig(ports, np.array(rows, np.uint32), roots.astype(np.uint32))


# ---- covers -------------------------------------------------------------------------------------------------------


@given(st.integers(0, 6), st.integers(0, 2**64 - 1))
def test_covers_are_exact_and_every_cube_is_needed(k: int, table: int) -> None:
    table &= 2 ** (2**k) - 1
    patterns = twins.all_patterns(k)
    inside = np.array([twins_blif.cover_value([(cube, "1")], patterns) for cube in cover(table, k)], np.bool_)
    inside = inside.reshape(-1, 2**k)
    assert sum(1 << row for row in range(2**k) if inside[:, row].any()) == table
    alone = inside.sum(axis=0) == 1
    assert all((cube & alone).any() for cube in inside)


def test_covers_of_known_functions() -> None:
    assert cover(0, 3) == []
    assert cover(0xFF, 3) == ["---"]
    assert sorted(cover(0xE8, 3)) == ["-11", "1-1", "11-"]  # majority
    assert sorted(cover(0x96, 3)) == ["001", "010", "100", "111"]  # parity
    assert sorted(cover(0xCA, 3)) == ["-11", "1-0"]  # multiplexer, variable 2 selects


# ---- the text -----------------------------------------------------------------------------------------------------


def test_a_full_adder_as_luts() -> None:
    assert text_of(adder(), k=3, clock="clk", model="accumulate") == (
        ".model accumulate\n"
        ".inputs a b clk\n"
        ".outputs sum\n"
        ".latch n5 c re clk 0\n"
        ".names a b c sum\n"
        "100 1\n"
        "010 1\n"
        "001 1\n"
        "111 1\n"
        ".names a b c n5\n"
        "-11 1\n"
        "1-1 1\n"
        "11- 1\n"
        ".end\n"
    )


def test_ands_are_written_one_by_one_as_they_stand() -> None:
    """Equal fan-ins, a constant, a duplicate: the writer folds nothing."""
    ands = np.array([[2, 2], [4, 1], [4, 3], [4, 3]], np.uint32)
    aig = Aig(Ports(inputs=2, outputs=1), ands, np.array([13], np.uint32))
    text = text_of(aig)
    assert text.count(".names") == 4 + 1  # and the constant that the second reads
    leaves = twins.all_patterns(2)
    assert np.array_equal(twins_blif.roots(text, leaves), twins.roots(aig, leaves))


def test_outputs_that_are_no_gates_get_signals_of_their_own() -> None:
    aig = Aig(Ports(inputs=1, outputs=4), np.zeros((0, 2), np.uint32), np.array([0, 1, 2, 3], np.uint32))
    assert text_of(aig) == (
        ".model circuit\n.inputs x[0]\n.outputs y[0] y[1] y[2] y[3]\n"
        ".names y[0]\n.names y[1]\n1\n.names x[0] y[2]\n1 1\n.names x[0] y[3]\n0 1\n.end\n"
    )


def test_next_states_that_are_no_gates_get_signals_of_their_own() -> None:
    ports = Ports(inputs=1, resets=bytes([0, 1, 2, 0, 1]))
    aig = Aig(ports, np.zeros((0, 2), np.uint32), np.array([0, 1, 2, 3, 5], np.uint32))
    text = text_of(aig)
    assert [line for line in text.split("\n") if line.startswith(".latch")] == [
        ".latch n0 s[0] 0",
        ".latch n0_not s[1] 1",
        ".latch x[0] s[2] 3",
        ".latch n1_not s[3] 0",
        ".latch n2_not s[4] 1",
    ]
    leaves = twins.all_patterns(6)
    assert np.array_equal(twins_blif.roots(text, leaves), twins.roots(aig, leaves))
    assert check(read(text).logic, aig)


def test_an_output_that_is_an_input_of_the_same_name_stays_one_signal() -> None:
    names = {"input": {0: "a", 1: "b"}, "output": {0: "a", 1: "b"}}
    aig = Aig(Ports(inputs=2, outputs=2, names=names), np.zeros((0, 2), np.uint32), np.array([2, 2], np.uint32))
    text = text_of(aig)
    assert ".outputs a b_2\n" in text  # the second is input a, not b
    assert read(text).logic.outputs.tolist() == [2, 2]


def test_a_gate_that_is_only_wanted_complemented_is_written_complemented() -> None:
    build = Builder(2)
    aig = build.finish([build.and_(build.input(0), build.input(1)) ^ 1])
    assert text_of(aig).count(".names") == 1
    both = build_both()
    assert text_of(both).count(".names") == 2


def build_both() -> Aig:
    build = Builder(2)
    lit = build.and_(build.input(0), build.input(1))
    return build.finish([lit, lit ^ 1])


@given(strategies.luts())
def test_complementing_luts_keeps_the_circuit(network: LutNetwork) -> None:
    leaves = twins.all_patterns(network.ports.leaves)
    for nodes in (np.arange(network.first_lut, network.num_nodes), np.arange(network.first_lut, network.num_nodes, 2)):
        flipped = network.with_complemented(nodes)
        assert np.array_equal(twins.lut_roots(flipped, leaves), twins.lut_roots(network, leaves))


# ---- laws ---------------------------------------------------------------------------------------------------------


@given(strategies.aigs(properties=False), st.sampled_from([0, 2, 3, 4, 5, 6]), st.sampled_from(["", "clk"]))
def test_what_is_written_computes_the_same_and_reads_back(aig: Aig, k: int, clock: str) -> None:
    text = text_of(aig, k=k, clock=clock)
    back = read(text)
    assert back.logic.ports.resets == aig.ports.resets
    assert check(back.logic, aig, match="order")
    if not (clock and aig.ports.latches):
        leaves = twins.all_patterns(aig.ports.leaves)
        assert np.array_equal(twins_blif.roots(text, leaves), twins.roots(aig, leaves))
    if k == 0:
        assert back.logic.num_ands <= aig.num_ands


@given(strategies.layered_networks(max_k=6))
def test_a_trained_network_is_written_as_trained(network: LayeredNetwork) -> None:
    model = Model.of_layers(network)
    leaves = twins.all_patterns(network.inputs)
    assert np.array_equal(twins_blif.roots(text_of(model, k=6), leaves), twins.layers(network, leaves))


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
def test_there_is_one_table_a_lut(k: int) -> None:
    aig = random_graph(1)
    tables = re.findall(r"^\.names (.*)$", text_of(aig, k=k), re.MULTILINE)
    buffers = sum(len(set(line.split())) <= 2 for line in tables)
    assert all(len(line.split()) <= k + 1 for line in tables)
    assert map_luts(aig, k).num_luts <= len(tables) <= map_luts(aig, k).num_luts + buffers


def test_the_same_circuit_gives_the_same_bytes() -> None:
    assert text_of(random_graph(4), k=4) == text_of(random_graph(4), k=4)


# ---- names --------------------------------------------------------------------------------------------------------

HOSTILE = [
    "plain",
    "with space",
    "a#b",
    "a=b",
    "tab\tbed",
    "line\nbreak",
    "back\\slash",
    '"quoted"',
    "*/",
    "ünïcödé",
    "a b",
    "a_b",
    ".names",
    ".end",
    "$true",
    "$false",
    "$undef",
    "n1",
    "n12",
    "n7_not",
    "-",
    "1",
    "0",
    "\\",
    "<a>",
    "x[3]",
    "[0]",
    "re",
    "NIL",
    "\udcff\udcfe",
    "module",
    "clk",
]


def hostile_graph(resets: bytes = bytes(2 * [0, 1, 0, UNINITIALISED] * 4)) -> Aig:
    """Inputs, latches and outputs that all have every hostile name; more gates than names."""
    count = len(HOSTILE)
    build = Builder(count, count)
    lits = [build.input(index) for index in range(count)] + [build.latch(index) for index in range(count)]
    nexts, outputs = [], []
    for index in range(count):
        nexts.append(build.xor(lits[index], lits[count + (index + 1) % count]))
        outputs.append(build.and_(lits[index], lits[count + (index + 3) % count]) ^ (index & 1))
    names = {kind: dict(enumerate(HOSTILE)) for kind in ("input", "latch", "output")}
    return build.finish(outputs, nexts, resets, names=names)


@pytest.mark.parametrize("k", [0, 4])
def test_hostile_names_become_legal_and_stay_apart(k: int) -> None:
    aig = hostile_graph()
    text = text_of(aig, k=k, model="my\ndesign#1")
    assert text.startswith(".model my_design_1\n")
    assert re.fullmatch(r"[A-Za-z0-9_$.\[\] \\\n-]*", text)
    names = twins_blif.ports(text, "inputs") + twins_blif.ports(text, "latch") + twins_blif.ports(text, "outputs")
    assert len(set(names)) == len(names) == 3 * len(HOSTILE)
    assert not any(name[0] in ".$" for name in names)
    assert check(read(text).logic, aig, match="order")


@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_abc_reads_hostile_names(tmp_path: Path) -> None:
    assert ABC is not None
    aig = hostile_graph(bytes(len(HOSTILE)))  # with other resets ABC writes outputs as bad states
    write(aig, tmp_path / "hostile.blif")
    script = "read_blif hostile.blif; strash; write_aiger out.aig"
    subprocess.run([ABC, "-q", script], cwd=tmp_path, check=True, capture_output=True)
    theirs = load(tmp_path / "out.aig").logic
    leaves = np.random.default_rng(2).integers(0, 2, (200, 2 * len(HOSTILE))).astype(bool)
    assert np.array_equal(twins.roots(theirs, leaves), twins.roots(aig, leaves))


@pytest.mark.skipif(YOSYS is None, reason="Yosys is not installed")
def test_yosys_reads_hostile_names(tmp_path: Path) -> None:
    assert YOSYS is not None
    write(hostile_graph(), tmp_path / "hostile.blif", k=4, clock="clk2")
    script = "read_blif hostile.blif; write_json out.json"
    subprocess.run([YOSYS, "-q", "-p", script], cwd=tmp_path, check=True, capture_output=True)
    (module,) = json.loads((tmp_path / "out.json").read_text())["modules"].values()
    text = (tmp_path / "hostile.blif").read_text()
    expected = dict.fromkeys(twins_blif.ports(text, "inputs"), "input")
    expected |= dict.fromkeys(twins_blif.ports(text, "outputs"), "output")
    # Yosys shows a name that starts with a digit after a backslash
    assert {name.lstrip("\\"): port["direction"] for name, port in module["ports"].items()} == expected
    kinds = [cell["type"] for cell in module["cells"].values()]
    assert kinds.count("$dff") == len(HOSTILE)


def test_long_lists_of_ports_are_wrapped() -> None:
    count = 1000
    ands = np.zeros((0, 2), np.uint32)
    roots = np.arange(2, 2 * count + 2, 2).astype(np.uint32)
    text = text_of(Aig(Ports(inputs=count, outputs=count), ands, roots))
    assert max(map(len, text.split("\n"))) <= 80
    assert len(twins_blif.ports(text, "inputs")) == count
    assert read(text).logic.outputs.tolist() == roots.tolist()


def test_a_name_longer_than_a_line_stands_alone() -> None:
    names = {"input": {0: "a" * 500, 1: "b"}}
    aig = Aig(Ports(inputs=2, outputs=1, names=names), np.zeros((0, 2), np.uint32), np.array([4], np.uint32))
    assert read(text_of(aig)).logic.ports.names["input"] == names["input"]


# ---- latches and clocks -------------------------------------------------------------------------------------------


def test_resets_are_zero_one_and_unknown() -> None:
    ports = Ports(inputs=0, resets=bytes([0, 1, UNINITIALISED]))
    aig = Aig(ports, np.zeros((0, 2), np.uint32), np.array([2, 4, 6], np.uint32))
    assert re.findall(r"^\.latch .* (.)$", text_of(aig), re.MULTILINE) == ["0", "1", "3"]
    assert read(text_of(aig)).logic.ports.resets == ports.resets


def test_without_latches_there_is_no_clock() -> None:
    aig = Aig(Ports(inputs=1, outputs=1), np.zeros((0, 2), np.uint32), np.array([2], np.uint32))
    assert "clk" not in text_of(aig, clock="clk")


def test_an_input_that_nothing_reads_can_be_the_clock() -> None:
    build = Builder(2, 1)
    names = {"input": {0: "clk", 1: "d"}, "latch": {0: "q"}, "output": {0: "q"}}
    aig = build.finish([build.latch(0)], [build.input(1)], names=names)
    text = text_of(aig, clock="clk")
    assert ".inputs clk d\n" in text
    assert ".latch d q re clk 0\n" in text
    with pytest.raises(NetcError, match="d is an input that logic reads"):
        text_of(aig, clock="d")


def test_a_port_that_is_called_like_the_clock_makes_way() -> None:
    build = Builder(1, 1)
    aig = build.finish([build.latch(0)], [build.input(0)], names={"latch": {0: "clk"}, "output": {0: "out"}})
    assert ".latch x[0] clk_2 re clk 0\n" in text_of(aig, clock="clk")


# ---- properties and options ---------------------------------------------------------------------------------------


def with_properties() -> Aig:
    ports = Ports(inputs=1, outputs=1, bad=1, names={"bad": {0: "never"}})
    return Aig(ports, np.zeros((0, 2), np.uint32), np.array([2, 3], np.uint32))


def test_properties_are_refused_written_as_outputs_or_dropped() -> None:
    with pytest.raises(NetcError, match="BLIF has no place for properties"):
        text_of(with_properties())
    assert ".outputs y[0] never\n" in text_of(with_properties(), properties="outputs")
    assert ".outputs y[0]\n" in text_of(with_properties(), properties="drop")


@pytest.mark.parametrize("k", [1, 7, -1])
def test_a_table_has_two_to_six_inputs(k: int) -> None:
    with pytest.raises(NetcError, match=f"-K: {k}; a table has 2 to 6 inputs"):
        text_of(adder(), k=k)


def test_chunks_stay_small() -> None:
    sizes = [len(chunk) for chunk in emit(random_graph(2, ands=100_000), "blif")]
    assert sum(sizes) > 3_000_000
    assert max(sizes) <= 2**21


# ---- other tools --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_abc_proves_what_we_write(tmp_path: Path) -> None:
    assert ABC is not None
    for seed in range(3):
        aig = random_graph(seed, latches=0)
        write(aig, tmp_path / "source.aig")
        for k in (0, 2, 4, 6):
            write(aig, tmp_path / "written.blif", k=k)
            done = subprocess.run(
                [ABC, "-q", "cec -n source.aig written.blif"], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            assert "Networks are equivalent" in done.stdout, (seed, k, done.stdout)


@pytest.mark.skipif(YOSYS is None, reason="Yosys is not installed")
@pytest.mark.parametrize("clock", ["", "clk"])
def test_yosys_reads_what_we_write(tmp_path: Path, clock: str) -> None:
    assert YOSYS is not None
    for seed, k in ((1, 0), (2, 4), (3, 6)):
        aig = random_graph(seed)
        write(aig, tmp_path / "written.blif", k=k, clock=clock)
        script = "read_blif written.blif; aigmap; simplemap; aigmap; opt_clean; write_aiger -symbols out.aig"
        subprocess.run([YOSYS, "-q", "-p", script], cwd=tmp_path, check=True, capture_output=True)
        theirs = load(tmp_path / "out.aig").logic
        names = {kind: [name.split() for _, name in sorted(of.items())] for kind, of in theirs.ports.names.items()}
        inputs = [f"x[{index}]" for index in range(aig.inputs)] + [clock] * bool(clock)
        states = [f"s[{index}]" for index in range(aig.ports.latches)]
        leaves = np.random.default_rng(seed).integers(0, 2, (500, aig.ports.leaves)).astype(bool)
        column = {name: leaves[:, index] for index, name in enumerate([*inputs[: aig.inputs], *states])}
        column[clock] = np.zeros(500, np.bool_)
        there = [next(name for name in known if name in column) for known in names["input"] + names["latch"]]
        roots = twins.roots(theirs, np.stack([column[name] for name in there], axis=1))
        ours = twins.roots(aig, leaves)
        assert np.array_equal(roots[:, : aig.ports.outputs], ours[:, : aig.ports.outputs])
        order = [states.index(next(name for name in known if name in states)) for known in names["latch"]]
        assert np.array_equal(roots[:, aig.ports.outputs :], ours[:, aig.ports.outputs :][:, order])
        assert theirs.ports.resets == bytes(aig.ports.resets[index] for index in order)


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_abc_proves_the_corpus(corpus: Path, tmp_path: Path) -> None:
    """Combinational LGSynth91 circuits, mapped and as they stand."""
    assert ABC is not None
    paths = [path for path in sorted((corpus / "aig" / "lgsynth91").glob("*.aig")) if path.stat().st_size < 4000]
    script, count = "", 0
    for path in paths:
        logic = load(path).logic
        if logic.ports.latches:
            continue
        for k in (0, 5):
            write(logic, tmp_path / f"{path.stem}_{k}.blif", k=k)
            script += f"cec -n {path} {path.stem}_{k}.blif; "
            count += 1
    done = subprocess.run([ABC, "-q", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert count > 60
    assert done.stdout.count("Networks are equivalent") == count
