"""Files that JAX, flax, orbax and safetensors themselves wrote. tests/frontends/test_forms.py needs none of them."""

from __future__ import annotations

import os
import pickle
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz_containers as forms
import numpy as np
import numpy.typing as npt
import pytest

import netc
from netc.errors import NetcError

os.environ.setdefault("JAX_PLATFORMS", "cpu")

pytestmark = pytest.mark.filterwarnings("ignore")

CELL = forms.random_cell(5, channels=3, kernels=4, perceive=(8, 4, 2), update=(20, 16, 8))
TrainState = namedtuple("TrainState", ["param", "opt_state", "key"])


@pytest.fixture(scope="module")
def numbers() -> Any:
    """jax.numpy."""
    pytest.importorskip("jax", reason="JAX writes these files; netc reads them without it")
    import jax.numpy

    return jax.numpy


def next_state(path: Path) -> npt.NDArray[np.bool_]:
    patches = np.random.default_rng(2).integers(0, 2, (300, 27)).astype(bool)
    return netc.compile(netc.load(path)).bits(patches)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> npt.NDArray[np.bool_]:
    """What the cell gives as a pickle of NumPy arrays, which test_difflogic_ca.py compares with its definition."""
    path = tmp_path_factory.mktemp("cell") / "cell.pkl"
    path.write_bytes(pickle.dumps(CELL))
    return next_state(path)


def jax_tree(numbers: Any, kind: str = "float32") -> Any:
    """The cell as arrays of JAX, logits of this type."""
    params = forms.mapped(CELL["params"], lambda logits: numbers.asarray(logits, kind))
    return {"params": params, "wires": forms.mapped(CELL["wires"], numbers.asarray)}


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_pickles_of_jax_arrays(numbers: Any, wanted: Any, tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "cell.pkl"
    path.write_bytes(pickle.dumps(jax_tree(numbers), protocol))
    np.testing.assert_array_equal(next_state(path), wanted)


def test_a_pickle_of_the_notebooks_state(numbers: Any, wanted: Any, tmp_path: Path) -> None:
    tree = jax_tree(numbers)
    optax = pytest.importorskip("optax", reason="optax makes the optimizer's state")
    state = TrainState(tree["params"], optax.adamw(1e-3).init(tree["params"]), numbers.zeros(2, "uint32"))
    path = tmp_path / "cell.pkl"
    path.write_bytes(pickle.dumps({"train_state": state, "wires": tree["wires"], "epoch": 3}))
    np.testing.assert_array_equal(next_state(path), wanted)


def half(numbers: Any, kind: str) -> Any:
    """Logits that this type holds exactly, so that every form gives one network."""
    return forms.mapped(jax_tree(numbers)["params"], lambda logits: logits.astype(kind))


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_small_floats_in_a_pickle_in_messagepack_and_in_safetensors(numbers: Any, kind: str, tmp_path: Path) -> None:
    tree = {"params": half(numbers, kind), "wires": jax_tree(numbers)["wires"]}
    exact = forms.mapped(tree["params"], lambda logits: np.asarray(logits.astype("float32")))
    found = []
    for name, data in (
        ("exact.pkl", pickle.dumps({**CELL, "params": exact})),
        ("jax.pkl", pickle.dumps(tree)),
        ("cell.msgpack", flax_bytes(tree)),
        ("cell.safetensors", safetensors_bytes(tree)),
    ):
        (tmp_path / name).write_bytes(data)
        found.append(next_state(tmp_path / name))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def flax_bytes(tree: Any) -> bytes:
    pytest.importorskip("flax", reason="flax writes these files")
    from flax import serialization

    return bytes(serialization.to_bytes(tree))


def safetensors_bytes(tree: Any) -> bytes:
    pytest.importorskip("safetensors", reason="safetensors writes these files")
    from safetensors.flax import save

    return bytes(save(forms.flattened(tree)))


def test_flax_messagepack(numbers: Any, wanted: Any, tmp_path: Path) -> None:
    tree = jax_tree(numbers)
    state = TrainState(tree["params"], (np.int32(3), np.float32(0.5), 2 + 1j), numbers.zeros(2, "uint32"))
    for name, saved in (("plain", tree), ("state", {"train_state": state, "wires": tree["wires"], "step": 7})):
        path = tmp_path / f"{name}.msgpack"
        path.write_bytes(flax_bytes(saved))
        np.testing.assert_array_equal(next_state(path), wanted)


def test_our_messagepack_is_what_msgpack_writes() -> None:
    msgpack = pytest.importorskip("msgpack", reason="msgpack is the reference")
    values = {"a": [1, -5, 300, 70_000, 2**40, -(2**40), 0.5, None, True, "x" * 40, b"y" * 300], "b": {"c": "é" * 200}}
    values["many"] = {str(i): list(range(20)) for i in range(20)}
    root, _ = forms_opened(msgpack.packb(values))
    assert root == values
    assert msgpack.unpackb(forms.msgpack_of(values))["b"] == values["b"]


def forms_opened(data: bytes) -> Any:
    from netc.files import Source
    from netc.frontends.checkpoints import containers

    return containers.read(Source("x", data))[1:]


def test_safetensors_of_every_type_and_with_metadata(tmp_path: Path) -> None:
    pytest.importorskip("safetensors", reason="safetensors writes these files")
    from safetensors.numpy import load, save

    arrays = {kind: np.array([[0, 1, 2], [3, 100, 5]]).astype(kind) for kind in ("f2", "f4", "f8", "i8", "u1", "?")}
    root, tensors = forms_opened(save(arrays, {"k": "2"}))
    for kind, array in arrays.items():
        np.testing.assert_array_equal(tensors.array(root[kind]), array)
    assert root["__metadata__"] == {"k": 2}
    for name, array in load(forms.safetensors_of(arrays)).items():
        np.testing.assert_array_equal(array, arrays[name])


def orbax_checkpoint() -> Any:
    pytest.importorskip("tensorstore", reason="tensorstore reads orbax directories")
    return pytest.importorskip("orbax.checkpoint", reason="orbax writes these directories")


ORBAX: dict[str, Callable[[Any], Any]] = {
    "standard": lambda ocp: ocp.StandardCheckpointer(),
    "one folder an array": lambda ocp: ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=False)),
    "zarr3": lambda ocp: ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_zarr3=True)),
}


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
@pytest.mark.parametrize("way", ORBAX)
def test_orbax_directories(numbers: Any, wanted: Any, tmp_path: Path, way: str, kind: str) -> None:
    ocp = orbax_checkpoint()
    path = tmp_path / "a folder with 100 % blanks"
    with ORBAX[way](ocp) as saver:
        saver.save(path, jax_tree(numbers, kind))
        if hasattr(saver, "wait_until_finished"):
            saver.wait_until_finished()
    if kind == "bfloat16":
        exact = {
            **CELL,
            "params": forms.mapped(half(numbers, kind), lambda logits: np.asarray(logits.astype("float32"))),
        }
        (tmp_path / "exact.pkl").write_bytes(pickle.dumps(exact))
        wanted = next_state(tmp_path / "exact.pkl")
    np.testing.assert_array_equal(next_state(path), wanted)


def test_orbax_steps(numbers: Any, wanted: Any, tmp_path: Path) -> None:
    ocp = orbax_checkpoint()
    with ocp.CheckpointManager(tmp_path / "run") as manager:
        manager.save(100, args=ocp.args.StandardSave(jax_tree(numbers)))
        manager.wait_until_finished()
        np.testing.assert_array_equal(next_state(tmp_path / "run"), wanted)
        manager.save(200, args=ocp.args.StandardSave(jax_tree(numbers)))
        manager.wait_until_finished()
    with pytest.raises(NetcError, match="several checkpoints: 100/default, 200/default"):
        netc.load(tmp_path / "run")
    np.testing.assert_array_equal(next_state(tmp_path / "run" / "200"), wanted)


def test_damaged_orbax_directories_are_errors(numbers: Any, tmp_path: Path) -> None:
    ocp = orbax_checkpoint()
    path = tmp_path / "cell"
    with ocp.StandardCheckpointer() as saver:
        saver.save(path, jax_tree(numbers))
    described = (path / "_METADATA").read_text()
    for text in ("", "[" * 100_000, "{}", '{"tree_metadata": {"x": 1}}', described.replace('"params"', '"parameters"')):
        (path / "_METADATA").write_text(text)
        with pytest.raises(NetcError):
            netc.load(path)
    (path / "_METADATA").write_text(described)
    missed = 0
    for file in sorted(path.rglob("d/*")):  # what no array is in, nobody misses
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2])
        try:
            netc.load(path)
        except NetcError as error:
            assert "tensorstore cannot read it" in error.what
            missed += 1
        file.write_bytes(data)
    assert missed
    netc.load(path)


def test_without_tensorstore_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "tensorstore", None)
    (tmp_path / "_METADATA").write_text('{"tree_metadata": {}}')
    with pytest.raises(NetcError, match="needs the package tensorstore") as caught:
        netc.load(tmp_path)
    assert caught.value.hint == "pip install 'netc[orbax]'"
