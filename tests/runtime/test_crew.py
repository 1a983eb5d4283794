"""Calls that follow each other: they allocate nothing, share their threads, and survive forks and the end."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from netc import Dense, Head, LayeredNetwork, Model, compile

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
HERE = Path(__file__).parent

SETUP = """
import ctypes, os, sys, threading
import numpy as np
from netc import Dense, Head, LayeredNetwork, Model, compile
from netc.native import ffi, lib

random = np.random.default_rng(1)
wiring = random.integers(0, 40, (60, 2)).astype(np.uint32)
network = LayeredNetwork(40, [Dense(random.integers(0, 16, 60).astype(np.uint64), wiring)])
net = compile(Model.of_layers(network, head=Head.group_sum(60, 3)), engine="table")
x = random.integers(0, 2, (1 << 14, 40)).astype(np.uint8)
right = net.predict(x, threads=1)
"""

COUNTED = """
count = ctypes.CDLL(None).netc_allocations
count.restype = ctypes.c_long
given, to = ffi.from_buffer("uint8_t[]", x), np.empty((len(x), 60), np.int32)
answer = ffi.from_buffer("uint8_t[]", to)
wanted = [lib.NETC_BITS, lib.NETC_PACKED_BITS, lib.NETC_SCORES, lib.NETC_CLASSES]

def call(samples, threads):
    for what in wanted:
        assert lib.netc_run(net._runner.struct, given, 40, 1, lib.NETC_BYTES, samples, threads, what, answer) == 0

calls = [(samples, threads) for threads in (1, 2) for samples in (1, 128, 129, 1100, len(x))]
for samples, threads in reversed(calls):  # the largest first
    call(samples, threads)
calls *= 20
before = count()
for samples, threads in calls:
    call(samples, threads)
print(count() - before)
bytearray(1 << 20)
assert count() > before  # it does count
"""


def said(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SETUP + program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the counter is made for glibc")
@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="another allocator is preloaded")
def test_only_the_first_call_allocates(tmp_path: Path) -> None:
    if CC is None:
        pytest.skip("no C compiler")
    counter = tmp_path / "count.so"
    subprocess.run([CC, "-O1", "-shared", "-fPIC", "-o", counter, HERE / "count_allocations.c"], check=True, timeout=60)
    assert said(COUNTED, LD_PRELOAD=str(counter)) == "0"


def test_a_process_ends_while_its_threads_wait() -> None:
    assert said("print(np.array_equal(net.predict(x, threads=3), right))") == "True"


def test_a_process_ends_in_the_middle_of_calls() -> None:
    busy = """
def keep_running():
    while True:
        net.predict(x, threads=2)

for _ in range(3):
    threading.Thread(target=keep_running, daemon=True).start()
net.predict(x, threads=2)
print("ends")
"""
    assert said(busy) == "ends"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_processes_have_threads_of_their_own() -> None:
    forked = """
import warnings
warnings.simplefilter("error")  # Python 3.12 counts the threads that are there when it forks
net.predict(x, threads=3)
for _ in range(20):
    child = os.fork()
    same = np.array_equal(net.predict(x, threads=3), right)
    if child == 0:
        os._exit(not same)
    assert same and os.waitpid(child, 0)[1] == 0
print("done")
"""
    assert said(forked) == "done"


def test_callers_that_come_at_once_do_not_wait_for_each_other() -> None:
    random = np.random.default_rng(2)
    wiring = random.integers(0, 40, (60, 2)).astype(np.uint32)
    network = LayeredNetwork(40, [Dense(random.integers(0, 16, 60).astype(np.uint64), wiring)])
    net = compile(Model.of_layers(network, head=Head.group_sum(60, 3)), engine="table")
    x = random.integers(0, 2, (5000, 40)).astype(np.uint8)
    scores, classes = net.scores(x, threads=1), net.predict(x, threads=1)
    wrong: list[int] = []
    start = threading.Barrier(6)

    def caller(index: int) -> None:
        start.wait()
        for turn in range(60):
            size = (index + 1) * (turn + 1) * 13
            if not np.array_equal(net.scores(x[:size], threads=1 + turn % 4), scores[:size]):
                wrong.append(size)
            if not np.array_equal(net.predict(x[:size], threads=4), classes[:size]):
                wrong.append(size)

    callers = [threading.Thread(target=caller, args=(index,)) for index in range(6)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(60)
    assert not any(thread.is_alive() for thread in callers)
    assert not wrong
