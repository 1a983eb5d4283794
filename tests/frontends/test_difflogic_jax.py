"""Parameters and wires of feed-forward networks, against brute force."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import fuzz_containers as forms
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc.errors import NetcError


def tree(logits: Any, pairs: Any, *, matrices: bool = False, transposed: bool = False) -> dict[str, Any]:
    """``params`` and ``wires`` as lists; matrices and transposed as in a Game of Life of somebody's own."""
    widths = [6, *map(len, logits)]
    wires = [[wires[:, 0], wires[:, 1]] for wires in pairs]
    if matrices:
        wires = [[np.eye(width)[a], np.eye(width)[b]] for width, (a, b) in zip(widths, wires, strict=False)]
    return {"params": [rows.T if transposed else rows for rows in logits], "wires": wires}


WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "pickle": pickle.dumps,
    "nested pickle": lambda made: pickle.dumps({"model": made, "epoch": 3}),
    "msgpack": forms.msgpack_of,
    "npz": lambda made: forms.npz_of(forms.flattened(made)),
    "safetensors": lambda made: forms.safetensors_of(forms.flattened(made)),
}


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    widths=st.lists(st.integers(1, 40).filter(lambda width: width != 16), min_size=1, max_size=4),
    container=st.sampled_from(sorted(WRITERS)),
    matrices=st.booleans(),
    transposed=st.booleans(),
)
def test_random_networks_compute_their_bits(
    files: ModuleType, seed: int, widths: list[int], container: str, matrices: bool, transposed: bool
) -> None:
    logits, pairs = files.random_network(seed, [6, *widths])
    data = WRITERS[container](tree(logits, pairs, matrices=matrices, transposed=transposed))
    model = files.load(data, **({} if matrices else {"input_bits": 6}))
    rows = (np.arange(64)[:, None] >> np.arange(6) & 1).astype(bool)
    wanted = files.evaluate([one.argmax(axis=1) for one in logits], pairs, rows)
    np.testing.assert_array_equal(netc.compile(model).bits(rows), wanted)


def test_settings_beside_make_classes(files: ModuleType) -> None:
    logits, pairs = files.random_network(1, [6, 9, 8])
    model = files.load(forms.msgpack_of({**tree(logits, pairs), "config": {"k": 4, "tau": 2.0}}))
    assert model.head is not None
    assert (model.head.classes, model.head.tau) == (4, 2.0)
    assert model.notes[0] == "MessagePack file: layers of gates in params, wires in wires, read as difflogic-jax"
    assert files.load(pickle.dumps(tree(logits, pairs)), classes=2).head.classes == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"params": []}, "no wiring|no network of logic gates|holds no tensor"),
        ({"wires": [[np.zeros(9, int)] * 2]}, "2 layers have gates and 1 have wires"),
        ({"wires": [[np.zeros(9, int)] * 2, [np.full(8, 9)] * 2]}, r"params\.1: it reads input 9"),
        ({"wires": [[np.eye(9, 6)] * 2, [np.eye(8, 7)] * 2]}, r"a row of the wires' matrix"),
    ],
)
def test_what_does_not_fit_together_is_an_error(files: ModuleType, change: dict[str, Any], message: str) -> None:
    logits, pairs = files.random_network(1, [6, 9, 8])
    with pytest.raises(NetcError, match=message):
        files.load(pickle.dumps({**tree(logits, pairs), **change}))
