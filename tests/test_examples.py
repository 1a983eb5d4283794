"""Every command line that the help, README and docs show runs, and README's output is what comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import helpers_recover
import numpy as np
import pytest

from netc import Aig, Builder, load, write
from netc.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[1]
SPANS = re.compile(r"\d[\d.,]* (ms|s|million)\b|[\d,]+/s|engine (machine|table)")  # what differs from run to run
EXAMPLES = ("checkerboard", "digits", "iris", "life")
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def epilog(name: str) -> list[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return [line.strip() for line in (command.epilog or "").splitlines() if "netc " in line]


def commands(text: str) -> list[tuple[str, str]]:
    """The ``console`` blocks of a Markdown text: each command, and the output shown below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            found.append((line, shown))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples run: every file that they name, and `netc` on the path."""
    build = Builder(4)
    carry, sums = 0, []
    for bit in range(2):
        total, carry = build.full_adder(build.input(bit), build.input(2 + bit), carry)
        sums.append(total)
    adder = build.finish([*sums, carry])
    for name in ("design.aig", "small.aig", "adder.aig", "before.blif", "after.aig"):
        write(adder, tmp_path / name)
    write(_machine(), tmp_path / "machine.aig")
    for name, reset in (("reset", 0), ("noreset", 3)):
        text = f".model toggle\n.inputs t\n.outputs q\n.latch d q re c {reset}\n.names t q d\n10 1\n01 1\n.end\n"
        (tmp_path / f"{name}.blif").write_text(text)
    (tmp_path / "counter.aag").write_text("aag 5 1 2 1 2\n2\n4 11\n6 5 0\n6\n8 2 4\n10 9 5\n")
    (tmp_path / "steps.txt").write_text("0\n1\n1\n")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "digits" / "model.pt", tmp_path)
    for name in ("life.aag", "glider.txt"):
        shutil.copy(ROOT / "examples" / "life" / name, tmp_path)
    shutil.copy(ROOT / "examples" / "checkerboard" / "cell.aag", tmp_path / "checkerboard.aag")
    test = np.load(ROOT / "examples" / "digits" / "test.npz")
    np.save(tmp_path / "samples.npy", test["x"])
    np.save(tmp_path / "pixels.npy", test["x"])
    np.savez(tmp_path / "samples.npz", x=test["x"])
    np.savez(tmp_path / "data.npz", x=test["x"])
    np.save(tmp_path / "labels.npy", test["labels"])
    _lose_wiring(tmp_path)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "netc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -c "from netc.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def _machine() -> Aig:
    """Two one-bit counters that do the same, and a mode that nothing ever sets."""
    build = Builder(1, 3)
    count, copy, test = map(build.latch, range(3))
    step = build.input(0)
    next_states = [build.xor(count, step), build.or_(build.and_(copy, step ^ 1), build.and_(copy ^ 1, step)), test]
    names = {"latch": {0: "count", 1: "copy", 2: "test"}, "input": {0: "step"}, "output": {0: "alarm", 1: "odd"}}
    return build.finish([build.or_(build.xor(count, copy), test), copy], next_states, names=names)


def _lose_wiring(folder: Path) -> None:
    """weights.pt has gates and no wiring, and labelled.npz shows what it does with the wiring of seed 77."""
    helpers_recover.saved(folder / "weights.pt", helpers_recover.LOGITS)
    np.savez(folder / "labelled.npz", x=helpers_recover.X, labels=helpers_recover.LABELS)


def run(line: str, folder: Path) -> str:
    """Run as a shell does, and return what a terminal would show."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", f"set -e; {line}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    text = done.stdout.decode()
    assert done.returncode == 0, f"{line}\n{text}"
    return text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_every_help_run(name: str, folder: Path) -> None:
    lines = epilog(name)
    assert lines
    for line in lines:
        run(line, folder)


def test_the_examples_of_the_first_help_run(folder: Path) -> None:
    lines = [line.strip() for line in (cli.epilog or "").splitlines() if line.strip().startswith("netc ")]
    assert lines
    for line in lines:
        run(line, folder)


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "docs/guide.md", "docs/formats.md", "docs/explain.md"),
        *(f"examples/{name}/README.md" for name in EXAMPLES),
    ],
)
def test_the_commands_of_the_documents_run_and_show_this(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text()
    for line, shown in commands(text):
        if line.startswith(("git ", "make ", "iverilog ", "cd ")):
            continue  # a shell's own, or a tool's that need not be here
        output = run(line, folder)
        if shown.strip():
            assert SPANS.sub("…", output).rstrip() == SPANS.sub("…", shown).rstrip()


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_the_python_of_the_documents_runs(page: str, folder: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks
    code = "\n".join(blocks)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_readme_shows_the_pipe_of_the_issue(folder: Path) -> None:
    run("netc opt - -O2 < adder.aig | netc verilog --out top.v", folder)
    assert "module" in (folder / "top.v").read_text()
    run("netc opt adder.aig -O3 | netc blif --out top.blif && netc cec adder.aig top.blif", folder)
    assert load(folder / "top.blif").logic.ports.inputs == 4
