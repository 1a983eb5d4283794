"""Every engine on every instruction set of this machine: all sizes of batches, all forms of input, all answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import twins
from netc.runtime.machine_code import targets
from netc.runtime.table import kernels
from netc.runtime.tuning import BLOCKS

from netc import Dense, Encoder, Head, LayeredNetwork, Model, Tiled, compile

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
ENGINES = [
    *(("table", kernel) for kernel in ("avx512", "avx2", "sse2", "neon")),
    *(("machine", kernel) for kernel in ("avx512", "avx2")),
    *(("template", kernel) for kernel in ("avx512", "avx2", "sse2", "neon")),
    *(("c", kernel) for kernel in ("avx512", "avx2", "sse2", "neon")),
]
MOST = 1100  # samples: two blocks and more
SIZES = (0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1024, 1025, MOST)
FEATURES, THRESHOLDS, OUTPUTS = 13, (40.0, 99.5, 200.0), 96
INPUTS = FEATURES * len(THRESHOLDS)

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Samples:
    """What a model reads, and the twin's answers for each of its heads."""

    x: Array
    bits: Array
    scores: list[Array]
    classes: list[Array]


@cache
def network() -> LayeredNetwork:
    """A template of two layers at 13 places, some of them padded, and a dense layer behind it."""
    random = np.random.default_rng(4)

    def dense(inputs: int, outputs: int) -> Dense:
        wiring = random.integers(0, inputs, (outputs, 2)).astype(np.uint32)
        return Dense(random.integers(0, 16, outputs).astype(np.uint64), wiring)

    gather = random.integers(-1, INPUTS, (13, 6))
    return LayeredNetwork(INPUTS, [Tiled((dense(6, 5), dense(5, 3)), gather, by_channel=True), dense(39, OUTPUTS)])


@cache
def heads() -> tuple[Head, Head]:
    """Many votes a class; and weights of both signs, offsets, a class without votes."""
    random = np.random.default_rng(5)
    weighted = Head(
        np.array([0, 41, 60, 60, 90]),
        random.integers(0, OUTPUTS, 90, np.uint32),
        random.integers(-300, 300, 90, np.int32),
        random.integers(-1000, 1000, 4, np.int32),
    )
    return Head.group_sum(OUTPUTS, 3), weighted


def answered(x: Array, encoded: Array) -> Samples:
    bits = twins.layers(network(), encoded)
    scores = [twins.scores(head, bits) for head in heads()]
    return Samples(
        x, bits, [np.array(each) for each in scores], [np.array(twins.first_largest(each)) for each in scores]
    )


@cache
def of_bits() -> Samples:
    x = np.random.default_rng(6).integers(0, 2, (MOST, INPUTS)).astype(np.bool_)
    return answered(x, x)


@cache
def of_features() -> Samples:
    """Bytes, some of which are thresholds; the same numbers are floats of both sizes."""
    x = np.random.default_rng(7).choice(np.array([0, 39, 40, 41, 99, 100, 200, 201, 255], np.uint8), (MOST, FEATURES))
    return answered(x, np.stack([x[:, f] > t for f in range(FEATURES) for t in THRESHOLDS], axis=1))


@cache
def nets(engine: str, kernel: str, *, encoded: bool = True, block: int | None = None) -> list[Any]:
    """One for each head; skips what cannot be had here."""
    if kernel not in (targets() if engine == "machine" else kernels()):
        pytest.skip(f"this processor has no {kernel}")
    if engine == "c" and CC is None:
        pytest.skip("no C compiler")
    encoder = Encoder.thermometer(FEATURES, THRESHOLDS) if encoded else None
    models = [Model.of_layers(network(), head=head, encoder=encoder) for head in heads()]
    options = {"kernel": kernel} if block is None else {"kernel": kernel, "block": block}
    return [compile(model, engine=engine, **options) for model in models]


def check(net: Any, head: int, x: Array, right: Samples, *, packed: bool = False) -> None:
    size = len(x)
    for threads in (1, 2):
        given: dict[str, Any] = {"packed": packed, "threads": threads}
        assert np.array_equal(net.bits(x, **given), right.bits[:size]), (size, threads)
        assert np.array_equal(net.scores(x, **given), right.scores[head][:size]), (size, threads)
        assert np.array_equal(net.predict(x, **given), right.classes[head][:size]), (size, threads)


@pytest.mark.parametrize(("engine", "kernel"), ENGINES)
def test_every_size_of_a_batch(engine: str, kernel: str) -> None:
    right = of_bits()
    for head, net in enumerate(nets(engine, kernel)):
        assert net.engine.kernel == kernel
        for size in range(MOST + 1):
            check(net, head, right.x[:size], right)


@pytest.mark.parametrize("block", BLOCKS["table"])
@pytest.mark.parametrize(("engine", "kernel"), [case for case in ENGINES if len(BLOCKS.get(case[0], ())) > 1])
def test_blocks_of_any_size_and_form(engine: str, kernel: str, block: int) -> None:
    for head, net in enumerate(nets(engine, kernel, block=block)):
        assert 8 * net.engine.wide.plane_bytes == block
        for x, right, packed in forms():
            for size in (*SIZES, 255, 256, 257):
                check(net, head, x[:size], right, packed=packed)


def every_second_row(x: Array) -> Array:
    wide = np.full((2 * len(x), x.shape[1]), 77).astype(x.dtype)
    wide[::2] = x
    return wide[::2]


def every_second_column(x: Array) -> Array:
    wide = np.full((len(x), 2 * x.shape[1] + 1), 77).astype(x.dtype)
    wide[:, 1::2] = x
    return wide[:, 1::2]


def read_only(x: Array) -> Array:
    made = x.copy()
    made.flags.writeable = False
    return made


def unaligned(x: Array) -> Array:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    made: Array = np.frombuffer(memory.data, x.dtype, x.size, offset=1).reshape(x.shape)
    made[...] = x
    return made


LAYOUTS: list[Callable[[Array], Array]] = [
    np.ascontiguousarray,
    np.asfortranarray,
    read_only,
    unaligned,
    every_second_row,
    every_second_column,
]


def forms() -> Iterator[tuple[Array, Samples, bool]]:
    """Samples as arrays of each type, the answers, and whether they are packed bits."""
    bits, features = of_bits(), of_features()
    yield bits.x, bits, False
    yield np.packbits(bits.x, axis=1, bitorder="little"), bits, True
    for dtype in (np.uint8, np.float32, np.float64):
        yield features.x.astype(dtype), features, False


@pytest.mark.parametrize(("engine", "kernel"), ENGINES)
def test_every_form_of_input(engine: str, kernel: str) -> None:
    for head, net in enumerate(nets(engine, kernel)):
        for x, right, packed in forms():
            for layout in LAYOUTS:
                laid = layout(x)
                for size in SIZES:
                    check(net, head, laid[:size], right, packed=packed)


@pytest.mark.parametrize(("engine", "kernel"), ENGINES)
def test_bytes_of_bits_and_packed_answers(engine: str, kernel: str) -> None:
    right = of_bits()
    for head, net in enumerate(nets(engine, kernel, encoded=False)):
        for layout in LAYOUTS:
            laid = layout(right.x.astype(np.uint8))
            for size in SIZES:
                check(net, head, laid[:size], right)
                packed = np.packbits(right.bits[:size], axis=1, bitorder="little")
                assert np.array_equal(net.bits(laid[:size], packed_out=True, threads=1), packed)
