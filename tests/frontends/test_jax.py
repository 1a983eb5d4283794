"""Files that JAX, flax, orbax and safetensors themselves wrote. tests/frontends/test_forms.py needs none of them."""

from __future__ import annotations

import os
import pickle
from collections import namedtuple
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import fuzz_containers as forms
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    return np.asarray(netc.compile(netc.load(path)).bits(patches))


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


# Training in JAX: soft gates by gradient descent, hard gates in evaluation, both written here in jax.numpy.


def soft_gates(numbers: Any, logits: Any, a: Any, b: Any, *, hard: bool) -> Any:
    """Gate i has the value of bit 3 - 2a - b of i; training mixes the gates, evaluation takes the first largest."""
    import jax

    mixed = jax.nn.one_hot(logits.argmax(-1), 16) if hard else jax.nn.softmax(logits)
    bits = numbers.array([[gate >> (3 - entry) & 1 for entry in range(4)] for gate in range(16)], "float32")
    at = numbers.stack([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], -1)
    return (at * (mixed @ bits)).sum(-1)


def forward(numbers: Any, params: Any, wires: Any, x: Any, *, hard: bool) -> Any:
    for logits, (a, b) in zip(params, wires, strict=True):
        x = soft_gates(numbers, logits, x[..., a], x[..., b], hard=hard)
    return x


def cell(numbers: Any, params: Any, wires: Any, patches: Any, *, hard: bool) -> Any:
    """Next states of cells from ``[n, neighbours, channels]``: perception, then update (Miotti et al., 2025)."""
    x = numbers.moveaxis(patches, 1, 2)[:, None]  # n, kernels, channels, neighbours
    for logits, (a, b) in zip(params["perceive"], wires["perceive"], strict=True):
        x = soft_gates(numbers, logits[:, None], x[..., a], x[..., b], hard=hard)
    seen = numbers.transpose(x, (0, 2, 3, 1)).reshape(len(patches), -1)  # channel, output, kernel
    joined = numbers.concatenate([patches[:, 4], seen], axis=1)
    return forward(numbers, params["update"], wires["update"], joined, hard=hard)


def trained(numbers: Any, params: Any, loss: Any) -> Any:
    """A few steps of gradient descent."""
    import jax

    gradient = jax.jit(jax.grad(loss))
    params = jax.tree_util.tree_map(lambda logits: numbers.asarray(logits, "float32"), params)
    for _ in range(10):
        params = jax.tree_util.tree_map(lambda old, slope: old - 3.0 * slope, params, gradient(params))
    return params


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), widths=st.lists(st.integers(2, 24), min_size=1, max_size=3))
def test_networks_trained_by_jax_compute_the_same(numbers: Any, seed: int, widths: list[int]) -> None:
    random = np.random.default_rng(seed)
    sizes = [10, *widths]
    wires = [[random.integers(0, before, after) for _ in range(2)] for before, after in pairwise(sizes)]
    start = [random.standard_normal((after, 16)).astype(np.float32) for after in widths]
    x = numbers.asarray(random.integers(0, 2, (64, 10)), "float32")
    target = numbers.roll(x.mean(1, keepdims=True), 1)
    params = trained(numbers, start, lambda p: ((forward(numbers, p, wires, x, hard=False) - target) ** 2).sum())
    assert any((np.asarray(new) != old).any() for new, old in zip(params, start, strict=True))
    model = netc.from_jax(params, wires, input_bits=10)
    rows = random.integers(0, 2, (200, 10))
    wanted = np.asarray(forward(numbers, params, wires, numbers.asarray(rows, "float32"), hard=True)) > 0.5
    for made in (model, netc.optimize(model, level=1)):
        np.testing.assert_array_equal(netc.compile(made).bits(rows), wanted)


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    channels=st.integers(1, 3),
    kernels=st.integers(1, 4),
    hidden=st.integers(3, 20),
)
def test_cells_trained_by_jax_compute_the_same(
    numbers: Any, seed: int, channels: int, kernels: int, hidden: int
) -> None:
    made = forms.random_cell(seed, channels=channels, kernels=kernels, perceive=(6, 2), update=(hidden,))
    wires = made["wires"]
    random = np.random.default_rng(seed)
    patches = random.integers(0, 2, (80, 9, channels))
    x = numbers.asarray(patches, "float32")
    target = x[:, 0]
    params = trained(numbers, made["params"], lambda p: ((cell(numbers, p, wires, x, hard=False) - target) ** 2).sum())
    model = netc.from_jax(params, wires)
    wanted = np.asarray(cell(numbers, params, wires, x, hard=True)) > 0.5
    for one in (model, netc.optimize(model, level=1)):
        np.testing.assert_array_equal(netc.compile(one).bits(patches.reshape(80, -1)), wanted)
