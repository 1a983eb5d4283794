from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc.errors import NetcError
from netc.frontends.checkpoints.gates import gate_ids, gate_tables
from netc.frontends.checkpoints.inert import Global, Object
from netc.layers import Dense

Array = npt.NDArray[Any]


def all_rows(inputs: int) -> Array:
    """Every row of so many bits."""
    return (np.arange(2**inputs)[:, None] >> np.arange(inputs) & 1).astype(bool)


def ids_of(model: netc.Model) -> list[Array]:
    """The number of each gate, found again from the tables, layer by layer."""
    numbers = {int(table): gate for gate, table in enumerate(gate_tables(np.arange(16))[:, 0])}
    assert model.trained is not None
    found = []
    for layer in model.trained.layers:
        assert isinstance(layer, Dense)
        found.append(np.array([numbers[int(table)] for table in layer.tables[:, 0]]))
    return found


# Gates.

FUNCTIONS: list[Callable[[int, int], int]] = [
    lambda a, b: 0 * a,
    lambda a, b: a & b,
    lambda a, b: a & ~b,
    lambda a, b: a,
    lambda a, b: ~a & b,
    lambda a, b: b,
    lambda a, b: a ^ b,
    lambda a, b: a | b,
    lambda a, b: ~(a | b),
    lambda a, b: ~(a ^ b),
    lambda a, b: ~b,
    lambda a, b: a | ~b,
    lambda a, b: ~a,
    lambda a, b: ~a | b,
    lambda a, b: ~(a & b),
    lambda a, b: ~(0 * a),
]


def test_gates_are_numbered_as_difflogic_does() -> None:
    for gate, function in enumerate(FUNCTIONS):
        table = int(gate_tables(np.array([gate]))[0, 0])
        for e in range(4):
            a, b = e & 1, e >> 1
            assert table >> e & 1 == function(a, b) & 1, (gate, a, b)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_the_first_largest_logit_wins_and_nan_is_larger_than_anything(kind: type) -> None:
    rows: Array = np.zeros((6, 16), kind)
    rows[1, [4, 9]] = 1
    rows[2, [3, 7]] = np.inf, np.nan
    rows[3, [2, 5]] = np.nan
    rows[4] = -np.inf
    rows[5, 1:] = -0.0
    assert gate_ids(rows).tolist() == [0, 4, 7, 2, 0, 0]


# Networks written by hand, against brute force.


def whole(
    files: ModuleType, seed: int = 1, widths: tuple[int, ...] = (5, 12, 9, 8), **sums: Any
) -> tuple[Any, Any, Array]:
    """A file with a Sequential of logic layers and a GroupSum, its root, and the bits for every input row."""
    logits, pairs = files.random_network(seed, widths)
    file = files.File()
    layers = [
        files.logic_layer(file, rows, wires, width) for rows, wires, width in zip(logits, pairs, widths, strict=False)
    ]
    head = [files.group_sum(**sums)] if sums else []
    bits = files.evaluate([rows.argmax(axis=1) for rows in logits], pairs, all_rows(widths[0]))
    return file, files.sequential(files.module("torch.nn.modules.flatten.Flatten"), *layers, *head), bits


@pytest.mark.parametrize("container", ["zipped", "legacy"])
def test_a_whole_module_computes_its_bits_scores_and_classes(files: ModuleType, container: str) -> None:
    file, root, bits = whole(files, k=4, tau=2.5)
    model = files.load(getattr(file, container)(root))
    net = netc.compile(model)
    rows = all_rows(5)
    scores = bits.reshape(-1, 4, 2).sum(axis=2)
    np.testing.assert_array_equal(net.bits(rows), bits)
    np.testing.assert_array_equal(net.scores(rows), scores)
    np.testing.assert_array_equal(net.predict(rows), scores.argmax(axis=1))
    np.testing.assert_allclose(net.logits(rows), scores / np.float32(2.5), rtol=1e-6)


def test_the_notes_say_what_was_found(files: ModuleType) -> None:
    file, root, _ = whole(files, k=4, tau=2.5)
    notes = files.load(file.zipped({"epoch": 3, "model": root})).notes
    assert notes == (
        "torch zip archive: a whole module (torch.nn.Sequential) under 'model', read as difflogic",
        "each gate is the first largest of 16 logits (float32), wired as in indices",
        "changes no bit: 0 (torch.nn.Flatten)",
        "5 input bits, as layer 1 says",
        "layers: 1 (12), 2 (9), 3 (8)",
        "4 classes of 2 bits, tau 2.5, as layer 4 says",
    )


WRAPPINGS = ["DataParallel", "OptimizedModule", "compiled by name", "custom class", "nested", "beside others"]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_module_is_found_inside_what_wraps_it(files: ModuleType, wrapping: str) -> None:
    file, root, bits = whole(files, k=4)
    wrapped = {
        "DataParallel": files.module("torch.nn.parallel.data_parallel.DataParallel", {"module": root}),
        "OptimizedModule": Object(Global("torch._dynamo.eval_frame", "OptimizedModule"), (root, None)),
        "compiled by name": files.module("torch._dynamo.eval_frame.OptimizedModule", {"_orig_mod": root}),
        "custom class": files.module("__main__.Net", {"body": root}),
        "nested": files.sequential(files.sequential(root)),
        "beside others": {"epoch": 1, "optimizer": {"state": {}}, "my_network": root},
    }[wrapping]
    model = files.load(file.zipped(wrapped))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(5)), bits)
    assert model.head is not None


def test_a_module_is_taken_before_a_state_dict_beside_it(files: ModuleType) -> None:
    file, root, bits = whole(files, k=4)
    state = {"0.weights": file.tensor(np.zeros((4, 16), np.float32))}
    model = files.load(file.zipped({"state_dict": state, "model": root}))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(5)), bits)
    assert "(not read: state_dict)" in model.notes[0]


def test_dropout_identity_and_losses_are_left_out(files: ModuleType) -> None:
    file, root, bits = whole(files, k=4)
    children = list(root.state["_modules"].pairs.values())
    more = [
        files.module("torch.nn.modules.dropout.Dropout", p=0.5),
        files.module("torch.nn.modules.linear.Identity"),
        files.module("torch.nn.modules.loss.CrossEntropyLoss"),
    ]
    model = files.load(file.zipped(files.sequential(*more[:2], *children, more[2])))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(5)), bits)


def test_a_layer_alone_is_a_network(files: ModuleType) -> None:
    logits, pairs = files.random_network(2, [5, 7])
    file = files.File()
    model = files.load(file.zipped(files.logic_layer(file, logits[0], pairs[0], 5)))
    expected = files.evaluate([logits[0].argmax(axis=1)], pairs, all_rows(5))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(5)), expected)
    assert "5 input bits, as the network says" in model.notes


def test_what_a_class_of_ones_own_does_is_said_to_be_unknown(files: ModuleType) -> None:
    file, root, _ = whole(files, k=4)
    note = "layers in the order of registration; the file does not tell what __main__.Net does"
    assert note in files.load(file.zipped(files.module("__main__.Net", {"body": root}))).notes


LAYOUTS = [
    "indices",
    "indices rows",
    "indices tuple",
    "indices_0/1",
    "conn_a/b",
    "idx_l/r",
    "selected_inputs",
    "mapping",
]
WEIGHTS = ["weights", "weight", "w", "logits"]


def layer_entries(files: ModuleType, file: Any, layout: str, name: str, logits: Array, pairs: Array) -> dict[str, Any]:
    """One layer of a state_dict under the names and shapes of some fork."""
    a, b = (np.ascontiguousarray(column) for column in pairs.T)
    both = np.stack([a, b])
    weights = file.tensor(np.ascontiguousarray(logits.T) if name == "w" else logits)
    wiring: dict[str, Callable[[], dict[str, Any]]] = {
        "indices": lambda: {"indices": file.tensor(both)},
        "indices rows": lambda: {"indices": file.tensor(np.ascontiguousarray(both.T))},
        "indices tuple": lambda: {"indices": (file.tensor(a), file.tensor(b))},
        "indices_0/1": lambda: {"indices_0": file.tensor(a), "indices_1": file.tensor(b)},
        "conn_a/b": lambda: {"conn_a": file.tensor(a), "conn_b": file.tensor(b)},
        "idx_l/r": lambda: {"idx_l": file.tensor(a), "idx_r": file.tensor(b)},
        "selected_inputs": lambda: {"selected_inputs": file.tensor(np.ascontiguousarray(both.T))},
        "mapping": lambda: {"mapping": file.tensor(np.ascontiguousarray(both.T))},
    }
    return {name: weights, **wiring[layout]()}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    widths=st.lists(st.integers(1, 20), min_size=2, max_size=5),
    layout=st.sampled_from(LAYOUTS),
    name=st.sampled_from(WEIGHTS),
    index_type=st.sampled_from(["i1", "u1", "i2", "i4", "i8"]),
    weight_type=st.sampled_from(["f2", "f4", "f8"]),
    prefix=st.sampled_from(["", "module.", "_orig_mod.", "model.network.", "a.layers."]),
    container=st.sampled_from(["zipped", "legacy"]),
)
def test_a_state_dict_with_wiring_computes_its_bits_whatever_its_names(
    files: ModuleType,
    seed: int,
    widths: list[int],
    layout: str,
    name: str,
    index_type: str,
    weight_type: str,
    prefix: str,
    container: str,
) -> None:
    widths[0] = min(widths[0], 8)
    logits, pairs = files.random_network(seed, widths)
    logits = [rows.astype(weight_type) for rows in logits]
    pairs = [wires.astype(index_type) for wires in pairs]
    if layout == "indices rows" and 2 in widths[1:]:
        layout = "indices"  # two neurons: the shape does not tell, and the custom is the other way round
    file = files.File()
    state = {}
    for i, (rows, wires) in enumerate(zip(logits, pairs, strict=True)):
        entries = layer_entries(files, file, layout, name, rows, wires)
        state.update({f"{prefix}{i + 1}.{key}": value for key, value in entries.items()})
    model = files.load(getattr(file, container)(files.ordered(state)), input_bits=widths[0])
    expected = files.evaluate([rows.argmax(axis=1) for rows in logits], pairs, all_rows(widths[0]))
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(widths[0])), expected)


def small_state(files: ModuleType, file: Any, **how: Any) -> tuple[dict[str, Any], list[Array], list[Array]]:
    """A state_dict of two layers, 4 to 6 to 4, without wiring; its logits and pairs."""
    logits, pairs = files.random_network(3, [4, 6, 4])
    pairs[0][0] = 3  # so that the last input is read
    return {f"{i}.weights": file.tensor(rows) for i, rows in enumerate(logits)}, logits, pairs


def expected_bits(files: ModuleType, logits: list[Array], pairs: list[Array]) -> Array:
    bits: Array = files.evaluate([rows.argmax(axis=1) for rows in logits], pairs, all_rows(len(all_rows(2))))
    return bits


@pytest.mark.parametrize("shape", ["pairs of tensors", "tensors", "pairs of lists", "A and B of all layers"])
@pytest.mark.parametrize("place", ["beside", "within"])
def test_connections_beside_the_weights_are_the_wiring(files: ModuleType, shape: str, place: str) -> None:
    file = files.File()
    state, logits, pairs = small_state(files, file)
    columns = [[np.ascontiguousarray(column) for column in wires.T] for wires in pairs]
    shapes: dict[str, Callable[[], list[Any]]] = {
        "pairs of tensors": lambda: [tuple(map(file.tensor, ab)) for ab in columns],
        "tensors": lambda: [file.tensor(np.stack(ab)) for ab in columns],
        "pairs of lists": lambda: [[column.tolist() for column in ab] for ab in columns],
        "A and B of all layers": lambda: [[file.tensor(ab[half]) for ab in columns] for half in (0, 1)],
    }
    connections = shapes[shape]()
    root = (
        {**state, "connections": connections}
        if place == "within"
        else {"model_state_dict": state, "connections": connections}
    )
    model = files.load(file.zipped(root), input_bits=4)
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), expected_bits(files, logits, pairs))
    assert any("wired as in connections" in note for note in model.notes)


def test_connections_that_can_be_read_in_two_ways_are_refused(files: ModuleType) -> None:
    file = files.File()
    logits, pairs = files.random_network(3, [4, 4, 4])
    state = {f"{i}.weights": file.tensor(rows) for i, rows in enumerate(logits)}
    connections = [[column.tolist() for column in wires.T] for wires in pairs]
    with pytest.raises(NetcError, match="two ways"):
        files.load(file.zipped({"state_dict": state, "connections": connections}))


def test_square_logits_and_indices_are_read_by_custom_and_noted(files: ModuleType) -> None:
    logits, pairs = files.random_network(5, [4, 16, 2])
    file = files.File()
    state = {}
    for i, (rows, wires) in enumerate(zip(logits, pairs, strict=True)):
        state[f"{i}.weights"], state[f"{i}.indices"] = file.tensor(rows), file.tensor(np.ascontiguousarray(wires.T))
    model = files.load(file.zipped(state), input_bits=4)
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), expected_bits(files, logits, pairs))
    # A transposed layer beside it says that the square one is transposed as well.
    state["0.weights"] = file.tensor(np.ascontiguousarray(logits[0].T))
    state["1.weights"] = file.tensor(np.ascontiguousarray(logits[1].T))
    model = files.load(file.zipped(state), input_bits=4)
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), expected_bits(files, logits, pairs))
    del state["1.weights"], state["1.indices"]
    assert any("16 x 16" in note for note in files.load(file.zipped(state)).notes)


# What the file leaves open.


def wired_state(files: ModuleType, file: Any) -> tuple[dict[str, Any], list[Array], list[Array]]:
    state, logits, pairs = small_state(files, file)
    for i, wires in enumerate(pairs):
        state[f"{i}.indices"] = file.tensor(np.ascontiguousarray(wires.T))
    return state, logits, pairs


def test_input_bits_default_to_what_is_read_and_are_noted(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = wired_state(files, file)
    model = files.load(file.zipped(state))
    assert model.logic.inputs == 4
    assert any(note.startswith("4 input bits, the last that layer 0 reads") for note in model.notes)
    wide = files.load(file.zipped(state), input_bits=9)
    assert wide.logic.inputs == 9
    with pytest.raises(NetcError, match="input_bits: 3"):
        files.load(file.zipped(state), input_bits=3)


def test_classes_come_from_the_options_or_the_settings_or_not_at_all(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = wired_state(files, file)
    assert files.load(file.zipped(state)).head is None
    assert any("no classes" in note for note in files.load(file.zipped(state)).notes)
    asked = files.load(file.zipped(state), classes=2, tau=3.0).head
    assert (asked.classes, asked.tau) == (2, 3.0)
    for settings_key in ("config", "hyper_parameters", "model_config"):
        model = files.load(file.zipped({"state_dict": state, settings_key: {"k": 2, "tau": 1.5}}))
        assert model.head is not None
        assert (model.head.classes, model.head.tau) == (2, 1.5)
        assert any(f"from {settings_key}.k; tau from {settings_key}.tau" in note for note in model.notes)
    over = files.load(file.zipped({"state_dict": state, "config": {"k": 2}}), classes=4).head
    assert over.classes == 4


def test_settings_may_be_a_namespace_or_of_omegaconf(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = wired_state(files, file)
    namespace = Object(Global("argparse", "Namespace"))
    namespace.state = {"num_classes": 2, "tau": 7.0}
    leaf = Object(Global("omegaconf.nodes", "AnyNode"))
    leaf.state = {"_val": 2}
    omega = Object(Global("omegaconf.dictconfig", "DictConfig"))
    omega.state = {"_content": {"output_size": leaf}, "_parent": None}
    for key, value in (("args", namespace), ("model_config", omega)):
        head = files.load(file.zipped({"model_state_dict": state, key: value})).head
        assert head is not None
        assert head.classes == 2


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"input_bits": 6}, "input_bits: 6 contradicts the file: layer 1 takes 5 bits"),
        ({"classes": 2}, "classes: 2 contradicts the file: layer 4 has 4"),
        ({"tau": 3}, "tau: 3 contradicts the file: layer 4 has 2.5"),
        ({"classes": 0}, "classes: 0 is no positive number"),
        ({"input_bits": True}, "input_bits: True is no positive number"),
        ({"tau": float("nan")}, "tau: nan is no positive number"),
    ],
)
def test_options_that_contradict_the_file_are_refused(files: ModuleType, options: dict[str, Any], what: str) -> None:
    file, root, _ = whole(files, k=4, tau=2.5)
    with pytest.raises(NetcError) as caught:
        files.load(file.zipped(root), **options)
    assert str(caught.value) == f"model.pt: {what}"


def test_an_option_that_checkpoints_do_not_have_is_named(files: ModuleType, tmp_path: Path) -> None:
    file, root, _ = whole(files, k=4)
    path = tmp_path / "model.pt"
    path.write_bytes(file.zipped(root))
    with pytest.raises(NetcError, match="no such option: colour"):
        netc.load(path, colour="red")


ENCODERS: list[tuple[dict[str, Any], list[tuple[int, float]]]] = [
    ({"features": 2, "thresholds": [1, 2.5]}, [(0, 1), (0, 2.5), (1, 1), (1, 2.5)]),
    ({"features": 2, "thresholds": [1, 2.5], "order": "plane"}, [(0, 1), (1, 1), (0, 2.5), (1, 2.5)]),
    ({"thresholds": [[1, 2], [3, 4]]}, [(0, 1), (0, 2), (1, 3), (1, 4)]),
    ({"thresholds": [[1, 2], [3, 4]], "order": "plane"}, [(0, 1), (1, 3), (0, 2), (1, 4)]),
    (
        {"features": 3, "feature": [2, 0, 0, 1], "threshold": [1, 2, 3, 4], "at_least": True},
        [(2, 1), (0, 2), (0, 3), (1, 4)],
    ),
]


@pytest.mark.parametrize(("entry", "bits"), ENCODERS)
@pytest.mark.parametrize("place", ["beside", "config", "within"])
def test_an_encoder_beside_the_weights_is_read(
    files: ModuleType, entry: dict[str, Any], bits: list[tuple[int, float]], place: str
) -> None:
    file = files.File()
    state, logits, pairs = wired_state(files, file)
    root = {
        "beside": {"state_dict": state, "encoder": entry},
        "config": {"state_dict": state, "config": {"encoder": entry}},
        "within": {**state, "encoder": entry},
    }[place]
    model = files.load(file.zipped(root))
    assert model.encoder is not None
    x = np.random.default_rng(0).integers(0, 6, (40, model.encoder.features)).astype(float)
    compare = np.greater_equal if entry.get("at_least") else np.greater
    encoded = np.stack([compare(x[:, feature], threshold) for feature, threshold in bits], axis=1)
    expected = files.evaluate([rows.argmax(axis=1) for rows in logits], pairs, encoded)
    np.testing.assert_array_equal(netc.compile(model).bits(x), expected)
    assert any(note.startswith("encoder: ") for note in model.notes)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ({"features": 3, "thresholds": [1, 2]}, "makes 6 bits"),
        ({"thresholds": [1, 2]}, "'features' must be a number"),
        ({"features": 2, "thresholds": "many"}, "no array of numbers"),
        ({"features": 2, "thresholds": ()}, "no array of numbers"),
        ({"features": 2, "thresholds": [[[1]]]}, "no array of numbers"),
        ({"features": 2, "thresholds": [1, float("nan")]}, "NaN"),
        ({"features": 2, "thresholds": [1, 2], "order": "zigzag"}, "zigzag"),
        ({"features": 3, "thresholds": [[1, 2], [3, 4]]}, r"thresholds of shape \(2, 2\) for 3 features"),
        ({"features": 2, "feature": [0, 1, 2, 3], "threshold": [1, 2, 3, 4]}, "outside its 2 features"),
        ({"features": 2, "feature": [0, 1], "threshold": [1, 2, 3, 4]}, "one threshold a bit"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(files: ModuleType, entry: dict[str, Any], what: str) -> None:
    file = files.File()
    layer = files.logic_layer(file, np.zeros((4, 16), np.float32), np.zeros((4, 2), np.int64), 4)
    with pytest.raises(NetcError, match=what) as caught:
        files.load(file.zipped({"model": files.sequential(layer), "encoder": entry}))
    assert "encoder" in caught.value.place


def test_thresholds_may_be_a_tensor(files: ModuleType) -> None:
    file = files.File()
    layer = files.logic_layer(file, np.zeros((4, 16), np.float32), np.zeros((4, 2), np.int64), 4)
    for thresholds in (np.array([1.5, 3.0], np.float16), np.array([[1.5, 3.0], [1.5, 3.0]], np.float32)):
        root = {"model": files.sequential(layer), "encoder": {"features": 2, "thresholds": file.tensor(thresholds)}}
        assert files.load(file.zipped(root)).encoder.threshold.tolist() == [1.5, 3.0, 1.5, 3.0]
    root["encoder"]["thresholds"] = file.tensor(np.array(1.5, np.float32))
    with pytest.raises(NetcError, match=r"encoder: thresholds of shape \(\) for 2 features"):
        files.load(file.zipped(root))


# What is refused, and how.


def test_lost_wiring_is_named(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = small_state(files, file)
    with pytest.raises(NetcError) as caught:
        files.load(file.zipped(state))
    lines = str(caught.value).splitlines()
    assert lines[0] == ("model.pt: the file holds gate weights but no wiring (difflogic's state_dict does not save it)")
    assert lines[1].startswith("  hint: netc recover model.pt --recipe ")


def test_wiring_that_one_layer_lacks_is_named(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = wired_state(files, file)
    del state["1.indices"]
    with pytest.raises(NetcError, match=r"model\.pt: layer 1: it has gate weights but no wiring, unlike other layers"):
        files.load(file.zipped(state))


@pytest.mark.parametrize(
    ("child", "what"),
    [
        (("torch.nn.modules.linear.Linear", {"in_features": 3}), "layer 2: this is a torch.nn.Linear; "),
        (("torch.nn.modules.activation.ReLU", {}), "layer 2: this is a torch.nn.ReLU; "),
        (("__main__.Mystery", {}), "layer 2: this is a __main__.Mystery; "),
    ],
)
def test_a_layer_that_is_not_known_is_named(files: ModuleType, child: tuple[str, dict[str, Any]], what: str) -> None:
    file, root, _ = whole(files, widths=(5, 6, 4), k=2)
    children = list(root.state["_modules"].pairs.values())
    odd = files.module(child[0], **child[1])
    with pytest.raises(NetcError) as caught:
        files.load(file.zipped(files.sequential(*children[:2], odd, *children[2:])))
    assert str(caught.value).startswith(f"model.pt: {what}")


def test_a_linear_layer_of_sixteen_inputs_is_no_layer_of_gates(files: ModuleType) -> None:
    file = files.File()
    linear = files.module("torch.nn.modules.linear.Linear", weight=file.tensor(np.zeros((4, 16), np.float32)))
    with pytest.raises(NetcError, match=r"layer 0: this is a torch\.nn\.Linear; netc reads networks of logic gates"):
        files.load(file.zipped(files.sequential(linear)))
    state = {"fc.weight": file.tensor(np.zeros((4, 16), np.float32)), "fc.bias": file.tensor(np.zeros(4, np.float32))}
    with pytest.raises(NetcError, match=r"no network of logic gates: the file holds fc\.weight, fc\.bias"):
        files.load(file.zipped(state))


def test_tensors_of_unknown_layers_in_a_state_dict_are_named(files: ModuleType) -> None:
    file = files.File()
    state, _, _ = wired_state(files, file)
    state["norm.running_mean"] = file.tensor(np.zeros(4, np.float32))
    with pytest.raises(NetcError, match=r"layer norm: it holds running_mean; netc reads layers of gates"):
        files.load(file.zipped(state))


def layers(files: ModuleType, file: Any, *dims: tuple[int, int]) -> list[Any]:
    return [
        files.logic_layer(file, np.zeros((out, 16), np.float32), np.full((out, 2), in_ - 1), in_) for in_, out in dims
    ]


def test_layers_that_do_not_chain_are_refused(files: ModuleType) -> None:
    file = files.File()
    root = files.sequential(*layers(files, file, (5, 8), (7, 4)))
    with pytest.raises(NetcError, match=r"layer 1: it takes 7 bits; layer 0 before it gives 8"):
        files.load(file.zipped(root))
    state = {}
    for i, wires in enumerate(([0, 1, 2], [0, 3, 1])):
        state[f"{i}.weights"] = file.tensor(np.zeros((3, 16), np.float32))
        state[f"{i}.indices"] = file.tensor(np.array([wires, wires]))
    with pytest.raises(NetcError, match=r"layer 1: it reads input 3; layer 0 before it gives 3"):
        files.load(file.zipped(state))


def test_branches_of_a_state_dict_follow_only_where_it_shows(files: ModuleType) -> None:
    """Two cells side by side look like a chain; only reading exactly what the layer before gives tells."""
    file = files.File()

    def state(second: list[int]) -> dict[str, Any]:
        entries = {}
        for name, wires in (("net.left.0", [0, 1, 2, 3]), ("net.right.0", second)):
            entries[f"{name}.weights"] = file.tensor(np.zeros((4, 16), np.float32))
            entries[f"{name}.indices"] = file.tensor(np.array([wires, wires]))
        return entries

    with pytest.raises(NetcError, match=r"layer net\.right\.0: netc cannot tell that it follows"):
        files.load(file.zipped(state([0, 1, 2, 2])))
    model = files.load(file.zipped(state([0, 1, 3, 2])))
    assert any("follows layer net.left.0" in note for note in model.notes)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"k": 3}, "the 4 bits of layer 0 do not divide into 3 classes"),
        ({"k": 2.5}, "has k = 2.5"),
        ({"k": 2, "tau": -1.0}, "tau"),
        ({"k": 2, "n_splits": 4}, "the 4 bits of layer 0 do not divide into 8 blocks"),
        ({"k": 2, "n_splits": 2, "for_each_split": True}, "also has sums for each split"),
    ],
)
def test_sums_that_make_no_sense_are_refused(files: ModuleType, change: dict[str, Any], what: str) -> None:
    file = files.File()
    head = files.group_sum(**{"tau": 1.0, **change})
    with pytest.raises(NetcError, match=what):
        files.load(file.zipped(files.sequential(*layers(files, file, (5, 4)), head)))


def test_other_tensors_in_sums_are_refused(files: ModuleType) -> None:
    file = files.File()
    head = files.group_sum(2, gain=file.tensor(np.zeros(2, np.float32)))
    with pytest.raises(NetcError, match=r"layer 1: this difflogic\.difflogic\.GroupSum also has gain"):
        files.load(file.zipped(files.sequential(*layers(files, file, (5, 4)), head)))


def test_a_layer_behind_the_sums_is_refused(files: ModuleType) -> None:
    file = files.File()
    first, second = layers(files, file, (5, 4), (4, 4))
    with pytest.raises(NetcError, match=r"layer 2: a layer behind the sums of layer 1"):
        files.load(file.zipped(files.sequential(first, files.group_sum(2), second)))


@pytest.mark.parametrize(
    ("wires", "what"),
    [
        (np.array([[0, 1], [-1, 1]]), "the index -1"),
        (np.array([[0.0, 1.0], [1.0, 1.0]]), "indices of type float64"),
        (np.array([[0, 1, 2], [1, 1, 1]]), "does not give two inputs for each of 2 neurons"),
    ],
)
def test_indices_that_make_no_sense_are_refused(files: ModuleType, wires: Array, what: str) -> None:
    file = files.File()
    state = {"0.weights": file.tensor(np.zeros((2, 16), np.float32)), "0.indices": file.tensor(wires)}
    with pytest.raises(NetcError, match=f"layer 0: indices.*{what}"):
        files.load(file.zipped(state))


def test_several_modules_without_a_telling_name_are_refused(files: ModuleType) -> None:
    file, root, _ = whole(files, k=4)
    with pytest.raises(NetcError, match="several modules: teacher, student"):
        files.load(file.zipped({"teacher": root, "student": root}))


@pytest.mark.parametrize(
    ("root", "what"),
    [
        ([1, 2], "the file holds a list of 2, no network"),
        ({}, "no tensor and no module"),
        ({"lr": 0.1}, "no tensor and no module"),
        (None, "the file holds nothing, no network"),
    ],
)
def test_files_without_a_network_are_refused(files: ModuleType, root: Any, what: str) -> None:
    with pytest.raises(NetcError, match=what):
        files.load(files.pickled(root))


def test_plain_pickles_of_numpy_arrays_are_read(files: ModuleType) -> None:
    logits, pairs = files.random_network(3, [4, 6, 4])
    arrays = {f"{i}.weights": rows for i, rows in enumerate(logits)}
    arrays |= {f"{i}.indices": wires.T for i, wires in enumerate(pairs)}
    for protocol in range(6):
        model = files.load(pickle.dumps({"state_dict": arrays, "config": {"k": 2}}, protocol), input_bits=4)
        np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), expected_bits(files, logits, pairs))


def test_layers_are_ordered_by_number_not_by_text(files: ModuleType) -> None:
    widths = [4] + [3] * 12
    logits, pairs = files.random_network(8, widths)
    file = files.File()
    state = {}
    for i in sorted(range(12), key=str):  # 0, 1, 10, 11, 2, …
        state[f"net.{i}.weights"] = file.tensor(logits[i])
        state[f"net.{i}.indices"] = file.tensor(np.ascontiguousarray(pairs[i].T))
    model = files.load(file.zipped(state), input_bits=4)
    np.testing.assert_array_equal(netc.compile(model).bits(all_rows(4)), expected_bits(files, logits, pairs))


# The corpus: trained networks with the answers of the framework that trained them.

DIFFLOGIC = ["breast_350", "digits_1k2", "iris_48", "mnist_48k"]
READ = {
    "cuda.full.pt": {},
    "custom_main_class.full.pt": {},
    "dataparallel.full.pt": {},
    "buffers_conn_a_b.state_dict.pt": {"classes": 2},
    "buffers_indices_0_1.state_dict.pt": {"classes": 2},
    "stacked_indices.state_dict.pt": {"classes": 2},
    "with_connections_list.pth": {},
    "difflogic.npz": {"classes": 2, "tau": 5.0},
    "difflogic.safetensors": {},
}
PRECISIONS = ["bf16.full.pt", "f64.full.pt", "half.full.pt", "ties_nan_const.full.pt"]
WITHOUT_WIRING = [
    *(f"difflogic_{name}.state_dict.pt" for name in DIFFLOGIC),
    *(f"variants/{name}.state_dict.pt" for name in ("cuda", "dataparallel", "legacy_nonzip", "torch_compile")),
    *("variants/lightning.ckpt", "variants/wrapped_training_ckpt.pt", "variants/hostile.pt"),
]


def check_against(model: netc.Model, reference: Path) -> None:
    """Bits, scores and classes of all samples, as loaded and optimised."""
    ref = np.load(reference)
    x = ref["inputs_packed"]
    assert model.logic.inputs == int(ref["n_inputs"])
    for made in (model, netc.optimize(model, level=1)):
        net = netc.compile(made)
        np.testing.assert_array_equal(net.bits(x, packed=True, packed_out=True), ref["bits_packed"])
        np.testing.assert_array_equal(net.scores(x, packed=True), ref["scores"])
        np.testing.assert_array_equal(net.predict(x, packed=True), ref["pred"])
    assert model.head is not None
    assert model.head.classes == int(ref["k"])


@pytest.mark.corpus
@pytest.mark.parametrize("name", DIFFLOGIC)
def test_corpus_networks_equal_their_references(dlgn: Path, name: str) -> None:
    model = netc.load(dlgn / f"difflogic_{name}.full.pt")
    check_against(model, dlgn / f"difflogic_{name}_ref.npz")
    assert model.head is not None
    assert model.head.tau == float(np.load(dlgn / f"difflogic_{name}_ref.npz")["tau"])


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "options"), READ.items())
def test_corpus_variants_equal_the_network_that_they_hold(dlgn: Path, name: str, options: dict[str, Any]) -> None:
    check_against(netc.load(dlgn / "variants" / name, **options), dlgn / "difflogic_breast_350_ref.npz")


@pytest.mark.corpus
@pytest.mark.parametrize("name", PRECISIONS)
def test_corpus_gates_are_chosen_in_the_precision_of_the_file(dlgn: Path, name: str) -> None:
    ids = np.load(dlgn / "variants" / name.replace(".full.pt", "_gateids.npz"))
    found = ids_of(netc.load(dlgn / "variants" / name))
    assert len(found) == len(ids.files)
    for key, layer in zip(ids.files, found, strict=True):
        np.testing.assert_array_equal(layer, ids[key])


@pytest.mark.corpus
@pytest.mark.parametrize("name", WITHOUT_WIRING)
def test_corpus_files_without_wiring_are_refused_and_run_nothing(
    dlgn: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetcError, match=r"the file holds gate weights but no wiring \(difflogic's state_dict"):
        netc.load(dlgn / name)
    assert not list(tmp_path.iterdir())
