"""Limits, and what goes wrong around a run: each is one line and an exit code, and no file is left half-written."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from netc.runtime.cache import Cache

import netc as library
from netc import Aig
from netc.ports import Ports

Netc = Callable[..., Any]


def circuit(ands: int, seed: int = 1, outputs: int = 100) -> Aig:
    """Random ANDs over 64 inputs; most are dead or constant, since nothing here asks for a sensible circuit."""
    random_ = np.random.default_rng(seed)
    nodes = np.arange(65, 65 + ands)
    pairs = 2 + random_.integers(0, 2 * nodes[:, None] - 2, (ands, 2))
    roots = random_.integers(0, 2 * (65 + ands), outputs).astype(np.uint32)
    return Aig(Ports(inputs=64, outputs=outputs), np.sort(pairs, axis=1)[:, ::-1].astype(np.uint32), roots)


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "design.aig"
    library.write(circuit(2000), path)
    return path


def limited(tmp_path: Path, size: int, *args: str | Path) -> tuple[int, str]:
    """Exit code and standard error of a command whose files may not grow beyond `size` bytes, as on a full disk."""

    def before() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    command = [sys.executable, "-c", "from netc.cli import main; main()", *map(str, args)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        command, capture_output=True, cwd=tmp_path, check=False, timeout=120, env=environment, preexec_fn=before
    )
    return done.returncode, done.stderr.decode()


def test_a_memory_limit_ends_a_command_with_one_line_and_exit_code_3(netc: Netc, tmp_path: Path) -> None:
    library.write(circuit(2_000_000), tmp_path / "large.aig")
    (tmp_path / "old.aig").write_bytes(b"old")
    done = netc("opt", "large.aig", "-O1", "-q", "-o", "old.aig", "--memory-limit", "70M")
    assert (done.code, done.err) == (3, "netc: --memory-limit 70M is not enough for this\n")
    assert (tmp_path / "old.aig").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.aig", "old.aig"]


def test_enough_memory_changes_nothing(netc: Netc, design: Path, tmp_path: Path) -> None:
    assert netc("opt", design, "-o", "a.aig").code == 0
    assert netc("opt", design, "-o", "b.aig", "--memory-limit", "2G").code == 0
    assert (tmp_path / "a.aig").read_bytes() == (tmp_path / "b.aig").read_bytes()


@pytest.mark.parametrize("size", ["much", "-1", "10M", "G"])
def test_a_memory_limit_that_is_none_is_refused(netc: Netc, design: Path, size: str) -> None:
    done = netc("opt", design, "--memory-limit", size)
    assert done.code == 2
    assert "netc: --memory-limit: " in done.err


def test_a_time_limit_ends_what_has_no_part_to_show(netc: Netc, design: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    done = netc("sim", design, "--random", "1000000000", "-o", "out.txt", "--time-limit", "0.3")
    assert (done.code, done.err) == (3, "netc: the time limit is over; there is no result\n")
    assert time.monotonic() - started < 60
    assert [path.name for path in tmp_path.iterdir()] == ["design.aig"]


def test_every_command_that_may_take_long_has_both_limits() -> None:
    from netc.cli.main import COMMANDS, cli

    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {parameter.name for parameter in command.params}
        assert ({"memory_limit", "time_limit"} <= options) == (name != "passes"), name


@pytest.mark.parametrize(
    "args",
    [
        ("opt", "design.aig", "-O0", "-q", "-o", "out.aig"),
        ("opt", "design.aig", "-O0", "-q", "-o", "out.aig.gz"),
        ("compile", "design.aig", "-q", "--target", "c", "-o", "out.c"),
        ("compile", "design.aig", "-q", "--target", "c", "-o", "folder/"),
        ("verilog", "design.aig", "-q", "--testbench", "test.v", "-o", "out.v"),
        ("blif", "design.aig", "-q", "-o", "out.blif"),
        ("sim", "design.aig", "--random", "20000", "-o", "out.txt"),
    ],
)
def test_a_full_disk_is_named_and_nothing_is_lost(design: Path, tmp_path: Path, args: tuple[str, ...]) -> None:
    out = tmp_path / args[-1]
    if not args[-1].endswith("/"):
        out.write_bytes(b"old")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    code, said = limited(tmp_path, 3000, *args)
    assert code == 2
    assert said.startswith("netc: ")
    assert "File too large" in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert args[-1].endswith("/") or out.read_bytes() == b"old"


def test_a_full_device_and_a_full_pipe_are_named(netc: Netc, design: Path) -> None:
    done = netc("opt", design, "-q", "-O0", "-o", "/dev/full")
    assert (done.code, done.err) == (2, "netc: /dev/full: No space left on device\n")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-c", "from netc.cli import main; main()", "opt", str(design), "-q", "-O0"]
        said = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (said.returncode, said.stderr) == (2, b"netc: <stdout>: No space left on device\n")


@pytest.mark.parametrize("where", ["file/out.aig", "nowhere/out.aig", "/proc/out.aig", "/proc/self/out.aig"])
def test_a_directory_that_takes_no_file_is_named(netc: Netc, design: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    for target in (where, where.replace(".aig", ".c")):
        done = netc("compile", design, "-q", "-o", target)
        assert done.code == 2
        assert done.err.startswith(f"netc: {target}: ")
        assert done.err.count("\n") == 1


def test_a_cache_that_cannot_be_written_costs_time_only(design: Path, tmp_path: Path) -> None:
    for cache in (tmp_path / "file" / "cache", Path("/proc/cache")):
        (tmp_path / "file").touch()
        net = library.compile(library.load(design), engine="c", cache=cache)
        assert net.bits(np.zeros((1, 64), np.bool_)).shape == (1, 100)


def killed_while(body: Callable[[], None], seconds: float, look: Callable[[], None]) -> int:
    """How often a process that does `body` over and over was killed at a random moment; `look` follows each time."""
    random_ = random.Random(1)
    kills = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        child = os.fork()
        if child == 0:
            while True:
                body()
        time.sleep(random_.uniform(0.002, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1
        look()
    return kills


def test_a_killed_process_leaves_no_file_half_written(tmp_path: Path) -> None:
    circuits = [circuit(30_000, seed, 500) for seed in (1, 2)]
    whole: dict[str, set[bytes]] = {name: set() for name in ("out.aig", "out.aag", "out.npz", "out.c", "out.h")}
    for aig in circuits:
        for name in whole:
            if name != "out.h":
                library.write(aig, tmp_path / name)
        for name, contents in whole.items():
            contents.add((tmp_path / name).read_bytes())
    turn = 0

    def body() -> None:
        nonlocal turn
        turn += 1
        for name in ("out.aig", "out.aag", "out.npz", "out.c"):
            library.write(circuits[turn % 2], tmp_path / name)

    def look() -> None:
        for name, contents in whole.items():
            assert (tmp_path / name).read_bytes() in contents

    assert killed_while(body, 4, look) > 10


def test_a_killed_process_leaves_no_entry_of_the_cache_half_written(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.directory.mkdir(mode=0o700)
    made = tmp_path / "made.so"
    made.write_bytes(random.Random(1).randbytes(1 << 20))
    turn = 0

    def body() -> None:
        nonlocal turn
        turn += 1
        cache.put(f"key{turn % 50}", made)

    def look() -> None:
        for path in cache.directory.glob("*.so"):
            assert path.read_bytes() == made.read_bytes()

    assert killed_while(body, 2, look) > 5
