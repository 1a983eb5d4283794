"""Certificates on the command line: left by `opt` and `cec`, checked by `verify`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from netc import Builder, Dense, Head, LayeredNetwork, Model, cec, write
from netc.cli.main import main


@dataclass(frozen=True)
class Done:
    code: object
    text: str
    err: str


Netc = Callable[..., Done]

FILES = ["after.aig", "before.aig", "map", "proof.lrat"]


@pytest.fixture
def netc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Netc:
    """The command line in this process, which saves its start."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path) -> Done:
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        return Done(left.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def design(tmp_path: Path) -> Path:
    """An output with ANDs to lose, and a latch."""
    build = Builder(4, latches=1)
    a, b, c, d = (build.input(index) for index in range(4))
    lossy = build.or_(build.and_(a, b), build.and_(a, b ^ 1))
    write(build.finish([lossy, build.and_(c, d)], [build.and_(lossy, c)]), tmp_path / "in.aig")
    return tmp_path / "in.aig"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_opt_leaves_a_certificate_that_verify_accepts(netc: Netc, tmp_path: Path, design: Path) -> None:
    done = netc("opt", "in.aig", "-O3", "--certify", "proof", "-o", "out.aig", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.text)
    assert report["certificate"] == "proof"
    assert report["proof_steps"] > 0
    assert files(tmp_path / "proof") == FILES
    assert (tmp_path / "proof/before.aig").read_bytes() == design.read_bytes()
    assert (tmp_path / "proof/after.aig").read_bytes() == (tmp_path / "out.aig").read_bytes()
    done = netc("verify", "proof")
    assert done.code == 0
    assert done.text.startswith("VERIFIED: 3 pairs")
    assert netc("verify", "proof", "--formula").text.startswith("p cnf ")


def test_verify_says_no_with_the_line(netc: Netc, tmp_path: Path, design: Path) -> None:
    netc("opt", design, "--certify", "proof", "-q", "-o", "out.aig")
    proof = tmp_path / "proof/proof.lrat"
    proof.write_text(proof.read_text().replace(" 0\n", " 1 0\n", 1))
    done = netc("verify", "proof")
    assert done.code == 1
    assert done.err.startswith("REFUSED: proof/proof.lrat:1: ")
    assert done.text == ""


def test_opt_and_cec_keep_a_directory_in_use(netc: Netc, tmp_path: Path, design: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used/notes.txt").write_text("mine")
    for command in (("opt", design, "-o", "out.aig"), ("cec", design, design)):
        done = netc(*command, "--certify", "used")
        assert done.code == 2
        assert done.err.startswith("netc: used: this directory is not empty\n  hint: ")
    assert files(tmp_path / "used") == ["notes.txt"]
    assert not (tmp_path / "out.aig").exists()


def test_there_is_no_certificate_without_a_proof(netc: Netc, tmp_path: Path, design: Path) -> None:
    done = netc("opt", design, "--certify", "proof", "--verify", "sim", "-o", "out.aig")
    assert done.code == 2
    assert done.err == "netc: --certify: there is no proof with --verify=sim\n"
    assert files(tmp_path) == ["in.aig"]


def test_opt_writes_nothing_when_the_certificate_does_not_end(
    netc: Netc, tmp_path: Path, design: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cec, "VERIFY_WORK_LEAST", 1)
    monkeypatch.setattr(cec, "VERIFY_WORK_PER_AND", 0)
    assert netc("opt", design, "--certify", "proof", "-o", "out.aig").code == 3
    assert files(tmp_path) == ["in.aig"]


def test_cec_leaves_a_certificate_only_of_what_is_equal(netc: Netc, tmp_path: Path, design: Path) -> None:
    netc("opt", design, "-q", "-o", "out.aig")
    done = netc("cec", design, "out.aig", "--certify", "proof")
    assert done.code == 0
    assert done.text.startswith("EQUIVALENT (3 outputs and next states, matched by order)\ncertificate in proof: ")
    assert netc("verify", "proof").code == 0
    build = Builder(4, latches=1)
    write(build.finish([2, 4], [6]), tmp_path / "other.aig")
    done = netc("cec", design, "other.aig", "--certify", "none", "--json")
    assert done.code == 1
    assert json.loads(done.text)["certificate"] is None
    assert not (tmp_path / "none").exists()


def test_a_pipeline_that_changes_the_outputs_has_a_certificate_for_each_part(netc: Netc, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    tables, wiring = random.integers(0, 16, 18), random.integers(0, 8, (18, 2))
    layer = Dense(tables.astype(np.uint64), wiring.astype(np.uint32))
    write(Model.of_layers(LayeredNetwork(8, [layer]), head=Head.group_sum(18, 3)), tmp_path / "in.npz")
    pipeline = "strash; rewrite; lower-head{outputs=sums}; strash; rewrite"
    done = netc("opt", "in.npz", "-p", pipeline, "--certify", "proof", "-q", "-o", "out.aig")
    assert done.code == 0, done.err
    assert files(tmp_path / "proof") == ["1", "2"]
    done = netc("verify", "proof")
    assert done.code == 0
    assert done.text.count("VERIFIED: ") == 2


def test_the_checker_is_one_file_that_anybody_compiles(netc: Netc, tmp_path: Path) -> None:
    cc = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if cc is None:
        pytest.skip("no C compiler is installed")
    (tmp_path / "netc_check.c").write_text(netc("verify", "--source").text)
    command = [cc, "-std=c99", "-fsyntax-only", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "netc_check.c"]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_verify_names_what_is_missing(netc: Netc, tmp_path: Path, design: Path) -> None:
    done = netc("verify", "nowhere")
    assert (done.code, done.err) == (2, "netc: nowhere: there is no such directory\n")
    (tmp_path / "empty").mkdir()
    done = netc("verify", "empty")
    assert done.code == 2
    assert done.err.startswith("netc: empty: there is no certificate here")
    netc("opt", design, "--certify", "proof", "-q", "-o", "out.aig")
    (tmp_path / "proof/map").unlink()
    done = netc("verify", "proof")
    assert (done.code, done.err) == (2, "netc_check: proof/map: cannot be opened\n")
    done = netc("verify", "proof", "--cc", "no-such-compiler")
    assert done.code == 2
    assert "there is no compiler 'no-such-compiler'" in done.err
    assert netc("verify").code == 2
