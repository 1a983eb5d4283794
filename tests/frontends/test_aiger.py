"""AIGER files, both ways."""

from __future__ import annotations

import csv
import gzip
import lzma
import resource
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st

from netc import Aig, Head, Model, NetcError, emit, load, write
from netc.cec import check
from netc.encoder import Encoder
from netc.frontends.aiger import parse
from netc.ports import UNINITIALISED

ABC = shutil.which("berkeley-abc") or shutil.which("abc")


def text(aig: Aig) -> str:
    return b"".join(emit(aig, "aiger", ascii=True)).decode()


def binary(aig: Aig) -> bytes:
    return b"".join(emit(aig, "aiger"))


TOGGLE = """\
aag 7 2 1 2 4
2
4
6 8
6
7
8 4 10
10 13 15
12 2 6
14 3 7
i0 enable
i1 reset
o0 Q
o1 !Q
c
a comment
"""


def test_a_toggle_flip_flop_with_unordered_definitions() -> None:
    aig = parse(TOGGLE.encode())
    assert (aig.inputs, aig.ports.latches, aig.ports.outputs, aig.num_ands) == (2, 1, 2, 4)
    assert aig.ports.names == {"input": {0: "enable", 1: "reset"}, "output": {0: "Q", 1: "!Q"}}
    assert aig.ports.comment == b"a comment\n"
    # next state = reset and (enable xor Q), written out by hand
    enable, reset, q = twins.all_patterns(3).T
    values = twins.roots(aig, twins.all_patterns(3))
    assert np.array_equal(values[:, 2], reset & (enable ^ q))
    assert np.array_equal(values[:, 0], q)
    assert np.array_equal(values[:, 1], ~q)


def test_reading_folds_nothing() -> None:
    aig = parse(b"aag 5 1 0 2 4\n2\n10\n4\n4 2 2\n6 2 3\n8 1 2\n10 8 0\n")
    assert aig.ands.tolist() == [[2, 2], [3, 2], [2, 1], [8, 0]]


def test_gaps_in_the_numbering_are_closed_and_huge_ones_cost_nothing() -> None:
    aig = parse(b"aag 2000000000 2 0 1 1\n200\n4000000000\n300\n300 200 4000000000\n")
    assert aig.ands.tolist() == [[4, 2]]
    assert aig.outputs.tolist() == [6]


def test_every_section_of_aiger_1_9() -> None:
    source = (
        b"aag 5 2 3 1 0 1 2 2 1\n2\n4\n6 7\n8 2 1\n10 4 10\n6\n8\n2\n5\n2\n1\n6\n9\n10\n3\n"
        b"b0 never\nc0 first\nc1 second\nj0 just\nf0 fair\nl2 free\n"
    )
    aig = parse(source)
    assert list(aig.ports.resets) == [0, 1, UNINITIALISED]
    assert (aig.ports.bad, aig.ports.constraints, aig.ports.justice, aig.ports.fairness) == (1, 2, (2, 1), 1)
    assert aig.of_kind("justice").tolist() == [6, 9, 10]
    assert aig.ports.names["constraint"] == {0: "first", 1: "second"}
    assert parse(text(aig).encode()).same_as(aig)
    assert parse(binary(aig)).same_as(aig)


@given(strategies.aigs())
def test_both_encodings_give_the_same_graph_back(aig: Aig) -> None:
    assert parse(binary(aig)).same_as(aig)
    assert parse(text(aig).encode()).same_as(aig)


names = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1, max_size=9)


@given(st.lists(names, min_size=2, max_size=2), st.binary(max_size=20))
def test_symbols_and_comments_come_back_as_they_were(given_names: list[str], comment: bytes) -> None:
    aig = parse(b"aag 2 2 0 0 0\n2\n4\n")
    ports = replace(aig.ports.with_names("input", dict(enumerate(given_names))), comment=comment)
    back = parse(binary(aig.with_ports(ports)))
    assert back.ports.names.get("input") == dict(enumerate(given_names))
    assert back.ports.comment == comment


def test_a_name_with_a_line_break_cannot_be_written() -> None:
    aig = parse(b"aag 1 1 0 0 0\n2\n")
    with pytest.raises(NetcError, match="line break"):
        binary(aig.with_ports(aig.ports.with_names("input", {0: "a\nb"})))


def test_names_that_are_no_utf8_survive() -> None:
    raw = b"aag 1 1 0 0 0\n2\ni0 \xff\xfe\n"
    assert b"".join(emit(parse(raw), "aiger", ascii=True)) == raw


def test_windows_line_ends_are_read() -> None:
    assert parse(b"aag 1 1 0 1 0\r\n2\r\n2\r\ni0 x\r\n").ports.names == {"input": {0: "x"}}


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        (b"", "1:1", "the file is empty"),
        (b"agg 1 1 0 1 0\n", "1:1", "starts with 'aag' or 'aig'"),
        (b"aag 1 1 0\n", "1:10", "expected a space"),
        (b"aag -1 2 0 1 1\n", "1:5", "found '-'"),
        (b"aag 99999999999 1 0 1 0\n2\n2\n", "1:5", "larger than 2147483647"),
        (b"aag 1 2 0 1 0\n2\n4\n2\n", "1:13", "I + L + A is 2"),
        (b"aag 2000000000 2000000000 0 0 0\n", "1:31", "promises 2000000000 definitions"),
        (b"aag 2 2 0 1 0\n2\n3\n2\n", "3:1", "a definition is even"),
        (b"aag 2 2 0 1 0\n2\n2\n2\n", "3:1", "literal 2 is defined twice"),
        (b"aag 1 1 0 1 0\n2\n99\n", "3:1", "the header allows at most 3"),
        (b"aag 2 1 0 1 0\n2\n4\n", "3:1", "nothing defines literal 4"),
        (b"aag 3 1 0 1 1\n2\n6\n6 2 4\n", "4:1", "gate 6 uses literal 4, which nothing defines"),
        (b"aag 3 2 0 1 1\n2\n4\n6\n6 6 2\n", "5:1", "gate 6 depends on itself: 6 -> 6"),
        (b"aag 4 2 0 1 2\n2\n4\n6\n6 8 2\n8 6 4\n", "5:1", "6 -> 8 -> 6"),
        (b"aag 1 0 1 0 0\n2 2 4\n", "2:5", "the header allows at most 3"),
        (b"aag 2 1 1 0 0\n2\n4 2 2\n", "3:5", "a reset value is 0, 1 or the latch itself"),
        (b"aag 1 1 0 0 0\n2\ni7 foo\n", "3:1", "there are 1"),
        (b"aag 1 1 0 0 0\n2\nx0 foo\n", "3:1", "expected a symbol"),
        (b"aag 1 1 0 0 0\n2\ni0 foo", "3:1", "does not end"),
        (b"aag 1 1 0 1 0\n2\n2 3\n", "3:2", "expected the end of the line"),
        (b"aag 2 1 0 0 1\n2\n4 2\n", "3:4", "expected a space"),
        (b"aig 4 2 0 1 1\n6\n\x02\x02", "byte 0xc", "I + L + A is 3"),
        (b"aig 3 2 0 1 1\n6\n\x02", "byte 0x11", "the file ends inside AND 1 of 1"),
        (b"aig 3 2 0 1 1\n6\n\x00\x02", "byte 0x10", "gives no earlier literal"),
        (b"aig 3 2 0 1 1\n6\n\x02\x80\x80\x80\x80\x80\x80\x80", "byte 0x10", "longer than five bytes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(source: bytes, place: str, message: str) -> None:
    with pytest.raises(NetcError) as caught:
        parse(source)
    assert caught.value.place == place
    assert message in caught.value.what
    assert "\n" not in caught.value.what


def test_a_message_starts_with_the_file(tmp_path: Path) -> None:
    bad = tmp_path / "design.aag"
    bad.write_bytes(b"aag 1 1 0 1 0\n2\n99\n")
    with pytest.raises(NetcError, match=r"design\.aag:3:1: an output is 99"):
        load(bad)


@given(
    strategies.aigs(max_ands=12),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
    st.booleans(),
)
def test_damaged_files_end_in_a_graph_or_in_an_error(aig: Aig, damage: list[tuple[int, int]], ascii_file: bool) -> None:
    data = bytearray(b"".join(emit(aig, "aiger", ascii=ascii_file)))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        made = parse(bytes(data))
    except NetcError as error:
        assert error.what
    else:
        made.check()


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_files_are_read_by_content_and_written_by_name(
    tmp_path: Path, suffix: str, compress: object
) -> None:
    path = tmp_path / f"toggle.aag{suffix}"
    path.write_bytes(compress(TOGGLE.encode()))  # type: ignore[operator]
    model = load(path)
    assert model.name == "toggle"
    again = tmp_path / f"again.aig{suffix}"
    write(model, again)
    first = again.read_bytes()
    write(model, again)
    assert again.read_bytes() == first  # no date in it
    assert load(again).logic.same_as(model.logic) or check(load(again).logic, model.logic)


def test_damaged_compression_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.aig.gz"
    path.write_bytes(gzip.compress(b"aig 0 0 0 0 0\n")[:-4])
    with pytest.raises(NetcError, match="the gz data is damaged"):
        load(path)


def test_encoder_head_and_class_names_travel_in_the_comment(tmp_path: Path) -> None:
    aig = parse(b"aag 2 2 0 2 0\n2\n4\n2\n5\nc\nsomebody's words\n")
    encoder = Encoder(1, np.array([0, 0]), np.array([0.1, float("inf")]), at_least=True)
    head = Head(np.array([0, 1, 2]), np.array([0, 1]), np.array([3, -2]), np.array([0, 7]), tau=2.5, beta=-1.0)
    model = Model(aig, encoder=encoder, head=head, class_names=("no", "yes"))
    path = tmp_path / "model.aig"
    write(model, path)
    back = load(path)
    assert back.encoder is not None
    assert back.head is not None
    assert back.encoder.threshold.tolist() == [0.1, float("inf")]
    assert back.encoder.at_least
    assert back.head.weight.tolist() == [3, -2]
    assert (back.head.tau, back.head.beta, back.class_names) == (2.5, -1.0, ("no", "yes"))
    assert back.logic.ports.comment == b"somebody's words\n"
    write(back, tmp_path / "again.aig")
    assert (tmp_path / "again.aig").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("line", ["{", "[]", '{"version":2}', '{"version":1,"head":{"kind":"votes"}}'])
def test_a_damaged_model_line_is_an_error_and_not_ignored(tmp_path: Path, line: str) -> None:
    path = tmp_path / "model.aag"
    path.write_text(f"aag 0 0 0 0 0\nc\nnetc-model {line}\n")
    with pytest.raises(NetcError, match="netc-model line"):
        load(path)


# ---- the corpus -------------------------------------------------------------------------------------------------


def inventory(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "aig" / "INVENTORY.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.corpus
def test_counts_equal_the_inventory(corpus: Path) -> None:
    """Ports, ANDs, properties, symbols, and levels where no property adds to them (the inventory counts none)."""
    for row in inventory(corpus):
        aig = load(corpus / "aig" / row["file"]).logic
        ports = aig.ports
        found = {
            "inputs": ports.inputs,
            "latches": ports.latches,
            "outputs": ports.outputs,
            "ands": aig.num_ands,
            "bad": ports.bad,
            "constraints": ports.constraints,
            "justice": len(ports.justice),
            "fairness": ports.fairness,
        }
        assert found == {key: int(row[key]) for key in found}, row["file"]
        if not ports.has_properties:
            assert aig.depth == int(row["levels"]), row["file"]
        named = bool(ports.names) or ports.comment.startswith(b"n")  # ABC puts the circuit's name after a bare c
        assert named == bool(int(row["symbols"])), row["file"]


@pytest.mark.corpus
def test_canonical_binary_files_are_the_same_bytes_after_reading_and_writing(corpus: Path) -> None:
    checked = 0
    for row in inventory(corpus):
        if not row["file"].endswith(".aig"):
            continue
        data = (corpus / "aig" / row["file"]).read_bytes()
        aig = parse(data)
        if aig.ports.comment.startswith(b"n"):
            continue  # ABC's "cn..." trailer is no comment section of the format
        assert binary(aig) == data, row["file"]
        checked += 1
    assert checked > 200


@pytest.mark.corpus
@pytest.mark.skipif(ABC is None, reason="ABC is not installed")
def test_ascii_files_agree_with_what_abc_reads_from_our_binary(corpus: Path, tmp_path: Path) -> None:
    """ABC reads no ASCII AIGER, so it gets our binary of it, and gives its own AIGER back."""
    assert ABC is not None
    files = [row["file"] for row in inventory(corpus) if row["file"].endswith(".aag") and int(row["outputs"]) > 0]
    plain = [
        name for name in files if not load(corpus / "aig" / name).logic.ports.has_properties and "handmade" not in name
    ]
    commands = []
    for index, name in enumerate(plain):
        aig = load(corpus / "aig" / name).logic
        if aig.ports.latches or aig.num_ands > 20_000:
            continue
        write(aig, tmp_path / f"{index}.aig")
        commands.append((name, index))
    script = "; ".join(f"read_aiger {i}.aig; strash; write_aiger out{i}.aig" for _, i in commands)
    subprocess.run([ABC, "-q", script], cwd=tmp_path, check=True, capture_output=True)
    assert len(commands) > 30
    for name, index in commands:
        theirs = parse((tmp_path / f"out{index}.aig").read_bytes())
        assert check(load(corpus / "aig" / name).logic, theirs, match="order"), name


@pytest.mark.corpus
def test_every_malformed_file_is_refused_in_one_line_quickly_and_in_little_memory(corpus: Path) -> None:
    for path in sorted((corpus / "aig" / "aiger-bad").iterdir()):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        if path.name == "crlf.aag":
            assert load(path).logic.num_ands == 0
            continue
        with pytest.raises(NetcError) as caught:
            load(path)
        assert path.name in str(caught.value)
        assert "\n" not in caught.value.what
        assert time.perf_counter() - started < 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_the_reader_never_reads_past_its_buffer() -> None:
    """Every prefix of a file is a graph or an error; the sanitizer build makes this strict."""
    for data in (TOGGLE.encode(), binary(parse(TOGGLE.encode()))):
        whole = 0
        for size in range(len(data)):
            try:
                parse(data[:size])
                whole += 1
            except NetcError:
                pass
        assert whole > 0  # a file may end after its last AND, and inside its comment
