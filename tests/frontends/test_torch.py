"""Files that torch itself wrote, against torch's own evaluation. tests/frontends/test_checkpoints.py needs no torch."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netc
from netc.errors import NetcError
from netc.files import Source
from netc.frontends import checkpoint

torch = pytest.importorskip("torch", reason="torch writes these files; netc reads them without it")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

# The sixteen gates as polynomials, in difflogic's order.
OPERATIONS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: torch.zeros_like(a),
    lambda a, b: a * b,
    lambda a, b: a - a * b,
    lambda a, b: a,
    lambda a, b: b - a * b,
    lambda a, b: b,
    lambda a, b: a + b - 2 * a * b,
    lambda a, b: a + b - a * b,
    lambda a, b: 1 - (a + b - a * b),
    lambda a, b: 1 - (a + b - 2 * a * b),
    lambda a, b: 1 - b,
    lambda a, b: 1 - b + a * b,
    lambda a, b: 1 - a,
    lambda a, b: 1 - a + a * b,
    lambda a, b: 1 - a * b,
    lambda a, b: torch.ones_like(a),
]


class LogicLayer(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """As difflogic writes it: a parameter and, as a plain attribute, a tuple of indices that share a storage."""

    def __init__(self, in_dim: int, out_dim: int, generator: Any) -> None:
        super().__init__()
        self.weights = torch.nn.parameter.Parameter(torch.randn(out_dim, 16, generator=generator))
        both = torch.randint(0, in_dim, (2 * out_dim,), generator=generator)
        self.indices = (both[:out_dim], both[out_dim:])
        self.in_dim, self.out_dim, self.device, self.grad_factor = in_dim, out_dim, "cpu", 1.0

    def forward(self, x: Any) -> Any:
        a, b = x[..., self.indices[0]], x[..., self.indices[1]]
        every = torch.stack([operation(a, b) for operation in OPERATIONS], dim=-1)
        hard = torch.nn.functional.one_hot(self.weights.argmax(-1), 16).to(x.dtype)
        return (every * hard).sum(-1)


class BufferedLayer(LogicLayer):
    """A fork that keeps its wiring in buffers, so that a state_dict has it."""

    def __init__(self, in_dim: int, out_dim: int, generator: Any) -> None:
        super().__init__(in_dim, out_dim, generator)
        a, b = self.indices
        self.register_buffer("indices_0", a)
        self.register_buffer("indices_1", b)


class GroupSum(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    def __init__(self, k: int, tau: float) -> None:
        super().__init__()
        self.k, self.tau, self.device = k, tau, "cpu"

    def forward(self, x: Any) -> Any:
        return x.reshape(*x.shape[:-1], self.k, x.shape[-1] // self.k).sum(-1) / self.tau


class Net(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """A module of somebody's own."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(list(body)[:-1])
        self.head = body[-1]
        self.dropout = torch.nn.Dropout(0.2)


def network(seed: int, widths: list[int], k: int, tau: float, layer: type = LogicLayer) -> Any:
    generator = torch.Generator().manual_seed(seed)
    layers = [layer(a, b, generator) for a, b in zip(widths[:-1], [*widths[1:-1], widths[-1] * k], strict=True)]
    return torch.nn.Sequential(*layers, GroupSum(k, tau)).eval()


def load(saved: bytes, **options: Any) -> netc.Model:
    return checkpoint.load(Source("model.pt", saved), **options)


def saved(thing: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer, **how)
    return buffer.getvalue()


def rows_of_bits(count: int, width: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(count + width).integers(0, 2, (count, width)).astype(bool)


def check_against_torch(model: netc.Model, module: Any) -> None:
    x = rows_of_bits(300, model.logic.inputs)
    with torch.no_grad():
        wanted = module(torch.from_numpy(x).float())
    for made in (model, netc.optimize(model, level=1)):
        net = netc.compile(made)
        np.testing.assert_array_equal(net.logits(x), wanted.numpy())
        np.testing.assert_array_equal(net.predict(x), wanted.argmax(-1).numpy())


CONTAINERS: dict[str, Callable[[Any], bytes]] = {
    "zip": saved,
    "legacy": lambda thing: saved(thing, _use_new_zipfile_serialization=False),
    "protocol 4": lambda thing: saved(thing, pickle_protocol=4),
    "legacy, protocol 5": lambda thing: saved(thing, pickle_protocol=5, _use_new_zipfile_serialization=False),
}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    widths=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    k=st.integers(1, 5),
    tau=st.sampled_from([1.0, 2.5, 10, 0.3]),
    container=st.sampled_from(sorted(CONTAINERS)),
)
def test_random_networks_compute_what_torch_computes(
    seed: int, widths: list[int], k: int, tau: float, container: str
) -> None:
    module = network(seed, widths, k, tau)
    check_against_torch(load(CONTAINERS[container](module)), module)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), container=st.sampled_from(sorted(CONTAINERS)))
def test_state_dicts_with_wiring_compute_what_torch_computes(seed: int, container: str) -> None:
    module = network(seed, [9, 30, 20, 7], 3, 2.0, BufferedLayer)
    model = load(CONTAINERS[container](module.state_dict()), input_bits=9, classes=3, tau=2.0)
    check_against_torch(model, module)


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("whole", [True, False])
def test_plain_pickles_of_tensors_compute_what_torch_computes(whole: bool, protocol: int) -> None:
    """pickle.dump instead of torch.save: each storage is a file of torch inside the pickle."""
    module = network(5, [9, 30, 20, 7], 3, 2.0, BufferedLayer)
    data = pickle.dumps({"model": module} if whole else dict(module.state_dict()), protocol)
    options = {} if whole else {"input_bits": 9, "classes": 3, "tau": 2.0}
    check_against_torch(load(data, **options), module)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "float64"])
def test_safetensors_of_torch_compute_what_torch_computes(kind: str) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors writes these files")
    module = network(6, [9, 30, 20, 7], 3, 2.0, BufferedLayer)
    for layer in module[:-1]:
        layer.weights.data = layer.weights.data.to(getattr(torch, kind))
    data = safetensors.save(module.state_dict(), {"k": "3", "tau": "2.0"})
    check_against_torch(load(data, input_bits=9), module.float())


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_gates_are_chosen_in_the_stored_precision(kind: str) -> None:
    """Rounding to half makes ties, and the first of them wins: not the gate that full precision would choose."""
    module = network(4, [20, 400, 200, 20], 2, 1.0)
    for layer in module[:-1]:
        layer.weights.data = (1 + layer.weights.data / 4096).to(getattr(torch, kind))
    weights = module[1].weights
    tied = ((weights == weights.max(-1, keepdim=True).values).sum(-1) > 1).any()
    assert bool(tied) == (kind != "float64")
    check_against_torch(load(saved(module)), module)


def test_wrappers_are_seen_through() -> None:
    module = network(5, [9, 30, 20, 7], 3, 2.0)
    wrapped = {
        "DataParallel": torch.nn.DataParallel(module),
        "torch.compile": torch.compile(module),
        "a class of their own": Net(module),
        "a dictionary": {"epoch": 3, "model": module, "optimizer": torch.optim.Adam(module.parameters()).state_dict()},
        "nested": torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Sequential(torch.nn.Identity(), module)),
    }
    for thing in wrapped.values():
        check_against_torch(load(saved(thing)), module)


def test_a_checkpoint_with_a_trained_optimizer_is_read() -> None:
    module = network(6, [9, 30, 6], 3, 2.0, BufferedLayer)
    optimizer = torch.optim.Adam(module.parameters())
    module[0].weights.grad = torch.ones_like(module[0].weights)
    optimizer.step()
    thing = {
        "model_state_dict": module.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "rng_state": torch.get_rng_state(),
        "best": np.float64(0.97),
        "config": {"k": 3, "tau": 2.0},
    }
    check_against_torch(load(saved(thing), input_bits=9), module)


def test_a_file_saved_without_checksums_is_read() -> None:
    module = network(7, [9, 30, 7], 3, 2.0)
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        data = saved(module)
    finally:
        torch.serialization.set_crc32_options(before)
    check_against_torch(load(data), module)


def test_a_whole_legacy_file_with_the_source_of_its_classes_is_read() -> None:
    module = network(8, [9, 30, 7], 3, 2.0)
    data = saved(module, _use_new_zipfile_serialization=False)
    assert b"class Sequential" in data  # the source is there
    model = load(data)
    assert model.notes[0] == "torch file of before 1.6: a whole module (torch.nn.Sequential), read as difflogic"
    check_against_torch(model, module)


def test_a_state_dict_without_wiring_is_refused() -> None:
    with pytest.raises(NetcError, match="no wiring"):
        load(saved(network(9, [9, 30, 7], 3, 2.0).state_dict()))


def test_programs_are_refused_by_name(tmp_path: Path) -> None:
    plain = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(plain).save(str(tmp_path / "script.pt"))
        torch.export.save(torch.export.export(plain, (torch.zeros(1, 3),)), str(tmp_path / "exported.pt2"))
    for name, what in (("script.pt", "a TorchScript archive"), ("exported.pt2", r"a torch\.export archive \(\.pt2\)")):
        with pytest.raises(NetcError, match=f"this is {what}") as caught:
            netc.load(tmp_path / name)
        assert "torch.save(model" in caught.value.hint


def test_networks_of_other_layers_are_named() -> None:
    with pytest.raises(NetcError, match=r"layer 1: this is a torch\.nn\.Linear"):
        load(saved(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 2))))
    module = network(10, [9, 30, 8], 1, 2.0)
    with pytest.raises(NetcError, match=r"layer 1: this is a torch\.nn\.BatchNorm1d"):
        load(saved(torch.nn.Sequential(module[0], torch.nn.BatchNorm1d(30), module[1])))


def test_a_tensor_on_the_meta_device_is_refused() -> None:
    module = network(11, [9, 30, 7], 3, 2.0).to("meta")
    with pytest.raises(NetcError, match="layer 0: "):
        load(saved(module))


def test_parameters_with_attributes_and_tensor_subclasses_are_read() -> None:
    module = network(12, [9, 30, 7], 3, 2.0)
    module[0].weights.is_special = True
    module[0].indices = tuple(index.clone() for index in module[0].indices)
    module[0].indices[0].note = "a tensor with an attribute"
    check_against_torch(load(saved(module)), module)
