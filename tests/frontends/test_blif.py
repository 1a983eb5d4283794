"""Reading BLIF."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import twins
import twins_blif
from hypothesis import example, given
from hypothesis import strategies as st

from netc import Model, NetcError, load
from netc.cec import check
from netc.files import Source
from netc.frontends.blif import load as load_blif
from netc.loading import detect
from netc.ports import UNINITIALISED

ABC = shutil.which("berkeley-abc") or shutil.which("abc")
YOSYS = shutil.which("yosys")


def read(text: str | bytes, **options: Any) -> Model:
    return load_blif(Source("t.blif", text.encode() if isinstance(text, str) else text), **options)


def values(model: Model, leaves: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
    """All roots, for all patterns unless some are given."""
    return twins.roots(model.logic, twins.all_patterns(model.logic.ports.leaves) if leaves is None else leaves)


FULL_ADDER = """\
# one bit of an adder
.model full_adder
.inputs a b
.inputs c
.outputs sum \\
  carry
.names a b x  # half of it
10 1
01 1
.names x c sum
10 1
01 1
.names a b c carry
11- 1
1-1 1
-11 1
.end
"""


def test_a_full_adder_adds() -> None:
    model = read(FULL_ADDER)
    assert model.name == "full_adder"
    assert model.logic.ports.names == {
        "input": {0: "a", 1: "b", 2: "c"},
        "latch": {},
        "output": {0: "sum", 1: "carry"},
    }
    total = twins.all_patterns(3).sum(axis=1)
    assert np.array_equal(values(model), np.stack([total % 2, total // 2], axis=1).astype(bool))
    assert model.logic.is_hashed
    assert model.notes == ()


# ---- covers -------------------------------------------------------------------------------------------------------


@st.composite
def covers(draw: Any, max_width: int = 12) -> tuple[int, list[tuple[str, str]]]:
    width = draw(st.integers(0, max_width))
    value = draw(st.sampled_from("01"))
    # '-' is likelier in wide cubes, or they would hardly ever hold
    alphabet = "01-" if width < 5 else "01--"
    cubes = draw(st.lists(st.text(alphabet, min_size=width, max_size=width), max_size=12))
    return width, [(cube, value) for cube in cubes]


def names_of(width: int, cover: list[tuple[str, str]]) -> str:
    inputs = " ".join(f"i{index}" for index in range(width))
    rows = "".join(f"{cube} {value}\n".lstrip() for cube, value in cover)
    return f".model m\n.inputs {inputs}\n.outputs y\n.names {inputs} y\n{rows}.end\n"


@given(covers())
@example((0, [])).via("a constant 0")
@example((0, [("", "1")])).via("a constant 1")
@example((0, [("", "0")])).via("a constant 0 by its off-set")
@example((8, [("--------", "1")])).via("a cube that is always true")
@example((8, [("1-------", "0"), ("1-------", "0")])).via("the same cube twice")
def test_a_cover_is_the_or_of_its_cubes(given_cover: tuple[int, list[tuple[str, str]]]) -> None:
    width, cover = given_cover
    leaves = twins.all_patterns(width)
    expected = twins_blif.cover_value(cover, leaves)
    assert np.array_equal(values(read(names_of(width, cover)))[:, 0], expected)


def test_a_cover_of_thirty_inputs() -> None:
    rng = np.random.default_rng(3)
    for value in "01":
        cubes = ["".join(rng.choice(list("01-"), 30, p=[0.1, 0.1, 0.8])) for _ in range(40)]
        cover = [(cube, value) for cube in cubes]
        leaves = rng.integers(0, 2, (2000, 30)).astype(bool)
        expected = twins_blif.cover_value(cover, leaves)
        assert 0.05 < expected.mean() < 0.95
        assert np.array_equal(values(read(names_of(30, cover)), leaves)[:, 0], expected)


def test_wide_covers_are_factored() -> None:
    """A comparator of 8 with a common factor: 8 literals and 4 of them again would be 27 ANDs as they stand."""
    cover = [("1" * 8 + "1---", "1"), ("1" * 8 + "-1--", "1"), ("1" * 8 + "--1-", "1"), ("1" * 8 + "---1", "1")]
    assert read(names_of(12, cover)).logic.num_ands == 7 + 1 + 3


def test_a_constant_needs_no_input() -> None:
    model = read(".model m\n.outputs zero one also_zero\n.names zero\n.names one\n1\n.names also_zero\n0\n.end\n")
    assert model.logic.outputs.tolist() == [0, 1, 0]


# ---- text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CRLF", FULL_ADDER.replace("\n", "\r\n")),
        ("tabs", FULL_ADDER.replace(" ", "\t \t")),
        ("blank and comment lines", FULL_ADDER.replace("\n.names", "\n\n   # nothing\n\t\n.names")),
        ("blanks after a backslash", FULL_ADDER.replace("\\\n", "\\  \n")),
        ("a comment after a backslash", FULL_ADDER.replace("\\\n", "\\ # more\n")),
        ("a backslash that touches a name", FULL_ADDER.replace("sum \\\n", "sum\\\n")),
        ("every word on its own line", FULL_ADDER.replace(".names a b c carry", ".names\\\na\\\nb\\\nc\\\ncarry")),
        ("no .end", FULL_ADDER.replace(".end\n", "")),
        ("no line end at the end", FULL_ADDER.rstrip("\n")),
        ("indented", FULL_ADDER.replace("\n", "\n   ")),
    ],
)
def test_the_same_text_in_other_clothes(name: str, text: str) -> None:
    assert read(text).logic.same_as(read(FULL_ADDER).logic), name


def test_a_file_without_model_line_is_called_after_the_file(tmp_path: Path) -> None:
    path = tmp_path / "inverter.blif"
    path.write_text(".inputs a\n.outputs y\n.names a y\n0 1\n")
    model = load(path)
    assert model.name == "inverter"
    assert model.logic.outputs.tolist() == [3]


def test_definitions_come_in_any_order() -> None:
    head, *gates = FULL_ADDER.removesuffix(".end\n").split(".names")
    expected = values(read(FULL_ADDER))
    for order in ([2, 1, 0], [1, 2, 0], [2, 0, 1]):
        text = head + "".join(".names" + gates[index] for index in order)
        assert np.array_equal(values(read(text)), expected)
    backwards = ".names" + ".names".join(gates) + ".inputs a b c\n.outputs sum carry\n"
    assert np.array_equal(values(read(backwards)), expected)


def test_what_does_not_change_a_function_is_left_out_and_noted() -> None:
    text = ".model m\n.inputs a\n.outputs y\n.default_input_arrival 1 2\n.area 3\n.names a y\n0 1\n"
    model = read(text + ".exdc\n.names a y\n1 1\n.end\n")
    assert model.logic.outputs.tolist() == [3]
    assert model.notes == (
        "external don't-cares (.exdc) are not used",
        "2 lines of timing, load and area are left out",
    )


def test_what_yosys_adds_is_understood() -> None:
    text = ".model m\n.inputs a\n.outputs y\n.attr src x.v\n.param W 1\n.names a t\n0 1\n.cname inv\n.conn t y\n.end\n"
    assert read(text).logic.outputs.tolist() == [3]


def test_blif_is_known_by_its_first_bytes() -> None:
    for start in (b".model x\n", b'# Benchmark "x" written by ABC\n', b"# Generated by Yosys 0.9\n"):
        assert detect(Source("<stdin>", start)).name == "blif"


# ---- latches ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "reset"),
    [
        ("", UNINITIALISED),
        ("0", 0),
        ("1", 1),
        ("2", UNINITIALISED),
        ("3", UNINITIALISED),
        ("re clk", UNINITIALISED),
        ("re clk 0", 0),
        ("fe clk 1", 1),
        ("ah clk 3", UNINITIALISED),
        ("al clk 2", UNINITIALISED),
        ("as clk 1", 1),
        ("re NIL 1", 1),
    ],
)
def test_every_form_of_a_latch(rest: str, reset: int) -> None:
    model = read(f".model m\n.inputs d\n.outputs q\n.latch d q {rest}\n.end\n")
    ports = model.logic.ports
    assert (ports.inputs, list(ports.resets), ports.names["latch"]) == (1, [reset], {0: "q"})
    assert model.logic.next_states.tolist() == [2]
    assert model.logic.outputs.tolist() == [4]
    assert ("level-sensitive" in " ".join(model.notes)) == (rest[:2] in ("ah", "al", "as"))


def test_the_one_clock_is_dropped_with_its_input_and_noted() -> None:
    model = read(".model m\n.inputs a clk b\n.outputs q r\n.latch a q re clk 0\n.latch b r re clk 1\n.end\n")
    assert model.logic.ports.names["input"] == {0: "a", 1: "b"}
    assert model.logic.next_states.tolist() == [2, 4]
    assert model.logic.outputs.tolist() == [6, 8]
    assert model.notes == (
        "all latches are clocked by re 'clk'; the circuit's clock is implicit",
        "input 'clk' is a clock and is left out",
    )


def test_a_clock_that_logic_reads_stays_an_input() -> None:
    model = read(".model m\n.inputs clk\n.outputs q y\n.latch y q re clk 0\n.names clk q y\n11 1\n.end\n")
    assert model.logic.ports.names["input"] == {0: "clk"}
    assert len(model.notes) == 1


def test_declared_clocks_are_no_inputs() -> None:
    model = read(".model m\n.inputs d\n.clock clk\n.outputs q\n.latch d q re clk 0\n.end\n")
    assert model.logic.ports.names["input"] == {0: "d"}


def test_a_clock_through_an_inverter_changes_its_edge() -> None:
    body = ".model m\n.inputs d clk\n.outputs q r\n.latch d q re clk 0\n.names clk nclk\n0 1\n.latch d r {} nclk 0\n"
    assert read(body.format("fe")).logic.ports.latches == 2
    with pytest.raises(NetcError, match=r"t\.blif:7:1: this latch has fe 'clk', but the latch at 4:1 has re 'clk'"):
        read(body.format("re"))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("re clk2", "has re 'clk2', but the latch at 4:1 has re 'clk'"),
        ("fe clk", "has fe 'clk', but the latch at 4:1 has re 'clk'"),
        ("", "has no clock, but the latch at 4:1 has re 'clk'"),
        ("re gated", "logic computes the clock of this latch, 'gated'"),
    ],
)
def test_latches_of_different_clocks_are_refused_unless_told(second: str, message: str) -> None:
    text = (
        ".model m\n.inputs d clk clk2\n.outputs q r\n.latch d q re clk 0\n"
        f".names clk clk2 gated\n11 1\n.latch d r {second} 0\n.end\n"
    )
    with pytest.raises(NetcError) as caught:
        read(text)
    assert caught.value.place == "t.blif:7:1"
    assert message in caught.value.what
    assert "--merge-clocks" in caught.value.hint
    merged = read(text, merge_clocks=True)
    assert merged.logic.ports.latches == 2
    assert "different clocks" in merged.notes[0]


def test_a_clock_that_nothing_declares_is_still_one_clock() -> None:
    text = ".model m\n.inputs d\n.outputs q r\n.latch d q re phi 0\n.latch d r re {} 0\n.end\n"
    assert read(text.format("phi")).logic.ports.latches == 2
    with pytest.raises(NetcError, match="re 'psi'"):
        read(text.format("psi"))


# ---- hierarchy ----------------------------------------------------------------------------------------------------

COUNTER = """\
.model counter
.inputs clk en
.outputs q0 q1
.subckt toggle clk=clk t=en q=q0
.names en q0 t1
11 1
.subckt toggle q=q1 t=t1 clk=clk
.cname high
.end

.model toggle
.inputs t clk
.outputs q
.names t q d
01 1
10 1
.latch d q re clk 0
.end
"""


def test_subcircuits_are_flattened_and_their_latches_keep_a_path() -> None:
    model = read(COUNTER)
    assert model.name == "counter"
    assert model.logic.ports.names["latch"] == {0: "toggle_0.q", 1: "high.q"}
    assert model.logic.ports.names["input"] == {0: "en"}
    en, q0, q1 = twins.all_patterns(3).astype(int).T
    counted = (q0 + 2 * q1 + en) % 4
    expected = np.stack([q0, q1, counted % 2, counted // 2], axis=1).astype(bool)
    assert np.array_equal(values(model), expected)


def test_any_model_can_be_the_top() -> None:
    model = read(COUNTER, top="toggle")
    assert model.name == "toggle"
    assert model.logic.ports.names["latch"] == {0: "q"}
    with pytest.raises(NetcError, match="there is no model 'bogus' in this file"):
        read(COUNTER, top="bogus")


def test_paths_may_run_in_and_out_of_an_instance() -> None:
    """Two inverters in one box, chained outside of it: no cycle, though the box's input depends on its output."""
    text = (
        ".model top\n.inputs a\n.outputs y\n.subckt box i0=a i1=m o0=m o1=y\n.end\n"
        ".model box\n.inputs i0 i1\n.outputs o0 o1 copy\n.names i0 o0\n0 1\n.names i1 o1\n0 1\n.conn i0 copy\n.end\n"
    )
    assert read(text).logic.outputs.tolist() == [2]


def test_an_input_may_be_an_output_of_the_same_model() -> None:
    text = ".model top\n.inputs a\n.outputs a y\n.subckt wire i=a o=y\n.end\n.model wire\n.inputs i\n.outputs o\n"
    assert read(text + ".names i o\n1 1\n.end\n").logic.outputs.tolist() == [2, 2]


def test_a_latch_deep_in_the_hierarchy_has_a_short_name() -> None:
    depth = 700
    text = "".join(
        f".model m{level}\n.inputs d\n.outputs q\n.subckt m{level + 1} d=d q=q\n.end\n" for level in range(depth)
    )
    model = read(text + f".model m{depth}\n.inputs d\n.outputs q\n.latch d q 0\n.end\n")
    assert model.logic.ports.names["latch"] == {0: f"instance_{depth}.q"}
    assert model.logic.next_states.tolist() == [2]


def test_a_small_file_cannot_ask_for_a_huge_circuit() -> None:
    text = ".model m0\n.inputs i\n.outputs o\n.names i o\n0 1\n.end\n"
    for level in range(1, 60):
        text = (
            f".model m{level}\n.inputs i\n.outputs o\n"
            f".subckt m{level - 1} i=i o=t\n.subckt m{level - 1} i=t o=o\n.end\n{text}"
        )
    with pytest.raises(NetcError, match=r"t\.blif:\d+:1: flattening model 'm\d+' makes more than 134217\d+ signals"):
        read(text)


# ---- errors -------------------------------------------------------------------------------------------------------

HEAD = ".model m\n.inputs a b\n.outputs y\n"
BOX = ".end\n.model box\n.inputs i j\n.outputs o\n.names i j o\n11 1\n.end\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "the file holds no model"),
        ("# only a comment", "1:17", "the file holds no model"),
        ("hello\n", "1:1", "expected a line such as .names, found 'hello'"),
        ("\x7fELF\x01", "1:1", "byte 0x7f does not belong in a BLIF file"),
        (".model\n", "1:1", ".model takes one name"),
        (".model a\n.end\n.names x\n", "3:1", "expected .model after .end, found '.names'"),
        (".model a\n.end\n.model a\n.end\n", "3:1", "there is a model 'a' already"),
        (".model m\n.frobnicate\n", "2:1", "there is no BLIF line '.frobnicate'"),
        (HEAD + ".names\n", "4:1", ".names takes at least the name of its output"),
        (HEAD + ".names a b y\n1 1\n", "5:1", "a cube of 1 places for 2 fan-ins"),
        (HEAD + ".names a b y\n11\n", "5:1", "a row of a cover is a cube and a value"),
        (HEAD + ".names a b y\n11 1 1\n", "5:1", "a row of a cover is a cube and a value"),
        (HEAD + ".names a b y\n1x 1\n", "5:2", "a cube consists of 0, 1 and -, not 'x'"),
        (HEAD + ".names a b y\n11 -\n", "5:4", "a row ends in 0 or 1, not '-'"),
        (HEAD + ".names a b y\n11 1\n00 0\n", "6:4", "this cover lists both values"),
        (HEAD + ".names y\n1 1\n", "5:1", "a row of a constant is its value"),
        (HEAD + ".names a y\n1 1\n.names b y\n1 1\n", "6:10", "signal 'y' is driven already, at 4:1"),
        (HEAD + ".names a b\n1 1\n", "4:10", "signal 'b' is driven already, at 2:11"),
        (HEAD + ".latch a y 0\n.names b y\n1 1\n", "5:10", "signal 'y' is driven already, at 4:1"),
        (".model m\n.inputs a a\n", "2:11", "signal 'a' is driven already, at 2:9"),
        (HEAD, "3:10", "nothing drives signal 'y'"),
        (HEAD + ".names a z y\n11 1\n", "4:10", "nothing drives signal 'z'"),
        (HEAD + ".names a y\n1 1\n.latch z q 0\n", "6:8", "nothing drives signal 'z'"),
        (HEAD + ".names a y y\n11 1\n", "4:1", "signal 'y' depends on itself: 'y' -> 'y'"),
        (
            HEAD + ".names a r p\n11 1\n.names p q\n0 1\n.names q r\n1 1\n.names a y\n1 1\n",
            "4:1",
            "signal 'p' depends on itself: 'p' -> 'q' -> 'r' -> 'p'",
        ),
        (HEAD + ".latch a\n", "4:1", ".latch takes input, output"),
        (HEAD + ".latch a y 4\n", "4:12", "an initial value is 0, 1, 2 (don't care) or 3 (unknown), not '4'"),
        (HEAD + ".latch a y xx b 0\n", "4:12", "a latch's type is re, fe, ah, al or as, not 'xx'"),
        (HEAD + ".gate nand2 A=a B=b O=y\n", "4:1", ".gate names a cell of a library"),
        (HEAD + ".mlatch dff D=a Q=y NIL 0\n", "4:1", ".mlatch names a cell of a library"),
        (HEAD + ".search other.blif\n", "4:1", ".search names another file"),
        (HEAD + ".start_kiss\n", "4:1", "state tables"),
        (HEAD + ".subckt\n", "4:1", ".subckt takes the name of a model"),
        (HEAD + ".subckt box i=a j o=y\n" + BOX, "4:17", "expected formal=actual, found 'j'"),
        (HEAD + ".subckt bax i=a j=b o=y\n" + BOX, "4:9", "there is no model 'bax' in this file"),
        (HEAD + ".subckt box i=a k=b o=y\n" + BOX, "4:17", "model 'box' has no port 'k'"),
        (HEAD + ".subckt box i=a o=y\n" + BOX, "4:1", "input 'j' of model 'box' is not connected"),
        (HEAD + ".subckt box i=a i=b o=y\n" + BOX, "4:17", "input 'i' is connected twice"),
        (HEAD + ".subckt box i=a j=b o=b\n" + BOX, "4:21", "signal 'b' is driven already, at 2:11"),
        (HEAD + ".subckt box i=a j=b o=y\n" * 2 + BOX, "5:21", "signal 'y' is driven already, at 4:1"),
        (HEAD + ".subckt box i=a j=z o=y\n" + BOX, "4:19", "nothing drives signal 'z'"),
        (HEAD + ".subckt box i=a j=y o=y\n" + BOX, "9:1", "depends on itself: 'box_0.o' -> 'box_0.o'"),
        (HEAD + ".subckt m a=a b=b y=y\n", "4:1", "models contain each other: 'm' -> 'm'"),
        (
            HEAD + ".subckt n a=a y=y\n.end\n.model n\n.inputs a\n.outputs y\n.subckt o a=a y=y\n.end\n"
            ".model o\n.inputs a\n.outputs y\n.subckt n a=a y=y\n.end\n",
            "14:1",
            "models contain each other: 'n' -> 'o' -> 'n'",
        ),
        (
            HEAD + ".subckt n a=a y=y\n.end\n.model n\n.inputs a\n.outputs y\n.blackbox\n.end\n",
            "6:1",
            "model 'n' is a black box",
        ),
        (HEAD + ".names " + "x" * 70000 + " y\n1 1\n", "4:8", "a name of 70000 bytes; at most 65535"),
        (HEAD + ".names a y\x1b[31m\n", "4:11", "byte 0x1b does not belong"),
        (HEAD + ".names a é y\n11 1\n", "4:10", "nothing drives signal '\\xc3\\xa9'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, message: str) -> None:
    with pytest.raises(NetcError) as caught:
        read(text)
    assert caught.value.place == f"t.blif:{place}"
    assert message in caught.value.what
    assert "\n" not in caught.value.what


def test_cells_of_a_library_get_a_hint() -> None:
    with pytest.raises(NetcError) as caught:
        read(HEAD + ".gate nand2 A=a B=b O=y\n")
    assert "map the cells to .names first" in caught.value.hint


def test_a_long_cycle_is_shown_in_part() -> None:
    ring = "".join(f".names s{index} s{(index + 1) % 1000}\n1 1\n" for index in range(1000))
    with pytest.raises(NetcError) as caught:
        read(f".model m\n{ring}.end\n")
    assert caught.value.what.count("->") == 10
    assert "..." in caught.value.what


SAMPLES = (FULL_ADDER, COUNTER, names_of(8, [("1-0-1-0-", "0"), ("-------1", "0")]), HEAD + ".latch a y re b 2\n")


@given(
    st.sampled_from(SAMPLES),
    st.lists(
        st.tuples(
            st.integers(0, 10**6), st.one_of(st.sampled_from(b"\n .\\#=01-"), st.integers(0, 255)), st.booleans()
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_damaged_files_end_in_a_graph_or_in_an_error(text: str, damage: list[tuple[int, int, bool]]) -> None:
    data = bytearray(text.encode())
    for place, value, inserted in damage:
        place %= len(data)
        data[place : place + (not inserted)] = bytes([value])
    try:
        model = read(bytes(data))
    except NetcError as error:
        assert error.place.startswith("t.blif")
        assert "\n" not in error.what
    else:
        model.logic.check()


@pytest.mark.slow
def test_shuffled_lines_end_in_a_graph_or_in_an_error() -> None:
    rng = random.Random(11)
    lines = [line for text in SAMPLES for line in text.splitlines()]
    for _ in range(20_000):
        text = "\n".join(rng.choices(lines, k=rng.randrange(1, 14)))
        try:
            read(text).logic.check()
        except NetcError as error:
            assert error.place


# ---- size ---------------------------------------------------------------------------------------------------------


def test_a_chain_of_a_million_levels_written_backwards() -> None:
    depth = 1_000_000
    chain = "".join(f".names a s{index} s{index + 1}\n01 1\n" for index in range(depth - 1, -1, -1))
    model = read(f".model m\n.inputs a s0\n.outputs s{depth}\n{chain}.end\n")
    assert model.logic.depth == model.logic.num_ands == depth


def test_a_hundred_thousand_instances_in_a_row() -> None:
    count = 100_000
    text = ".model top\n.inputs s0\n" + f".outputs s{count}\n"
    text += "".join(f".subckt inv i=s{index} o=s{index + 1}\n" for index in range(count - 1, -1, -1))
    model = read(text + ".end\n.model inv\n.inputs i\n.outputs o\n.names i o\n0 1\n.end\n")
    assert model.logic.outputs.tolist() == [2]


def test_a_table_of_ten_thousand_inputs() -> None:
    width = 10_000
    cover = [("1" * width, "1"), ("-" * (width - 1) + "0", "1")]
    assert read(names_of(width, cover)).logic.num_ands == width - 1 + 1


# ---- other tools --------------------------------------------------------------------------------------------------


@st.composite
def texts(draw: Any) -> str:
    """Flat circuits of tables and latches."""
    inputs = [f"i{index}" for index in range(draw(st.integers(1, 4)))]
    states = [f"q{index}" for index in range(draw(st.integers(0, 3)))]
    signals = [*inputs, *states]
    body = ""
    for index in range(draw(st.integers(1, 8))):
        width = draw(st.integers(0, min(8, len(signals))))
        fanins = draw(st.permutations(signals))[:width]
        _, cover = draw(covers(max_width=0)) if width == 0 else (0, [])
        if width:
            value = draw(st.sampled_from("01"))
            cubes = draw(st.lists(st.text("01-", min_size=width, max_size=width), max_size=5))
            cover = [(cube, value) for cube in cubes]
        body += f".names {' '.join([*fanins, f'n{index}'])}\n"
        body += "".join(f"{cube} {value}\n".lstrip() for cube, value in cover[: 1 if width == 0 else 5])
        signals.append(f"n{index}")
    for state in states:
        body += f".latch {draw(st.sampled_from(signals))} {state} {draw(st.integers(0, 3))}\n"
    outputs = draw(st.lists(st.sampled_from(signals[len(inputs) :]), min_size=1, max_size=3, unique=True))
    return f".model m\n.inputs {' '.join(inputs)}\n.outputs {' '.join(outputs)}\n{body}.end\n"


@given(texts())
def test_the_graph_computes_what_the_text_says(text: str) -> None:
    model = read(text)
    leaves = twins.all_patterns(model.logic.ports.leaves)
    assert np.array_equal(values(model), twins_blif.roots(text, leaves))


def sample_texts(count: int, reset: int) -> list[str]:
    """Random circuits with latches, from a fixed seed; no cover is constant, at which ABC's reader aborts."""
    rng = random.Random(7)
    made = []
    for _ in range(count):
        signals = [f"i{index}" for index in range(5)] + ["q0", "q1"]
        body = ""
        for index in range(12):
            fanins = rng.sample(signals, rng.randrange(1, 8))
            value, constant = rng.choice("01"), True
            while constant:
                cubes = sorted({"".join(rng.choices("01-", k=len(fanins))) for _ in range(rng.randrange(1, 5))})
                patterns = twins.all_patterns(len(fanins))
                constant = bool(twins_blif.cover_value([(cube, "1") for cube in cubes], patterns).all())
            body += f".names {' '.join(fanins)} n{index}\n" + "".join(f"{cube} {value}\n" for cube in cubes)
            signals.append(f"n{index}")
        body += f".latch n3 q0 {reset}\n.latch n11 q1 0\n"
        made.append(f".model m\n.inputs i0 i1 i2 i3 i4\n.outputs n8 n9 n10 n11\n{body}.end\n")
    return made


@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_abc_reads_the_same_circuits(tmp_path: Path) -> None:
    assert ABC is not None
    samples = sample_texts(20, reset=0)  # with others ABC writes outputs as bad states
    for index, text in enumerate(samples):
        (tmp_path / f"{index}.blif").write_text(text)
    script = "".join(f"read_blif {i}.blif; strash; write_aiger {i}.aig; " for i in range(len(samples)))
    subprocess.run([ABC, "-q", script], cwd=tmp_path, check=True, capture_output=True)
    for index, text in enumerate(samples):
        assert check(read(text).logic, load(tmp_path / f"{index}.aig").logic, match="order")


@pytest.mark.skipif(YOSYS is None, reason="Yosys is not installed")
def test_yosys_reads_the_same_circuits(tmp_path: Path) -> None:
    assert YOSYS is not None
    for index, text in enumerate(sample_texts(4, reset=1)):
        (tmp_path / f"{index}.blif").write_text(text)
        script = f"read_blif {index}.blif; aigmap; simplemap; aigmap; opt_clean; write_aiger -symbols {index}.aig"
        subprocess.run([YOSYS, "-q", "-p", script], cwd=tmp_path, check=True, capture_output=True)
        ours, theirs = read(text).logic, load(tmp_path / f"{index}.aig").logic
        # a signal of several names has them all in its symbol, in some order of inputs and latches
        latches = {position: name.split()[-1] for position, name in theirs.ports.names["latch"].items()}
        assert check(ours, theirs.with_ports(theirs.ports.with_names("latch", latches)), match="name")


# ---- the corpus ---------------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_lgsynth91_equals_its_aiger_twins(corpus: Path) -> None:
    """Combinationally: the tool that made the AIGER files set unknown resets to 0."""
    files = sorted((corpus / "aig" / "lgsynth91").glob("*.blif"))
    ours = theirs = 0
    for path in files:
        model, twin = load(path), load(path.with_suffix(".aig"))
        assert check(model.logic.combinational(), twin.logic.combinational(), match="order"), path.name
        for mine, other in zip(model.logic.ports.resets, twin.logic.ports.resets, strict=True):
            assert mine in (other, UNINITIALISED), path.name
        ours, theirs = ours + model.logic.num_ands, theirs + twin.logic.num_ands
    assert len(files) == 45
    assert ours <= theirs  # what we read as it stands is no larger than what ABC's strash made of it
