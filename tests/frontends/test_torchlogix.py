"""Networks that torchlogix itself builds, at random, against its own evaluation; netc reads them without it."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import netc
from netc.files import Source
from netc.frontends import checkpoint
from netc.layers import Tiled

torch = pytest.importorskip("torch", reason="torch evaluates the networks; netc reads them without it")


torchlogix = pytest.importorskip("torchlogix", reason="torchlogix (0.2.1 or 0.2.2) builds the networks")

from torchlogix import layers, modules, utils  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

Array = npt.NDArray[Any]

SETTINGS = settings(max_examples=40, deadline=None)
NEURONS = [("raw", 2), ("warp", 2), ("warp", 4), ("warp", 6), ("light", 2), ("light", 4), ("light", 6)]


def saved(thing: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


def load(thing: Any, **options: Any) -> netc.Model:
    return checkpoint.load(Source("model.pt", saved(thing)), **options)


def trained(module: Any, seed: int) -> Any:
    """With random parameters, so that every neuron is something else than the wire it begins as."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return module.eval()


def kind_of(draw: Any) -> dict[str, Any]:
    parametrization, rank = draw(st.sampled_from(NEURONS))
    return {"parametrization": parametrization, "lut_rank": rank, "parametrization_kwargs": {"weight_init": "random"}}


def dense(draw: Any, in_dim: int, out_dim: int) -> Any:
    kind = kind_of(draw)
    while kind["lut_rank"] > in_dim:
        kind = {**kind, "parametrization": "warp", "lut_rank": 2 if in_dim > 1 else 1}
    out_dim = max(out_dim, -(-in_dim // kind["lut_rank"]))
    connections = draw(st.sampled_from(["fixed", "fixed", "learnable"]))
    how: dict[str, Any] = {"init_method": "random"}
    if connections == "learnable":
        most = in_dim // kind["lut_rank"]
        how["num_candidates"] = draw(st.sampled_from([-1, max(1, most // 2)]))
        how["gumbel"] = draw(st.booleans())
    return layers.LogicDense(in_dim, out_dim, connections=connections, connections_kwargs=how, **kind)


@st.composite
def dense_networks(draw: Any) -> tuple[Any, int, int]:
    """A Sequential of dense layers and sums, the number of its inputs, and a seed."""
    torch.manual_seed(draw(st.integers(0, 2**31)))
    inputs = draw(st.integers(2, 24))
    found: list[Any] = []
    width = inputs
    for size in draw(st.lists(st.integers(1, 30), max_size=3)):
        found.append(dense(draw, width, size))
        width = found[-1].out_dim
    classes = draw(st.integers(1, 4))
    last = dense(draw, width, classes * draw(st.integers(4, 9)))
    assume(last.out_dim % classes == 0)
    sums = layers.GroupSum(
        classes, tau=draw(st.sampled_from([1.0, 4, 2.5])), beta=draw(st.sampled_from([0.0, -3, 1.5]))
    )
    seed = draw(st.integers(0, 2**31))
    return trained(torch.nn.Sequential(*found, last, sums), seed), inputs, seed


def rows(seed: int, count: int, width: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).integers(0, 2, (count, width)).astype(bool)


def logits_of(module: Any, x: Array) -> Array:
    with torch.no_grad():
        found: Array = module(torch.from_numpy(np.ascontiguousarray(x)).float()).numpy()
    return found


def check(model: netc.Model, module: Any, seed: int, shape: tuple[int, ...]) -> None:
    """The logits of bits of this shape, before and after optimising."""
    x = rows(seed, 100, int(np.prod(shape)))
    wanted = logits_of(module, x.reshape(-1, *shape))
    for made in (model, netc.optimize(model, level=1)):
        np.testing.assert_array_equal(netc.compile(made).logits(x), wanted)


@SETTINGS
@given(network=dense_networks(), export=st.booleans())
def test_dense_networks_compute_what_torchlogix_computes(network: tuple[Any, int, int], export: bool) -> None:
    module, inputs, seed = network
    if export and all(layer.lut_rank == 2 for layer in module[:-1]):
        utils.set_export_mode(module)
        exported = load(module)
        utils.set_export_mode(module, False)
        check(exported, module.eval(), seed, (inputs,))
    for model in (load(module), netc.from_torch(module)):
        check(model, module, seed, (inputs,))


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("rank", [2, 4, 6])
def test_sums_are_added_in_the_stored_precision(kind: str, rank: int) -> None:
    """Few bits make sums that rounding decides: a thousand neurons of random coefficients have some."""
    torch.manual_seed(rank)
    layer = layers.LogicDense(2 * rank, 1000, lut_rank=rank, parametrization="warp")
    module = torch.nn.Sequential(trained(layer, rank).to(getattr(torch, kind)), layers.GroupSum(1000)).eval()
    x = rows(rank, 100, 2 * rank)
    with torch.no_grad():
        wanted = module(torch.from_numpy(x).to(getattr(torch, kind))).float().numpy()
    for model in (load(module), netc.from_torch(module)):
        if kind != "float16":  # which has few
            assert any("rounding decides" in note for note in model.notes) == (kind == "bfloat16")
        np.testing.assert_array_equal(netc.compile(model).bits(x), wanted.astype(bool))


@SETTINGS
@given(network=dense_networks())
def test_state_dicts_of_dense_networks_compute_the_same_when_told_what_they_lack(network: tuple[Any, int, int]) -> None:
    module, inputs, seed = network
    told = {
        str(index): {"parametrization": type(layer.parametrization).__name__[:-18].lower()}
        for index, layer in enumerate(module[:-1])
    }
    sums = module[-1]
    options = {"input_bits": inputs, "classes": sums.k, "tau": sums.tau, "beta": sums.beta}
    check(load(module.state_dict(), layers=told, **options), module, seed, (inputs,))


def convolution(draw: Any, channels: int, sizes: tuple[int, ...]) -> Any:
    kind = kind_of(draw)
    kernel = draw(st.integers(1, min(3, *sizes)))
    settings_of_it = {
        "in_dim": sizes,
        "channels": channels,
        "num_kernels": draw(st.integers(1, 4)),
        "tree_depth": draw(st.integers(1, 3 if kind["lut_rank"] == 2 else 1)),
        "receptive_field_size": kernel,
        "stride": draw(st.integers(1, kernel)),
        **kind,
    }
    transposed = draw(st.integers(0, 3)) == 0
    padding = draw(st.integers(0, kernel - 1 if transposed else 1))
    if transposed and hasattr(layers, "LogicConvTranspose2d"):
        settings_of_it["output_padding"] = draw(st.integers(0, settings_of_it["stride"] - 1))
        cls = layers.LogicConvTranspose2d if len(sizes) == 2 else layers.LogicConvTranspose3d
        result = [
            (size - 1) * settings_of_it["stride"] - 2 * padding + kernel + settings_of_it["output_padding"]
            for size in sizes
        ]
        assume(min(result) > 0)
    else:
        cls = layers.LogicConv2d if len(sizes) == 2 else layers.LogicConv3d
    return cls(padding=padding, **settings_of_it)


@st.composite
def images(draw: Any) -> tuple[Any, tuple[int, ...], int]:
    """A Sequential of convolutions, OR pooling, residual blocks, dense layers and sums; its input's shape; a seed."""
    torch.manual_seed(draw(st.integers(0, 2**31)))
    axes = draw(st.sampled_from([2, 2, 2, 3]))
    sizes = tuple(draw(st.integers(2, 6 if axes == 2 else 4)) for _ in range(axes))
    shape = (draw(st.integers(1, 3)), *sizes)
    at = torch.zeros(1, *shape)
    found: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        sizes, what = tuple(at.shape[2:]), draw(st.sampled_from(["convolution", "convolution", "pool", "residual"]))
        if what == "pool" and found:
            kernel = draw(st.integers(1, min(3, *sizes)))
            pool = layers.OrPooling2d if axes == 2 else layers.OrPooling3d
            found.append(pool(kernel, draw(st.integers(1, 3)), padding=draw(st.integers(0, kernel // 2))))
        elif what == "residual" and axes == 2:
            kind = {**kind_of(draw), "lut_rank": 2}
            made = modules.resblock.ResidualLogicBlock(
                sizes[0], at.shape[1], at.shape[1], tree_depth=draw(st.integers(1, 2)), device="cpu", **kind
            )
            assume(sizes[0] == sizes[1])
            found.append(made)
        else:
            found.append(convolution(draw, at.shape[1], sizes))
        at = found[-1].eval()(at)
        assume(0 < at.numel() < 3000)
    found.append(torch.nn.Flatten())
    width, classes = at[0].numel(), draw(st.integers(1, 4))
    if width > 1 and draw(st.booleans()):
        found.append(dense(draw, width, classes * draw(st.integers(3, 9))))
        width = found[-1].out_dim
    assume(width % classes == 0)
    seed = draw(st.integers(0, 2**31))
    return trained(torch.nn.Sequential(*found, layers.GroupSum(classes, tau=2.0)), seed), shape, seed


@SETTINGS
@given(network=images())
def test_convolutions_pools_and_residual_blocks_compute_what_torchlogix_computes(
    network: tuple[Any, tuple[int, ...], int],
) -> None:
    module, shape, seed = network
    model = load(module)
    assert model.trained is not None
    assert any(isinstance(layer, Tiled) for layer in model.trained.layers)
    check(model, module, seed, shape)
    np.testing.assert_array_equal(netc.from_torch(module).logic.ands, model.logic.ands)


@SETTINGS
@given(network=images())
def test_state_dicts_of_convolutions_compute_the_same_when_told_what_they_lack(
    network: tuple[Any, tuple[int, ...], int],
) -> None:
    module, shape, seed = network
    told: dict[str, dict[str, Any]] = {}
    for path, layer in module.named_modules():
        kind = type(layer).__name__
        if kind.startswith("LogicConv"):
            told[path] = {
                "parametrization": type(layer.parametrization).__name__[:-18].lower(),
                "padding": layer.padding,
            }
            told[path] |= {"pool": "none"}
            if "Transpose" in kind:
                told[path] |= {"transposed": True, "stride": layer.stride, "output_padding": layer.output_padding}
                told[path] |= {"kernel": layer.receptive_field_size}
        elif kind.startswith("OrPooling"):
            before = str(int(path) - 1)
            assume(before in told)  # what can be told is one pool behind a convolution
            told[before] |= {"pool": (layer.kernel_size, layer.stride, layer.padding)}
        elif kind == "LogicDense":
            told[path] = {"parametrization": type(layer.parametrization).__name__[:-18].lower()}
    model = load(module.state_dict(), input_shape=shape, layers=told, classes=module[-1].k, tau=2.0)
    check(model, module, seed, shape)


# Binarisation.

EVALUATED = "softplus" if hasattr(layers.LearnableBinarization, "_get_ordered_diffs") else "cumsum"


def features(seed: int, shape: tuple[int, ...], layer: Any) -> Array:
    """Numbers around the thresholds, some infinite, some exactly on them where torch knows them to the last bit."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 2, (60, *shape)).astype(np.float32)
    on = rng.random(x.shape) < 0.3
    if not hasattr(layer, "raw_diffs") or EVALUATED == "cumsum":
        x[on] = rng.choice(layer.get_thresholds().detach().numpy().reshape(-1), int(on.sum()))
    x[rng.random(x.shape) < 0.02] = np.inf
    return x


def binariser(draw: Any, rows_of_thresholds: int, axis: int) -> Any:
    """A binarisation layer with the same thresholds for all (no rows) or some for each row."""
    count = draw(st.integers(1, 4))
    size = (count,) if not rows_of_thresholds else (rows_of_thresholds, count)
    thresholds = torch.sort(torch.randn(size), dim=-1).values
    cls = draw(st.sampled_from([layers.FixedBinarization, layers.SoftBinarization, layers.LearnableBinarization]))
    cls = getattr(sys.modules["torchlogix.layers.binarization"], cls.__name__)
    made = cls(thresholds, feature_dim=axis)
    if hasattr(made, "raw_diffs"):
        made.raw_diffs.data = torch.randn(size)
    return made


@SETTINGS
@given(data=st.data())
def test_encoders_make_the_bits_that_torchlogix_makes(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**31))
    torch.manual_seed(seed)
    axes = data.draw(st.sampled_from([1, 3]))
    shape = tuple(data.draw(st.integers(1, 4)) for _ in range(axes))
    axis = data.draw(st.sampled_from([-2, 1]))
    per_row = data.draw(st.booleans())
    made = binariser(data.draw, shape[0] if per_row else 0, axis)
    at = made.eval()(torch.zeros(1, *shape))
    found: list[Any] = [made]
    convolves = axes == 3 and axis == 1 and data.draw(st.booleans())
    if convolves:
        found.append(layers.LogicConv2d(tuple(at.shape[2:]), at.shape[1], 3, 1, receptive_field_size=1))
    if axes == 3:
        found.append(torch.nn.Flatten())
    width = torch.nn.Sequential(*found).eval()(torch.zeros(1, *shape)).numel()
    assume(width > 1)
    found.append(layers.LogicDense(width, width + width % 2))
    module = torch.nn.Sequential(*found, layers.GroupSum(2))
    for layer in found[1:]:
        trained(layer, seed)
    x = features(seed, shape, made)
    wanted = logits_of(module.eval(), x)
    told: dict[str, dict[str, Any]] = {"0": {"feature_dim": axis, "temperature_softplus": 0.1}}
    told |= {"1": {"padding": 0, "pool": "none"}} if convolves else {}
    things: list[tuple[Any, dict[str, Any]]] = [(module, {}), (module.state_dict(), {"classes": 2, "layers": told})]
    for thing, options in things:
        model = load(thing, binariser=EVALUATED, input_shape=shape, **options)
        assert model.encoder is not None
        np.testing.assert_array_equal(netc.compile(model).logits(x.reshape(len(x), -1)), wanted)


def train(module: Any, shape: tuple[int, ...], seed: int) -> None:
    """A few steps of Adam towards an arbitrary target, in training mode, as torchlogix is used."""
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.3)
    x = torch.from_numpy(rows(seed, 64, int(np.prod(shape)))).float().reshape(-1, *shape)
    module.train()
    for _ in range(5):
        optimizer.zero_grad()
        scores = module(x)
        (scores - torch.roll(scores.detach(), 1, 0) - x.flatten(1).mean(1, keepdim=True)).square().mean().backward()
        optimizer.step()
    module.eval()


@settings(max_examples=15, deadline=None)
@given(network=dense_networks())
def test_dense_networks_trained_by_torchlogix_compute_the_same(network: tuple[Any, int, int]) -> None:
    module, inputs, seed = network
    before = [parameter.detach().clone() for parameter in module.parameters()]
    train(module, (inputs,), seed)
    assert any(not torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True))
    check(load(module), module, seed, (inputs,))


@settings(max_examples=15, deadline=None)
@given(network=images())
def test_images_networks_trained_by_torchlogix_compute_the_same(network: tuple[Any, tuple[int, ...], int]) -> None:
    module, shape, seed = network
    train(module, shape, seed)
    check(load(module), module, seed, shape)
