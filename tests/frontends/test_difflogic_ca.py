"""The cell of a logic cellular automaton, against its definition and against the notebook's own results."""

from __future__ import annotations

import pickle
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import fuzz_containers as forms
import helpers_checkpoints
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc.errors import NetcError
from netc.layers import Dense, Tiled
from netc.names import bus_of, port_names

Array = npt.NDArray[Any]


def gate(ids: Array, a: Array, b: Array) -> Array:
    return np.asarray(ids >> (3 - 2 * a - b) & 1)


def cell_by_definition(cell: dict[str, Any], patches: Array) -> Array:
    """The next state ``[n, channels]`` of patches ``[n, 9, channels]``, as the notebook computes it in hard mode."""
    params, wires = cell["params"], cell["wires"]
    seen = []
    for kernel in range(len(params["perceive"][0])):
        x = patches.astype(int).swapaxes(1, 2)  # n, channels, 9
        for logits, (a, b) in zip(params["perceive"], wires["perceive"], strict=True):
            x = gate(logits[kernel].argmax(axis=-1), x[..., a], x[..., b])
        seen.append(x)
    kcs = np.stack(seen, axis=1)  # n, kernels, channels, outputs
    rest = kcs.transpose(0, 2, 3, 1).reshape(len(patches), -1)  # k c s -> (c s k)
    x = np.concatenate([patches[:, 4].astype(int), rest], axis=1)
    for logits, (a, b) in zip(params["update"], wires["update"], strict=True):
        x = gate(logits.argmax(axis=-1), x[..., a], x[..., b])
    return x.astype(bool)


def check(model: netc.Model, cell: dict[str, Any]) -> None:
    channels = len(cell["params"]["update"][-1])
    patches = np.random.default_rng(1).integers(0, 2, (200, 9, channels)).astype(bool)
    wanted = cell_by_definition(cell, patches)
    for made in (model, netc.optimize(model, level=1)):
        np.testing.assert_array_equal(netc.compile(made).bits(patches.reshape(200, -1)), wanted)


CELLS = st.builds(
    forms.random_cell,
    seed=st.integers(0, 2**31),
    channels=st.integers(1, 4),
    kernels=st.integers(1, 4),
    perceive=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    update=st.lists(st.integers(1, 30), max_size=3).map(tuple),
)

TrainState = namedtuple("TrainState", ["param", "opt_state", "key"])
Adam = namedtuple("Adam", ["count", "mu", "nu"])


def one_hot(cell: dict[str, Any]) -> dict[str, Any]:
    """Wires as matrices with a 1 in each row."""
    first = cell["params"]["perceive"][-1]
    widths = {"perceive": 9, "update": len(cell["params"]["update"][-1]) * (1 + first.shape[0] * first.shape[1])}
    made: dict[str, Any] = {}
    for net, layers in cell["wires"].items():
        width, made[net] = widths[net], []
        for a, b in layers:
            made[net].append([np.eye(width, dtype=np.float32)[a], np.eye(width, dtype=np.float32)[b]])
            width = len(a)
    return {**cell, "wires": made}


def with_optimizer(cell: dict[str, Any]) -> Any:
    moments = forms.mapped(cell["params"], np.zeros_like)
    state = TrainState(cell["params"], (Adam(np.int32(3), moments, moments), ()), np.zeros(2, np.uint32))
    return {"train_state": state, "wires": cell["wires"]}


LAYOUTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "as the notebook has it": lambda cell: cell,
    "a tuple": lambda cell: (cell["params"], cell["wires"]),
    "within a dictionary": lambda cell: {"epoch": 3, "model": cell},
    "flat": forms.flattened,
    "flat, a and b": lambda cell: {
        name.replace("wires", "x.wires").removesuffix(".0") + ".a"
        if name.startswith("wires") and name.endswith(".0")
        else name.replace("wires", "x.wires").removesuffix(".1") + ".b"
        if name.startswith("wires")
        else f"x.{name}": array
        for name, array in forms.flattened(cell).items()
    },
    "transposed": lambda cell: {
        **cell,
        "params": forms.mapped(cell["params"], lambda logits: np.ascontiguousarray(logits.swapaxes(-1, -2))),
    },
    "pairs of wires in one array": lambda cell: {
        **cell,
        "wires": {net: [np.stack(pair) for pair in layers] for net, layers in cell["wires"].items()},
    },
    "wires as lists": lambda cell: {**cell, "wires": forms.mapped(cell["wires"], lambda wire: wire.tolist())},
    "wires as matrices": one_hot,
    "with an optimizer": with_optimizer,
}


@settings(max_examples=60, deadline=None)
@given(cell=CELLS, layout=st.sampled_from(sorted(LAYOUTS)))
def test_random_cells_compute_their_definition_in_every_layout(
    files: ModuleType, cell: dict[str, Any], layout: str
) -> None:
    widths = {len(wires[0]) for layers in cell["wires"].values() for wires in layers}
    if layout == "transposed" and widths == {16}:
        return  # nothing tells
    if layout == "pairs of wires in one array" and 2 in widths:
        return  # two ways to read it
    check(files.load(pickle.dumps(LAYOUTS[layout](cell))), cell)


@settings(max_examples=15, deadline=None)
@given(
    cell=CELLS,
    write=st.sampled_from(
        [
            forms.msgpack_of,
            lambda cell: forms.npz_of(forms.flattened(cell)),
            lambda cell: forms.safetensors_of(forms.flattened(cell)),
            lambda cell: helpers_checkpoints.pickled(forms.mapped(cell, forms.jax_in_pickle)),
        ]
    ),
)
def test_random_cells_compute_their_definition_from_every_container(
    files: ModuleType, cell: dict[str, Any], write: Callable[[Any], bytes]
) -> None:
    check(files.load(write(cell)), cell)


def test_the_kernels_are_one_template_at_as_many_positions_as_channels(files: ModuleType) -> None:
    model = files.load(forms.msgpack_of(forms.random_cell(1, channels=3, kernels=2, perceive=(5, 3), update=(7,))))
    assert model.trained is not None
    first, *rest = model.trained.layers
    assert isinstance(first, Tiled)
    assert first.positions == 3
    assert [layer.neurons for layer in first.template] == [1 + 2 * 5, 1 + 2 * 3]
    assert all(isinstance(layer, Dense) for layer in rest)
    assert [layer.outputs for layer in rest] == [7, 3]


def test_inputs_are_named_by_neighbour_and_channel(files: ModuleType) -> None:
    model = files.load(forms.msgpack_of(forms.random_cell(1, channels=2)))
    names = port_names(model.logic.ports)
    assert names["input"] == [f"p[{f}][{c}]" for f in range(9) for c in range(2)]
    assert names["output"] == ["out[0]", "out[1]"]
    assert bus_of(names["output"][1]) == ("out", 1)


def test_the_notes_say_what_was_found(files: ModuleType) -> None:
    assert files.load(forms.msgpack_of(forms.random_cell(1, channels=2))).notes == (
        "MessagePack file: a cell of a logic cellular automaton, gates in params, wires in wires, read as difflogic-ca",
        "each gate is the first largest of 16 logits (float32)",
        "channels: 2; kernels: 2 of 5, 3 gates on the 9 bits of each channel, and a copy of the cell's own bit; "
        "update: 2 layers",
        "p[f][c] is channel c of neighbour f = 3 dy + dx, 4 being the cell itself; out[c] is its next state",
    )


def test_square_logits_are_read_as_the_other_layers_are_or_told(files: ModuleType) -> None:
    cell = forms.random_cell(4, perceive=(16, 3), update=(16, 5))
    check(files.load(forms.msgpack_of(cell)), cell)
    turned = LAYOUTS["transposed"](cell)
    check(files.load(forms.msgpack_of(turned)), cell)
    alone = forms.random_cell(4, perceive=(16,), update=(4,))
    model = files.load(forms.msgpack_of(alone))
    check(model, alone)
    assert "params.perceive.0: the 16 x 16 logits are read as (gates, 16)" in model.notes


def changed(where: str, value: Any) -> dict[str, Any]:
    """A cell with one leaf or branch, named by its path, replaced, or removed for None."""
    cell = forms.random_cell(1)
    at: Any = cell
    *keys, last = [int(key) if key.isdecimal() else key for key in where.split(".")]
    for key in keys:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return cell


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("wires", None, "the file holds gates but no wires"),
        ("params.update.0", None, "update: 1 layers have gates and 2 have wires"),
        ("params.update.0", np.zeros((5, 16), np.float32), r"params\.update\.0: logits of shape \(5, 16\) for 6 gates"),
        ("params.perceive.0", np.zeros((5, 16), np.float32), r"params\.perceive\.0: .* for 5 gates of every kernel"),
        ("params.perceive.0", np.zeros((3, 5, 16), np.float32), r"params\.perceive: its layers are of 2, 3 kernels"),
        ("params.update.0", np.zeros((6, 16), np.int32), r"params\.update\.0: numbers of type int32, no logits"),
        ("wires.update.0", [np.zeros(6, np.int32), np.zeros(5, np.int32)], r"wires\.update\.0: wires of 6 and 5 gates"),
        ("wires.update.0.0", np.zeros(6, np.float32), r"wires\.update\.0: float32 of shape \(6,\), not the inputs"),
        ("wires.update.0.0", np.full(6, -1, np.int32), r"wires\.update\.0: there is the input -1"),
        ("wires.update.0.0", np.full(6, 7, np.int32), r"update\.0: a gate reads bit 7 of 7"),
        ("wires.perceive.0.1", np.full(5, 9, np.int32), r"perceive\.0: a gate reads bit 9 of 9"),
        ("wires.update.0", [np.eye(6, 8), np.eye(6, 8)], r"update\.0: it has wires to 8 bits; there are 7"),
        ("wires.update.0", [np.eye(6, 8), np.eye(6, 7)], r"wires\.update\.0: wires to 7, 8 inputs"),
        ("wires.update.0.0", np.eye(6, 7) * 2, r"wires\.update\.0: a row of the wires' matrix has not a single 1"),
        ("wires.update.0.0", "text", r"wires\.update\.0: this is a list of 2, no array of numbers"),
    ],
)
def test_a_cell_that_does_not_fit_together_is_an_error_with_its_layer(
    files: ModuleType, where: str, value: Any, message: str
) -> None:
    with pytest.raises(NetcError, match=message):
        files.load(pickle.dumps(changed(where, value)))


def test_several_cells_are_an_error_that_names_them(files: ModuleType) -> None:
    cell = forms.random_cell(1)
    with pytest.raises(NetcError, match="several networks: one, two"):
        files.load(pickle.dumps({"one": cell["params"], "two": cell["params"], "wires": cell["wires"]}))
    model = files.load(pickle.dumps({"params": cell["params"], "ema": cell["params"], "wires": cell["wires"]}))
    check(model, cell)


def test_arithmetic_with_the_same_names_is_no_cell(files: ModuleType) -> None:
    """A neural automaton in torch has perceive and update too."""
    keys = [f"{net}.{i}.{name}" for net in ("perceive", "update") for i in (0, 2) for name in ("weight", "bias")]
    state = {key: np.zeros((4, 4)) for key in keys}
    with pytest.raises(NetcError, match="no network of logic gates"):
        files.load(pickle.dumps(state))


def test_options_of_classifiers_are_refused(files: ModuleType) -> None:
    data = forms.msgpack_of(forms.random_cell(1))
    assert files.load(data, input_bits=9).logic.inputs == 9
    with pytest.raises(NetcError, match="the cell reads 9 bits"):
        files.load(data, input_bits=10)
    with pytest.raises(NetcError, match="classes: this option says nothing to a checkpoint of difflogic-ca"):
        files.load(data, classes=2)


# The corpus: networks that the notebook's own code trained and evaluated.


@pytest.mark.corpus
@pytest.mark.parametrize("form", ["jax.pkl", "numpy.pkl", "npz", "msgpack", "safetensors", "orbax"])
@pytest.mark.parametrize("name", ["gol", "checkerboard"])
def test_corpus_cells_give_what_the_notebook_gives(dlgn: Path, name: str, form: str) -> None:
    if form == "orbax":
        pytest.importorskip("tensorstore", reason="tensorstore reads orbax directories")
    ref = np.load(dlgn / f"difflogic_ca_{name}_ref.npz")
    model = netc.load(dlgn / f"difflogic_ca_{name}.{form}")
    for made in (model, netc.optimize(model, level=2)):
        bits = netc.compile(made).bits(ref["patches"].reshape(len(ref["patches"]), -1))
        np.testing.assert_array_equal(bits, ref["out"])


@pytest.mark.corpus
def test_the_corpus_game_of_life_is_life(dlgn: Path) -> None:
    """All 512 patches, against Conway's rule."""
    patches = (np.arange(512)[:, None] >> np.arange(9) & 1).astype(bool)
    around = patches.sum(axis=1) - patches[:, 4]
    life = (around == 3) | (patches[:, 4] & (around == 2))
    bits = netc.compile(netc.load(dlgn / "difflogic_ca_gol.npz")).bits(patches)
    np.testing.assert_array_equal(bits[:, 0], life)


@pytest.mark.corpus
def test_the_corpus_grid_is_the_same_after_twenty_steps_with_neighbours_numbered_as_documented(dlgn: Path) -> None:
    ref = np.load(dlgn / "difflogic_ca_checkerboard_ref.npz")
    net = netc.compile(netc.load(dlgn / "difflogic_ca_checkerboard.npz"))
    grid = ref["grid0"][0]
    height, width, channels = grid.shape
    for step in range(20):
        padded = np.pad(grid, ((1, 1), (1, 1), (0, 0)))
        neighbours = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
        patches = np.stack(neighbours, axis=2).reshape(-1, 9 * channels)
        grid = net.bits(patches).reshape(grid.shape)
        if step == 0:
            np.testing.assert_array_equal(grid, ref["grid1"][0])
    np.testing.assert_array_equal(grid, ref["grid20"][0])
