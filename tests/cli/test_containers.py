"""Commands on checkpoints that torch did not write."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz_containers as forms
import numpy as np
import pytest

Netc = Callable[..., Any]

WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "model.npz": forms.npz_of,
    "model.safetensors": forms.safetensors_of,
    "model.msgpack": forms.msgpack_of,
    "model.pkl": pickle.dumps,
}


def network(seed: int) -> tuple[dict[str, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A state_dict of five inputs and eight outputs, all rows of inputs, and the bits for each."""
    logits, pairs = forms.files.random_network(seed, [5, 12, 8])
    rows = (np.arange(32)[:, None] >> np.arange(5) & 1).astype(np.uint8)
    bits = forms.files.evaluate([one.argmax(axis=1) for one in logits], pairs, rows.astype(bool))
    return forms.state_dict(logits, pairs), rows, bits


@pytest.mark.parametrize("name", WRITERS)
def test_run_and_stats_read_it_by_name_and_from_a_pipe(netc: Netc, tmp_path: Path, name: str) -> None:
    state, rows, bits = network(1)
    data = WRITERS[name](state)
    (tmp_path / name).write_bytes(data)
    np.save(tmp_path / "rows.npy", rows)
    done = netc("run", name, "rows.npy", "--bits", "-q")
    assert done.code == 0, done.err
    np.testing.assert_array_equal([[int(bit) for bit in line] for line in done.text.split()], bits)
    done = netc("stats", "--json", input=data)
    assert done.code == 0, done.err
    assert json.loads(done.text)["trained"]["neurons"] == 20


def test_a_cell_goes_all_the_way_to_verilog(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "cell.msgpack").write_bytes(forms.msgpack_of(forms.random_cell(1, channels=2)))
    done = netc("opt", "cell.msgpack", "-O2", "-o", "cell.aig")
    assert done.code == 0, done.err
    assert "proved" in done.err
    done = netc("verilog", "cell.aig")
    assert done.code == 0, done.err
    assert "[1:0] out" in done.text
    assert netc("stats", "cell.msgpack").text.count("channels: 2") == 1


def test_a_directory_that_is_no_checkpoint_is_bad_input(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = netc("stats", "folder")
    assert done.code == 2
    assert done.err == "netc: folder: this is a directory, and no orbax checkpoint: it has no _METADATA\n"
