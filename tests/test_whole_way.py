"""From a trained checkpoint to answers: every engine and level gives exactly what the reference gave."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers_time import seconds_of_children

from netc import Model, compile, load, optimize

BUDGET = 20_000_000  # so that -O3 takes seconds
NETWORKS = ["difflogic_iris_48", "difflogic_breast_350", "difflogic_digits_1k2"]


def check(model: Model, folder: Path, name: str, engine: str) -> None:
    reference = np.load(folder / f"{name}_ref.npz")
    net = compile(model, engine=engine)
    packed = reference["inputs_packed"]
    assert np.array_equal(net.scores(packed, packed=True), reference["scores"])
    assert np.array_equal(net.predict(packed, packed=True), reference["pred"])
    bits = np.unpackbits(reference["bits_packed"], axis=1, count=int(reference["n_bits"]), bitorder="little")
    assert np.array_equal(net.bits(packed, packed=True), bits)


@pytest.mark.corpus
@pytest.mark.parametrize("engine", ["table", "c"])
@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_small_networks_answer_like_the_reference(corpus: Path, name: str, level: int, engine: str) -> None:
    model = load(corpus / "dlgn" / f"{name}.full.pt")
    check(model if level == 0 else optimize(model, level=level, budget=BUDGET), corpus / "dlgn", name, engine)


@pytest.mark.corpus
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_48000_gates_answer_like_the_reference(corpus: Path, level: int) -> None:
    """All 10,000 predictions, scores and bits."""
    model = load(corpus / "dlgn" / "difflogic_mnist_48k.full.pt")
    check(
        model if level == 0 else optimize(model, level=level, budget=BUDGET),
        corpus / "dlgn",
        "difflogic_mnist_48k",
        "table",
    )


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
def test_48000_gates_compiled_as_c_answer_like_the_reference(corpus: Path, level: int) -> None:
    model = load(corpus / "dlgn" / "difflogic_mnist_48k.full.pt")
    check(
        model if level == 0 else optimize(model, level=level, budget=BUDGET),
        corpus / "dlgn",
        "difflogic_mnist_48k",
        "c",
    )


@pytest.mark.corpus
def test_sizes_of_the_48000_gate_classifier(corpus: Path) -> None:
    """Plain hashing leaves 26,235 ANDs; with ripple adders the whole classifier would take 104,552."""
    model = load(corpus / "dlgn" / "difflogic_mnist_48k.full.pt")
    assert optimize(model, level=1).logic.num_ands <= 26_235
    whole = optimize(model, pipeline="lower-head; dce; strash; dce")
    assert whole.logic.num_ands <= 77_000
    assert whole.report is not None
    assert whole.report.verified == "proved"
    reference = np.load(corpus / "dlgn" / "difflogic_mnist_48k_ref.npz")
    predicted = compile(whole).predict(reference["inputs_packed"], packed=True)
    assert np.array_equal(predicted, reference["pred"])


@pytest.mark.corpus
def test_from_file_to_first_answer_takes_little_time_and_no_compiler(corpus: Path) -> None:
    code = (
        "import sys, numpy as np, netc\n"
        "net = netc.compile(netc.load(sys.argv[1]))\n"
        "print(int(net.predict(np.zeros((1, 784), np.uint8))[0]))\n"
    )
    before = seconds_of_children()
    path = corpus / "dlgn" / "difflogic_mnist_48k.full.pt"
    done = subprocess.run([sys.executable, "-c", code, str(path)], env={"PATH": ""}, check=True, capture_output=True)
    assert seconds_of_children() - before < 3
    assert 0 <= int(done.stdout) < 10


@pytest.mark.corpus
def test_hostile_files_run_nothing(corpus: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from netc.cli import main; main()",
        "stats",
        str(corpus / "dlgn/variants/hostile.pt"),
    ]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
