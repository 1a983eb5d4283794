"""netc's own format: what is written comes back, others can write it, and no damage gets past the reader."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from netc.backends import npz as writer

import netc
from netc import Aig, Dense, Encoder, Head, LayeredNetwork, Model, NetcError, Tiled
from netc.files import Source
from netc.frontends import checkpoint
from netc.frontends.checkpoints.archive import Archive


def written(model: Model | Aig) -> bytes:
    return b"".join(netc.emit(model, "npz"))


def read(data: bytes) -> Model:
    return checkpoint.load(Source("model.npz", data))


def check_equal(model: Model, other: Model) -> None:
    """Every part of two models is the same."""
    for graph, same in ((model.logic, other.logic),):
        np.testing.assert_array_equal(graph.ands, same.ands)
        np.testing.assert_array_equal(graph.roots, same.roots)
        assert {kind: dict(names) for kind, names in graph.ports.names.items() if names} == dict(same.ports.names)
        assert replace(graph.ports, names={}) == replace(same.ports, names={})
    np.testing.assert_array_equal(model.origins, other.origins)
    for name in ("name", "class_names", "notes", "as_trained"):
        assert getattr(model, name) == getattr(other, name)
    for name in ("encoder", "head"):
        one, two = getattr(model, name), getattr(other, name)
        assert (one and one.to_json()) == (two and two.to_json())
    assert (model.trained is None) == (other.trained is None)
    if model.trained is not None and other.trained is not None:
        assert model.trained.inputs == other.trained.inputs
        for layer, again in zip(model.trained.layers, other.trained.layers, strict=True):
            check_layers(layer, again)


def check_layers(layer: Any, again: Any) -> None:
    assert type(layer) is type(again)
    if isinstance(layer, Dense):
        np.testing.assert_array_equal(layer.tables, again.tables)
        np.testing.assert_array_equal(layer.wiring, again.wiring)
        return
    np.testing.assert_array_equal(layer.gather, again.gather)
    assert layer.by_channel == again.by_channel
    for one, two in zip(layer.template, again.template, strict=True):
        check_layers(one, two)


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates included: names are data


@st.composite
def models(draw: Any) -> Model:
    """Layers or a plain graph, with and without everything that may surround them."""
    if draw(st.booleans()):
        model = Model(draw(strategies.aigs()))
    else:
        model = Model.of_layers(draw(strategies.layered_networks()))
    ports = model.logic.ports
    for kind in ("input", "output", "latch"):
        if ports.count(kind) and draw(st.booleans()):
            names = draw(st.dictionaries(st.integers(0, ports.count(kind) - 1), TEXT, max_size=3))
            ports = ports.with_names(kind, names)
    ports = replace(ports, comment=draw(st.binary(max_size=9)))
    head, names = None, ()
    if draw(st.booleans()):
        head = draw(strategies.heads(ports.outputs))
        if draw(st.booleans()) and ports.outputs:
            head = Head.group_sum(ports.outputs, 1, tau=draw(st.floats(0.1, 99)), beta=draw(st.floats(-9, 9)))
        head = replace(head, only_class=draw(st.booleans()))
        names = tuple(draw(st.lists(TEXT, min_size=head.classes, max_size=head.classes)))
    encoder = None
    if draw(st.booleans()):
        thresholds = draw(st.lists(st.floats(allow_nan=False), min_size=ports.inputs, max_size=ports.inputs))
        encoder = Encoder(3, np.arange(ports.inputs) % 3, np.array(thresholds), draw(st.booleans()))
    return replace(
        model,
        logic=model.logic.with_ports(ports),
        encoder=encoder,
        head=head,
        class_names=names,
        name=draw(TEXT),
        notes=tuple(draw(st.lists(TEXT, max_size=3))),
    )


@settings(max_examples=150)
@given(models())
def test_what_is_written_comes_back(model: Model) -> None:
    data = written(model)
    check_equal(model, read(data))
    assert written(read(data)) == data


@settings(max_examples=25)
@given(strategies.layered_networks(max_k=4))
def test_an_optimised_model_keeps_its_layers_and_origins(network: LayeredNetwork) -> None:
    model = netc.optimize(Model.of_layers(network), level=1)
    again = read(written(model))
    check_equal(model, again)
    for node in range(1, model.logic.num_nodes):
        assert model.neurons_of(node) == again.neurons_of(node)


def test_numpy_and_zip_tools_open_it(tmp_path: Path) -> None:
    model = Model.of_layers(LayeredNetwork(2, [Dense(np.array([6, 8], np.uint64), np.array([[0, 1], [1, 0]]))]))
    netc.save(model, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["netc.json", "layers.0.tables", "layers.0.wiring"]
        assert arrays["layers.0.tables"].tolist() == [[6], [8]]
        assert arrays["layers.0.wiring"].tolist() == [[0, 1], [1, 0]]
        assert json.loads(arrays["netc.json"])["layers"] == [{"kind": "dense"}]
    with zipfile.ZipFile(tmp_path / "x.npz") as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_third_party_can_write_it_with_two_libraries() -> None:
    """The example of docs/formats.md: big-endian, other integer types and members that were compressed elsewhere."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    assert "zipfile" in code
    buffer = io.BytesIO()
    exec(code.replace('"xor.npz"', "target"), {"target": buffer})
    model = read(buffer.getvalue())
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool)
    assert netc.compile(model).predict(x).tolist() == [0, 1, 1, 0]
    assert model.class_names == ("equal", "different")


def rewritten(data: bytes, changes: dict[str, Any], *, method: int = zipfile.ZIP_STORED) -> bytes:
    """The archive with other members: bytes, an array, None to leave one out, or a function of the JSON."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", method) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            change = changes.get(name, old.read(name) if name in old.namelist() else None)
            if callable(change):
                described = json.loads(old.read(name))
                change(described)
                change = json.dumps(described)
            if isinstance(change, np.ndarray):
                held = io.BytesIO()
                np.save(held, change)
                change = held.getvalue()
            if change is not None:
                new.writestr(name, change)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def sample() -> bytes:
    template = (Dense(np.array([6, 8], np.uint64), np.array([[0, 1], [1, 2]])),)
    network = LayeredNetwork(
        4,
        [
            Tiled(template, np.array([[0, 1, 2], [1, 2, -1]])),
            Dense(np.array([0, 1, 2, 3], np.uint64), np.array([[0], [1], [2], [3]])),
        ],
    )
    model = Model.of_layers(network, head=Head.group_sum(4, 2), encoder=Encoder.thermometer(2, [0.5, np.inf]))
    return written(netc.optimize(replace(model, class_names=("a", "b")), level=1))


@pytest.mark.parametrize("kind", ["<i8", ">u2", "<u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_integers_of_any_type_and_order_are_read(sample: bytes, kind: str, order: Any) -> None:
    wiring = np.array([[0, 1], [1, 2]]).astype(kind, order=order)
    check_equal(read(rewritten(sample, {"layers.0.template.0.wiring.npy": wiring})), read(sample))


def set_field(name: str, value: Any) -> Any:
    return lambda described: described.__setitem__(name, value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"netc.json": b"{"}, r"netc.json: the description is damaged"),
        ({"netc.json": b"\xff"}, r"netc.json: the description is damaged"),
        ({"netc.json": b"[" * 100_000}, r"netc.json: the description is damaged"),
        ({"netc.json": b"[]"}, r"netc.json: an object is missing"),
        ({"netc.json": set_field("format", "x")}, r"netc.json: this is no netc-model"),
        ({"netc.json": set_field("version", 2)}, r"netc.json: the file is of another version of netc"),
        ({"netc.json": set_field("inputs", -1)}, r"netc.json: inputs is no count"),
        ({"netc.json": set_field("inputs", 5)}, r"the layers read 5 bits; the logic has 5|encoder makes 4 bits|reads"),
        ({"netc.json": set_field("layers", [{"kind": "round"}])}, r"layers.0: layers of kind round; there are dense"),
        ({"netc.json": set_field("notes", [1])}, r"netc.json: notes are not all text"),
        ({"netc.json": set_field("names", {"knob": {"0": "x"}})}, r"names are given for 'knob'"),
        ({"netc.json": set_field("names", {"input": {"0": 1}})}, r"names of input that are no text"),
        ({"netc.json": set_field("names", {"input": {"x": ""}})}, r"netc.json: the description is damaged"),
        ({"netc.json": set_field("head", {"kind": "votes"})}, r"netc.json: the description is damaged: KeyError"),
        ({"netc.json": set_field("class_names", ["a"])}, r"1 class names for another number of classes"),
        ({"layers.0.gather.npy": None}, r"layers.0.gather.npy: the archive has no such member"),
        ({"layers.0.gather.npy": np.array([[0, 1, 9], [1, 2, -1]])}, r"layer 0: a template reads outside the 4"),
        ({"layers.1.wiring.npy": np.array([[0], [1], [2], [4]])}, r"layer 1: a neuron reads output 4 of a layer"),
        ({"layers.1.tables.npy": np.array([4, 4, 4, 4])}, r"layer 1: a table of 1 fan-ins has bits past 2"),
        ({"layers.1.tables.npy": np.array([-1, 0, 0, 0])}, r"an array holds values outside uint64"),
        ({"layers.1.tables.npy": np.array([1, 2])}, r"layers.1: tables of shape \(2,\) and wiring of shape \(4, 1\)"),
        ({"layers.1.tables.npy": np.ones(4)}, r"layers.1.tables: this is no NumPy array of integers"),
        ({"layers.1.tables.npy": np.array([None] * 4)}, r"layers.1.tables: this is no NumPy array of integers"),
        ({"logic.roots.npy": np.array([99, 0, 0, 0])}, r"99"),
        ({"logic.origins.npy": np.full(8, 999)}, r"logic.origins: the literal 999, in a graph of"),
        ({"logic.origins.npy": np.full(8, -1)}, r"an array holds values outside uint32"),
        ({"logic.origins.npy": np.array([0])}, r"logic.origins: 1 literals for 8 neurons"),
    ],
)
def test_damage_is_named(sample: bytes, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NetcError, match=message) as caught:
        read(rewritten(sample, changes))
    assert caught.value.place.startswith("model.npz")


def header(shape: str, kind: str = "<u4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (header("(1000000000000, 2)"), r"an array of shape \(1000000000000, 2\) and type uint32 in 0 bytes"),
        (header("(2, 2)") + bytes(15), r"in 15 bytes"),
        (header("(2, 2)") + bytes(17), r"in 17 bytes"),
        (header("(2, 2, 1, 1, 1)") + bytes(16), r"an array of shape"),
        (header("(2, 2)", "|O8") + bytes(32), r"this is no NumPy array of integers"),
        (header("(__import__('os').abort(),)"), r"this is no NumPy array of integers"),
        (b"\x93NUMPY\x01\x00\xff\xff", r"this is no NumPy array of integers"),
        (b"", r"this is no NumPy array of integers"),
    ],
)
def test_arrays_are_checked_against_their_bytes(sample: bytes, member: bytes, message: str) -> None:
    with pytest.raises(NetcError, match=f"layers.0.gather: .*{message}"):
        read(rewritten(sample, {"layers.0.gather.npy": member}))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("inputs", 2**31 - 1, "it claims 2,147,483,647 inputs for 8 neurons"),
        ("head", {"kind": "group-sum", "bits": 2**31 - 1, "classes": 1, "tau": 1, "beta": 0}, "2,147,483,647 bits"),
        ("head", {"kind": "group-sum", "bits": 0, "classes": 2**31 - 1, "tau": 1, "beta": 0}, "2,147,483,647 classes"),
    ],
)
def test_no_memory_is_taken_for_what_a_file_claims(sample: bytes, field: str, value: Any, message: str) -> None:
    with pytest.raises(NetcError, match=message):
        read(rewritten(sample, {"netc.json": set_field(field, value)}))


def test_positions_of_nothing_are_refused(sample: bytes) -> None:
    with pytest.raises(NetcError, match="it claims 1,000,000,000 positions of no inputs"):
        read(rewritten(sample, {"layers.0.gather.npy": header("(1000000000, 0)")}))


def test_templates_stand_for_no_more_neurons_than_a_file_may_mean() -> None:
    wide = Dense(np.zeros(3000, np.uint64), np.zeros((3000, 0), np.uint32))
    data = written(Model.of_layers(LayeredNetwork(1, [Tiled((wide,), np.zeros((2, 1), np.int64))])))
    assert read(data).trained is not None
    larger = {
        "layers.0.gather.npy": np.zeros((60_000, 1), np.uint8),
        "layers.0.template.0.tables.npy": np.zeros(30_000, np.uint8),
        "layers.0.template.0.wiring.npy": np.zeros((30_000, 0), np.uint8),
    }
    with pytest.raises(NetcError, match=r"it claims 1,800,000,000 neurons, from a file of"):
        read(rewritten(data, larger))


@settings(max_examples=400)
@given(data=st.data())
def test_mutants_end_in_a_model_or_a_message(sample: bytes, data: Any) -> None:
    mutant = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(mutant)), st.integers(4, len(mutant))))
    try:
        read(bytes(mutant[:cut]))
    except NetcError as error:
        assert error.place.startswith("model.npz")


def test_options_of_checkpoints_are_refused(tmp_path: Path, sample: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(sample)
    with pytest.raises(NetcError, match="this format takes no such option: classes"):
        netc.load(tmp_path / "x.npz", classes=2)


def test_a_number_that_json_cannot_hold_is_refused() -> None:
    head = Head.group_sum(1, 1, beta=float("inf"))
    with pytest.raises(NetcError, match="not finite"):
        written(Model(Aig(netc.aig.Ports(inputs=1, outputs=1), np.zeros((0, 2), np.uint32), np.array([2])), head=head))


def test_the_same_model_gives_the_same_bytes_in_every_process(tmp_path: Path, sample: bytes) -> None:
    code = "import sys, netc; netc.save(netc.load('x.npz'), sys.argv[1])"
    (tmp_path / "x.npz").write_bytes(sample)
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"}
        subprocess.run([sys.executable, "-c", code, f"{seed}.npz"], cwd=tmp_path, env=environment, check=True)
        assert (tmp_path / f"{seed}.npz").read_bytes() == sample


def test_large_archives_take_the_fields_of_zip64(monkeypatch: pytest.MonkeyPatch, sample: bytes) -> None:
    """The limits lowered, since nobody wants to write four gigabytes here."""
    monkeypatch.setattr(writer, "_LARGEST", 150)
    model = read(sample)
    for most in (2, 0xFFFE):
        monkeypatch.setattr(writer, "_MOST_MEMBERS", most)
        data = written(model)
        assert b"PK\x06\x06" in data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
        assert set(Archive(data).members) == set(Archive(sample).members)
        check_equal(read(data), model)


def test_corpus_models_come_back(dlgn: Path) -> None:
    names = sorted(dlgn.glob("difflogic_*.full.pt"))
    assert names
    for path in names:
        model = netc.load(path)
        check_equal(model, read(written(model)))
