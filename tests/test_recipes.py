"""Wiring drawn again: against a twin, against torch doing what the packages do, and against whole models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netc
from netc import NetcError
from netc.recipes import RECIPES, draw, find_recipes

Array = npt.NDArray[Any]

CORPUS = ("difflogic_iris_48", "difflogic_breast_350", "difflogic_digits_1k2", "difflogic_mnist_48k")


def listed_pairs(inputs: int, count: int, evens_first: bool) -> list[tuple[int, int]]:
    """Neighbours first, then pairs that are farther apart."""
    near = [(a, a + 1) for a in range(inputs - 1)]
    pairs = near[::2] + near[1::2] if evens_first else near
    for distance in range(2, inputs):
        pairs += [(a, a + distance) for a in range(inputs - distance)]
    return pairs[:count]


class FromTorch:
    """What the packages' layers draw when they are made, by torch itself."""

    def __init__(self, torch: Any, recipe: str, seed: int) -> None:
        self.torch, self.recipe = torch, recipe
        torch.manual_seed(seed)
        if "mnist" in recipe or "cifar10" in recipe:  # torch.utils.data.random_split
            torch.randperm(60_000 if "mnist" in recipe else 50_000)

    def layer(self, inputs: int, neurons: int) -> Array:
        torch = self.torch
        if "-cpu" in self.recipe or self.recipe.endswith("-randn"):
            torch.nn.Parameter(torch.randn(neurons, 16))
        if self.recipe in ("torchlogix-0.1.1", "torchlogix-0.1.1-randn"):
            both = torch.randperm(2 * neurons) % inputs
            return np.asarray(both.reshape(2, neurons).T)
        if self.recipe.endswith("-random"):
            both = torch.randperm(2 * neurons) % inputs
            both = torch.randperm(inputs)[both]
            return np.asarray(both.reshape(2, neurons).T)
        pairs = torch.tensor(listed_pairs(inputs, neurons, self.recipe.startswith("difflogic")))
        pairs = pairs[torch.randperm(neurons)]
        if self.recipe == "torchlogix-0.1.1-unique":
            pairs = torch.randperm(inputs)[pairs]
        return np.asarray(pairs)


@st.composite
def architectures(draw_value: Any) -> list[int]:
    """Widths that every recipe can wire."""
    widths = [draw_value(st.integers(3, 30))]
    for _ in range(draw_value(st.integers(1, 3))):
        inputs = widths[-1]
        widths.append(draw_value(st.integers(max(3, -(-inputs // 2)), inputs * (inputs - 1) // 2)))
        widths[-1] = min(widths[-1], 40) if inputs <= 2 * 40 else widths[-1]
    return widths


@pytest.mark.parametrize("recipe", RECIPES)
@given(seed=st.integers(0, 2**64 - 1), widths=architectures())
def test_torch_draws_the_same_wiring(recipe: str, seed: int, widths: list[int]) -> None:
    torch = pytest.importorskip("torch", reason="torch is what these draws must equal")
    source = FromTorch(torch, recipe, seed)
    drawn = draw(RECIPES[recipe], seed, widths)
    assert len(drawn) == len(widths) - 1
    for inputs, neurons, pairs in zip(widths, widths[1:], drawn, strict=False):
        np.testing.assert_array_equal(pairs, source.layer(inputs, neurons))


@pytest.mark.parametrize("name", CORPUS)
def test_lost_wiring_comes_back_gate_for_gate(corpus: Path, name: str) -> None:
    facts = json.loads((corpus / "dlgn" / f"{name}.json").read_text())
    recipe = {"unique": "difflogic-cpu", "random": "difflogic-cpu-random"}[facts["connections"]]
    found = netc.recover_wiring(
        corpus / "dlgn" / f"{name}.state_dict.pt", recipe=recipe, seed=facts["seed"], input_bits=facts["in_dim"]
    )
    whole = netc.load(corpus / "dlgn" / f"{name}.full.pt")
    assert found.model is not None
    assert found.model.trained is not None
    assert whole.trained is not None
    for layer, same in zip(found.model.trained.layers, whole.trained.layers, strict=True):
        assert isinstance(layer, netc.Dense)
        assert isinstance(same, netc.Dense)
        np.testing.assert_array_equal(layer.wiring, same.wiring)
        np.testing.assert_array_equal(layer.tables, same.tables)


@pytest.mark.parametrize(
    ("recipe", "widths", "message"),
    [
        ("difflogic", [9, 4], "layer 0: difflogic makes no layer of 4 neurons for 9 bits"),
        ("difflogic", [4, 2, 2], "2 inputs do not make 2 different pairs"),
        ("difflogic", [4, 7], "4 inputs do not make 7 different pairs"),
        ("torchlogix-0.1.1-unique", [4, 7], "4 inputs do not make 7 different pairs"),
        ("torchlogix-0.1.1", [9, 4], "layer 0: torchlogix-0.1.1 makes no layer of 4 neurons for 9 bits"),
    ],
)
def test_what_a_package_cannot_have_made_is_refused(recipe: str, widths: list[int], message: str) -> None:
    with pytest.raises(NetcError, match=message):
        draw(RECIPES[recipe], 0, widths)


def test_recipes_are_found_by_name() -> None:
    assert find_recipes(["all"]) == list(RECIPES.values())
    assert [recipe.name for recipe in find_recipes(["difflogic-mnist", "difflogic", "difflogic"])] == [
        "difflogic-mnist",
        "difflogic",
    ]
    with pytest.raises(NetcError, match="no recipe called 'difflogic-minst'") as caught:
        find_recipes(["difflogic-minst"])
    assert caught.value.hint == "did you mean difflogic-mnist?"
