"""The machine-code engine: every function, register and instruction set, and systems that forbid it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import strategies
import twins
from hypothesis import given
from hypothesis import strategies as st
from netc.runtime.machine_code import targets

from netc import Builder, Dense, Head, LayeredNetwork, Model, NetcError, compile

pytestmark = pytest.mark.skipif(not targets(), reason="no machine code is made for this processor")


def random_network(seed: int, inputs: int, widths: tuple[int, ...], k: int = 2) -> LayeredNetwork:
    random = np.random.default_rng(seed)
    layers = [
        Dense(
            random.integers(0, 1 << (1 << k), width).astype(np.uint64),
            random.integers(0, before, (width, k)).astype(np.uint32),
        )
        for before, width in itertools.pairwise([inputs, *widths])
    ]
    return LayeredNetwork(inputs, layers)


def data(samples: int, inputs: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(samples).integers(0, 2, (samples, inputs)).astype(np.bool_)


@pytest.mark.parametrize("target", targets())
@pytest.mark.parametrize("threads", [1, 2])
def test_every_batch_size_gives_the_same_answers(target: str, threads: int) -> None:
    network = random_network(0, 37, (90, 60, 41))
    head = Head.group_sum(40, 4)
    x = data(1100, 37)
    bits = twins.layers(network, x)
    net = compile(Model.of_layers(network), engine="machine", kernel=target)
    for size in range(1101):
        assert np.array_equal(net.bits(x[:size], threads=threads), bits[:size]), size
    network = random_network(0, 37, (90, 60, 40))
    scores = np.array(twins.scores(head, twins.layers(network, x)))
    counted = compile(Model.of_layers(network, head=head), engine="machine", kernel=target)
    for size in (0, 1, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1100):
        assert np.array_equal(counted.scores(x[:size], threads=threads), scores[:size]), size


@pytest.mark.parametrize("target", targets())
@pytest.mark.parametrize("k", [2, 3])
def test_every_function_is_computed(target: str, k: int) -> None:
    functions = 1 << (1 << k)
    network = LayeredNetwork(
        k, [Dense(np.arange(functions, dtype=np.uint64), np.tile(np.arange(k, dtype=np.uint32), (functions, 1)))]
    )
    x = twins.all_patterns(k)
    made = compile(Model.of_layers(network), engine="machine", kernel=target)
    assert np.array_equal(made.bits(x), twins.layers(network, x))


@pytest.mark.parametrize("target", targets())
@pytest.mark.parametrize("width", [5, 40, 300])
def test_values_that_find_no_register_are_stored_and_read_again(target: str, width: int) -> None:
    for k in (2, 3):
        network = random_network(width, 50, (width, width, width), k)
        x = data(200, 50)
        made = compile(Model.of_layers(network), engine="machine", kernel=target)
        assert np.array_equal(made.bits(x), twins.layers(network, x))
        assert np.array_equal(made.bits(x[:100]), twins.layers(network, x[:100]))


@pytest.mark.parametrize("target", targets())
def test_planes_that_no_base_register_is_near_are_reached(target: str) -> None:
    model = Model.of_layers(random_network(1, 3000, (6000, 6000)))
    x = data(300, 3000)
    expected = compile(model, engine="table").bits(x)
    assert np.array_equal(compile(model, engine="machine", kernel=target).bits(x), expected)


@pytest.mark.parametrize("target", targets())
def test_outputs_that_are_constants_and_inputs_cost_nothing(target: str) -> None:
    builder = Builder(3)
    aig = builder.finish([0, 1, builder.input(2), builder.input(0) ^ 1])
    net = compile(aig, engine="machine", kernel=target)
    x = twins.all_patterns(3)
    assert net.engine.operations == 0
    assert np.array_equal(net.bits(x), twins.roots(aig, x))


@given(strategies.layered_networks(max_k=8), st.sampled_from(targets() or ["none"]))
def test_any_layered_network_runs_as_trained(layered: LayeredNetwork, target: str) -> None:
    patterns = twins.all_patterns(layered.inputs)
    made = compile(Model.of_layers(layered), engine="machine", kernel=target)
    assert np.array_equal(made.bits(patterns), twins.layers(layered, patterns))


@given(strategies.aigs(latches=False, properties=False), st.sampled_from(targets() or ["none"]))
def test_any_circuit_runs(aig: Any, target: str) -> None:
    patterns = twins.all_patterns(aig.inputs)
    assert np.array_equal(compile(aig, engine="machine", kernel=target).bits(patterns), twins.roots(aig, patterns))


def test_a_target_that_is_not_there_is_named() -> None:
    with pytest.raises(NetcError, match="no kernel 'mmx'"):
        compile(Model.of_layers(random_network(0, 3, (2,))), engine="machine", kernel="mmx")


@pytest.mark.slow
def test_planes_beyond_a_displacement_of_31_bits_are_refused() -> None:
    builder = Builder(1 << 25)  # 2 GiB of planes of 64 bytes
    last = builder.and_(builder.input(0), builder.input((1 << 25) - 1))
    aig = builder.finish([last, *range(2, (1 << 26) + 2, 2)])
    with pytest.raises(NetcError, match="more values than machine code reaches"):
        compile(aig, engine="machine", kernel=targets()[-1]).engine.kernel_of(64)


FORBIDDEN = """
import ctypes, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1  # linux/prctl.h: memory that was writable never becomes executable
import netc, netc.cli, cffi, netc.runtime.net, netc.runtime.fastest, netc.native
from netc.runtime.machine_code import MachineCodeEngine, targets
builder = netc.Builder(2)
aig = builder.finish([builder.input(0), builder.input(1) ^ 1])
model = netc.compile(aig, engine="table").model
before = MachineCodeEngine(model, kernel=targets()[-1])  # code for planes of 32 or 64 bytes, and of 16
other = 32 if before.wide.plane_bytes == 64 else 64
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit(77)
for attempt in (lambda: netc.compile(aig, engine="machine"), *[lambda: before.kernel_of(other)] * 2):
    try:
        attempt()
    except netc.NetcError as error:
        print(error)
net = netc.compile(aig)
print(net.engine.name, net.bits([[True, False], [False, True]]).tolist())
"""


def test_a_system_that_forbids_executable_memory_is_reported_each_time_and_the_table_kernel_runs() -> None:
    done = subprocess.run([sys.executable, "-c", FORBIDDEN], capture_output=True, text=True, timeout=60)
    if done.returncode == 77:
        pytest.skip("this kernel has no PR_SET_MDWE")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("forbids") == 3
    assert done.stdout.count("engine table") == 3
    assert done.stdout.splitlines()[-1] == "table [[True, True], [False, False]]"


@pytest.mark.parametrize("target", targets())
def test_planes_longer_than_a_register_are_evaluated_in_parts(target: str) -> None:
    from netc import Grid

    cell = Model.of_layers(random_network(3, 18, (60, 40, 2)))
    state = data(60, 80).reshape(60, 40, 2)
    expected = compile(Grid(cell), engine="table").run(state, 3)
    assert np.array_equal(compile(Grid(cell), engine="machine", kernel=target).run(state, 3), expected)
