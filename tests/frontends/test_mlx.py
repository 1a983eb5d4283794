"""Files that MLX itself wrote. tests/frontends/test_forms.py needs it not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz_containers as forms
import helpers_checkpoints
import numpy as np
import pytest

import netc

mlx = pytest.importorskip("mlx.core", reason="MLX writes these files; netc reads them without it")

SAVERS: dict[str, Callable[[Path, dict[str, Any]], Any]] = {
    "model.pkl": lambda path, arrays: path.write_bytes(pickle.dumps({"state_dict": arrays, "epoch": 40})),
    "model.npz": lambda path, arrays: mlx.savez(str(path), **arrays),
    "model.safetensors": lambda path, arrays: mlx.save_safetensors(str(path), arrays, {"k": "2"}),
}


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", SAVERS)
def test_networks_compute_their_bits(tmp_path: Path, name: str, kind: str) -> None:
    logits, pairs = helpers_checkpoints.random_network(7, [6, 30, 8])
    exact = [np.array(mlx.array(rows).astype(getattr(mlx, kind)).astype(mlx.float32)) for rows in logits]
    arrays = {key: mlx.array(array) for key, array in forms.state_dict(logits, pairs).items()}
    for key in ("0.weights", "1.weights"):
        arrays[key] = arrays[key].astype(getattr(mlx, kind))
    SAVERS[name](tmp_path / name, arrays)
    model = netc.load(tmp_path / name, classes=2, input_bits=6)
    rows = (np.arange(64)[:, None] >> np.arange(6) & 1).astype(bool)
    wanted = helpers_checkpoints.evaluate([one.argmax(axis=1) for one in exact], pairs, rows)
    np.testing.assert_array_equal(netc.compile(model).bits(rows), wanted)
