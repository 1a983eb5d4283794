"""Emitted Verilog: what it says, what simulators make of it, what Yosys proves about it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import twins
from helpers_verilog import (
    SIMULATORS,
    Bits,
    as_named,
    digits,
    driver,
    named,
    needs,
    printed,
    random_aig,
    run,
    simulate,
    with_reset,
    without_input,
    yosys_back,
)
from netc.backends.verilog_names import KEYWORDS, Interface

from netc import Aig, Builder, Dense, Head, LayeredNetwork, Model, NetcError, emit, load
from netc.cec import check
from netc.manager import optimize
from netc.ports import Ports


def verilog(circuit: Aig | Model, **options: object) -> bytes:
    return b"".join(emit(circuit, "verilog", **options))


def full_adder(**names: dict[int, str]) -> Aig:
    build = Builder(3)
    return build.finish(build.full_adder(*(build.input(index) for index in range(3))), names=names)


# ---- the text ------------------------------------------------------------------------------------------------------


def test_a_full_adder_reads_as_one_would_write_it() -> None:
    aig = full_adder(input={0: "a", 1: "b", 2: "module"}, output={0: "y[0]", 1: "y[1]"})
    expected = f"""\
// Circuit adder, written by netc {version("netc")}
// 3 inputs, 2 outputs, 7 ANDs in 2 wires
`default_nettype none

// verilator lint_off SYMRSVDWORD
module adder (
    input  wire a,
    input  wire b,
    input  wire \\module ,
    output wire [1:0] y
);
    wire n4 = a ^ b ^ \\module ;
    wire n5 = (a & (b | \\module )) | (b & \\module );
    assign y = {{
        n5, n4
    }};
endmodule
// verilator lint_on SYMRSVDWORD

`default_nettype wire
"""
    assert verilog(optimize(Model(aig, name="adder"), level=1), k=3).decode() == expected


def test_k_0_writes_one_wire_an_and_and_k_2_finds_the_xors() -> None:
    aig = full_adder()
    assert verilog(aig, k=0).count(b"\n    wire n") == 7
    text = verilog(aig)
    assert text.count(b"\n    wire n") == 5
    assert text.count(b" ^ ") == 2
    assert b"|" not in verilog(aig, k=0)


def test_a_trained_network_keeps_a_wire_a_neuron_until_it_is_optimised() -> None:
    layer = Dense(np.array([6, 6, 8], np.uint64), np.array([[0, 1], [0, 1], [1, 2]], np.uint32))
    model = Model.of_layers(LayeredNetwork(3, [layer]))
    assert verilog(model).count(b"\n    wire n") == 3
    assert verilog(optimize(model, level=1)).count(b"\n    wire n") == 2


def test_lines_stay_short_and_chunks_small() -> None:
    aig = random_aig(1, inputs=300, ands=40_000, outputs=30_000, resets=bytes(3000))
    chunks = list(emit(aig, "verilog"))
    assert max(map(len, chunks)) < 1 << 21
    assert max(map(len, b"".join(chunks).splitlines())) <= 120


def test_registers_come_in_blocks_of_bounded_length() -> None:
    aig = random_aig(2, inputs=2, ands=50, outputs=1, resets=bytes([0, 1, 2]) * 300)
    assert verilog(aig).count(b"always @(posedge clk)") == 4  # 900 registers, 256 a block
    text = verilog(aig, reset="rst")
    assert text.count(b"if (rst) begin") == 3  # 600 with a reset value
    assert text.count(b"always @(posedge clk)") == 5


def test_the_same_circuit_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib, sys; from helpers_verilog import random_aig; from netc import emit\n"
        "aig = random_aig(3, inputs=9, ands=400, outputs=9, resets=bytes([0, 1, 2]))\n"
        "texts = [b''.join(emit(aig, target)) for target in ('verilog', 'verilog-testbench')]\n"
        "print(hashlib.sha256(b''.join(texts)).hexdigest())"
    )
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent.parent)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


def test_k_out_of_range_and_properties_are_refused() -> None:
    with pytest.raises(NetcError, match="expressions of 7 inputs"):
        verilog(full_adder(), k=7)
    with pytest.raises(NetcError, match="expressions of 1 inputs"):
        verilog(full_adder(), k=1)
    aig = Aig(Ports(inputs=1, outputs=1, bad=1), np.zeros((0, 2), np.uint32), np.array([2, 3], np.uint32))
    with pytest.raises(NetcError, match=r"no place for properties.*1 bad"):
        verilog(aig)
    assert b"output wire [0:0] y" in verilog(aig, properties="drop")
    kept = verilog(aig, properties="outputs")
    assert b"assign bad = ~x_0;" in kept


# ---- names ---------------------------------------------------------------------------------------------------------


def interface(inputs: list[str], outputs: list[str] | None = None, **options: object) -> Interface:
    given = {"input": dict(enumerate(inputs)), "output": dict(enumerate(outputs or []))}
    latches = options.pop("latches", {})
    assert isinstance(latches, dict)
    ports = Ports(
        inputs=len(inputs), outputs=len(outputs or []), resets=bytes(len(latches)), names={**given, "latch": latches}
    )
    return Interface.of(ports, str(options.pop("circuit", "circuit")), **options)  # type: ignore[arg-type]


def shown(face: Interface) -> list[str]:
    return [f"{port.range}{port.written}" for port in (*face.inputs, *face.outputs)]


def test_names_become_buses_where_every_index_from_0_is_there() -> None:
    assert shown(interface(["a[0]", "b", "a[2]", "a[1]"])) == ["[2:0] a", "b"]
    assert interface(["a[0]", "b", "a[2]", "a[1]"]).inputs[0].members == (0, 3, 2)
    assert shown(interface(["a[0]", "a[2]"])) == ["\\a[0] ", "\\a[2] "]  # a gap
    assert shown(interface(["a[1]", "a[2]"])) == ["\\a[1] ", "\\a[2] "]  # not from 0
    assert shown(interface(["a[0]", "a[1]"], flat_ports=True)) == ["\\a[0] ", "\\a[1] "]
    assert shown(interface(["a[0]", "a[0]"])) == ["[0:0] a", "\\a[0]_2 "]  # given twice
    assert shown(interface(["a[0]", "a[1]"], ["a[2]"])) == ["[1:0] a", "\\a[2] "]  # of another kind
    assert shown(interface(["a[0]", "a"])) == ["[0:0] a", "a_2"]
    assert shown(interface(["m[0][0]", "m[0][1]", "v[01]"])) == ["\\m[0][0] ", "\\m[0][1] ", "\\v[01] "]
    assert shown(interface(["wire[0]", "wire[1]", "a b[0]", "a b[1]"])) == ["[1:0] \\wire ", "[1:0] a_b"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("data_1", "data_1"),
        ("a$b", "a$b"),
        ("$a", "\\$a "),
        ("1st", "\\1st "),
        ("begin", "\\begin "),
        ("logic", "\\logic "),  # SystemVerilog
        ("Begin", "Begin"),
        ("process", "process_"),
        ("super", "super_"),
        ("a.b/c", "\\a.b/c "),
        ('quo"te', '\\quo"te '),
        ("*/", "\\_/ "),
        ("a*/", "\\a*/ "),
        ("//", "\\// "),
        ("back\\slash", "\\back\\slash "),
        ("end\\", "\\end\\ "),
        ("`define", "_define"),
        ("two words", "two_words"),
        ("two\nlines", "two_lines"),
        ("naïve", "na_ve"),
        ("日本", "__"),
        ("\udcff", "_"),
        (" ", "_"),
    ],
)
def test_a_name_is_kept_escaped_or_changed(given: str, written: str) -> None:
    assert shown(interface([given])) == [written]


def test_names_that_differ_in_case_or_in_lost_characters_only_stay_apart() -> None:
    assert shown(interface(["a", "A", "a b", "a\tb", "A_B"])) == ["a", "A_2", "a_b", "a_b_2", "A_B_3"]
    long = ["l" * 5000, "l" * 5000 + "m"]
    assert [len(name) for name in shown(interface(long))] == [1000, 1002]


def test_what_is_inside_takes_no_name_from_a_port() -> None:
    face = interface(["n5", "clk", "x[0]"], ["s0", "q", "circuit"], latches={0: "q", 1: "", 2: "x[0]", 3: "x_0"})
    assert shown(face) == ["n5", "clk", "[0:0] x", "s0", "q", "circuit"]
    assert (face.clock, face.module, face.wire) == ("clk_2", "circuit_2", "n_")
    assert face.bits == ("n5", "clk", "x_0")
    assert face.latches == ("q_2", "s1", "x[0]_2", "x_0_2")


def test_a_clock_reset_or_top_that_was_asked_for_is_kept_or_refused() -> None:
    face = interface(["a"], latches={0: "s"}, clock="begin", reset="rst", top="my-top")
    assert (face.clock, face.reset, face.module) == ("begin", "rst", "my-top")
    with pytest.raises(NetcError, match="--clock: there is a port called A already\n  hint: --clock A_2 is free"):
        interface(["a"], latches={0: "s"}, clock="A")
    with pytest.raises(NetcError, match="--reset: there is a port called clk already"):
        interface(["a"], latches={0: "s"}, clock="clk", reset="clk")
    with pytest.raises(NetcError, match="--top: 'my top' is no name that every tool takes\n  hint: my_top is one"):
        interface(["a"], top="my top")
    assert interface(["a"], circuit="my design.v2").module == "my_design_v2"
    assert interface(["a"], circuit="2nd").module == "_2nd"
    assert interface(["a"], circuit="wire").module == "wire_"
    assert interface(["a"], circuit="").module == "_"


def test_without_latches_there_is_neither_clock_nor_reset() -> None:
    text = verilog(full_adder(), clock="ck", reset="rst")
    assert b"ck" not in text
    assert b"rst" not in text


HOSTILE = [
    "a b", "module", "class", 'quote"d', "*/", "a*/", "/*", "//", "new\nline", "tab\t", "ünïcode", "back\\slash", "\\",
    "trailing\\", "n5", "N6", "clk", "CLK", "x[0]", "x[2]", "dup[0]", "dup[0]", "X", "x", "1digit", "$dollar", "a`b",
    "`define", "%d%s", "a;b", ")", "(", "é", "è", "_", "__2", "{}", "y[0]", "y[1]", "bool", "q'1", "a#b", "\x7f",
    "\udcff", "s0", "", "L" * 5000, "in[0] [1]", "bus x[0]", "bus x[1]", "*)", "(*", "process", "end[1]", "end[0]",
    "if[0]", "if[2]", "a//b", "a/*b", "\\module", "a,b", "a'b", "--", "#1", "*", ".*", "//verilator lint_on",
]  # fmt: skip


def hostile_model() -> Model:
    """Every output depends on its own inputs, and there are latches, all with names that break careless writers."""
    count = len(HOSTILE)
    build = Builder(count, 2)
    inputs = [build.input(index) for index in range(count)]
    outputs = [
        build.xor(lit, build.and_(inputs[(7 * index + 3) % count], inputs[(5 * index + 1) % count] ^ 1))
        for index, lit in enumerate(inputs)
    ]
    given = {
        "input": dict(enumerate(HOSTILE)),
        "output": {**dict(enumerate(reversed(HOSTILE))), count: "clk", count + 1: "end"},
        "latch": {0: "clk", 1: "a b"},
    }
    states = [build.latch(0), build.latch(1)]
    aig = build.finish([*outputs, *states], outputs[:2], bytes([1, 0]), names=given)
    return Model(aig, name='we"ird */\n`name\\')


@pytest.mark.parametrize("flat", [False, True])
def test_hostile_names_break_no_tool_and_no_function(flat: bool, tmp_path: Path) -> None:
    model = hostile_model()
    text = verilog(model, top="hostile", flat_ports=flat)
    back = without_input(yosys_back(tmp_path, {"hostile": text})["hostile"], "clk_4")
    ports = model.logic.ports
    face = Interface.of(ports, "", top="hostile", flat_ports=flat)
    names = {"latch": dict(enumerate(face.latches))}
    for kind, members in (("input", face.inputs), ("output", face.outputs)):
        names[kind] = {
            position: f"{port.name}[{index}]" if len(port.members) > 1 else port.name
            for port in members
            for index, position in enumerate(port.members)
        }
    source = model.logic.with_ports(replace(ports, names=names))
    assert check(source, as_named(back, source), match="name")

    bench = b"".join(emit(model, "verilog-testbench", top="hostile", flat_ports=flat, vectors=100))
    assert simulate("iverilog", tmp_path, [text, bench], ["hostile_tb"]) == ["PASS 100 vectors"]
    needs("verilator")
    run(tmp_path, "verilator", "--lint-only", "hostile.v")
    style = ["-Wno-DECLFILENAME", "-Wno-UNUSEDSIGNAL"]  # the file's name, and inputs that nothing reads
    run(tmp_path, "verilator", "--lint-only", "-Wall", *style, "hostile.v")


def test_every_keyword_is_a_port_that_every_tool_reads(tmp_path: Path) -> None:
    words = sorted(KEYWORDS - {"super", "this"})  # which Verilator refuses even so: they are changed
    names = {"input": dict(enumerate(words)), "output": {0: "all"}}
    build = Builder(len(words))
    lit = 1
    for index in range(len(words)):
        lit = build.and_(lit, build.input(index))
    text = verilog(build.finish([lit], names=names), top="keywords")
    back = yosys_back(tmp_path, {"keywords": text})["keywords"]
    assert set(back.ports.names["input"].values()) == set(words)
    needs("iverilog")
    for generation in ("-g2001", "-g2005", "-g2012"):
        run(tmp_path, "iverilog", "-t", "null", generation, "-Wall", "keywords.v")
    needs("verilator")
    run(tmp_path, "verilator", "--lint-only", "keywords.v")


# ---- simulation ----------------------------------------------------------------------------------------------------


def small_circuits() -> dict[str, tuple[Aig, dict[str, object]]]:
    """Random graphs of every shape, each with options of the backend."""
    circuits: dict[str, tuple[Aig, dict[str, object]]] = {}
    for seed, (inputs, ands, outputs) in enumerate(
        [(6, 60, 9), (7, 40, 3), (1, 5, 2), (5, 0, 6), (0, 4, 3), (3, 3, 1)]
    ):
        for k in (0, 2, 3, 6):
            aig = random_aig(seed, inputs=inputs, ands=ands, outputs=outputs)
            circuits[f"random{seed}_{k}"] = (aig, {"k": k})
    none = np.zeros((0, 2), np.uint32)
    circuits["empty"] = (Aig(Ports(), none, none.reshape(-1)), {})
    circuits["no_outputs"] = (Aig(Ports(inputs=2), none, none.reshape(-1)), {})
    roots = np.array([0, 1, 2, 3, 2, 2, 4], np.uint32)  # constants, inputs, complements, one node on several outputs
    circuits["wires"] = (Aig(Ports(inputs=2, outputs=7), none, roots), {})
    return circuits


def votes(seed: int) -> Model:
    """Three random classes of seven bits each, the last two classes nearly equal so that ties occur."""
    random = np.random.default_rng(seed)
    first = Dense(random.integers(0, 16, 40).astype(np.uint64), random.integers(0, 8, (40, 2)).astype(np.uint32))
    tables, wiring = random.integers(1, 15, 21).astype(np.uint64), random.integers(0, 40, (21, 2)).astype(np.uint32)
    tables[15:], wiring[15:] = tables[8:14], wiring[8:14]
    return Model.of_layers(LayeredNetwork(8, [first, Dense(tables, wiring)]), head=Head.group_sum(21, 3))


def with_outputs_y(model: Model) -> Model:
    """All outputs as one bus, for the driver."""
    ports = model.logic.ports
    names = {"output": {index: f"y[{index}]" for index in range(ports.outputs)}}
    return replace(model, logic=model.logic.with_ports(replace(ports, names=names)))


@pytest.mark.parametrize("tool", SIMULATORS)
def test_combinational_circuits_simulate_to_the_reference(tool: str, tmp_path: Path) -> None:
    sources, tops, expected = [], [], {}
    for top, (aig, options) in small_circuits().items():
        patterns = twins.all_patterns(aig.inputs)
        sources += [verilog(aig, top=top, **options), driver(top, aig, patterns)]
        tops.append(f"drive_{top}")
        expected[top] = [digits(row) or "z" for row in twins.roots(aig, patterns)]

    model = votes(4)
    assert model.trained is not None
    assert model.head is not None
    patterns = twins.all_patterns(8)
    bits = twins.layers(model.trained, patterns)
    scores = bits.reshape(-1, 3, 7).sum(axis=2)
    winners = scores.argmax(axis=1)
    assert (np.sort(scores)[:, -1] == np.sort(scores)[:, -2]).sum() > 20  # ties
    for top, pipeline, k in [
        ("raw", "", 2),
        ("raw1", "dce; strash; dce", 3),
        ("sums", "lower-head{outputs=sums}", 3),
        ("argmax", "lower-head{outputs=argmax}", 2),
    ]:
        made = with_outputs_y(optimize(model, pipeline=pipeline))
        sources += [verilog(made, top=top, k=k), driver(top, made.logic, patterns)]
        tops.append(f"drive_{top}")
    expected["raw"] = expected["raw1"] = [digits(row) for row in bits]
    expected["sums"] = [f"{c:03b}{b:03b}{a:03b}" for a, b, c in scores.tolist()]
    expected["argmax"] = [f"{winner:02b}" for winner in winners.tolist()]

    lines = simulate(tool, tmp_path, sources, tops)
    for top, rows in expected.items():
        if rows[0] != "z":
            assert printed(lines, top) == rows, top
        elif tool == "iverilog":  # no output drives it
            assert set(printed(lines, top)) == {"z"}


@pytest.mark.corpus
def test_trained_networks_simulate_to_their_reference(corpus: Path, tmp_path: Path) -> None:
    sources, tops, expected = [], [], {}
    for name, samples in [("iris_48", 30), ("breast_350", 50), ("digits_1k2", 50), ("mnist_48k", 40)]:
        model = load(corpus / "dlgn" / f"difflogic_{name}.full.pt")
        with np.load(corpus / "dlgn" / f"difflogic_{name}_ref.npz") as file:
            reference = {key: file[key] for key in file.files}
        count = int(reference["n_inputs"])
        inputs = np.unpackbits(reference["inputs_packed"][:samples], axis=1, count=count, bitorder="little")
        count = int(reference["n_bits"])
        bits = np.unpackbits(reference["bits_packed"][:samples], axis=1, count=count, bitorder="little")
        assert model.head is not None
        for outputs in ("raw", "sums", "argmax"):
            if outputs != "argmax" and name == "mnist_48k":
                continue  # Icarus takes its time over a bus of 8000 outputs
            pipeline = "" if outputs == "raw" else f"lower-head{{outputs={outputs}}}; dce; strash; dce"
            made = optimize(model, pipeline=pipeline)
            widths = [len(names) for names in _scores_of(made.logic)] if outputs == "sums" else []
            made = with_outputs_y(made)
            top = f"{name}_{outputs}"
            sources += [verilog(made, top=top, k=3), driver(top, made.logic, inputs.astype(np.bool_))]
            tops.append(f"drive_{top}")
            if outputs == "raw":
                expected[top] = [digits(row) for row in bits.astype(np.bool_)]
            elif outputs == "argmax":
                expected[top] = [f"{winner:0{made.logic.ports.outputs}b}" for winner in reference["pred"][:samples]]
            else:
                expected[top] = [
                    "".join(f"{score:0{width}b}" for score, width in zip(row[::-1], widths[::-1], strict=True))
                    for row in reference["scores"][:samples].tolist()
                ]
    lines = simulate("iverilog", tmp_path, sources, tops)
    for top, rows in expected.items():
        assert printed(lines, top) == rows, top


def _scores_of(aig: Aig) -> list[list[str]]:
    """The names of the digits of each score, ``score0[0]`` …"""
    found: dict[str, list[str]] = {}
    for name in aig.ports.names["output"].values():
        found.setdefault(name.partition("[")[0], []).append(name)
    return list(found.values())


def stepped(aig: Aig, rows: Bits, reset_at: tuple[int, ...]) -> list[str]:
    """What a circuit whose latches all have a reset value gives in each cycle."""
    start = np.frombuffer(aig.ports.resets, np.uint8) == 1
    state, seen = start, []
    for cycle, row in enumerate(rows):
        roots = twins.roots(aig, np.concatenate([row, state])[None])[0]
        seen.append(digits(roots[: aig.ports.outputs]))
        state = start if cycle in reset_at else roots[aig.ports.outputs :]
    return seen


@pytest.mark.parametrize("tool", SIMULATORS)
def test_latches_start_and_reset_to_their_values(tool: str, tmp_path: Path) -> None:
    sources, tops, expected = [], [], {}
    random = np.random.default_rng(9)
    for seed, resets in enumerate([bytes([0]), bytes([1, 0, 1]), bytes([0, 1] * 4)]):
        aig = random_aig(20 + seed, inputs=4, ands=50, outputs=6, resets=resets)
        rows = random.integers(0, 2, (40, 4)).astype(np.bool_)
        for top, reset, reset_at in ((f"free{seed}", "", ()), (f"reset{seed}", "rst", (0, 1, 17, 30))):
            sources += [verilog(aig, top=top, reset=reset), driver(top, aig, rows, reset=reset, reset_at=reset_at)]
            tops.append(f"drive_{top}")
            expected[top] = stepped(aig, rows, reset_at)
    lines = simulate(tool, tmp_path, sources, tops)
    for top, seen in expected.items():
        first = 1 if top.startswith("reset") else 0  # nothing is known before the first reset
        assert printed(lines, top)[first:] == seen[first:], top


def three_latches() -> Aig:
    """Each latch takes the input; they start at 0, 1 and unknown."""
    build = Builder(1, 3)
    return build.finish([build.latch(index) for index in range(3)], [build.input(0)] * 3, bytes([0, 1, 2]))


def test_a_latch_without_a_reset_stays_unknown_until_it_is_written(tmp_path: Path) -> None:
    aig = three_latches()
    rows = np.array([[1], [0], [1]], np.bool_)
    sources = [verilog(aig, top="free"), driver("free", aig, rows)]
    sources += [verilog(aig, top="held", reset="rst"), driver("held", aig, rows, reset="rst", reset_at=[0, 1])]
    lines = simulate("iverilog", tmp_path, sources, ["drive_free", "drive_held"])
    assert printed(lines, "free") == ["x10", "111", "000"]
    # nothing is known before the first edge; then the third takes the input even while the others are reset
    assert printed(lines, "held") == ["xxx", "110", "010"]


# ---- Yosys ---------------------------------------------------------------------------------------------------------


def test_yosys_reads_small_circuits_back_and_they_are_equal(tmp_path: Path) -> None:
    modules, sources = {}, {}
    for top, (aig, options) in small_circuits().items():
        if aig.ports.outputs:
            modules[top] = verilog(aig, top=top, **options)
            sources[top] = named(aig)
    for seed, resets in enumerate([bytes([0, 1, 2]), bytes([2, 1, 0, 0, 1, 2, 1]), bytes([1, 2, 0] * 100)]):
        aig = random_aig(40 + seed, inputs=3, ands=60, outputs=4, resets=resets)
        modules[f"free{seed}"], sources[f"free{seed}"] = verilog(aig, top=f"free{seed}"), named(aig)
        modules[f"reset{seed}"] = verilog(aig, top=f"reset{seed}", reset="rst")
        sources[f"reset{seed}"] = with_reset(named(aig), "rst")
    for top, back in yosys_back(tmp_path, modules).items():
        read = without_input(back, "clk") if back.ports.latches else back
        assert check(sources[top], as_named(read, sources[top]), match="name"), top


@pytest.mark.corpus
@pytest.mark.parametrize(
    "files",
    [
        ["epfl/ctrl.aig", "epfl/cavlc.aig", "epfl/int2float.aig", "epfl/router.aig", "epfl/i2c.aig"],
        ["epfl/priority.aig", "epfl/dec.aig", "epfl/adder.aig", "epfl/max.aig", "epfl/bar.aig"],
        ["iscas89/s27.aig", "iscas89/s298.aig", "iscas89/s1423.aig", "iscas89/s5378.aig"],
    ],
    ids=["control", "arithmetic", "latches"],
)
def test_yosys_reads_corpus_circuits_back_and_they_are_equal(files: list[str], corpus: Path, tmp_path: Path) -> None:
    modules, sources = {}, {}
    for index, file in enumerate(files):
        aig = load(corpus / "aig" / file).logic
        aig = aig.with_ports(Ports(inputs=aig.inputs, resets=aig.ports.resets, outputs=aig.ports.outputs))
        top = f"{Path(file).stem}_{index}"
        modules[top], sources[top] = verilog(aig, top=top, k=(0, 2, 3, 4, 6)[index]), named(aig)
    for top, back in yosys_back(tmp_path, modules).items():
        read = without_input(back, "clk") if back.ports.latches else back
        assert check(sources[top], as_named(read, sources[top]), match="name"), top


# ---- size ----------------------------------------------------------------------------------------------------------


def chain(levels: int, inputs: int) -> Aig:
    """A chain of ANDs, each with another input: the longest path is the whole graph."""
    random = np.random.default_rng(7)
    node = np.arange(1 + inputs, 1 + inputs + levels)
    ands = np.stack([2 * (node - 1) + 1, 2 * random.integers(1, 1 + inputs, levels)], axis=1)
    ands[0] = 4, 2
    return Aig(Ports(inputs=inputs, outputs=1), ands.astype(np.uint32), np.array([2 * (inputs + levels)], np.uint32))


@pytest.mark.parametrize("k", [0, 2, 3])
def test_a_chain_of_100_000_levels_is_written(k: int) -> None:
    aig = chain(100_000, 500)
    assert aig.depth == 100_000
    text = verilog(aig, k=k)
    assert text.count(b"\n    wire n") >= 40_000
    assert text.endswith(b"endmodule\n\n`default_nettype wire\n")


@pytest.mark.slow
def test_a_chain_of_100_000_levels_simulates(tmp_path: Path) -> None:
    aig = chain(100_000, 500)
    rows = np.random.default_rng(8).integers(0, 2, (20, 500)).astype(np.bool_)
    lines = simulate("iverilog", tmp_path, [verilog(aig, top="deep"), driver("deep", aig, rows)], ["drive_deep"])
    assert printed(lines, "deep") == [digits(row) for row in twins.roots(aig, rows)]


def test_a_million_gates_stream() -> None:
    """Memory follows the graph and not the text; measured in a process of its own."""
    code = """
import resource
from netc import emit

aig = chain(1_000_000, 1000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = sum(len(chunk) for chunk in emit(aig, "verilog", k=0))
print(size >> 20, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    prelude = "import numpy as np\nfrom netc import Aig\nfrom netc.ports import Ports\n" + inspect.getsource(chain)
    done = subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True)
    text, grown = map(int, done.stdout.split())
    assert text > 30
    assert grown < 60  # MB; the LUT network alone takes 16
