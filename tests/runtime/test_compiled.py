"""The compiled engine: the answers of the table engine and the definition; a cache that never gets in the way."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc import Aig, Builder, Dense, Encoder, Head, LayeredNetwork, Machine, Model, NetcError, simulate
from netc.ports import Ports

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(CC is None, reason="no C compiler")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for the tests that are not about the cache."""
    return tmp_path_factory.mktemp("cache") / "c"


@pytest.fixture(autouse=True)
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "netc" / "c"


def random_model(seed: int, widths: tuple[int, ...] = (300, 300, 90), inputs: int = 20, k: int = 2) -> Model:
    """A layered network whose head has weights of both signs, and offsets."""
    rng = np.random.default_rng(seed)
    layers, width = [], inputs
    for neurons in widths:
        tables = rng.integers(0, 2 ** (2**k), (neurons, 1)).astype(np.uint64)
        layers.append(Dense(tables, rng.integers(0, width, (neurons, k)).astype(np.uint32)))
        width = neurons
    counts = rng.integers(0, 60, 7)
    total = int(counts.sum())
    start = np.concatenate([[0], np.cumsum(counts)])
    bits = rng.integers(0, width, total, np.uint32)
    weights, offsets = rng.integers(-20, 21, total, np.int32), rng.integers(-99, 99, 7, np.int32)
    head = Head(start, bits, weights, offsets)
    return Model.of_layers(LayeredNetwork(inputs, layers), head=head)


def small_aig(seed: int = 0, latches: int = 0) -> Aig:
    rng = random.Random(seed)
    builder = Builder(5, latches)
    lits = list(range(2, 2 * (6 + latches), 2))
    for _ in range(60):
        lits.append(builder.and_(rng.choice(lits) ^ rng.randint(0, 1), rng.choice(lits) ^ rng.randint(0, 1)))
    return builder.finish([rng.choice(lits) for _ in range(9)], [rng.choice(lits) for _ in range(latches)])


def fake_compiler(folder: Path, body: str) -> str:
    """A program that has a version and otherwise does what `body` says."""
    path = folder / "fake-cc"
    path.write_text(f'#!/bin/sh\ncase "$1" in --version) echo "fake cc 1.0"; exit 0;; esac\n{body}\n')
    path.chmod(0o755)
    return str(path)


class CountingCompiler:
    """A compiler that does what the system's does, and notes each time that it compiles."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "compiled.log"
        self.path = Path(fake_compiler(folder, f'echo x >> "{self.log}"\nexec "{CC}" "$@"'))

    @property
    def runs(self) -> int:
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("level", [0, 1])
def test_both_engines_give_the_bits_scores_and_classes_of_the_definition(k: int, level: int, shared: Path) -> None:
    model = netc.optimize(random_model(k, k=k), level=level)
    assert model.head is not None
    nets = [netc.compile(model), netc.compile(model, engine="c", cache=shared)]
    for count in (0, 1, 63, 64, 65, 511, 512, 513, 1000, 3000):
        x = np.random.default_rng(count).integers(0, 2, (count, 20)).astype(bool)
        bits = simulate(model.logic, x)
        scores = model.head.scores(bits)
        for net in nets:
            assert np.array_equal(net.bits(x), bits)
            assert np.array_equal(net.scores(x), scores)
            assert np.array_equal(net.predict(x), scores.argmax(axis=1))
            assert np.array_equal(net.predict(x, threads=3), scores.argmax(axis=1))
            packed = np.packbits(x, axis=1, bitorder="little")
            assert np.array_equal(net.predict(packed, packed=True), scores.argmax(axis=1))


def test_features_go_through_the_encoder(shared: Path) -> None:
    model = random_model(5).with_encoder(Encoder(4, np.arange(20, dtype=np.int32) % 4, np.linspace(-1, 1, 20)))
    x = np.random.default_rng(0).normal(size=(600, 4))
    assert np.array_equal(netc.compile(model, engine="c", cache=shared).scores(x), netc.compile(model).scores(x))


def test_circuits_without_gates_inputs_or_outputs_run(shared: Path) -> None:
    wires = Builder(3)
    aig = wires.finish([2, 3, 0, 1, 6, 6])
    x = np.array([[1, 0, 0], [0, 1, 1]], bool)
    expected = [[1, 0, 0, 1, 0, 0], [0, 1, 0, 1, 1, 1]]
    assert netc.compile(aig, engine="c", cache=shared).bits(x).astype(int).tolist() == expected
    constants = netc.compile(Builder(0).finish([1, 0]), engine="c", cache=shared)
    assert constants.bits(np.zeros((3, 0), bool)).astype(int).tolist() == [[1, 0]] * 3
    assert netc.compile(Builder(2).finish([]), engine="c", cache=shared).bits(x[:, :2]).shape == (2, 0)


def test_a_machine_steps_as_with_the_table_engine(shared: Path) -> None:
    machine = Machine.of(small_aig(3, latches=7))
    x = np.random.default_rng(0).integers(0, 2, (20, 600, 5)).astype(bool)
    for mine, other in zip(
        netc.compile(machine, engine="c", cache=shared).run(x), netc.compile(machine).run(x), strict=True
    ):
        assert np.array_equal(mine, other)


def test_properties_do_not_stand_in_the_way(shared: Path) -> None:
    builder = Builder(2)
    gate = builder.and_(builder.input(0), builder.input(1))
    plain = builder.finish([gate])
    aig = Aig(Ports(inputs=2, outputs=1, bad=1), plain.ands, np.array([gate, gate], np.uint32))
    net = netc.compile(aig, engine="c", cache=shared)
    assert net.bits(np.array([[1, 1], [1, 0]], bool)).tolist() == [[True], [False]]


@pytest.mark.parametrize("opt", ["-O0", "-O1", "-O2", "-Os"])
def test_the_level_changes_nothing_but_speed(opt: str, shared: Path) -> None:
    model = random_model(11, widths=(60, 60, 30))
    x = np.random.default_rng(0).integers(0, 2, (600, 20)).astype(bool)
    assert np.array_equal(netc.compile(model, engine="c", opt=opt, cache=shared).bits(x), simulate(model.logic, x))


def test_a_level_that_is_none_is_refused() -> None:
    for opt in ("-O9", "-shared", "-O1 -fplugin=x", "", "-o/etc/passwd"):
        with pytest.raises(NetcError, match="level"):
            netc.compile(small_aig(), engine="c", opt=opt)


def test_the_second_time_nothing_is_compiled(tmp_path: Path) -> None:
    compiler = CountingCompiler(tmp_path)
    options: dict[str, Any] = {"engine": "c", "compiler": str(compiler.path), "cache": tmp_path / "cache"}
    x = np.random.default_rng(0).integers(0, 2, (70, 5)).astype(bool)
    answers = [netc.compile(small_aig(), **options).bits(x) for _ in range(3)]
    assert compiler.runs == 1
    assert all(np.array_equal(answer, simulate(small_aig(), x)) for answer in answers)
    netc.compile(small_aig(), opt="-O2", **options)
    assert compiler.runs == 2
    netc.compile(small_aig(1), **options)
    assert compiler.runs == 3
    compiler.path.write_text(compiler.path.read_text().replace("1.0", "2.0"))  # another compiler under the same name
    netc.compile(small_aig(), **options)
    assert compiler.runs == 4


def test_a_large_network_is_compiled_in_several_sources(tmp_path: Path) -> None:
    model = random_model(3, widths=(1500, 6000), inputs=60)
    compiler = CountingCompiler(tmp_path)
    options: dict[str, Any] = {"engine": "c", "compiler": str(compiler.path), "opt": "-O0"}
    x = np.random.default_rng(0).integers(0, 2, (700, 60)).astype(bool)
    for jobs in (1, 3):
        net = netc.compile(model, jobs=jobs, cache=tmp_path / f"cache{jobs}", **options)
        assert np.array_equal(net.bits(x), simulate(model.logic, x))
    assert compiler.runs >= 2 * 4  # two units, what surrounds them, and the link
    with pytest.raises(NetcError, match="jobs"):
        netc.compile(model, jobs=0, **options)


def test_one_source_that_fails_ends_the_others(tmp_path: Path) -> None:
    model = random_model(3, widths=(1500, 6000), inputs=60)
    pids = tmp_path / "pids"
    fails = f'while [ ! -s "{pids}" ]; do sleep 0.02; done; echo "x.c:1: error: no" >&2; exit 1'
    body = f'case "$*" in *gates_1*) {fails};; esac; echo $$ >> "{pids}"; sleep 60'
    started = time.monotonic()
    with pytest.raises(NetcError, match=r"failed: x\.c:1: error: no"):
        netc.compile(model, engine="c", jobs=8, compiler=fake_compiler(tmp_path, body), cache=tmp_path / "cache")
    assert time.monotonic() - started < 30
    for pid in map(int, pids.read_text().split()):  # they were our children, and are waited for
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_names_and_heads_share_an_entry(tmp_path: Path) -> None:
    compiler = CountingCompiler(tmp_path)
    aig = small_aig()
    named = aig.with_ports(Ports(inputs=5, outputs=9, names={"input": {0: "*/ reset"}}, comment=b"made by hand"))
    for model in (Model(aig), Model(named, name="other"), Model(aig, head=Head.group_sum(9, 3))):
        netc.compile(model, engine="c", compiler=str(compiler.path), cache=tmp_path / "cache")
    assert compiler.runs == 1


def test_a_damaged_entry_is_compiled_again(tmp_path: Path) -> None:
    compiler = CountingCompiler(tmp_path)
    options: dict[str, Any] = {"engine": "c", "compiler": str(compiler.path), "cache": tmp_path / "cache"}
    x = np.random.default_rng(0).integers(0, 2, (70, 5)).astype(bool)
    netc.compile(small_aig(), **options)
    for runs, damage in enumerate((b"", b"\x7fELF", b"not code at all" * 1000), start=2):
        (entry,) = (tmp_path / "cache").iterdir()
        entry.unlink()  # the first file is mapped while its net lives, and must not change
        entry.write_bytes(damage)
        assert np.array_equal(netc.compile(small_aig(), **options).bits(x), simulate(small_aig(), x))
        assert compiler.runs == runs


def test_an_entry_that_is_whole_but_does_not_load_is_compiled_again(tmp_path: Path) -> None:
    import hashlib

    options: dict[str, Any] = {"engine": "c", "cache": tmp_path / "cache"}
    netc.compile(small_aig(), **options)
    (entry,) = (tmp_path / "cache").iterdir()
    entry.unlink()
    text = b"whole, and no library"
    key = entry.stem.split("-")[0]
    (entry.parent / f"{key}-{hashlib.sha256(text).hexdigest()}.so").write_bytes(text)
    assert netc.compile(small_aig(), **options).bits(np.zeros((1, 5), bool)).shape == (1, 9)
    (again,) = (tmp_path / "cache").iterdir()
    assert again.read_bytes()[:4] != text[:4]


def test_a_cache_that_cannot_be_used_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    compiler = CountingCompiler(tmp_path)
    x = np.random.default_rng(0).integers(0, 2, (70, 5)).astype(bool)
    for cache in (tmp_path / "file" / "cache", tmp_path / "open"):
        net = netc.compile(small_aig(), engine="c", compiler=str(compiler.path), cache=cache)
        assert np.array_equal(net.bits(x), simulate(small_aig(), x))
    assert compiler.runs == 2
    assert list((tmp_path / "open").iterdir()) == []


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC])
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkstemp

    def refuse(**options: Any) -> tuple[int, str]:
        if options["dir"] == tmp_path / "cache":
            raise OSError(code, os.strerror(code))
        return make(**options)

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    net = netc.compile(small_aig(), engine="c", cache=tmp_path / "cache")
    assert net.bits(np.zeros((1, 5), bool)).shape == (1, 9)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_users_cache_is_the_default(user_cache: Path) -> None:
    netc.compile(small_aig(), engine="c")
    assert len(list(user_cache.glob("*.so"))) == 1


def test_nothing_is_left_in_the_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    netc.compile(small_aig(), engine="c", cache=tmp_path / "cache")
    with pytest.raises(NetcError):
        netc.compile(small_aig(1), engine="c", cache=tmp_path / "cache", compiler=fake_compiler(tmp_path, "exit 1"))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_processes_that_compile_the_same_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    script = tmp_path / "one.py"
    script.write_text(
        "import sys, pathlib, numpy, netc\n"
        "builder = netc.Builder(2)\n"
        "aig = builder.finish([builder.xor(2, 4)])\n"
        "net = netc.compile(aig, engine='c', cache=pathlib.Path(sys.argv[1]))\n"
        "print(net.bits(numpy.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool))[:, 0].astype(int).tolist())\n"
    )
    command = [sys.executable, str(script), str(tmp_path / "cache")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(5)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, b"[0, 1, 1, 0]\n", b"")
    names = [path.name for path in (tmp_path / "cache").iterdir()]
    assert names
    assert all(name.endswith(".so") for name in names)


def test_threads_may_compile_and_run_at_once(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    x = np.random.default_rng(0).integers(0, 2, (2000, 5)).astype(bool)

    def work(seed: int) -> bool:
        net = netc.compile(small_aig(seed % 2), engine="c", cache=tmp_path / "cache")
        return np.array_equal(net.bits(x, threads=2), simulate(small_aig(seed % 2), x))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def refusal(**options: Any) -> NetcError:
    with pytest.raises(NetcError) as caught:
        netc.compile(small_aig(), engine="c", **options)
    error = caught.value
    assert "\n" not in error.what
    assert 'engine="table"' in error.hint
    return error


def test_a_compiler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "'no-such-cc'" in refusal(compiler="no-such-cc").what
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no C compiler was found" in refusal().what


def test_a_compiler_that_fails_is_quoted_in_one_line(tmp_path: Path) -> None:
    lines = ["In file included", "model.c:3:1: error: \\033[31mout of cheese", "  3 | x", "model.c:4: error: more"]
    failing = fake_compiler(tmp_path, "".join(f"printf '{line}\\n' >&2; " for line in lines) + "exit 1")
    error = refusal(compiler=failing, cache=tmp_path / "cache")
    assert error.what == "the C compiler failed: model.c:3:1: error:  [31mout of cheese"
    assert refusal(compiler=fake_compiler(tmp_path, "exit 7")).what == "the C compiler failed: exit code 7"


def test_a_compiler_that_does_not_start_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken-cc"
    broken.write_bytes(b"\0\0\0")
    broken.chmod(0o755)
    assert "does not start" in refusal(compiler=str(broken)).what


def test_a_compiler_that_makes_nothing_or_rubbish_is_refused(tmp_path: Path) -> None:
    for body in ("exit 0", 'while [ $# -gt 1 ]; do [ "$1" = -o ] && echo rubbish > "$2"; shift; done'):
        error = refusal(compiler=fake_compiler(tmp_path, body), cache=tmp_path / "cache")
        assert "cannot be loaded" in error.what
        assert not list((tmp_path / "cache").iterdir())


def test_a_compiler_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    hanging = fake_compiler(tmp_path, f'sleep 100 & echo $! > "{tmp_path}/pid"; wait')
    started = time.monotonic()
    error = refusal(compiler=hanging, timeout=1.0, cache=tmp_path / "cache")
    assert error.what == "the C compiler did not finish in 1 s"
    assert time.monotonic() - started < 20
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        if Path(f"/proc/{child}/stat").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            break  # ended, and waits for whoever adopted it
        time.sleep(0.05)
    else:
        pytest.fail("the compiler's child is still running")
