"""Models in memory give what their files give."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import helpers_checkpoints as files
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc import Dense, NetcError, registry
from netc.frontends.checkpoints.tree import Checkpoint

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def check_same(one: netc.Model, other: netc.Model) -> None:
    """The same circuit, head and encoder; notes differ in where it came from."""
    np.testing.assert_array_equal(one.logic.ands, other.logic.ands)
    np.testing.assert_array_equal(one.logic.roots, other.logic.roots)
    np.testing.assert_array_equal(one.origins, other.origins)
    assert (one.head and one.head.to_json()) == (other.head and other.head.to_json())
    assert (one.encoder and one.encoder.to_json()) == (other.encoder and other.encoder.to_json())
    assert one.notes[1:] == other.notes[1:]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="live modules are torch's")


@pytest.fixture(scope="module")
def classes(torch: Any) -> Any:
    """Layers as difflogic has them: a parameter, and wiring in a tuple that is no buffer."""

    class LogicLayer(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inputs: int, neurons: int, generator: Any, kind: Any = None) -> None:
            super().__init__()
            logits = torch.randn(neurons, 16, generator=generator)
            self.weights = torch.nn.Parameter(logits.to(kind or torch.float32))
            self.indices = tuple(torch.randint(0, inputs, (2, neurons), generator=generator))
            self.in_dim, self.out_dim, self.device, self.hook = inputs, neurons, torch.device("cpu"), print

        def forward(self, x: Any) -> Any:
            a, b = x[..., self.indices[0]], x[..., self.indices[1]]
            number = self.weights.argmax(-1)
            return (number >> (3 - 2 * a - b)) & 1

    class GroupSum(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, k: int, tau: float) -> None:
            super().__init__()
            self.k, self.tau = k, tau

        def forward(self, x: Any) -> Any:
            return x.reshape(*x.shape[:-1], self.k, -1).sum(-1) / self.tau

    return LogicLayer, GroupSum


def first_dense(model: netc.Model) -> Dense:
    assert model.trained is not None
    layer = model.trained.layers[0]
    assert isinstance(layer, Dense)
    return layer


def network(torch: Any, classes: Any, seed: int, widths: list[int], k: int, kind: Any = None) -> Any:
    generator = torch.Generator().manual_seed(seed)
    widths = [*widths, 6 * k]
    layers = [classes[0](a, b, generator, kind) for a, b in pairwise(widths)]
    return torch.nn.Sequential(torch.nn.Flatten(), *layers, classes[1](k, 2.5))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), widths=st.lists(st.integers(1, 30), min_size=1, max_size=3), k=st.integers(1, 4))
def test_modules_compute_what_torch_computes(torch: Any, classes: Any, seed: int, widths: list[int], k: int) -> None:
    module = network(torch, classes, seed, widths, k)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model = netc.from_torch(module, name="live")
    x = np.random.default_rng(seed).integers(0, 2, (100, widths[0]))
    with torch.no_grad():
        wanted = module(torch.from_numpy(x))
    net = netc.compile(model)
    np.testing.assert_array_equal(net.logits(x), wanted.float().numpy())
    np.testing.assert_array_equal(net.predict(x), wanted.argmax(-1).numpy())
    assert model.name == "live"
    assert model.notes[0].startswith("live module: a whole module (torch.nn.Sequential)")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def first_inputs(model: netc.Model) -> Any:
    """What fan-in 0 of each neuron of the first layer is."""
    assert model.trained is not None
    layer = model.trained.layers[0]
    assert isinstance(layer, netc.Dense)
    return layer.wiring[:, 0]


def test_a_model_does_not_change_when_training_goes_on(torch: Any, classes: Any) -> None:
    module = network(torch, classes, 1, [9, 20], 2)
    model = netc.from_torch(module)
    before = model.logic.ands.copy()
    with torch.no_grad():
        module[1].weights += torch.randn(20, 16)
        module[1].indices[0].zero_()
    assert first_inputs(model).any()
    assert not first_inputs(netc.from_torch(module)).any()
    np.testing.assert_array_equal(model.logic.ands, before)


def test_wrappers_and_types_are_seen_through(torch: Any, classes: Any) -> None:
    module = network(torch, classes, 2, [9, 30, 20], 3)
    plain = netc.from_torch(module)
    nested = torch.nn.Sequential(torch.nn.Identity(), torch.nn.ModuleList([module]))
    compiled = torch.compile(module)
    for wrapped in (compiled, torch.nn.DataParallel(module), nested, torch.nn.Sequential(compiled)):
        found = netc.from_torch(wrapped)
        np.testing.assert_array_equal(found.logic.ands, plain.logic.ands)
    for kind in (torch.float64, torch.float16, torch.bfloat16):
        other = network(torch, classes, 2, [9, 30, 20], 3, kind)
        ids = [layer.weights.argmax(-1).numpy() for layer in other[1:-1]]
        trained = netc.from_torch(other).trained
        assert trained is not None
        for layer, wanted in zip(trained.layers, ids, strict=True):
            assert isinstance(layer, netc.Dense)
            bits = layer.tables[:, 0, None] >> np.array([3, 1, 2, 0], np.uint64) & np.uint64(1)
            np.testing.assert_array_equal(bits @ np.array([1, 2, 4, 8], np.uint64), wanted)


def test_state_dicts_and_training_dictionaries_are_read(torch: Any) -> None:
    logits = np.random.default_rng(3).standard_normal((8, 16)).astype(np.float32)
    pairs = np.random.default_rng(4).integers(0, 5, (2, 8))
    state = {"0.weights": torch.from_numpy(logits), "0.indices": torch.from_numpy(pairs)}
    file = files.File()
    held = {name: file.tensor(value.numpy()) for name, value in state.items()}
    wanted = files.load(file.zipped(files.ordered(held)), classes=2)
    check_same(netc.from_torch(state, classes=2), wanted)
    whole = {"epoch": 3, "model": state, "config": {"k": 2, "tau": 4.0}, "optimizer": {"state": {}}}
    head = netc.from_torch(whole).head
    assert head is not None
    assert head.tau == 4
    check_same(netc.from_jax({"0": {"weights": logits, "indices": [*pairs]}}, classes=2), wanted)


def test_what_cannot_be_read_is_named(torch: Any, classes: Any) -> None:
    with pytest.raises(NetcError, match=r"layer 1: this is a torch\.nn\.Linear"):
        netc.from_torch(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 2)))
    with pytest.raises(NetcError, match=r"a torch\.float32 tensor that cannot be read"):
        netc.from_torch(network(torch, classes, 5, [9, 30], 3).to("meta"))
    with pytest.raises(TypeError, match=r"takes a torch\.nn\.Module or a state_dict, not int"):
        netc.from_torch(3)
    module = network(torch, classes, 6, [9, 30], 3)
    for _ in range(101):
        module = torch.nn.Sequential(module)
    with pytest.raises(NetcError, match="nested deeper"):
        netc.from_torch(module)
    module = network(torch, classes, 7, [9, 30], 3)
    module[1].itself = [module]
    netc.from_torch(module)
    with pytest.raises(NetcError, match="classes: 7 contradicts the file"):
        netc.from_torch(module, classes=7)


def test_the_corpus_read_by_torch_and_by_netc_is_the_same(torch: Any, dlgn_files: list[Path]) -> None:
    for path in dlgn_files:
        state = torch.load(path, weights_only=True, map_location="cpu")
        check_same(netc.from_torch(state), netc.load(path))


@pytest.fixture
def dlgn_files(corpus: Path) -> list[Path]:
    found = [corpus / "dlgn" / "variants" / f"{name}.state_dict.pt" for name in ("stacked_indices", "buffers_conn_a_b")]
    assert all(path.exists() for path in found)
    return found


def test_trees_of_numpy_arrays_and_of_jax_are_read() -> None:
    """Lists, tuples, shared arrays and bfloat16; a logic cellular automaton's wires go beside its parameters."""
    logits = np.random.default_rng(5).standard_normal((12, 16)).astype(np.float32)
    a, b = np.random.default_rng(6).integers(0, 7, (2, 12)).astype(np.int32)
    wanted = netc.from_jax({"layers": {"0": {"weights": logits, "indices": (a, b)}}})
    for array in arrays_of_jax():
        found = netc.from_jax({"layers": {"0": {"weights": array(logits), "indices": [array(a), array(b)]}}})
        np.testing.assert_array_equal(found.logic.ands, wanted.logic.ands)
    assert wanted.notes[0] == "live parameters: a state_dict, read as difflogic"


class Automata:
    """A family that takes what it gets and keeps it."""

    name = "automata"
    takes = ()
    seen: Checkpoint

    def claims(self, checkpoint: Checkpoint) -> bool:
        Automata.seen = checkpoint
        return True

    def model(self, _checkpoint: Checkpoint, _options: Any, name: str) -> netc.Model:
        return netc.Model(netc.Builder(1).finish([2]), name=name)


def test_wires_reach_the_family_beside_the_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CHECKPOINTS", {"automata": f"{__name__}:Automata"})
    monkeypatch.setattr(registry, "resolve", lambda _target: Automata)
    logits, wires = np.ones((4, 16), np.float32), (np.arange(4), np.arange(4))
    model = netc.from_jax({"update": [logits], "perceive": []}, {"update": [wires], "perceive": []}, name="grid")
    assert model.name == "grid"
    root = Automata.seen.root
    np.testing.assert_array_equal(root["params"]["update"][0], logits)
    np.testing.assert_array_equal(root["wires"]["update"][0][1], wires[1])
    with pytest.raises(NetcError, match="wiring: this option says nothing to a checkpoint of automata"):
        netc.from_jax({"update": []}, wiring=[])


def arrays_of_jax() -> list[Any]:
    try:
        import jax.numpy as jnp
    except ImportError:
        return [np.asarray]
    return [np.asarray, jnp.asarray]


def test_neither_torch_nor_jax_is_imported() -> None:
    code = (
        "import sys, numpy as np, netc\n"
        "netc.from_jax({'0': {'weights': np.eye(16)[[1, 6]], 'indices': np.zeros((2, 2), int)}})\n"
        "try: netc.from_torch({})\n"
        "except TypeError: pass\n"
        "assert not {'torch', 'jax'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
