"""Templates that run as programs at many positions: every kernel, batch size and shape against twin and table."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.runtime.fused import fused
from netc.runtime.table import kernels

from netc import Builder, Dense, Encoder, Head, LayeredNetwork, Model, NetcError, Tiled, compile, optimize

Bits = npt.NDArray[np.bool_]


def dense(random: np.random.Generator, inputs: int, outputs: int) -> Dense:
    return Dense(
        random.integers(0, 16, outputs).astype(np.uint64), random.integers(0, inputs, (outputs, 2)).astype(np.uint32)
    )


def convolution(
    random: np.random.Generator,
    channels: int,
    size: int,
    kernels: int,
    *,
    window: int = 3,
    padding: int = 1,
    stride: int = 1,
) -> Tiled:
    """Trees of eight random places of a window, padded with false."""
    image = np.full((channels, size + 2 * padding, size + 2 * padding), -1)
    image[:, padding : padding + size, padding : padding + size] = np.arange(channels * size**2).reshape(-1, size, size)
    windows = np.lib.stride_tricks.sliding_window_view(image, (window, window), axis=(1, 2))[:, ::stride, ::stride]
    leaves = random.integers(0, (channels, window, window), (8 * kernels, 3))
    gather = np.stack([windows[c, :, :, y, x].reshape(-1) for c, y, x in leaves], axis=1)
    template = [
        Dense(
            random.integers(0, 16, width * kernels).astype(np.uint64),
            np.arange(2 * width * kernels, dtype=np.uint32).reshape(-1, 2),
        )
        for width in (4, 2, 1)
    ]
    return Tiled(tuple(template), gather, by_channel=True)


def pooling(channels: int, size: int) -> Tiled:
    """OR over windows of two by two."""
    image = np.arange(channels * size**2).reshape(channels, size // 2, 2, size // 2, 2).transpose(0, 1, 3, 2, 4)
    either = np.full(2, 0b1110, np.uint64)
    template = (Dense(either, np.array([[0, 1], [2, 3]])), Dense(either[:1], np.array([[0, 1]])))
    return Tiled(template, np.ascontiguousarray(image.reshape(-1, 4)), by_channel=True)


def image_network(seed: int, size: int = 12) -> LayeredNetwork:
    """Convolutions with and without padding and stride, pooled, and dense layers before, between and behind."""
    random = np.random.default_rng(seed)
    inputs = 3 * size**2
    layers: list[Dense | Tiled] = [dense(random, inputs, inputs)] if seed % 3 == 2 else []
    layers += [convolution(random, 3, size, 5), pooling(5, size)]
    if seed % 2:
        layers += [dense(random, 5 * (size // 2) ** 2, 5 * (size // 2) ** 2)]
    layers += [convolution(random, 5, size // 2, 7, window=5, padding=2, stride=1 + seed % 2)]
    if seed % 2 == 0:
        layers += [dense(random, layers[-1].outputs, 40)]
    return LayeredNetwork(inputs, layers)


def data(samples: int, inputs: int) -> Bits:
    return np.random.default_rng(samples).integers(0, 2, (samples, inputs)).astype(np.bool_)


@given(strategies.layered_networks(max_k=8), st.sampled_from(kernels()))
def test_any_layered_network_runs_as_trained(layered: LayeredNetwork, kernel: str) -> None:
    if not any(isinstance(layer, Tiled) for layer in layered.layers):
        return
    patterns = twins.all_patterns(layered.inputs)
    made = compile(Model.of_layers(layered), engine="template", kernel=kernel)
    assert np.array_equal(made.bits(patterns), twins.layers(layered, patterns))


@pytest.mark.parametrize("seed", range(6))
def test_images_run_as_the_twin_says(seed: int) -> None:
    network = image_network(seed)
    x = data(9, network.inputs)
    assert np.array_equal(compile(Model.of_layers(network), engine="template").bits(x), twins.layers(network, x))


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("threads", [1, 2])
def test_every_batch_size_gives_the_same_answers(kernel: str, threads: int) -> None:
    network = image_network(1)
    head = Head.group_sum(network.outputs // 3 * 3, 3)
    model = Model.of_layers(network, head=head)
    x = data(1100, network.inputs)
    flat = compile(model, engine="table")
    net = compile(model, engine="template", kernel=kernel)
    bits, scores = flat.bits(x), flat.scores(x)
    for size in (*range(0, 1101, 7), 127, 128, 129, 511, 512, 513, 1100):
        assert np.array_equal(net.bits(x[:size], threads=threads), bits[:size]), size
        assert np.array_equal(net.scores(x[:size], threads=threads), scores[:size]), size
    assert net.predict(x, threads=threads).tolist() == twins.first_largest(scores.tolist())


def test_encoders_heads_and_pickles_are_as_with_any_engine() -> None:
    network = image_network(3, size=8)
    encoder = Encoder.thermometer(network.inputs // 2, [0.25, 0.75])
    random = np.random.default_rng(0)
    head = Head(
        np.array([0, 10, 25, 40]),
        random.integers(0, network.outputs, 40, np.uint32),
        random.integers(-9, 9, 40, np.int32),
        random.integers(-50, 50, 3, np.int32),
    )
    model = Model.of_layers(network, head=head, encoder=encoder)
    x = random.random((300, encoder.features)).astype(np.float32)
    right = compile(model, engine="table").scores(x)
    net = compile(model, engine="template")
    assert np.array_equal(net.scores(x), right)
    again = pickle.loads(pickle.dumps(net))  # noqa: TID251 - our own
    assert again.engine.name == "template"
    assert np.array_equal(again.scores(x), right)
    assert np.array_equal(np.concatenate(list(net.stream([x[:100], x[100:]], wanted="scores", workers=2))), right)


def test_nothing_is_flattened_for_it() -> None:
    model = Model.of_layers(image_network(0))
    net = compile(model, engine="template")
    assert "as layers" in repr(net)
    net.bits(data(3, net.inputs))
    assert "as layers" in repr(model)
    assert len(model.origins) == model.trained.num_neurons  # type: ignore[union-attr]
    assert "ANDs" in repr(model)


def test_rows_of_an_image_are_read_where_they_lie() -> None:
    random = np.random.default_rng(5)
    layers = [convolution(random, 3, 16, 4), convolution(random, 4, 16, 4), pooling(4, 16)]
    engine = compile(Model.of_layers(LayeredNetwork(3 * 256, layers)), engine="template").engine
    assert engine.strips == [16, 32]  # a row; and four of half the width, as the pooling is part of the second


def test_operations_do_not_depend_on_the_number_of_positions() -> None:
    def operations(size: int) -> Any:
        network = LayeredNetwork(3 * size**2, [convolution(np.random.default_rng(5), 3, size, 4)])
        return compile(Model.of_layers(network), engine="template").engine.operations

    assert operations(32) == 16 * operations(8)


@pytest.mark.parametrize("by_channel", [False, True])
def test_a_pooling_becomes_part_of_the_convolution_before_it(by_channel: bool) -> None:
    random = np.random.default_rng(7)
    first = convolution(random, 2, 8, 3)
    pool = pooling(3, 8)
    if not by_channel:
        first = Tiled(first.template, first.gather)
        pool = Tiled(pool.template, pool.gather % 64 * 3 + pool.gather // 64)
    network = LayeredNetwork(2 * 64, [first, pool])
    joined = fused(network)
    assert len(joined.layers) == 1
    assert joined.layers[0].outputs == pool.outputs
    x = data(20, network.inputs)
    assert np.array_equal(twins.layers(joined, x), twins.layers(network, x))


def test_a_pooling_whose_windows_overlap_stays_a_layer() -> None:
    random = np.random.default_rng(8)
    first = convolution(random, 1, 4, 1)
    pool = Tiled(pooling(1, 4).template, np.array([[0, 1, 2, 3], [3, 4, 5, 6]]))
    assert len(fused(LayeredNetwork(16, [first, pool])).layers) == 2


def test_models_without_templates_are_refused() -> None:
    with pytest.raises(NetcError, match="has no templates"):
        compile(Builder(2).finish([2]), engine="template")
    with pytest.raises(NetcError, match="has no templates"):
        compile(Model.of_layers(LayeredNetwork(2, [dense(np.random.default_rng(0), 2, 3)])), engine="template")
    with pytest.raises(NetcError, match="flattened this model's templates"):
        compile(optimize(Model.of_layers(image_network(0)), level=1), engine="template")
    with pytest.raises(NetcError, match="no kernel 'mmx'"):
        compile(Model.of_layers(image_network(0)), engine="template", kernel="mmx")
