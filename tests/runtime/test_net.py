"""Running models: every engine, kernel, shape, dtype and thread count against the twin."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.runtime.machine_code import targets
from netc.runtime.table import kernels

from netc import Builder, Dense, Encoder, Head, LayeredNetwork, Model, NetcError, compile

SIZES = [0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1030]


def network(seed: int = 0, inputs: int = 37, widths: tuple[int, ...] = (90, 60, 41)) -> LayeredNetwork:
    """Two-input gates of every kind, wired at random."""
    random = np.random.default_rng(seed)
    layers, before = [], inputs
    for width in widths:
        tables = random.integers(0, 16, width).astype(np.uint64)
        layers.append(Dense(tables, random.integers(0, before, (width, 2)).astype(np.uint32)))
        before = width
    return LayeredNetwork(inputs, layers)


def model(seed: int = 0) -> Model:
    """Weights of both signs, offsets, votes for several classes."""
    random = np.random.default_rng(seed + 100)
    head = Head(
        np.array([0, 41, 60, 60, 80]),
        random.integers(0, 41, 80, np.uint32),
        random.integers(-300, 300, 80, np.int32),
        random.integers(-1000, 1000, 4, np.int32),
        tau=3.0,
        beta=0.5,
    )
    return Model.of_layers(network(seed), head=head)


def data(samples: int, inputs: int = 37, seed: int = 1) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).integers(0, 2, (samples, inputs)).astype(np.bool_)


@pytest.fixture(scope="module")
def expected() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    bits = twins.layers(network(), data(max(SIZES)))
    head = model().head
    assert head is not None
    return bits, np.array(twins.scores(head, bits))


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("threads", [1, 2])
def test_every_batch_size_gives_the_same_answers(kernel: str, threads: int, expected: Any) -> None:
    bits, scores = expected
    net = compile(model(), engine="table", kernel=kernel)
    for size in SIZES:
        x = data(max(SIZES))[:size]
        assert np.array_equal(net.bits(x, threads=threads), bits[:size])
        assert np.array_equal(net.scores(x, threads=threads), scores[:size])
        assert net.predict(x, threads=threads).tolist() == twins.first_largest(scores[:size].tolist())


def test_every_form_of_input_gives_the_same_answers(expected: Any) -> None:
    bits, _ = expected
    x = data(max(SIZES))
    net = compile(model())
    wide = np.zeros((len(x), 80), np.uint8)
    wide[:, 1:75:2] = x
    forms = {
        "uint8": x.astype(np.uint8),
        "int64": x.astype(np.int64),
        "float32": x.astype(np.float32),
        "columns first": np.asfortranarray(x.astype(np.uint8)),
        "every second column": wide[:, 1:75:2],
        "backwards": x[::-1].astype(np.uint8)[::-1],
        "list": x.tolist(),
    }
    read_only = x.copy()
    read_only.flags.writeable = False
    forms["read-only"] = read_only
    for name, form in forms.items():
        assert np.array_equal(net.bits(form), bits), name
    packed = np.packbits(x, axis=1, bitorder="little")
    assert np.array_equal(net.bits(packed, packed=True), bits)
    assert np.array_equal(net.bits(np.repeat(packed, 2, axis=0)[::2], packed=True), bits)
    assert np.array_equal(net.bits(x, packed_out=True), np.packbits(bits, axis=1, bitorder="little"))


def test_converting_takes_no_memory_that_grows_with_the_batch(expected: Any) -> None:
    bits, _ = expected
    rows = 100_000
    x = np.resize(data(1000), (rows, 37))
    strided = np.zeros((rows, 10), np.uint8)
    strided[:, ::2] = np.packbits(x, axis=1, bitorder="little")
    net = compile(model(), engine="table")
    out = np.empty((rows, 41), np.bool_)
    forms: list[tuple[Any, bool]] = [
        (x.astype(np.int64), False),
        (x.astype(np.float32), False),
        (strided[:, ::2], True),
    ]
    for form, packed in forms:
        tracemalloc.start()
        net.bits(form, packed=packed, threads=1, out=out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < rows * (5 if packed else 37) / 4  # a quarter of what the core is given
        assert np.array_equal(out[:1000], bits[:1000])
        assert np.array_equal(out[-1000:], bits[:1000])


def test_results_are_written_where_the_caller_wants_them(expected: Any) -> None:
    bits, scores = expected
    x = data(600)
    net = compile(model())
    for method, options, right in (
        (net.bits, {}, bits[:600]),
        (net.bits, {"packed_out": True}, np.packbits(bits[:600], axis=1, bitorder="little")),
        (net.scores, {}, scores[:600].astype(np.int32)),
        (net.predict, {}, np.array(twins.first_largest(scores[:600].tolist()), np.int32)),
        (net.logits, {}, (scores[:600].astype(np.float32) + np.float32(0.5)) / np.float32(3)),
    ):
        whole = np.full((602, *right.shape[1:]), 1, right.dtype)
        out = whole[1:601]
        assert method(x, out=out, **options) is out
        assert np.array_equal(out, right)
        assert whole[0].all()
        assert whole[601].all()
        one = np.empty(right.shape[1:], right.dtype)
        assert method(x[3], out=one, **options) is one
        assert np.array_equal(one, right[3])


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((599, 41), bool), r"out is bool\[599, 41\]; the result is bool\[600, 41\]"),
        (np.empty((600, 41), np.int8), "out is int8"),
        (np.empty((41, 600), bool).T, "not contiguous"),
        (np.frombuffer(bytes(600 * 41), bool).reshape(600, 41), "read-only"),
        ([], "out is list"),
    ],
)
def test_results_that_do_not_fit_are_refused(out: Any, message: str) -> None:
    with pytest.raises(NetcError, match=message):
        compile(model()).bits(data(600), out=out)
    with pytest.raises(NetcError, match=r"out is .*; the result is float32\[600, 4\]"):
        compile(model()).logits(data(600), out=np.empty((4, 600), np.float32))


def test_one_sample_without_a_batch_axis(expected: Any) -> None:
    bits, scores = expected
    net = compile(model())
    assert net.bits(data(1)[0]).tolist() == bits[0].tolist()
    assert int(net.predict(data(1)[0])) == twins.first_largest([scores[0].tolist()])[0]


def test_logits_are_scaled_scores(expected: Any) -> None:
    _, scores = expected
    assert np.allclose(compile(model()).logits(data(9)), (scores[:9] + 0.5) / 3.0)


def test_optimised_models_give_the_same_answers(expected: Any) -> None:
    from netc import optimize

    bits, scores = expected
    net = compile(optimize(model(), level=3))
    assert np.array_equal(net.bits(data(513)), bits[:513])
    assert np.array_equal(net.scores(data(513)), scores[:513])


@given(strategies.luts(max_k=3), st.sampled_from(kernels()))
def test_any_lut_network_runs(luts: Any, kernel: str) -> None:
    from netc.flatten import lut_to_aig

    aig, _ = lut_to_aig(luts)
    patterns = twins.all_patterns(luts.ports.inputs)
    assert np.array_equal(compile(aig, engine="table", kernel=kernel).bits(patterns), twins.lut_roots(luts, patterns))


@given(strategies.layered_networks(max_k=8), st.sampled_from(kernels()))
def test_any_layered_network_runs_as_trained(layered: LayeredNetwork, kernel: str) -> None:
    patterns = twins.all_patterns(layered.inputs)
    made = compile(Model.of_layers(layered), engine="table", kernel=kernel)
    assert np.array_equal(made.bits(patterns), twins.layers(layered, patterns))


@given(st.data())
def test_any_head_is_counted_right(draw: st.DataObject) -> None:
    aig = draw.draw(strategies.aigs(latches=False, properties=False))
    head = draw.draw(strategies.heads(aig.ports.outputs))
    patterns = twins.all_patterns(aig.inputs)
    votes = twins.scores(head, twins.roots(aig, patterns))
    net = compile(Model(aig, head=head))
    assert net.scores(patterns).tolist() == votes
    assert net.predict(patterns).tolist() == twins.first_largest(votes)


def head_of_sizes(random: np.random.Generator, bits: int, weights: int, offsets: int) -> Head:
    """Classes of no vote, a few, and about one, two and six blocks of 16; most bits vote for several classes."""
    sizes = [0, 1, 15, 16, 17, 0, 32, 33, 100, 3]
    start = np.concatenate([[0], np.cumsum(sizes)])
    weight = random.integers(-weights, weights + 1, start[-1]) if weights else np.ones(start[-1])
    return Head(
        start.astype(np.int64),
        random.integers(0, bits, start[-1], np.uint32),
        weight.astype(np.int32),
        random.integers(-offsets, offsets + 1, len(sizes), np.int32),
    )


# Many ties; votes of no weight, and of both signs; many digits; all 32.
@pytest.mark.parametrize(("weights", "offsets"), [(0, 0), (1, 3), (300, 1000), (4_000_000, 1_500_000_000)])
@pytest.mark.parametrize("engine", ["table", "machine"])
def test_blocks_of_votes_of_any_size_and_kind_are_counted(engine: str, weights: int, offsets: int) -> None:
    random = np.random.default_rng([weights, offsets])
    for kernel in kernels() if engine == "table" else targets():
        build = Builder(9)
        lits = [0, 1, *range(2, 20)]
        lits += [build.and_(*random.choice(lits, 2).tolist()) ^ int(random.integers(2)) for _ in range(60)]
        aig = build.finish([int(lit) for lit in random.permutation([*lits, 0, 1, 2, 3])])
        head = head_of_sizes(random, aig.ports.outputs, weights, offsets)
        x = twins.all_patterns(9)
        votes = twins.scores(head, twins.roots(aig, x))
        net = compile(Model(aig, head=head), engine=engine, kernel=kernel)
        for samples in (1, 100, 200, 512):
            for threads in (1, 2):
                assert net.scores(x[:samples], threads=threads).tolist() == votes[:samples]
                assert net.predict(x[:samples], threads=threads).tolist() == twins.first_largest(votes[:samples])
        assert np.array_equal(net.scores(np.concatenate([x, x, x]), threads=2), [*votes, *votes, *votes])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((3, 36)), r"x has shape \(3, 36\); this model reads \(n, 37\) bits"),
        (np.zeros((2, 3, 37)), "shape"),
        (np.full((600, 37), 2, np.uint8), "row 0, column [0-9]+ holds 2"),
        (np.full((600, 37), 0.5), "row 0, column 0 holds 0.5"),
        (np.full((3, 37), -1), "holds -1"),
        (np.full((3, 37), 256), "holds 256"),
        (np.full((3, 37), np.nan), "holds nan"),
        (np.array([["a"] * 37]), "type"),
    ],
)
def test_inputs_that_are_no_bits_are_refused_with_their_place(x: Any, message: str) -> None:
    with pytest.raises(NetcError, match=message):
        compile(model()).bits(x)


def test_the_place_of_a_bad_value_in_a_later_block_is_right() -> None:
    x = np.zeros((2000, 37), np.uint8)
    x[1234, 5] = 7
    with pytest.raises(NetcError, match="row 1234, column 5 holds 7"):
        compile(model()).bits(x, threads=1)
    numbers = np.zeros((9000, 37))
    numbers[8765, 5] = 0.5
    with pytest.raises(NetcError, match=r"row 8765, column 5 holds 0\.5; this"):
        compile(model()).bits(numbers)
    numbers[8765, 5] = 7
    with pytest.raises(NetcError, match=r"row 8765, column 5 holds 7.0; this model reads bits, 0 or 1\n  hint: give"):
        compile(model()).bits(numbers)


def test_an_encoder_reads_features() -> None:
    encoder = Encoder.thermometer(2, [0.5, 1.5], order="feature")
    build = Builder(4)
    net = compile(Model(build.finish([2, 4, 6, 8]), encoder=encoder))
    x = np.array([[0.5, 2.0], [1.0, -np.inf], [np.inf, 1.5]])
    assert net.bits(x).astype(int).tolist() == [[0, 0, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0]]
    assert net.bits(np.array([[1, 2]])).astype(int).tolist() == [[1, 0, 1, 1]]
    assert net.bits(np.array([[True, False, True, True]])).astype(int).tolist() == [[1, 0, 1, 1]]  # bools are bits
    with pytest.raises(NetcError, match="row 1, feature 0 is NaN"):
        net.bits(np.array([[0.0, 1.0], [np.nan, 1.0]]))
    with pytest.raises(NetcError, match=r"reads \(n, 2\) features"):
        net.bits(np.zeros((3, 5)))


def test_nan_is_an_error_with_its_row_or_above_no_threshold() -> None:
    model = Model(Builder(2).finish([2, 4]), encoder=Encoder.thermometer(1, [-np.inf, 0.5]))
    x = np.zeros((5000, 1))
    x[4500] = np.nan
    with pytest.raises(NetcError, match="row 4500, feature 0 is NaN"):
        compile(model).bits(x)
    bits = compile(model, nan="false").bits(x)
    assert bits[4500].tolist() == [False, False]
    assert bits[4499].tolist() == [True, False]
    with pytest.raises(NetcError, match="'zero'; it is 'error' or 'false'"):
        compile(model, nan="zero").bits(x)


def test_thermometers_come_in_both_orders() -> None:
    x = np.array([[1.0, 2.0]])
    assert Encoder.thermometer(2, [0.5, 1.5], order="plane").encode(x).astype(int).tolist() == [[1, 1, 0, 1]]
    at_least = Encoder.thermometer(2, [1.0, 2.0], at_least=True)
    assert at_least.encode(x).astype(int).tolist() == [[1, 0, 1, 1]]


def test_a_circuit_without_a_head_has_bits_only() -> None:
    net = compile(Builder(1).finish([2]))
    assert net.bits([[1], [0]]).tolist() == [[True], [False]]
    with pytest.raises(NetcError, match="has no head"):
        net.predict([[1]])


def test_a_circuit_without_inputs_or_outputs_runs() -> None:
    assert compile(Builder(0).finish([1, 0])).bits(np.zeros((3, 0))).tolist() == [[True, False]] * 3
    assert compile(Builder(2).finish([])).bits(np.zeros((3, 2))).shape == (3, 0)


def test_latches_need_a_machine() -> None:
    build = Builder(0, 1)
    with pytest.raises(NetcError, match="has latches"):
        compile(build.finish([2], [3]))


def test_an_engine_or_kernel_that_is_not_there_is_named() -> None:
    with pytest.raises(NetcError, match="no kernel 'mmx'"):
        compile(model(), engine="table", kernel="mmx")
    with pytest.raises(NetcError, match="there is no engine called 'tables'"):
        compile(model(), engine="tables")
    with pytest.raises(NetcError, match="no kernel 'mmx'"):
        compile(model(), kernel="mmx")
    with pytest.raises(NetcError, match="engine table has no option size"):
        compile(model(), engine="table", size=2)
