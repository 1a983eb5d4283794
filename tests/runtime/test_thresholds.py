"""Features that become bits while they are packed, against the encoder in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc import Builder, Encoder, Model, NetcError, compile

Array = npt.NDArray[Any]
DTYPES = ["uint8", "int8", "int16", "uint32", "int64", "float16", "float32", "float64", ">f4", ">i2"]


def model(encoder: Encoder) -> Model:
    """Every bit of the encoder is an output."""
    return Model(Builder(encoder.bits).finish([2 * (bit + 1) for bit in range(encoder.bits)]), encoder=encoder)


def layouts(x: Array) -> dict[str, Array]:
    rows, columns = x.shape
    wide = np.zeros((2 * rows, 3 * columns), x.dtype)
    wide[::2, 1::3] = x
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    read_only = x.copy()
    read_only.flags.writeable = False
    return {
        "rows": x,
        "columns": np.asfortranarray(x),
        "strided": wide[::2, 1::3],
        "backwards": np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
        "unaligned": unaligned,
        "read-only": read_only,
    }


def values(random: np.random.Generator, dtype: str, rows: int, columns: int) -> Array:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        x = random.normal(0, 3, (rows, columns)).round(1)
        x[random.random(x.shape) < 0.05] = np.inf
        x[random.random(x.shape) < 0.05] = -np.inf
        return x.astype(kind)
    low, high = (0, 256) if dtype == "uint8" else (0, 100) if kind.kind == "u" else (-100, 100)
    return random.integers(low, high, (rows, columns)).astype(kind)


@given(
    st.integers(0, 1 << 30),
    st.sampled_from(DTYPES),
    st.booleans(),
    st.sampled_from(["feature", "plane", "mixed"]),
    st.sampled_from([1, 7, 63, 65, 130]),
)
def test_every_type_and_layout_becomes_the_same_bits(
    seed: int, dtype: str, at_least: bool, order: str, features: int
) -> None:
    random = np.random.default_rng(seed)
    x = values(random, dtype, int(random.integers(1, 140)), features)
    pool = np.concatenate([x.astype(np.float64).reshape(-1)[:20], [-np.inf, np.inf, 0.1, 0.5, 255, 256, -1, 1e-300]])
    thresholds = random.choice(pool, 3).tolist()
    if order == "mixed":
        feature = random.integers(0, features, 150)
        encoder = Encoder(features, feature.astype(np.int32), random.choice(pool, 150), at_least)
    else:
        encoder = Encoder.thermometer(features, thresholds, order=order, at_least=at_least)
    net = compile(model(encoder), engine="table")
    expected = encoder.encode(x)
    for name, form in layouts(x).items():
        assert np.array_equal(net.bits(form, threads=1), expected), name


@pytest.mark.parametrize("samples", [0, 1, 63, 64, 65, 128, 129, 511, 512, 513, 1100])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int32"])
def test_every_batch_size_gives_the_same_bits(samples: int, threads: int, dtype: str) -> None:
    encoder = Encoder.thermometer(70, [0.5, 20.25, 77.0])
    x = np.random.default_rng(samples).integers(0, 100, (samples, 70)).astype(dtype)
    net = compile(model(encoder), engine="table")
    assert np.array_equal(net.bits(x, threads=threads), encoder.encode(x))
    assert np.array_equal(net.bits(np.asfortranarray(x), threads=threads), encoder.encode(x))


def reading(encoder: Encoder, bits: list[int]) -> Model:
    """Only these bits of the encoder are read; each is an output."""
    return Model(Builder(encoder.bits).finish([2 * (bit + 1) for bit in bits]), encoder=encoder)


@pytest.mark.parametrize("samples", [1, 15, 17, 33, 63, 65, 127, 129, 500, 513])
@pytest.mark.parametrize("order", ["feature", "plane"])
@pytest.mark.parametrize("kept", [1.0, 0.3, 0.01])
def test_thermometers_of_which_some_bits_are_read(samples: int, order: str, kept: float) -> None:
    random = np.random.default_rng(samples)
    encoder = Encoder.thermometer(200, [3, 50, 50, 99], order=order, at_least=samples % 2 == 0)
    bits = np.flatnonzero(random.random(encoder.bits) < kept).tolist()
    net = compile(reading(encoder, bits), engine="table")
    for dtype in ("uint8", "float32", "float64"):
        x = random.integers(0, 101, (samples, 200)).astype(dtype)
        expected = encoder.encode(x)[:, bits]
        for name, form in layouts(x).items():
            assert np.array_equal(net.bits(form, threads=1), expected), (dtype, name)


def test_features_may_have_any_number_of_thresholds() -> None:
    random = np.random.default_rng(5)
    counts = [0, 1, 300, 2, 0, 0, 17, *random.integers(0, 4, 90).tolist(), 256]
    feature = random.permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.int32)
    encoder = Encoder(len(counts), feature, random.integers(-1, 257, len(feature)).astype(np.float64))
    x = random.integers(0, 256, (700, len(counts)), np.uint8)
    net = compile(model(encoder), engine="table")
    for dtype in ("uint8", "float32", "float64"):
        for form in layouts(x.astype(dtype)).values():
            assert np.array_equal(net.bits(form), encoder.encode(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("at_least", [False, True])
def test_zeros_of_both_signs_and_infinities_compare_as_numbers(dtype: str, at_least: bool) -> None:
    some = [-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf]
    encoder = Encoder.thermometer(3, some, at_least=at_least)
    x = np.array([some, some[::-1], some[3:] + some[:3]]).T.astype(dtype)
    net = compile(model(encoder))
    for form in layouts(x).values():
        assert np.array_equal(net.bits(form), encoder.encode(x))


def test_nan_in_columns_beside_the_read_ones_is_not_seen_in_a_batch_of_any_size() -> None:
    encoder = Encoder(40, np.array([3, 30], np.int32), np.array([0.5, 0.5]))
    net = compile(model(encoder))
    for samples in (1, 8, 31, 70, 600):
        x = np.full((samples, 40), np.nan, np.float32)
        x[:, [3, 30]] = 1
        for form in layouts(x).values():
            assert net.bits(form, threads=1).all()


def test_a_threshold_between_two_floats_tells_them_apart() -> None:
    below = np.float32(0.1)
    above = np.nextafter(below, np.float32(1))
    between = (float(below) + float(above)) / 2
    x = np.array([[below], [above]])
    for at_least in (False, True):
        net = compile(model(Encoder.thermometer(1, [between, float(below), float(above)], at_least=at_least)))
        expected = [[0, at_least, 0], [1, 1, at_least]]
        assert net.bits(x).astype(int).tolist() == [list(map(int, row)) for row in expected]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_is_found_only_where_it_is_read(dtype: str) -> None:
    encoder = Encoder(3, np.array([0, 2], np.int32), np.array([0.5, 0.5]))
    x = np.zeros((9000, 3), dtype)
    x[:, 1] = np.nan
    assert not compile(model(encoder)).bits(x).any()
    x[8500, 2] = np.nan
    for form in (x, np.asfortranarray(x)):
        with pytest.raises(NetcError, match="row 8500, feature 2 is NaN"):
            compile(model(encoder)).bits(form)
        assert not compile(model(encoder), nan="false").bits(form).any()
