"""`--given`: what a checkpoint does not say, on the command line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc.errors import NetcError
from netc.frontends.checkpoints.given import parse

Netc = Callable[..., Any]


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        ([], {}),
        (["classes=10", "tau=2.5", "beta=-3"], {"classes": 10, "tau": 2.5, "beta": -3}),
        (["input_shape=1x28x28"], {"input_shape": (1, 28, 28)}),
        (["parametrization=warp"], {"parametrization": "warp"}),
        (
            ["model.3.pool=2/2/0", "model.3.padding=1", "0.transposed=true"],
            {"layers": {"model.3": {"pool": (2, 2, 0), "padding": 1}, "0": {"transposed": True}}},
        ),
    ],
)
def test_texts_become_options(texts: list[str], options: dict[str, Any]) -> None:
    assert parse(texts) == options


@pytest.mark.parametrize("text", ["classes", "classes=", "colour=red", "=3"])
def test_texts_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(NetcError, match="says nothing that netc understands") as caught:
        parse([text])
    assert "input_bits, classes, tau" in caught.value.hint


def test_one_thing_is_said_once() -> None:
    with pytest.raises(NetcError, match="classes is given twice"):
        parse(["classes=10", "classes=3"])


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Two layers of light gates of three inputs, whose activation and classes the file does not tell."""
    rng = np.random.default_rng(1)
    state = {}
    for name, width, below in (("0", 6, 3), ("1", 4, 6)):
        state[f"{name}.weights"] = rng.standard_normal((width, 4)).astype(np.float32)
        state[f"{name}.indices"] = np.stack([np.arange(width) % below, np.arange(width)[::-1] % below])
    (tmp_path / "weights.pkl").write_bytes(pickle.dumps(state))
    return tmp_path / "weights.pkl"


def test_every_command_that_reads_a_model_takes_it(netc: Netc, weights: Path, tmp_path: Path) -> None:
    given = ("--given", "parametrization=sigmoid", "--given", "classes=2")
    np.save(tmp_path / "x.npy", np.zeros((5, 3), bool))
    for command in (
        ("stats", weights),
        ("opt", weights, "-o", "small.aig"),
        ("verilog", weights),
        ("blif", weights),
        ("compile", weights, "--target", "c", "-o", "model.c"),
        ("run", weights, "x.npy"),
        ("sim", weights, "--random", "4"),
    ):
        done = netc(*command, *given)
        assert done.code == 0, done.err
    found = json.loads(netc("stats", weights, "--json", *given).text)
    assert found["head"]["classes"] == 2
    assert "activation: sigmoid" in found["notes"]


def test_without_it_the_message_says_what_to_give(netc: Netc, weights: Path) -> None:
    done = netc("stats", weights)
    assert done.code == 2
    first, second = done.err.strip().splitlines()
    assert "layer 0: the file does not tell the activation of its four logits a neuron" in first
    assert "parametrization=sigmoid, sin or linear" in second


def test_formats_without_options_refuse_it(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "and.aag").write_text("aag 3 2 0 1 1\n2\n4\n6\n6 2 4\n")
    done = netc("stats", "and.aag", "--given", "classes=2")
    assert done.code == 2
    assert "this format takes no such option: classes" in done.err
