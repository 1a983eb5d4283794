"""Families of checkpoints but difflogic's own: the corpus, and small files written by hand against brute force."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import netc
from netc.errors import NetcError
from netc.frontends.checkpoints.luts import packed, rows_of
from netc.layers import Dense, Tiled

Array = npt.NDArray[Any]


def all_rows(inputs: int) -> Array:
    return (np.arange(2**inputs)[:, None] >> np.arange(inputs) & 1).astype(bool)


def random_rows(seed: int, count: int, width: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).integers(0, 2, (count, width)).astype(bool)


# The corpus.

PLAIN: dict[str, dict[str, Any]] = {
    "torchlogix_clgn_mnist_tiny": {"architecture": "ClgnMnistTiny"},
    "torchlogix_conv_mixed_mnist": {
        "input_shape": (1, 28, 28),
        "layers": {
            "1": {"padding": 1, "pool": (2, 2, 1)},
            "3": {"padding": 0, "parametrization": "light"},
            "5": {"parametrization": "warp"},
        },
    },
    "torchlogix_conv_readme_mnist": {"input_shape": (1, 28, 28), "layers": {"1": {"padding": 0, "pool": (2, 2, 0)}}},
    "torchlogix_dense_light_r2_digits": {"parametrization": "light"},
    "torchlogix_dense_raw_mnist_8k": {},
    "torchlogix_dense_warp_r2_digits": {"parametrization": "warp"},
    "torchlogix_dense_warp_r4_digits": {"parametrization": "warp"},
    "torchlogix_learnable_digits": {"parametrization": "warp", "layers": {"0": {"temperature_softplus": 0.1}}},
}


def check_against(model: netc.Model, reference: Path) -> None:
    """Bits, scores, logits and classes of all samples, from their bits and from their features where that is known."""
    ref = np.load(reference)
    x = ref["inputs_packed"]
    assert model.head is not None
    for made in (model, netc.optimize(model, level=1)):
        net = netc.compile(made.with_encoder(None))
        np.testing.assert_array_equal(net.bits(x, packed=True, packed_out=True), ref["bits_packed"])
        np.testing.assert_array_equal(net.scores(x, packed=True), ref["scores"])
        if "pred" in ref:
            np.testing.assert_array_equal(net.predict(x, packed=True), ref["pred"])
            np.testing.assert_array_equal(net.logits(x, packed=True), ref["logits"])
        if made.encoder is not None:
            features = ref["x_raw"].reshape(len(x), -1)
            np.testing.assert_array_equal(netc.compile(made).logits(features), ref["logits"])


@pytest.mark.corpus
@pytest.mark.parametrize("name", PLAIN)
def test_corpus_torchlogix_modules_equal_their_references(dlgn: Path, name: str) -> None:
    model = netc.load(dlgn / f"{name}.full.pt", binariser="softplus")
    check_against(model, dlgn / f"{name}_ref.npz")
    assert (model.encoder is None) == (name == "torchlogix_clgn_mnist_tiny")  # whose binariser is a dummy


@pytest.mark.corpus
@pytest.mark.parametrize("name", PLAIN)
def test_corpus_torchlogix_state_dicts_equal_their_references_when_told_what_they_lack(dlgn: Path, name: str) -> None:
    ref = np.load(dlgn / f"{name}_ref.npz")
    sums: dict[str, Any] = {} if "architecture" in PLAIN[name] else {"classes": int(ref["k"]), "tau": float(ref["tau"])}
    for path in (*sorted(dlgn.glob(f"{name}*state_dict.pt")), dlgn / f"{name}.safetensors"):
        model = netc.load(path, **PLAIN[name], **sums, beta=float(ref["beta"]), binariser="softplus")
        check_against(model, dlgn / f"{name}_ref.npz")
        assert (model.encoder is None) == (name == "torchlogix_clgn_mnist_tiny")


@pytest.mark.corpus
def test_corpus_convolutions_stay_templates(dlgn: Path) -> None:
    model = netc.load(dlgn / "torchlogix_clgn_mnist_tiny.full.pt")
    assert model.trained is not None
    kinds = [type(layer) for layer in model.trained.layers]
    assert kinds == [*[Tiled] * 6, *[Dense] * 3]
    assert [layer.positions for layer in model.trained.layers if isinstance(layer, Tiled)][::2] == [576, 100, 16]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("torchlogix_conv_readme_mnist", "layer 1: netc cannot tell the shape of what it reads"),
        ("torchlogix_dense_warp_r2_digits", "layer 1: its 4 parameters a neuron may be warp or light"),
        ("torchlogix_dense_warp_r4_digits", "layer 1: its 16 parameters a neuron may be warp or light"),
    ],
)
def test_corpus_state_dicts_that_tell_too_little_are_refused(dlgn: Path, name: str, what: str) -> None:
    with pytest.raises(NetcError, match=what) as caught:
        netc.load(dlgn / f"{name}.state_dict.pt")
    assert "=" in caught.value.hint


@pytest.mark.corpus
def test_corpus_learned_thresholds_are_no_encoder_until_told_which(dlgn: Path) -> None:
    model = netc.load(dlgn / "torchlogix_learnable_digits.full.pt")
    assert model.encoder is None
    assert any("binariser=softplus or binariser=cumsum" in note for note in model.notes)
    softplus, summed = (
        netc.load(dlgn / "torchlogix_learnable_digits.full.pt", binariser=rule).encoder
        for rule in ("softplus", "cumsum")
    )
    assert softplus is not None
    assert summed is not None
    assert not np.array_equal(softplus.threshold, summed.threshold)


@pytest.mark.corpus
def test_corpus_settings_beside_the_file_are_used_and_told(dlgn: Path, tmp_path: Path) -> None:
    name = "torchlogix_clgn_mnist_tiny"
    (tmp_path / "best_model.pt").symlink_to(dlgn / f"{name}.state_dict.pt")
    (tmp_path / "training_config.json").write_text(json.dumps({"architecture": "ClgnMnistTiny", "lut_rank": 2}))
    model = netc.load(tmp_path / "best_model.pt")
    check_against(model, dlgn / f"{name}_ref.npz")
    said = [note for note in model.notes if "training_config.json.architecture" in note]
    assert any("padded with 0" in note for note in said)
    assert any("OR pooling" in note for note in said)
    assert any("10 classes" in note for note in said)


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "path"), [("state_dict.pt", "network"), ("lightning.ckpt", "model.network")])
def test_corpus_convlogic_equals_its_reference(dlgn: Path, name: str, path: str) -> None:
    ref = np.load(dlgn / "variants" / "convlogic_small_ref.npz")
    told = {
        f"{path}.0": {"kernel": 5, "stride": 1, "padding": 0},
        f"{path}.1": {"kernel": 3, "stride": 1, "padding": 1},
    }
    model = netc.load(dlgn / "variants" / f"convlogic_small.{name}", input_shape=(1, 12, 12), classes=10, layers=told)
    for made in (model, netc.optimize(model, level=1)):
        np.testing.assert_array_equal(netc.compile(made).bits(ref["inputs"].reshape(16, -1)), ref["bits"])
    assert model.head is not None
    assert model.head.classes == int(ref["k"])
    if "ckpt" in name:
        assert model.head.tau == float(ref["tau"])  # from its settings, whose k is no number of classes


@pytest.mark.corpus
def test_corpus_weightless_network_equals_its_reference(dlgn: Path) -> None:
    model = netc.load(dlgn / "variants" / "dwn_layout.state_dict.pt", classes=10)
    check_against(model, dlgn / "variants" / "dwn_layout_ref.npz")


# Tables.


@pytest.mark.parametrize("inputs", [1, 2, 4, 6, 7])
def test_packed_tables_read_their_inputs_in_order(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    rows = rng.integers(0, 2, (5, 2**inputs)).astype(bool)
    for most in (True, False):
        tables = packed(rows, first_is_most=most)
        for x in all_rows(inputs):
            entry = sum(int(bit) << (inputs - 1 - j if most else j) for j, bit in enumerate(x))
            address = sum(int(bit) << j for j, bit in enumerate(x))
            found = [int(table[address // 64]) >> address % 64 & 1 for table in tables]
            assert found == rows[:, entry].astype(int).tolist()


def test_walsh_of_the_first_version_counts_the_other_way() -> None:
    """Its basis is 1, A, B, AB over -1 and 1, and a positive sum is true."""
    parameters = np.random.default_rng(1).standard_normal((50, 4)).astype(np.float32)
    rows = rows_of("walsh", parameters, 2).bits
    for entry, (a, b) in enumerate([(-1, -1), (-1, 1), (1, -1), (1, 1)]):
        np.testing.assert_array_equal(rows[:, entry], parameters @ np.array([1, a, b, a * b]) > 0)


def test_sums_that_only_rounding_decides_are_counted() -> None:
    parameters = np.array([[1, 1e-8, -1, 0], [1, 2, 3, 4.5]], np.float32)
    assert rows_of("warp", parameters, 2).doubtful == 1
    assert rows_of("warp", parameters[1:], 2).doubtful == 0


# torchlogix's own old versions, written by hand.


def torchlogix_010(files: ModuleType, file: Any) -> tuple[Any, Array]:
    """A whole module of torchlogix 0.1.0, wiring and parametrisation as attributes; and its bits for all rows."""
    rng = np.random.default_rng(3)
    x = all_rows(4)
    layers = []
    value = x.astype(int)
    for width in (6, 4):
        weight = rng.standard_normal((width, 4)).astype(np.float32)
        a, b = rng.integers(0, value.shape[1], (2, width))
        indices = tuple(file.tensor(wires) for wires in (a, b))
        dims = {"in_dim": value.shape[1], "out_dim": width}
        layers.append(
            files.module(
                "torchlogix.layers.dense.LogicDense",
                weight=file.tensor(weight, parameter=True),
                indices=indices,
                parametrization="walsh",
                connections="random",
                **dims,
            )
        )
        left, right = 2 * value[:, a] - 1, 2 * value[:, b] - 1
        value = (weight[:, 0] + weight[:, 1] * left + weight[:, 2] * right + weight[:, 3] * left * right > 0).astype(
            int
        )
    return files.sequential(*layers), value.astype(bool)


def test_torchlogix_of_the_first_version_is_read(files: ModuleType) -> None:
    file = files.File()
    root, bits = torchlogix_010(files, file)
    model = files.load(file.zipped(root))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), bits)
    assert any("walsh, 2 inputs" in note for note in model.notes)


def test_a_convolution_of_torchlogix_of_the_first_version_is_read(files: ModuleType) -> None:
    """Parameters a node, and a list of pairs for wiring: one kernel of four leaves in 2 x 2 windows of 3 x 3 bits."""
    rng, file = np.random.default_rng(4), files.File()
    logits = rng.standard_normal((3, 1, 16)).astype(np.float32)
    leaves = rng.integers(0, 2, (2, 2, 2))  # side, node, (row, column)
    windows = np.array([(row, column) for row in range(2) for column in range(2)])
    places = leaves[:, None, None] + windows[None, None, :, None]  # side, kernel, window, node, place
    places = np.concatenate([places, np.zeros((*places.shape[:-1], 1), np.int64)], axis=-1)
    pairs = [tuple(map(file.tensor, places)), (file.tensor(np.array([0])), file.tensor(np.array([1])))]
    trees = files.module(
        "torch.nn.modules.container.ModuleList",
        {
            "0": files.module(
                "torch.nn.modules.container.ParameterList",
                **{str(node): file.tensor(logits[node], parameter=True) for node in range(2)},
            ),
            "1": files.module(
                "torch.nn.modules.container.ParameterList", **{"0": file.tensor(logits[2], parameter=True)}
            ),
        },
    )
    layer = files.module(
        "torchlogix.layers.conv.LogicConv2d",
        {"tree_weights": trees},
        indices=pairs,
        parametrization="raw",
        in_dim=(3, 3),
        channels=1,
        padding=0,
        stride=1,
    )
    model = files.load(file.zipped(files.sequential(layer)))
    gates = logits.argmax(axis=-1)[:, 0]
    x = all_rows(9)
    image = x.reshape(-1, 3, 3).astype(int)
    bits = []
    for row, column in windows:
        a, b = ([image[:, row + r, column + c] for r, c in side] for side in leaves)
        low = [gates[node] >> (3 - 2 * a[node] - b[node]) & 1 for node in range(2)]
        bits.append(gates[2] >> (3 - 2 * low[0] - low[1]) & 1)
    np.testing.assert_array_equal(netc.compile(model).bits(x), np.stack(bits, axis=1).astype(bool))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("layer", "setting", "value"),
    [("1", "padding", 0), ("1", "pool", (2, 2, 1)), ("3", "parametrization", "warp"), ("0", "feature_dim", -2)],
)
def test_corpus_modules_that_contradict_what_is_asked_are_refused(
    dlgn: Path, layer: str, setting: str, value: Any
) -> None:
    with pytest.raises(NetcError, match=rf"layers, {layer}\.{setting}: .*file"):
        netc.load(dlgn / "torchlogix_conv_mixed_mnist.full.pt", layers={layer: {setting: value}})
    with pytest.raises(NetcError, match=r"input_shape: .* reads \(3, 28, 28\)"):
        netc.load(dlgn / "torchlogix_conv_mixed_mnist.full.pt", input_shape=(1, 28, 29))


def state(file: Any, weight: Array, indices: Array, **more: Array) -> dict[str, Any]:
    tensors = {"1.weight": weight, "1.connections.indices": indices, **more}
    return {name: file.tensor(np.ascontiguousarray(array)) for name, array in tensors.items()}


def test_exported_gates_say_what_the_parameters_are(files: ModuleType) -> None:
    """Export mode keeps the gates by number, so nobody needs to say whether four parameters are warp or light."""
    rng, file = np.random.default_rng(5), files.File()
    weight, ids = rng.standard_normal((6, 4)).astype(np.float32), rng.integers(0, 16, 6)
    indices = rng.integers(0, 4, (2, 6))
    model = files.load(file.zipped(state(file, weight, indices, **{"1._export_lut_ids": ids})), input_bits=4)
    bits = files.evaluate([ids], [indices.T], all_rows(4))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), bits)


def test_exported_gates_that_contradict_the_parameters_are_refused(files: ModuleType) -> None:
    rng, file = np.random.default_rng(6), files.File()
    logits = rng.standard_normal((6, 16)).astype(np.float32)
    ids = logits.argmax(axis=1)
    ids[2] = (ids[2] + 1) % 16
    data = file.zipped(state(file, logits, rng.integers(0, 4, (2, 6)), **{"1._export_lut_ids": ids}))
    with pytest.raises(NetcError, match=r"layer 1: the gates of its export differ .* in 1 neurons"):
        files.load(data)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"parametrization": "nonsense"}, "parametrization: 'nonsense'; there are raw, warp"),
        ({"layers": {"7": {"padding": 1}}}, "layers: the file has no layer 7"),
        ({"layers": {"1": {"colour": 1}}}, r"layers, 1\.colour: there is no such setting"),
        ({"layers": {"1": {"pool": 2}}}, r"layers, 1\.pool: 2; it is 'none'"),
        ({"layers": {"1": {"padding": -1}}}, r"layers, 1\.padding: -1 is no count"),
        ({"input_shape": (0, 3)}, "input_shape: 0 is no positive number"),
        ({"architecture": "ResNet"}, "architecture: netc knows no ResNet"),
        ({"beta": float("inf")}, "beta: inf is no number"),
    ],
)
def test_options_that_make_no_sense_are_refused(files: ModuleType, options: dict[str, Any], what: str) -> None:
    file = files.File()
    data = file.zipped(state(file, np.zeros((6, 16), np.float32), np.zeros((2, 6), np.int64)))
    with pytest.raises(NetcError, match=what):
        files.load(data, **options)


# Convolutions by hand: what a state_dict of them must not be.


def convolution_state(files: ModuleType, **change: Array) -> bytes:
    """One kernel of a single gate over a 2 x 2 window of 3 x 3 bits."""
    file = files.File()
    leaves = np.zeros((2, 1, 4, 1, 3), np.int64)
    leaves[0, 0, :, 0, :2] = [(0, 0), (0, 1), (1, 0), (1, 1)]
    leaves[1, 0, :, 0, :2] = leaves[0, 0, :, 0, :2] + 1
    tensors = {
        "0.tree_weights.0": np.eye(16, dtype=np.float32)[None, 6:7],
        "0.connections._indices_L0": leaves,
        **change,
    }
    data: bytes = file.zipped({name: file.tensor(np.ascontiguousarray(array)) for name, array in tensors.items()})
    return data


TOLD = {"input_shape": (1, 3, 3), "layers": {"0": {"padding": 0, "pool": "none"}}}


def test_a_convolution_by_hand_is_read(files: ModuleType) -> None:
    x = all_rows(9).reshape(-1, 3, 3)
    bits = (x[:, :2, :2] ^ x[:, 1:, 1:]).reshape(-1, 4)
    model = files.load(convolution_state(files), **TOLD)
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(9)), bits)


def shifted(by: tuple[int, int, int]) -> Array:
    leaves = np.zeros((2, 1, 4, 1, 3), np.int64)
    leaves[0, 0, :, 0, :2] = [(0, 0), (0, 1), (1, 0), (1, 1)]
    leaves[1] = leaves[0] + np.array(by)
    return leaves


def uneven() -> Array:
    leaves = shifted((1, 1, 0))
    leaves[1, 0, 2, 0, 0] += 1
    return leaves


@pytest.mark.parametrize(
    ("change", "options", "what"),
    [
        ({}, {"layers": TOLD["layers"]}, "layer 0: netc cannot tell the shape of what it reads"),
        ({}, {"input_shape": (1, 3, 3)}, "layer 0: the file lacks the padding of this convolution"),
        ({}, {"input_shape": (1, 3, 3), "layers": {"0": {"padding": 0}}}, "whether there is OR pooling behind it"),
        ({}, {**TOLD, "input_shape": (1, 2, 3)}, "its windows reach from"),
        ({}, {**TOLD, "input_shape": (9,)}, r"it slides windows over an image; what it reads has shape \(9,\)"),
        ({"0.connections._indices_L0": shifted((1, 1, 2))}, TOLD, "it reads channel 2 of 1"),
        ({"0.connections._indices_L0": uneven()}, TOLD, "its windows do not read the same places"),
        ({"0.connections._indices_L0": shifted((-1, 0, 0))}, TOLD, "its windows reach from"),
        ({"0.tree_weights.0": np.zeros((1, 1, 5), np.float32)}, TOLD, "5 parameters for a neuron of 2 inputs"),
        ({"0.tree_weights.0": np.zeros((2, 1, 16), np.float32)}, TOLD, r"level 0 has parameters of shape \(2, 1, 16\)"),
        ({"0.tree_weights.0": np.zeros((1, 16), np.float32)}, TOLD, r"level 0 has parameters of shape \(1, 16\)"),
        ({"0.tree_weights.1": np.zeros((1, 1, 16), np.float32)}, TOLD, "has its parameters but no wiring|levels of"),
    ],
)
def test_convolutions_that_make_no_sense_are_refused(
    files: ModuleType, change: dict[str, Array], options: dict[str, Any], what: str
) -> None:
    with pytest.raises(NetcError, match=what):
        files.load(convolution_state(files, **change), **options)


# convolutions of convlogic with levels and pooling as layers of their own.


def test_separate_levels_and_pools_of_convlogic_compute_as_they_say(files: ModuleType) -> None:
    rng, file = np.random.default_rng(7), files.File()
    kernels, channels, size, extent = 3, 2, 5, 2
    places = rng.integers(0, extent, (kernels, 8, 2))
    source = rng.integers(0, channels, (kernels, 8))
    selection = (source << 16 | places[..., 0] << 8 | places[..., 1]).astype(np.int32)
    logits = [rng.standard_normal((kernels, gates, 16)).astype(np.float32) for gates in (4, 2, 1)]
    both = {"kernel": (2, 2), "stride": (2, 2)}
    made = files.sequential(
        files.module(
            "convlogic.convlogic_layer.ConvLogicLayer",
            weights=file.tensor(logits[0], parameter=True),
            selection=file.tensor(selection),
            kernel=(extent, extent),
            stride=(1, 1),
            padding=(1, 1),
            complete=False,
        ),
        *(
            files.module(
                "convlogic.treelogic_layer.TreeLogicLayer", weights=file.tensor(rows, parameter=True), channels=kernels
            )
            for rows in logits[1:]
        ),
        files.module("convlogic.convlogic_layer.PoolLogicLayer", **both),
        files.module("torch.nn.modules.flatten.Flatten"),
        files.group_sum(9),
    )
    model = files.load(file.zipped(made), input_shape=(channels, size, size))
    x = random_rows(8, 64, channels * size * size)
    image = np.pad(x.reshape(-1, channels, size, size), [(0, 0), (0, 0), (1, 1), (1, 1)]).astype(int)
    steps = size + 2 - extent + 1
    result = np.zeros((64, kernels, steps, steps), int)
    for kernel in range(kernels):
        for row in range(steps):
            for column in range(steps):
                value = [
                    image[:, source[kernel, leaf], row + places[kernel, leaf, 0], column + places[kernel, leaf, 1]]
                    for leaf in range(8)
                ]
                for level in logits:
                    gates = level[kernel].argmax(axis=1)
                    pairs = zip(value[::2], value[1::2], strict=True)
                    value = [gate >> (3 - 2 * a - b) & 1 for gate, (a, b) in zip(gates, pairs, strict=True)]
                result[:, kernel, row, column] = value[0]
    pooled = result.reshape(64, kernels, steps // 2, 2, steps // 2, 2).max(axis=(3, 5))
    scores = pooled.reshape(64, 9, -1).sum(axis=2)
    np.testing.assert_array_equal(netc.compile(model).scores(x), scores)


def test_convlogic_settings_name_the_model(files: ModuleType) -> None:
    """The data set says which of the package's two models it is, and k there is no number of classes."""
    rng, file = np.random.default_rng(9), files.File()
    tensors: dict[str, Array] = {}
    before = 1
    for index, (width, extent) in enumerate(((2, 5), (6, 3), (18, 3))):
        picked = (rng.integers(0, before, (width, 8)) << 16) | (rng.integers(0, extent, (width, 8)) << 8)
        tensors[f"model.network.{index}.weights"] = rng.standard_normal((width, 7, 16)).astype(np.float32)
        tensors[f"model.network.{index}.selection"] = (picked | rng.integers(0, extent, (width, 8))).astype(np.int32)
        before = width
    tensors["model.network.4.weights"] = rng.standard_normal((100, 16)).astype(np.float32)
    for side in (0, 1):
        tensors[f"model.network.4.indices_{side}"] = np.concatenate([[161], rng.integers(0, 162, 99)])
    config = {"k": 2, "tau": 6.5, "dataset_name": "mnist", "input_channels": 1}
    root = {
        "state_dict": {name: file.tensor(array) for name, array in tensors.items()},
        "hyper_parameters": {"config": config},
    }
    model = files.load(file.zipped(root))
    assert model.logic.inputs == 784
    assert model.head is not None
    assert (model.head.classes, model.head.tau) == (10, 6.5)
    assert any("has kernel 5, as hyper_parameters.config.dataset_name (mnist) says" in note for note in model.notes)


# Weightless networks.


def weightless(files: ModuleType, inputs: int, **sums: Any) -> tuple[bytes, Array, Array, Array]:
    rng, file = np.random.default_rng(inputs), files.File()
    tables = rng.standard_normal((7, 2**inputs)).astype(np.float32)
    mapping = rng.integers(0, 20, (7, inputs)).astype(np.int32)
    layer = files.module(
        "torch_dwn.lut_layer.LUTLayer",
        luts=file.tensor(tables, parameter=True),
        mapping=file.tensor(mapping, parameter=True),
        input_size=20,
        output_size=7,
        n=inputs,
        ste=True,
    )
    head = files.module("torch_dwn.utils.GroupSum", **{"k": 3, "tau": 2.0, "randperm": None, **sums})
    x = random_rows(inputs, 200, 20)
    address = (x[:, mapping].astype(int) << np.arange(inputs)).sum(axis=2)
    return file.zipped(files.sequential(layer, head)), x, (tables > 0)[np.arange(7), address], tables


@pytest.mark.parametrize("inputs", [1, 3, 6, 8, 11])
def test_tables_of_any_width_are_read_first_input_least(files: ModuleType, inputs: int) -> None:
    data, x, bits, _ = weightless(files, inputs)
    model = files.load(data)
    assert model.logic.inputs == 20
    for made in (model, netc.optimize(model, level=1)):
        net = netc.compile(made)
        np.testing.assert_array_equal(net.bits(x), bits)
        padded = np.concatenate([bits, np.zeros((200, 2), bool)], axis=1)  # 7 bits in 3 blocks of 3
        np.testing.assert_array_equal(net.scores(x), padded.reshape(200, 3, 3).sum(axis=2))
    assert any("more than 6 inputs" in note for note in model.notes) == (inputs > 6)


def test_permuted_sums_count_the_permuted_bits(files: ModuleType) -> None:
    order = np.random.default_rng(1).permutation(7)
    file = files.File()
    tables = np.random.default_rng(2).standard_normal((7, 4)).astype(np.float32)
    mapping = np.arange(14, dtype=np.int32).reshape(7, 2)
    layer = files.module("torch_dwn.lut_layer.LUTLayer", luts=file.tensor(tables), mapping=file.tensor(mapping))
    head = files.module("torch_dwn.utils.GroupSum", k=2, tau=1, randperm=file.tensor(order))
    net = netc.compile(files.load(file.zipped(files.sequential(layer, head))))
    x = random_rows(3, 100, 14)
    bits = net.bits(x)
    padded = np.concatenate([bits[:, order], np.zeros((100, 1), bool)], axis=1)
    np.testing.assert_array_equal(net.scores(x), padded.reshape(100, 2, 4).sum(axis=2))


def test_layers_that_give_numbers_are_refused(files: ModuleType) -> None:
    file = files.File()
    tables = file.tensor(np.zeros((3, 4), np.float32))
    mapping = file.tensor(np.zeros((3, 2), np.int32))
    layer = files.module("torch_dwn.lut_layer.LUTLayer", luts=tables, mapping=mapping, ste=False)
    with pytest.raises(NetcError, match="its outputs are numbers, not bits"):
        files.load(file.zipped(files.sequential(layer)))


# Light gates, and the sums that they brought.


def light(files: ModuleType, file: Any, activation: str | None, **more: Any) -> tuple[list[Any], Array, Array]:
    rng = np.random.default_rng(11)
    weights = rng.normal(0, 3, (12, 4)).astype(np.float32)
    pairs = rng.integers(0, 5, (12, 2))
    a, b = (file.tensor(np.ascontiguousarray(side)) for side in pairs.T)
    attributes = {"act_fn_str": activation} if activation else {}
    layer = files.module(
        "difflogic.difflogic.LogicLayerIWP",
        weights=file.tensor(weights, parameter=True),
        indices=(a, b),
        in_dim=5,
        out_dim=12,
        **attributes,
        **more,
    )
    return [layer], weights, pairs


ACTIVATIONS = {
    "sigmoid": lambda w: 1 / (1 + np.exp(-w)),
    "SIN01": lambda w: 0.5 + 0.5 * np.sin(w),
    "linear": lambda w: np.clip(w, 0, 1),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_light_gates_take_the_activation_of_their_entry(files: ModuleType, activation: str) -> None:
    file = files.File()
    layers, weights, pairs = light(files, file, activation)
    model = files.load(file.zipped(files.sequential(*layers)))
    rows = ACTIVATIONS[activation](weights.astype(np.float64)) >= 0.5
    x = all_rows(5)
    entry = 2 * x[:, pairs[:, 0]].astype(int) + x[:, pairs[:, 1]]
    np.testing.assert_array_equal(netc.compile(model).bits(x), rows[np.arange(12), entry])


def test_light_gates_without_an_activation_are_refused(files: ModuleType) -> None:
    file = files.File()
    layers, _, _ = light(files, file, None)
    with pytest.raises(NetcError, match="does not tell the activation") as caught:
        files.load(file.zipped(files.sequential(*layers)))
    assert "parametrization=sigmoid" in caught.value.hint


def test_weights_biases_flips_and_runs_of_sums_become_votes(files: ModuleType) -> None:
    """Bits times weights, one minus that where flipped, in runs of one block a class, over tau, plus a bias."""
    rng, file = np.random.default_rng(12), files.File()
    layers, _, _ = light(files, file, "sigmoid")
    weights, bias = rng.integers(-8, 9, 12) / 4, np.array([0.5, -1.25, 0.0])
    flipped = np.arange(12) % 4 == 0
    head = files.group_sum(
        3,
        2.0,
        n_splits=2,
        weights=file.tensor(weights.astype(np.float32), parameter=True),
        bias=file.tensor(bias.astype(np.float32), parameter=True),
        flip_mask=file.tensor(flipped),
    )
    model = files.load(file.zipped(files.sequential(*layers, head)))
    x = all_rows(5)
    net = netc.compile(model)
    value = net.bits(x) * weights
    value = np.where(flipped, 1 - value, value)
    logits = value.reshape(len(x), 2, 3, 2).sum(axis=(1, 3)) / 2.0 + bias
    np.testing.assert_allclose(net.logits(x), logits, rtol=1e-6)
    np.testing.assert_array_equal(net.predict(x), logits.argmax(axis=1))


def test_weights_that_nobody_can_count_with_are_refused(files: ModuleType) -> None:
    file = files.File()
    layers, _, _ = light(files, file, "sigmoid")
    head = files.group_sum(3, weights=file.tensor(np.full(12, 1e-20, np.float32), parameter=True))
    with pytest.raises(NetcError, match="its weights and biases are no multiples"):
        files.load(file.zipped(files.sequential(*layers, head)))


# difflogic_verify: fewer gates to choose among, and sums that say what they count.


@pytest.mark.parametrize("whole", [True, False])
def test_fewer_gates_and_sums_in_an_order_are_read(files: ModuleType, whole: bool) -> None:
    rng, file = np.random.default_rng(13), files.File()
    before, value = 5, all_rows(5)
    parts = []
    state: dict[str, Any] = {}
    for index, (width, chosen) in enumerate(((9, range(16)), (16, [0, 1, 2, 3, 6, 7]), (6, [3, 12]))):
        logits = rng.standard_normal((width, len(chosen))).astype(np.float32)
        pairs = rng.integers(0, before, (width, 2))
        tensors = {"weights": file.tensor(logits, parameter=True), "selected_inputs": file.tensor(pairs)}
        dims = {"in_dim": before, "out_dim": width}
        parts.append(files.module("difflogic_layers.BaseLogicLayer", gate_set=len(chosen), **dims, **tensors))
        state |= {f"{index}.{name}": tensor for name, tensor in tensors.items()}
        value = files.evaluate([np.array(chosen)[logits.argmax(axis=1)]], [pairs], value)
        before = width
    order = rng.permutation(6)
    sums = {"weight": file.tensor(np.ones(6, np.float32)), "selected_inputs": file.tensor(order[:, None])}
    parts.append(files.module("difflogic_layers.BaseGroupSum", k=2, tau=4.0, beta=0.5, return_grouped=False, **sums))
    state |= {f"3.{name}": tensor for name, tensor in sums.items()}
    options = {} if whole else {"classes": 2, "tau": 4.0, "beta": 2.0, "input_bits": 5}
    net = netc.compile(files.load(file.zipped(files.sequential(*parts) if whole else state), **options))
    logits = value[:, order].reshape(-1, 2, 3).sum(axis=2) / 4.0 + 0.5
    np.testing.assert_array_equal(net.logits(all_rows(5)), logits.astype(np.float32))


# Recurrent cells.


def gates_of(files: ModuleType, file: Any, rng: Any, inputs: int, width: int) -> tuple[dict[str, Any], Any]:
    """Two layers of a network as entries of a state_dict, and a function that evaluates them."""
    entries, gates, wires = {}, [], []
    for index, before in enumerate((inputs, width)):
        logits, pairs = rng.standard_normal((width, 16)).astype(np.float32), rng.integers(0, before, (width, 2))
        pairs[0, 0] = before - 1
        entries[f"net.{index}.weights"] = file.tensor(logits)
        for name, side in zip(("conn_a", "conn_b"), pairs.T, strict=True):
            entries[f"net.{index}.{name}"] = file.tensor(np.ascontiguousarray(side))
        gates.append(logits.argmax(axis=1))
        wires.append(pairs)
    return entries, lambda z: files.evaluate(gates, wires, z)


RULES: dict[str, tuple[str, ...]] = {
    "rddlgn": ("update",),
    "gated": ("candidate", "gate"),
    "sr": ("set_net", "reset_net"),
    "tff": ("toggle_net",),
    "gru_cell": ("candidate", "gate", "out_proj", "readout"),
    "lstm": ("forget", "input", "candidate", "out_proj", "readout"),
}


def step(rule: str, net: dict[str, Any], x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    z = np.concatenate([x, h], axis=1)
    found = {name: net[name](z) for name in RULES[rule] if name != "readout"}
    if rule == "rddlgn":
        return found["update"], c
    if rule == "gated":
        return np.where(found["gate"], h, found["candidate"]), c
    if rule == "sr":
        return found["set_net"] | (~found["reset_net"] & h), c
    if rule == "tff":
        return found["toggle_net"] ^ h, c
    if rule == "gru_cell":
        after = np.where(found["gate"], c, found["candidate"])
    else:
        after = (c & found["forget"]) | (found["input"] & found["candidate"])
    return net["readout"](np.concatenate([found["out_proj"], after], axis=1)), after


@pytest.mark.parametrize("rule", RULES)
def test_recurrent_cells_become_latches(files: ModuleType, rule: str) -> None:
    rng, file = np.random.default_rng(20), files.File()
    inputs, width = 3, 8
    state: dict[str, Any] = {}
    net = {}
    for name in RULES[rule]:
        reads = 2 * width if name == "readout" else inputs + width
        entries, net[name] = gates_of(files, file, rng, reads, width)
        state |= {f"cell.{name}.{key}": value for key, value in entries.items()}
    options = {"input_bits": inputs} if rule == "rddlgn" else {}
    model = files.load(file.zipped(state), classes=4, tau=2.0, **options)
    assert model.logic.inputs == inputs
    assert model.logic.ports.latches == width * (2 if rule in ("lstm", "gru_cell") else 1)
    assert model.head is not None
    assert model.head.classes == 4
    machine = netc.compile(netc.Machine.of(model.logic))
    x = rng.integers(0, 2, (12, 40, inputs)).astype(bool)
    outputs, _ = machine.run(x)
    h = c = np.zeros((40, width), bool)
    for at in range(len(x)):
        h, c = step(rule, net, x[at], h, c)
        np.testing.assert_array_equal(outputs[at], h)


def test_a_cell_that_may_have_no_memory_is_asked_about(files: ModuleType) -> None:
    file = files.File()
    entries, _ = gates_of(files, file, np.random.default_rng(21), 12, 8)
    data = file.zipped({f"cell.update.{key}": value for key, value in entries.items()})
    with pytest.raises(NetcError, match="does not tell whether it reads its state") as caught:
        files.load(data)
    assert "input_bits" in caught.value.hint
    with pytest.raises(NetcError, match="it has no memory"):
        files.load(data, input_bits=12)


def test_cells_without_wiring_are_refused(files: ModuleType) -> None:
    file = files.File()
    rows = np.zeros((4, 16), np.float32)
    state = {f"cell.{name}.net.0.weights": file.tensor(rows) for name in ("candidate", "gate")}
    with pytest.raises(NetcError, match=r"layer cell\.candidate\.net\.0: it has gate weights but no wiring"):
        files.load(file.zipped(state))


# Files with something wrong.


def sound_states() -> list[tuple[dict[str, Array], dict[str, Any]]]:
    """A small state_dict of every family, and what it has to be told."""
    rng = np.random.default_rng(30)

    def logits(*shape: int) -> Array:
        return rng.standard_normal(shape).astype(np.float32)

    def wires(below: int, *shape: int) -> Array:
        return rng.integers(0, below, shape)

    leaves = np.zeros((2, 3, 4, 2, 3), np.int64)
    leaves[..., :2] = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])[:, None]
    convolution = {
        "0.tree_weights.0": logits(2, 3, 16),
        "0.tree_weights.1": logits(1, 3, 16),
        "0.connections._indices_L0": leaves,
        "0.connections._indices_L1": np.array([[0], [1]]),
        "2.weight": logits(6, 16),
        "2.connections.indices": wires(3, 2, 6),
    }
    cell = {f"cell.{net}.{name}": array for net in ("candidate", "gate") for name, array in {
        "net.0.weights": logits(6, 16), "net.0.conn_a": wires(9, 6), "net.0.conn_b": wires(9, 6),
    }.items()}  # fmt: skip
    return [
        (
            {
                "0.thresholds": logits(3),
                "1.weight": logits(6, 4),
                "1.connections.indices": wires(6, 2, 6),
                "2.weight": logits(5, 16),
                "2.connections.indices": wires(6, 3, 2, 5),
                "2.connections.weights": logits(3, 2, 5),
            },
            {"parametrization": "warp"},
        ),
        (convolution, {"input_shape": (1, 3, 3), "layers": {"0": {"padding": 0, "pool": (2, 2, 0)}}}),
        (
            {
                "0.weights": logits(3, 7, 16),
                "0.selection": wires(2, 3, 8).astype(np.int32),
                "2.weights": logits(6, 16),
                "2.indices_0": wires(12, 6),
                "2.indices_1": wires(12, 6),
            },
            {"input_shape": (1, 4, 4), "layers": {"0": {"padding": 1, "kernel": 3, "stride": 1}}},
        ),
        (
            {
                "0.luts": logits(5, 8),
                "0.mapping": wires(9, 5, 3),
                "1.luts": logits(4, 4),
                "1.mapping.weights": logits(5, 8),
                "1._LUTLayer__dummy_mapping": np.arange(8).reshape(4, 2),
            },
            {},
        ),
        (
            {"0.weights": logits(6, 4), "0.indices": wires(5, 2, 6), "2.bias": np.zeros(3, np.float32)},
            {"parametrization": "sigmoid", "classes": 3, "tau": 1.0},
        ),
        (cell, {"input_bits": 3}),
    ]


def spoil(rng: Any, state: dict[str, Array]) -> None:
    """Change one thing in one tensor, or take it away."""
    name = list(state)[rng.integers(len(state))]
    array, flat = state[name], state[name].reshape(-1).copy()
    flat[rng.integers(flat.size)] = (
        rng.choice([0, -1, 7, 1000]) if array.dtype.kind == "i" else rng.choice([np.nan, np.inf])
    )
    changes = [
        np.ascontiguousarray(array.T),
        array[..., None],
        array[:1],
        array.reshape(-1),
        np.zeros(array.shape, np.float64 if array.dtype.kind == "i" else np.int64),
        rng.integers(0, 3, rng.integers(1, 5, rng.integers(0, 5))),
        flat.reshape(array.shape),
    ]
    choice = rng.integers(len(changes) + 1)
    if choice == len(changes):
        del state[name]
    else:
        state[name] = changes[choice]


@pytest.mark.parametrize("family", range(6))
def test_spoilt_state_dicts_give_a_model_or_say_what_is_wrong(files: ModuleType, family: int) -> None:
    rng = np.random.default_rng(family)
    outcomes = set()
    for times in (0, *[1] * 60, *[2] * 60):
        state, options = sound_states()[family]
        for _ in range(times):
            spoil(rng, state)
        file = files.File()
        data = file.zipped({name: file.tensor(np.asarray(array)) for name, array in state.items()})
        try:
            model = files.load(data, **options)
        except NetcError:
            outcomes.add("refused")
        else:
            model.check()
            outcomes.add("read")
        assert times or outcomes == {"read"}
    assert outcomes == {"read", "refused"}
