"""Containers without torch: what is in them arrives, and one network is the same network in each."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import fuzz_containers as forms
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc.errors import NetcError
from netc.files import Source
from netc.frontends.checkpoints import branches, containers
from netc.frontends.checkpoints.inert import Global, Object
from netc.frontends.checkpoints.tensors import Tensors

TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]

WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "npz": forms.npz_of,
    "npz, compressed": lambda arrays: forms.npz_of(arrays, compressed=True),
    "safetensors": forms.safetensors_of,
    "msgpack": forms.msgpack_of,
    "NumPy pickle": pickle.dumps,
    "JAX pickle": lambda arrays: forms.files.pickled(forms.mapped(arrays, forms.jax_in_pickle)),
    "MLX pickle": lambda arrays: forms.files.pickled(forms.mapped(arrays, forms.mlx_in_pickle)),
}


def opened(data: bytes) -> tuple[Any, Tensors]:
    _, root, tensors = containers.read(Source("model", data))
    return root, tensors


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("container", WRITERS)
def test_every_type_of_number_comes_back(container: str, kind: str) -> None:
    array = np.array([[0, 1, 2], [3, 100, 5]]).astype(kind)
    root, tensors = opened(WRITERS[container]({"x": array}))
    found = tensors.array(root["x"])
    assert found.dtype == array.dtype
    assert not found.flags.writeable
    assert tensors.shape(root["x"]) == (2, 3)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("write", [forms.safetensors_of, forms.msgpack_of])
def test_bfloat16_is_widened_exactly(write: Callable[[dict[str, Any]], bytes]) -> None:
    array = np.array([[1.0, -2.5, np.inf], [0.0, 3.0, np.nan]], np.float32)  # all are bfloat16 already
    root, tensors = opened(write({"x": forms.BFloat16(array)}))
    np.testing.assert_array_equal(tensors.array(root["x"]), array)


def test_bfloat16_of_jax_and_mlx_in_pickles_is_widened_exactly() -> None:
    array = np.array([1.0, -2.5, 3.0], np.float32)
    upper = (array.view(np.uint32) >> 16).astype(np.uint16)
    jax = forms.jax_in_pickle(upper)
    jax.args[2][2].args = (Global("ml_dtypes", "bfloat16"), False, True)
    mlx = forms.mlx_in_pickle(upper)
    mlx.state = (mlx.state[0], 12)
    root, tensors = opened(forms.files.pickled([jax, mlx]))
    for node in root:
        np.testing.assert_array_equal(tensors.array(node), array)


@pytest.mark.parametrize("kind", [">f4", "<f4", ">i8", ">f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_in_any_order_of_bytes_and_of_numbers(kind: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4), kind, order=order)  # type: ignore[call-overload, unused-ignore]
    root, tensors = opened(forms.npz_of({"x": array}))
    np.testing.assert_array_equal(tensors.array(root["x"]), array)


def test_npz_in_every_version_of_the_header() -> None:

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for version in ((1, 0), (2, 0), (3, 0)):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.arange(5), version)
            archive.writestr(f"v{version[0]}.npy", member.getvalue())
    root, tensors = opened(buffer.getvalue())
    for node in root.values():
        assert tensors.array(node).tolist() == [0, 1, 2, 3, 4]


def test_npz_numbers_and_settings_are_what_they_say() -> None:
    root, _ = opened(forms.npz_of({"k": 3, "tau": 2.5, "flag": True, "name": "net", "config": '{"k": [1]}'}))
    assert root == {"k": 3, "tau": 2.5, "flag": True, "name": "net", "config": {"k": [1]}}


def test_names_with_slashes_are_paths_and_settings_are_dictionaries() -> None:
    root, _ = opened(forms.npz_of({"a/b/0": np.arange(2), "config.k": 2, "encoder/features": 3, "a.b": np.arange(3)}))
    assert sorted(root) == ["a.b", "a.b.0", "config", "encoder"]
    assert root["config"] == {"k": 2}
    assert root["encoder"] == {"features": 3}


def test_names_that_would_be_alike_stay_apart() -> None:
    root, _ = opened(forms.npz_of({"a.b": np.arange(2), "a/b": np.arange(3)}))
    assert sorted(root) == ["a.b", "a/b"]


def test_safetensors_metadata_are_settings() -> None:
    metadata = {"k": "2", "tau": "5.0", "format": "pt", "config": '{"a": 1}'}
    root, _ = opened(forms.safetensors_of({"x": np.arange(2)}, metadata))
    assert root["__metadata__"] == {"k": 2, "tau": 5.0, "format": "pt", "config": {"a": 1}}


def test_msgpack_values_of_every_kind_come_back() -> None:
    tree = {"a": [1, -5, 2.5, None, True, "é", b"raw"], "b": {"c": {}}, "n": np.float32(1.5)}
    root, tensors = opened(forms.msgpack_of(tree))
    assert list(root["a"].values()) == tree["a"]
    assert root["b"] == {"c": {}}
    assert tensors.number(root["n"]) == 1.5
    assert opened(b"\x83\xa1a\x05\xa1b\xe0\xa1c\x93\x01\xcd\x01\x00\xd1\xff\x00")[0] == {
        "a": 5,
        "b": -32,
        "c": [1, 256, -256],
    }


def test_an_array_of_no_numbers_or_of_a_strange_type_is_an_error_when_it_is_read() -> None:
    for array, what in ((np.zeros((0, 16)), "0 bytes"), (np.array(["a", "b"]), "type U1")):
        root, tensors = opened(forms.npz_of({"x": array}))
        with pytest.raises(NetcError, match=what):
            tensors.array(root["x"])
    header = b'{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'
    root, tensors = opened(len(header).to_bytes(8, "little") + header + b"ab")
    with pytest.raises(NetcError, match="F8_E4M3"):
        tensors.array(root["x"])


def test_npz_without_the_type_bfloat16_says_so() -> None:
    with pytest.raises(NetcError, match=r"array x: .*bfloat16") as caught:
        opened(forms.npz_of({"x": np.zeros(3, "V2")}))
    assert caught.value.hint == "save it as float32"


def test_tensors_in_a_plain_pickle_are_read(files: ModuleType) -> None:
    """pickle.dump of a state_dict: torch writes each storage as an old file of its own."""
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    inner = files.File()
    storage = Object(Global("torch.storage", "_load_from_bytes"), (inner.legacy(inner.storage(array)),))
    node = files.strided(storage, 4, (2, 4), (4, 1))
    root, tensors = opened(files.pickled({"x": node, "y": files.strided(storage, 0, (3,), (4,))}))
    np.testing.assert_array_equal(tensors.array(root["x"]), array[1:])
    np.testing.assert_array_equal(tensors.array(root["y"]), array[:, 0])


# One network in every container.


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    widths=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    container=st.sampled_from(sorted(WRITERS)),
    kind=st.sampled_from(["f2", "f4", "f8"]),
    prefix=st.sampled_from(["", "module.", "_orig_mod.module.net."]),
)
def test_random_networks_compute_their_bits(
    files: ModuleType, seed: int, widths: list[int], container: str, kind: str, prefix: str
) -> None:
    logits, pairs = files.random_network(seed, [5, *widths])
    logits = [rows.astype(kind) for rows in logits]
    state = {f"{prefix}{name}": array for name, array in forms.state_dict(logits, pairs).items()}
    model = files.load(WRITERS[container](state), input_bits=5)
    rows = (np.arange(32)[:, None] >> np.arange(5) & 1).astype(bool)
    wanted = files.evaluate([one.argmax(axis=1) for one in logits], pairs, rows)
    np.testing.assert_array_equal(netc.compile(model).bits(rows), wanted)


@pytest.mark.parametrize("container", ["npz", "safetensors", "msgpack"])
def test_settings_and_encoder_travel_in_every_container(files: ModuleType, container: str) -> None:
    logits, pairs = files.random_network(3, [6, 8, 4])
    state = forms.state_dict(logits, pairs)
    if container == "npz":
        encoder = {"encoder.thresholds": np.array([1.0, 2.0]), "encoder.features": 3, "encoder.order": "plane"}
        data = forms.npz_of({**state, "config.k": 2, "config.tau": 1.5, **encoder})
    elif container == "safetensors":
        settings_ = {"thresholds": [1.0, 2.0], "features": 3, "order": "plane"}
        data = forms.safetensors_of(state, {"k": "2", "tau": "1.5", "encoder": json.dumps(settings_)})
    else:
        encoder = {"thresholds": np.array([1.0, 2.0]), "features": 3, "order": "plane"}
        data = forms.msgpack_of({"params": state, "config": {"k": 2, "tau": 1.5}, "encoder": encoder})
    model = files.load(data)
    assert model.head is not None
    assert (model.head.classes, model.head.tau) == (2, 1.5)
    assert model.encoder is not None
    assert model.encoder.feature.tolist() == [0, 1, 2, 0, 1, 2]


# Ways in.


@pytest.mark.parametrize(
    ("name", "container"),
    [("m.npz", "npz"), ("m.safetensors", "safetensors"), ("m.msgpack", "msgpack"), ("m.pkl", "JAX pickle")],
)
@pytest.mark.parametrize("named", [True, False])
def test_load_knows_a_file_by_its_suffix_or_its_first_bytes(
    files: ModuleType, tmp_path: Path, name: str, container: str, named: bool
) -> None:
    logits, pairs = files.random_network(3, [6, 8, 4])
    path = tmp_path / (name if named else "checkpoint_100")
    path.write_bytes(WRITERS[container](forms.state_dict(logits, pairs)))
    assert netc.load(path).logic.ports.outputs == 4


def test_a_directory_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetcError, match="this is a directory, and no orbax checkpoint"):
        netc.load(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(NetcError, match="TensorFlow SavedModel"):
        netc.load(tmp_path)


# Branches.


def branches_of(root: Any) -> dict[tuple[str, ...], Any]:
    return dict(branches.leaves(root, Tensors(lambda _: None, 1 << 20)))


def test_branches_are_the_same_flat_and_nested() -> None:
    nested = {"params": {"update": [5, {"a": 6}]}, "wires": [(None, 7)]}
    wanted = {
        ("params", "update", "0"): 5,
        ("params", "update", "1", "a"): 6,
        ("wires", "0", "0"): None,
        ("wires", "0", "1"): 7,
    }
    assert (
        branches_of({"params.update.0": 5, "params/update/1/a": 6, "wires[0][0]": None, "['wires'][0][1]": 7}) == wanted
    )
    assert branches_of({**nested, "params": {"update": [{"x": 1}, {"a": 6}]}})[("params", "update", "0", "x")] == 1
    assert branches_of([[1, 2], [[3]]]) == {("0",): [1, 2], ("1", "0"): [3]}


def test_branches_see_through_objects() -> None:
    state = Object(Global("__main__", "TrainState"), ({"a": 1}, None))
    whole = Object(Global("__main__", "Net"))
    whole.state = {"params": {"b": 2}}
    assert branches_of({"s": state, "n": whole}) == {("s", "0", "a"): 1, ("s", "1"): None, ("n", "params", "b"): 2}


def test_branches_that_hold_themselves_are_an_error() -> None:
    node: dict[str, Any] = {}
    node["a"] = node
    with pytest.raises(NetcError, match="deeper than 64"):
        branches_of(node)
    rows: list[Any] = []
    rows += [rows, rows]
    with pytest.raises(NetcError, match=r"more than 100,000|deeper than 64"):
        branches_of(rows)
