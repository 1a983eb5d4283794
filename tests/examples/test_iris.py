"""The network that examples/iris ships: what its README says of it, and that its page predicts as it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reader

import netc

HERE = Path(__file__).parents[2] / "examples"


def test_the_shipped_network_is_as_accurate_as_the_readme_says() -> None:
    model = netc.load(HERE / "iris" / "model.pt")
    assert model.encoder is not None
    assert model.encoder.names == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert model.class_names == ("setosa", "versicolor", "virginica")
    assert model.trained is not None
    assert model.trained.num_neurons == 60
    with np.load(HERE / "iris" / "test.npz") as data:
        right = netc.compile(model).predict(data["x"]) == data["labels"]
    assert f"{right.sum()} of {len(right)} test flowers right" in (HERE / "iris" / "README.md").read_text()


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in (HERE / "iris").iterdir() if path.is_file()) < 30_000


@pytest.mark.parametrize("name", ["digits", "iris"])
@pytest.mark.parametrize("level", [0, 3])
def test_the_printed_rules_give_every_prediction_on_the_test_part(name: str, level: int) -> None:
    model = netc.load(HERE / name / "model.pt")
    model = netc.optimize(model, level=level, budget=20_000_000) if level else model
    page = str(netc.explain(model))
    with np.load(HERE / name / "test.npz") as data:
        x = data["x"]
    assert model.encoder is not None
    names = model.encoder.names or [f"x[{index}]" for index in range(x.shape[1])]
    said = reader.scores(page, dict(zip(names, x.T, strict=True)), len(x))
    net = netc.compile(model)
    np.testing.assert_array_equal(said, net.scores(x))
    np.testing.assert_array_equal(said.argmax(axis=1), net.predict(x))
