from __future__ import annotations

import pickle
import tracemalloc
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.errors import NetcError
from netc.frontends.checkpoints import inert
from netc.frontends.checkpoints.inert import Global, Object, Persistent
from netc.frontends.checkpoints.nodes import maker, mapping, sequence

NUMBERS = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.booleans() | st.none()
KEYS = st.text() | st.integers(-(2**40), 2**40) | st.tuples(st.text(), st.integers(0, 9))
VALUES = st.recursive(
    NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner) | st.lists(inner).map(tuple),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES, st.integers(0, 5))
def test_plain_values_come_back_whatever_the_protocol(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    found = inert.read(data)
    assert found.root == value
    assert type(found.root) is type(value)
    assert found.end == len(data)


@settings(deadline=None)
@given(st.binary(), st.integers(3, 5))
def test_bytes_come_back(value: bytes, protocol: int) -> None:
    assert inert.read(pickle.dumps([value, value], protocol)).root == [value, value]


@pytest.mark.parametrize("protocol", range(6))
def test_sets_are_sequences_and_ordered_dictionaries_are_mappings(protocol: int) -> None:
    from collections import OrderedDict

    root = inert.read(pickle.dumps([{1}, frozenset([2]), OrderedDict(a=1, b=[2])], protocol)).root
    assert sequence(root[0]) == [1]
    assert list(sequence(root[1]) or ()) == [2]
    assert mapping(root[2]) == {"a": 1, "b": [2]}


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


@pytest.mark.parametrize("protocol", range(6))
def test_an_object_is_its_class_and_its_state(protocol: int) -> None:
    root = inert.read(pickle.dumps(Point(3), protocol)).root
    assert isinstance(root, Object)
    assert maker(root).name == "Point"
    assert root.state == {"x": 3}


def test_the_strings_of_python_2_keep_their_bytes() -> None:
    assert inert.read(rb"S'a\x41\n\'\\\101'" + b"\n.").root == "aA\n'\\A"
    assert inert.read(b"U\x02\xff\x00.").root == "\xff\x00"
    assert inert.read(b"T\x02\x00\x00\x00ab.").root == "ab"
    assert inert.read(b"Vd\\u00e9\n.").root == "dé"


@pytest.mark.parametrize(
    "code",
    [
        b"cposix\nsystem\n(S'touch PWNED'\ntR.",
        b"(S'touch PWNED'\nios\nsystem\n.",
        b"(cposix\nsystem\nS'touch PWNED'\no.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch PWNED\x85R.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch PWNED\x85}\x92.",
        b"\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00touch PWNED\x85\x81.",
        b'cbuiltins\nexec\n(S\'open("PWNED", "w")\'\ntR.',
        b"(cbuiltins\n__import__\n(S'this'\ntRS'x'\nS'y'\nlb.",
    ],
)
def test_nothing_in_a_pickle_runs(code: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        root = inert.read(code).root
    except NetcError:
        root = None
    assert root is None or isinstance(root, Object)
    assert not list(tmp_path.iterdir())


def test_what_a_pickle_wanted_to_call_is_written_down() -> None:
    root = inert.read(b"cposix\nsystem\n(S'ls'\ntR.").root
    assert root.cls == Global("posix", "system")
    assert root.args == ("ls",)


def test_references_are_listed_in_order(files: ModuleType) -> None:
    found = inert.read(files.pickled([Persistent("a"), Persistent(("b", 1))]))
    assert [reference.key for reference in found.persistent] == ["a", ("b", 1)]
    assert found.root == found.persistent


def test_pickles_may_follow_one_another() -> None:
    data = pickle.dumps(1) + pickle.dumps("two")
    first = inert.read(data)
    assert inert.read(data, first.end).root == "two"


DEEP = 200_000  # some two hundred times Python's limit of recursion


@pytest.mark.parametrize(
    "code",
    [
        b"]" * DEEP + b"a" * (DEEP - 1) + b".",
        b"N" + b"\x85" * DEEP + b".",
        b"N" + b")R" * DEEP + b".",
        b"N" + b"Q" * DEEP + b".",
        b"}K\x00" * DEEP + b"N" + b"s" * DEEP + b".",
    ],
)
def test_deep_nesting_neither_recurses_nor_crashes(code: bytes) -> None:
    root = inert.read(code).root
    assert isinstance(root, (list, tuple, dict, Object, Persistent))
    del root  # dropping it must not recurse either


def test_a_list_may_hold_itself() -> None:
    root = inert.read(b"]q\x00h\x00a.").root
    assert root[0] is root


def test_keys_that_cannot_be_hashed_fast_are_kept_aside(files: ModuleType) -> None:
    deep = b")" + b"\x85" * 100_000
    root = inert.read(b"}(" + deep + b"K\x01]K\x02}K\x03u.").root
    assert sorted(root.values()) == [1, 2, 3]
    assert all(isinstance(key, Object) for key in root)


def test_a_reference_to_a_claimed_memo_or_size_takes_no_memory() -> None:
    huge = (2**63 - 1).to_bytes(8, "little")
    tracemalloc.start()
    for code in (
        b"\x8e" + huge + b"x.",
        b"\x8d" + huge + b"x.",
        b"\x96" + huge + b"x.",
        b"B\xff\xff\xff\xffx.",
        b"X\xff\xff\xff\xffx.",
        b"T\xff\xff\xff\x7fx.",
        b"\x8b\xff\xff\xff\x7fx.",
        b"\x8b\xff\xff\xff\xffx.",
    ):
        with pytest.raises(NetcError, match=r"byte 0x0: .*claims"):
            inert.read(code)
    assert inert.read(b"Nr\xff\xff\xff\xff.").root is None
    assert inert.read(b"Np99999999999999999999\n.").root is None
    assert inert.read(b"\x95" + huge + b"N.").root is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_shared_lists_stay_shared() -> None:
    """A billion laughs: 64 lists, each holding the one before twice, are 64 lists."""
    code = b"]q\x00" + b"".join(b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(63))
    root = inert.read(code + b".").root
    depth = 0
    while root:
        assert root[0] is root[1]
        root, depth = root[0], depth + 1
    assert depth == 63


@pytest.mark.parametrize("protocol", range(6))
def test_every_prefix_of_a_pickle_is_an_error_with_a_byte(protocol: int) -> None:
    data = pickle.dumps({"a": [1, 2.5, "x" * 300, (1, 2, 3, 4)], "b": Point(1), "c": -5, "d": np.arange(3)}, protocol)
    for end in range(len(data)):
        with pytest.raises(NetcError) as caught:
            inert.read(data[:end])
        assert caught.value.place.startswith("byte 0x")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (b"\xff.", "no opcode 0xff"),
        (b"\x80\x06N.", "protocol 6"),
        (b"h\x05.", "memo 5"),
        (b"K\x01K\x02a.", "appends to a int"),
        (b"]K\x01K\x02s.", "sets items of a list"),
        (b"N}b.", "state of a NoneType"),
        (b"NNR.", "no tuple"),
        (b"\x82\x01.", "outside the file"),
        (b"\x97.", "outside the file"),
        (b"I12x\n.", "integer is malformed"),
        (b"I" + b"9" * 5000 + b"\n.", "integer is malformed"),
        (b"F1.2.3\n.", "float is malformed"),
        (b"S'abc\n.", "not quoted"),
        (b"\x8c\x01\xff.", "not valid text"),
        (b"K\x01K\x02\x93.", "no string"),
        (b"(K\x01d.", "no value"),
        (b"0.", "empty stack"),
    ],
)
def test_a_damaged_pickle_is_an_error_in_words(code: bytes, what: str) -> None:
    with pytest.raises(NetcError) as caught:
        inert.read(code)
    assert what in caught.value.what
    assert caught.value.place.startswith("byte 0x")


def test_a_state_that_many_objects_share_is_not_copied() -> None:
    """50,000 objects with the same dictionary of 50,000 entries: copies would take 200 GB."""
    big = b"}q\x00(" + b"".join(b"M" + i.to_bytes(2, "little") + b"N" for i in range(50_000)) + b"u0"
    root = inert.read(big + b"(" + b"cx\ny\n)Rh\x00b" * 50_000 + b"t.").root
    assert len(root) == 50_000
    assert all(made.state is root[0].state for made in root)
