"""Automata: every size, border, kernel, thread count and mask against the twin, and the trained ones against their
reference."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import twins
from helpers_automata import checkpoint_cell
from hypothesis import given
from hypothesis import strategies as st
from netc.runtime import grid as runtime_grid
from netc.runtime.table import kernels

from netc import Aig, Builder, Grid, Model, NetcError, compile, load, optimize, simulate

Bits = npt.NDArray[np.bool_]

SIZES = [
    (1, 1),
    (1, 2),
    (2, 1),
    (2, 2),
    (1, 7),
    (9, 1),
    (3, 5),
    (4, 63),
    (3, 64),
    (2, 65),
    (5, 127),
    (2, 511),
    (1, 513),
]
BOUNDARIES = ["periodic", "zero"]


def random_cell(channels: int, seed: int = 0, gates: int = 60) -> Aig:
    """A cell in which every output hangs on many of its inputs."""
    random = np.random.default_rng(seed)
    build = Builder(9 * channels)
    lits = [build.input(index) for index in random.permutation(9 * channels)]
    for _ in range(gates):
        a, b = (lits[index] ^ int(random.integers(2)) for index in random.integers(0, len(lits), 2))
        lits.append(build.xor(a, b) if random.integers(2) else build.and_(a, b))
    outputs = [build.xor(a, b) for a, b in zip(lits[-channels:], lits[: 9 * channels : 9], strict=True)]
    return build.finish(outputs)


def random_state(*shape: int, seed: int = 1) -> Bits:
    return np.random.default_rng(seed).integers(0, 2, shape).astype(np.bool_)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_steps_like_the_twin(channels: int, size: tuple[int, int], boundary: str) -> None:
    cell = random_cell(channels)
    state = random_state(2, *size, channels)
    expected = [twins.grid(cell, one, 3, boundary) for one in state]
    for kernel in kernels():
        net = compile(Grid(cell, boundary), engine="table", kernel=kernel)
        for threads in (1, 3):
            np.testing.assert_array_equal(net.run(state, 3, threads=threads), expected)


@given(
    seed=st.integers(0, 1000),
    channels=st.integers(1, 4),
    height=st.integers(1, 12),
    width=st.integers(1, 80),
    grids=st.integers(1, 4),
    steps=st.integers(0, 4),
    boundary=st.sampled_from(BOUNDARIES),
    order=st.sampled_from(["neighbour", "channel"]),
    masked=st.booleans(),
)
def test_any_automaton_steps_like_the_twin(
    seed: int,
    channels: int,
    height: int,
    width: int,
    grids: int,
    steps: int,
    boundary: str,
    order: str,
    masked: bool,
) -> None:
    cell = random_cell(channels, seed, gates=20)
    state = random_state(grids, height, width, channels, seed=seed)
    masks = random_state(steps, grids, height, width, seed=seed + 1) if masked else None
    found = compile(Grid(cell, boundary, order)).run(state, steps, masks=masks)
    for index, one in enumerate(state):
        mask = None if masks is None else list(masks[:, index])
        np.testing.assert_array_equal(found[index], twins.grid(cell, one, steps, boundary, order, mask))


def test_the_compiled_engine_runs_it_too() -> None:
    cell, state = random_cell(2), random_state(20, 30, 2)
    net = compile(Grid(cell), engine="c")
    np.testing.assert_array_equal(net.run(state, 5), compile(Grid(cell)).run(state, 5))


def test_one_grid_and_many_keep_their_shape() -> None:
    cell = random_cell(2)
    net = compile(Grid(cell))
    state = random_state(2, 3, 5, 6, 2)
    after = net.run(state, 2)
    assert after.shape == state.shape
    assert after.dtype == np.bool_
    np.testing.assert_array_equal(net.run(state[1, 2], 2), after[1, 2])
    np.testing.assert_array_equal(net.step(net.step(state)), after)
    for shape in [(0, 5, 6, 2), (2, 0, 6, 2), (2, 5, 0, 2)]:
        assert net.run(np.zeros(shape, bool), 3).shape == shape


@pytest.mark.parametrize("record", [1, 2, 3, 7])
def test_records_are_the_states_on_the_way(record: int) -> None:
    net = compile(Grid(random_cell(2), "zero"))
    state = random_state(2, 9, 10, 2)
    found = net.run(state, 6, record=record)
    assert len(found) == 1 + 6 // record
    for index, one in enumerate(found):
        np.testing.assert_array_equal(one, net.run(state, index * record))


def test_every_form_of_a_state_gives_the_same() -> None:
    net = compile(Grid(random_cell(2)))
    state = random_state(5, 6, 2)
    expected = net.run(state, 3)
    forms = [
        state.astype(np.uint8),
        state.astype(np.float32),
        state.tolist(),
        np.asfortranarray(state),
        state[::-1][::-1],
    ]
    for form in forms:
        np.testing.assert_array_equal(net.run(form, 3), expected)
    assert state.any()  # and none of it was written to


def drawn(seed: int, grids: int, steps: int, height: int, width: int, rate: float) -> Bits:
    """The masks that the documentation promises."""
    seeds = twins.splitmix64(seed, 0, grids)
    streams = [twins.splitmix64(one, 0, steps * height * width) for one in seeds]
    below = np.array([[(value >> 11) * 2.0**-53 < rate for value in stream] for stream in streams])
    return below.reshape(grids, steps, height, width).swapaxes(0, 1)


def test_splitmix64_gives_its_published_values() -> None:
    """Outputs for the seed 1234567, as the test of many implementations has them."""
    assert twins.splitmix64(1234567, 0, 3) == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("rate", [0.0, 0.25, 0.6, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (3, 65), (2, 130)])
def test_drawn_updates_are_what_the_documentation_says(size: tuple[int, int], rate: float, boundary: str) -> None:
    cell, state = random_cell(2), random_state(3, *size, 2)
    net = compile(Grid(cell, boundary))
    masks = drawn(2**64 - 3, 3, 4, *size, rate)
    expected = net.run(state, 4, masks=masks)
    for threads in (1, 2):
        np.testing.assert_array_equal(net.run(state, 4, rate=rate, seed=2**64 - 3, threads=threads), expected)
    if rate == 1:
        np.testing.assert_array_equal(expected, net.run(state, 4))
    if rate == 0:
        np.testing.assert_array_equal(expected, state)


def test_a_grids_updates_do_not_depend_on_those_beside_it() -> None:
    net = compile(Grid(random_cell(1)))
    state = random_state(5, 8, 9, 1)
    np.testing.assert_array_equal(
        net.run(state, 6, rate=0.5, seed=3)[:2],
        net.run(state[:2], 6, rate=0.5, seed=3),
    )
    assert (net.run(state, 6, rate=0.5, seed=3) != net.run(state, 6, rate=0.5, seed=4)).any()


def test_masks_of_one_grid_serve_all() -> None:
    net = compile(Grid(random_cell(1)))
    state, masks = random_state(3, 8, 9, 1), random_state(6, 8, 9)
    found = net.run(state, 6, masks=masks[:, None])
    for index in range(3):
        np.testing.assert_array_equal(found[index], net.run(state[index], 6, masks=masks))


def test_looking_for_ctrl_c_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net = compile(Grid(random_cell(1)))
    state, masks = random_state(3, 8, 9, 1), random_state(7, 3, 8, 9)
    whole = [net.run(state, 7), net.run(state, 7, rate=0.3, record=2), net.run(state, 7, masks=masks)]
    monkeypatch.setattr(runtime_grid, "_CALL", 2 * 3 * 8 * 9)  # two steps a call
    pieces = [net.run(state, 7), net.run(state, 7, rate=0.3, record=2), net.run(state, 7, masks=masks)]
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one, other)


def test_ctrl_c_ends_a_long_run() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            compile(Grid(random_cell(2))).run(random_state(64, 64, 2), 10**12)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("order", ["neighbour", "channel"])
def test_an_unrolled_grid_is_the_same_function(boundary: str, order: str) -> None:
    grid = Grid(random_cell(2), boundary, order)
    state = random_state(70, 3, 4, 2)
    for steps in (0, 1, 3):
        unrolled = grid.unrolled(3, 4, steps)
        expected = compile(grid).run(state, steps)
        np.testing.assert_array_equal(simulate(unrolled, state.reshape(70, -1)), expected.reshape(70, -1))


@pytest.mark.parametrize("order", ["neighbour", "channel"])
def test_channels_that_are_never_seen_are_left_out(order: str) -> None:
    """Channel 3 reads 1, 1 reads 3 and itself, 0 reads 2, and 2 reads all."""

    def read(f: int, c: int) -> int:
        return build.input(4 * f + c if order == "neighbour" else 9 * c + f)

    build = Builder(36)
    every = read(8, 0)
    for c in (1, 2, 3):
        every = build.xor(every, read(c, c))
    outputs = [read(3, 2) ^ 1, build.xor(read(0, 3), read(4, 1)), every, build.and_(read(2, 1), read(5, 1) ^ 1)]
    names = {"input": {index: f"x{index}" for index in range(36)}, "output": {1: "one", 2: "two"}}
    whole = Grid(build.finish(outputs, names=names), "zero", order)
    small, kept = whole.seen_by([3])
    assert kept == (1, 3)
    assert small.channels == 2
    logic = small.cell.logic
    assert logic.num_ands == 4  # of the two outputs, and no more
    assert logic.ports.name("output", 0) == "one"
    assert logic.ports.name("output", 1) is None
    assert logic.ports.name("input", 3) == ("x7" if order == "neighbour" else "x12")
    state = random_state(2, 9, 20, 4)
    expected = compile(whole).run(state, 5)
    found = compile(small).run(state[..., list(kept)], 5)
    np.testing.assert_array_equal(found, expected[..., list(kept)])
    assert whole.seen_by([0])[1] == (0, 1, 2, 3)
    with pytest.raises(NetcError, match=r"channels \[4\] of 4, counted from 0"):
        whole.seen_by([4])


def test_what_is_no_cell_is_an_error() -> None:
    build = Builder(8)
    with pytest.raises(NetcError, match="8 inputs and 1 outputs is no cell"):
        Grid(build.finish([build.input(0)]))
    with pytest.raises(NetcError, match="0 inputs and 0 outputs is no cell"):
        Grid(Builder(0).finish([]))
    build = Builder(9, latches=1)
    with pytest.raises(NetcError, match="a cell has no latches"):
        Grid(build.finish([build.input(0)], [0]))
    with pytest.raises(NetcError, match="boundary 'round'; it is 'periodic' or 'zero'"):
        Grid(random_cell(1), "round")
    with pytest.raises(NetcError, match="order 'rows'; it is"):
        Grid(random_cell(1), order="rows")
    with pytest.raises(NetcError, match="steps of a grid of 0 x 3"):
        Grid(random_cell(1)).unrolled(0, 3, 1)


@pytest.mark.parametrize(
    ("state", "options", "message"),
    [
        (np.zeros((4, 4)), {}, r"the state has shape \(4, 4\); this automaton's is \(…, height, width, 2\)"),
        (np.zeros((4, 4, 3)), {}, r"the state has shape \(4, 4, 3\)"),
        (np.full((4, 4, 2), 2), {}, r"the state holds 2 at \(0, 0, 0\)"),
        (np.full((4, 4, 2), 256), {}, "the state holds 256"),
        (np.full((4, 4, 2), np.nan), {}, "the state holds nan"),
        (np.full((4, 4, 2), "x"), {}, "the state has type <U1; they are bits"),
        (np.zeros((4, 4, 2)), {"steps": -1}, "-1 steps"),
        (np.zeros((4, 4, 2)), {"record": 0}, "record=0; it is at least 1"),
        (np.zeros((4, 4, 2)), {"threads": 0}, "threads=0; it is at least 1"),
        (np.zeros((4, 4, 2)), {"rate": 1.5}, "rate=1.5; it is a probability"),
        (np.zeros((4, 4, 2)), {"rate": float("nan")}, "rate=nan; it is a probability"),
        (np.zeros((4, 4, 2)), {"rate": 0.5, "seed": -1}, "seed=-1; it is from 0"),
        (np.zeros((4, 4, 2)), {"rate": 0.5, "masks": np.zeros((3, 4, 4))}, "rate and masks both"),
        (
            np.zeros((4, 4, 2)),
            {"masks": np.zeros((3, 4, 5))},
            r"masks have shape \(3, 4, 5\); these steps need \(3, 4, 4\)",
        ),
        (np.zeros((4, 4, 2)), {"masks": np.full((3, 4, 4), 7)}, r"the mask holds 7 at \(0, 0, 0\)"),
    ],
)
def test_what_cannot_be_run_is_an_error(state: Any, options: dict[str, Any], message: str) -> None:
    net = compile(Grid(random_cell(2)))
    with pytest.raises(NetcError, match=message):
        net.run(state, **{"steps": 3, **options})


def test_results_are_written_where_the_caller_wants_them() -> None:
    net = compile(Grid(random_cell(2)))
    state = random_state(3, 20, 70, 2)
    after, states = net.run(state, 4), net.run(state, 4, record=2)
    out = np.ones_like(state)
    assert net.run(state, 4, out=out) is out
    np.testing.assert_array_equal(out, after)
    many = np.ones_like(states)
    assert net.run(state, 4, record=2, out=many) is many
    np.testing.assert_array_equal(many, states)
    assert net.step(state, out=state) is state  # over the one that is read
    assert net.run(state, 3, out=state) is state
    np.testing.assert_array_equal(state, after)
    with pytest.raises(NetcError, match=r"out is bool\[3, 20, 70, 2\]; the result is bool\[3, 3, 20, 70, 2\]"):
        net.run(state, 4, record=2, out=out)
    with pytest.raises(NetcError, match="not contiguous"):
        net.run(state, 4, out=np.asfortranarray(out))


# ---- The trained automata of the corpus ----


@pytest.fixture(scope="module", params=["by definition", "as loaded", "optimised"])
def automata(corpus: Path, request: pytest.FixtureRequest) -> dict[str, tuple[Model, dict[str, Any]]]:
    """Cell and reference of both."""
    found = {}
    for name in ("gol", "checkerboard"):
        path = corpus / "dlgn" / f"difflogic_ca_{name}.npz"
        cell = Model.of_layers(checkpoint_cell(path)) if request.param == "by definition" else load(path)
        with np.load(corpus / "dlgn" / f"difflogic_ca_{name}_ref.npz") as data:
            found[name] = optimize(cell, level=2) if request.param == "optimised" else cell, dict(data)
    return found


@pytest.mark.corpus
def test_the_trained_life_gives_its_patches_and_is_life_on_a_torus(
    automata: dict[str, tuple[Model, dict[str, Any]]],
) -> None:
    cell, reference = automata["gol"]
    patches = reference["patches"].reshape(512, 9)
    np.testing.assert_array_equal(compile(cell).bits(patches), reference["out"])
    state = random_state(2, 37, 70, 1)
    after = compile(Grid(cell, "periodic")).run(state, 30)
    for _ in range(30):
        around = [np.roll(state, (dy, dx), (1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
        count = np.sum(around, axis=0)
        state = (count == 3) | (state & (count == 2))
    np.testing.assert_array_equal(after, state)


@pytest.mark.corpus
@pytest.mark.parametrize("engine", ["table", "c"])
def test_the_trained_checkerboard_gives_its_patches_and_grids(
    automata: dict[str, tuple[Model, dict[str, Any]]], engine: str
) -> None:
    cell, reference = automata["checkerboard"]
    np.testing.assert_array_equal(compile(cell).bits(reference["patches"].reshape(-1, 72)), reference["out"])
    net = compile(Grid(cell, "zero"), engine=engine)
    np.testing.assert_array_equal(net.run(reference["grid0"], 1), reference["grid1"])
    np.testing.assert_array_equal(net.run(reference["grid0"], 20, record=20)[1], reference["grid20"])
    np.testing.assert_array_equal(net.run(reference["big0"], 80), reference["big80"])
