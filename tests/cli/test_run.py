"""`netc run` on data that outgrows memory: bounded, the same bytes however it is shared out, whole or not at all."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from netc import Dense, Encoder, Head, LayeredNetwork, Model, compile, save

Netc = Callable[..., Any]
INPUTS = 64
COMMAND = (sys.executable, "-W", "error", "-c", "from netc.cli import main; main()", "run")

# Runs a command and says how much memory it and its children needed, in KiB. A process of its own, since the figure
# never falls.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def network(width: int = 100, *, encoder: bool = False) -> Model:
    random = np.random.default_rng(8)
    layers, before = [], INPUTS
    for _ in range(3):
        tables = random.integers(0, 16, width).astype(np.uint64)
        layers.append(Dense(tables, random.integers(0, before, (width, 2)).astype(np.uint32)))
        before = width
    thresholds = Encoder.thermometer(INPUTS, [0.5]) if encoder else None
    return Model.of_layers(LayeredNetwork(INPUTS, layers), encoder=thresholds, head=Head.group_sum(width, 10))


def data(rows: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(9).integers(0, 2, (rows, INPUTS)).astype(np.uint8)


def put(path: Path, table: npt.NDArray[Any]) -> None:
    if path.suffix == ".npy":
        np.save(path, table)
    elif path.suffix == ".npz":
        np.savez(path, x=table)
    elif path.suffix == ".csv":
        np.savetxt(path, table, fmt="%d", delimiter=",")
    else:
        pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        parquet = pytest.importorskip("pyarrow.parquet")
        columns = {f"c{i}": np.ascontiguousarray(column) for i, column in enumerate(table.T)}
        parquet.write_table(pa.table(columns), path, row_group_size=2000)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".parquet"])
def test_workers_change_no_byte(netc: Netc, tmp_path: Path, suffix: str) -> None:
    save(network(), tmp_path / "m.npz")
    put(tmp_path / f"x{suffix}", data(9000))
    for what, written in (("--scores", ".csv"), ("--bits", ".npy")):
        for workers in (0, 1, 2):
            out = f"{workers}{written}"
            done = netc("run", "m.npz", f"x{suffix}", what, "-O0", "-o", out, "--workers", workers, "-q")
            assert (done.code, done.err) == (0, "")
        assert len({(tmp_path / f"{workers}{written}").read_bytes() for workers in (0, 1, 2)}) == 1
    net = compile(network())
    np.testing.assert_array_equal(np.load(tmp_path / "0.npy"), net.bits(data(9000)))
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "0.csv", delimiter=","), net.scores(data(9000)))


def test_labels_are_counted_over_all_batches(netc: Netc, tmp_path: Path) -> None:
    save(network(), tmp_path / "m.npz")
    x = data(30_000)
    np.savetxt(tmp_path / "x.csv", x, fmt="%d", delimiter=",")
    classes = np.array(netc("run", "m.npz", "x.csv", "-q").text.split(), int)
    classes[:600] = (classes[:600] + 1) % 10
    np.save(tmp_path / "y.npy", classes)
    assert "accuracy 98.00 % (29,400 of 30,000)" in netc("run", "m.npz", "x.csv", "--labels", "y.npy").text
    np.save(tmp_path / "y.npy", classes[:-1])
    assert "29,999 labels for more samples" in netc("run", "m.npz", "x.csv", "--labels", "y.npy").err
    np.save(tmp_path / "y.npy", np.append(classes, 3))
    assert "y.npy: 30,001 labels for 30,000 samples" in netc("run", "m.npz", "x.csv", "--labels", "y.npy").err


def sparse_npy(path: Path, rows: int, columns: int) -> None:
    """An array of zeros that is larger than what the file takes on the disk."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (rows, columns)})
        file.truncate(file.tell() + rows * columns)


def peak(tmp_path: Path, *args: str) -> int:
    """MiB of the largest of the processes that a command takes."""
    command = [sys.executable, "-c", MEASURED, *COMMAND, *args]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300)
    code, most = map(int, done.stdout.split())
    assert code == 0, done.stderr
    return most >> 10


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_memory_does_not_follow_the_size_of_an_array(tmp_path: Path, workers: str) -> None:
    save(network(), tmp_path / "m.npz")
    sparse_npy(tmp_path / "small.npy", 1000, INPUTS)
    sparse_npy(tmp_path / "large.npy", 1 << 25, INPUTS)
    arguments = ("-O0", "-q", "--workers", workers, "-j", "2", "--scores", "-o", "out.npy")
    least = peak(tmp_path, "m.npz", "small.npy", *arguments)
    most = peak(tmp_path, "m.npz", "large.npy", *arguments)
    (tmp_path / "out.npy").unlink()
    assert (tmp_path / "large.npy").stat().st_size > 2 << 30
    assert most < least + 150  # answers alone are 1,280 MiB


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_memory_does_not_follow_the_size_of_other_files(tmp_path: Path, suffix: str) -> None:
    save(network(), tmp_path / "m.npz")
    peaks = []
    for rows in (800_000, 4_000_000):
        path = tmp_path / f"{rows}{suffix}"
        if suffix == ".npz":
            np.savez(path, x=np.zeros((rows, INPUTS), np.uint8))
        elif suffix == ".csv":
            line = b",".join([b"1"] * INPUTS) + b"\n"
            with path.open("wb") as file:
                for _ in range(rows // 1000):
                    file.write(1000 * line)
        else:
            pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
            parquet = pytest.importorskip("pyarrow.parquet")
            group = min(rows, 200_000)
            table = pa.table({f"c{i}": np.random.default_rng(i).integers(0, 2, group) for i in range(INPUTS)})
            with parquet.ParquetWriter(path, table.schema) as writer:
                for _ in range(rows // group):
                    writer.write_table(table)
        peaks.append(peak(tmp_path, "m.npz", path.name, "-O0", "-q", "-j", "2", "-o", "out.npy"))
        assert len(np.load(tmp_path / "out.npy", mmap_mode="r")) == rows
    assert peaks[1] < peaks[0] + 150


def started(tmp_path: Path, *args: str, **more: Any) -> subprocess.Popen[bytes]:
    """A run that takes long, once it has begun to write."""
    save(network(4000), tmp_path / "m.npz")
    sparse_npy(tmp_path / "x.npy", 1 << 28, INPUTS)
    command = [*COMMAND, "m.npz", "x.npy", "-O0", "-j", "1", "-o", "out.npy", *args]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True, **more)
    end = time.monotonic() + 60
    while not any(path.stat().st_size for path in tmp_path.glob(".out.npy.*.tmp")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    return process


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir() if "out" in path.name)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, workers: str) -> None:
    process = started(tmp_path, "--workers", workers)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == b"netc: interrupted"
    assert left(tmp_path) == []


def test_a_worker_that_dies_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    process = started(tmp_path, "--workers", "2")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("no /proc here")
    workers = [int(child) for child in children.read_text().split()]
    spawned = [pid for pid in workers if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(spawned[-1], signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"netc: x.npy: a worker process ended before it answered" in err
    assert b"Traceback" not in err
    assert left(tmp_path) == []


def test_a_damaged_end_leaves_nothing_half_written(netc: Netc, tmp_path: Path) -> None:
    save(network(), tmp_path / "m.npz")
    line = ",".join(["1"] * INPUTS) + "\n"
    (tmp_path / "x.csv").write_text(200_000 * line + "1,2\n")
    for workers in (0, 2):
        (tmp_path / "out.npy").write_bytes(b"before")
        done = netc("run", "m.npz", "x.csv", "-O0", "-o", "out.npy", "--workers", workers)
        assert done.code == 2
        assert done.err == "netc: x.csv:200001:1: 2 numbers where the lines before have 64\n"
        assert (tmp_path / "out.npy").read_bytes() == b"before"
        assert left(tmp_path) == ["out.npy"]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_row_is_named_by_its_number_in_the_file(netc: Netc, tmp_path: Path, workers: int) -> None:
    save(network(), tmp_path / "m.npz")
    x = data(400_000)
    x[345_678] = 7
    np.save(tmp_path / "x.npy", x)
    done = netc("run", "m.npz", "x.npy", "-O0", "-o", "out.npy", "--workers", workers, "-j", "1")
    assert done.code == 2
    assert "netc: x.npy: row 345678, column " in done.err
    assert left(tmp_path) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_no_rows_give_no_answers(netc: Netc, tmp_path: Path, workers: int) -> None:
    save(network(), tmp_path / "m.npz")
    np.save(tmp_path / "x.npy", data(0))
    for what, shape in ((), (0,)), (("--scores",), (0, 10)), (("--bits",), (0, 100)):
        assert netc("run", "m.npz", "x.npy", *what, "-o", "out.npy", "--workers", workers).code == 0
        assert np.load(tmp_path / "out.npy").shape == shape
    assert netc("run", "m.npz", "x.npy", "-q").text == ""


def test_a_terminal_sees_how_far_it_is_and_nobody_else(tmp_path: Path) -> None:
    process = started(tmp_path)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].strip() == b"netc: interrupted"
    main, other = pty.openpty()
    command = [*COMMAND, "m.npz", "x.npy", "-O0", "-j", "1", "-o", "out.npy"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=other, start_new_session=True)
    os.close(other)
    seen, end = b"", time.monotonic() + 60
    while b" left" not in seen and time.monotonic() < end:
        if select.select([main], [], [], 1)[0]:
            seen += os.read(main, 4096)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    os.close(main)
    line = seen.rpartition(b"\x1b[K")[2].decode()
    assert " rows  " in line
    assert " % " in line
    assert " rows/s  " in line
