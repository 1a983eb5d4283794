"""The network that examples/digits ships: what its README says of it."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import netc

HERE = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.load(HERE / "model.pt")


@pytest.fixture(scope="module")
def test_part() -> dict[str, np.ndarray]:
    with np.load(HERE / "test.npz") as data:
        return dict(data)


def test_the_encoder_and_the_head_are_found(model: netc.Model, test_part: dict[str, np.ndarray]) -> None:
    assert model.encoder is not None
    assert model.head is not None
    assert model.head.classes == 10
    assert model.head.tau == 8
    x = test_part["x"]
    assert x.shape == (360, 64)
    assert x.dtype == np.uint8
    # Three bits of each pixel, side by side: how many are set says between which thresholds the pixel lies.
    steps = model.encoder.encode(x).reshape(360, 64, 3)
    np.testing.assert_array_equal(steps.sum(axis=2), np.digitize(x, [2, 6, 10], right=True))
    assert (np.diff(steps.astype(int), axis=2) <= 0).all()


@pytest.mark.parametrize("level", [0, 2])
def test_the_shipped_network_is_as_accurate_as_the_readme_says(
    model: netc.Model, test_part: dict[str, np.ndarray], level: int
) -> None:
    made = netc.optimize(model, level=level) if level else model
    right = netc.compile(made).predict(test_part["x"]) == test_part["labels"]
    assert right.mean() >= 0.93
    assert f"{right.sum()} of {len(right)} test pictures right" in (HERE / "README.md").read_text()
    if level:
        assert made.report is not None
        assert made.report.verified == "proved"


def test_optimising_keeps_every_score(model: netc.Model, test_part: dict[str, np.ndarray]) -> None:
    plain, small = netc.compile(model), netc.compile(netc.optimize(model, level=2))
    np.testing.assert_array_equal(plain.scores(test_part["x"]), small.scores(test_part["x"]))


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in HERE.iterdir() if path.is_file()) < 400_000


def test_the_demonstration_fits_on_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(HERE / "demo.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert 10 <= len(lines) <= 25
    assert max(map(len, lines)) <= 100
    assert sum("346 of 360 test pictures right" in line for line in lines) == 2
