"""How scripts made the wiring of logic gate networks that their state_dicts do not hold.

A recipe says what a script drew from torch's CPU generator between ``torch.manual_seed`` and its last layer. With it
and the seed the wiring can be drawn again. Wiring that was drawn on a GPU (a CUDA generator) cannot.

Sources: difflogic's ``LogicLayer`` and ``experiments/main.py``; torchlogix 0.1.0 ``layers/dense.py`` and 0.1.1
``connections.py``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError
from netc.mersenne import NORMAL_WORDS, seed_word

__all__ = ["RECIPES", "Recipe", "draw", "find_recipes", "neurons_of", "recipe_struct"]

# What each layer draws for its connections; numbered as in core/replay.cpp.
CONNECTIONS = {
    "random": "randperm(2 * neurons) % inputs, looked up in randperm(inputs)",
    "unique": "pairs of neighbours, then of ever larger distance, in the order of randperm(neurons)",
    "flat-random": "randperm(2 * neurons) % inputs",
    "shifted-unique": "all pairs of neighbours, then of ever larger distance, in the order of randperm(neurons), "
    "looked up in randperm(inputs)",
}

_GATES = 16  # logits a neuron


@dataclass(frozen=True)
class Recipe:
    """What was drawn on the CPU: a ``randperm(before)`` first, then in each layer its weights and its connections.

    `weight_words` are the generator's words that the weights of one neuron took: 0 where they were made on a GPU, which
    has a generator of its own, or were not random.
    """

    name: str
    what: str
    connections: str
    before: int = 0
    weight_words: int = 0


def _difflogic() -> list[Recipe]:
    scripts = (
        ("difflogic", "layers made right after torch.manual_seed", 0),
        ("difflogic-mnist", "difflogic's main.py on MNIST, whose 60,000 samples were split at random before", 60_000),
        (
            "difflogic-cifar10",
            "difflogic's main.py on CIFAR-10, whose 50,000 samples were split at random before",
            50_000,
        ),
    )
    made = []
    for name, what, before in scripts:
        for device, words in (("", 0), ("-cpu", _GATES * NORMAL_WORDS)):
            where = "weights drawn on the CPU" if device else "weights drawn on the GPU"
            made.append(Recipe(f"{name}{device}", f"{what}; {where}", "unique", before, words))
            made.append(Recipe(f"{name}{device}-random", "the same with connections='random'", "random", before, words))
    return made


_TORCHLOGIX = (
    Recipe("torchlogix-0.1.1", "torchlogix 0.1.1 on the CPU, residual weights, which are not random", "flat-random"),
    Recipe("torchlogix-0.1.1-randn", "the same with random weights", "flat-random", 0, _GATES * NORMAL_WORDS),
    Recipe(
        "torchlogix-0.1.1-unique",
        "torchlogix 0.1.1 with init_method='random-unique', residual weights",
        "shifted-unique",
    ),
)

RECIPES = {recipe.name: recipe for recipe in (*_difflogic(), *_TORCHLOGIX)}

EVERY = "all"


def find_recipes(names: Sequence[str]) -> list[Recipe]:
    """Recipes by name, each once; ``all`` is every one. `NetcError` with the nearest name for an unknown one."""
    found: dict[str, Recipe] = {}
    for name in names:
        if name == EVERY:
            found.update(RECIPES)
            continue
        if name not in RECIPES:
            near = difflib.get_close_matches(name, RECIPES, n=1)
            hint = f"did you mean {near[0]}?" if near else "netc recover --list shows them"
            raise NetcError("recipe", f"there is no recipe called {name!r}", hint)
        found[name] = RECIPES[name]
    return list(found.values())


def neurons_of(widths: Sequence[int]) -> int:
    return sum(widths[1:])


def recipe_struct(recipe: Recipe, widths: Sequence[int]) -> tuple[Any, Any]:
    """`netc_recipe` of a network, and what must stay alive while it is used.

    `widths` are the input bits and the neurons of each layer. `NetcError` where the recipe cannot have made them.
    """
    for layer, (inputs, neurons) in enumerate(pairwise(widths)):
        if (
            2 * neurons < inputs and recipe.connections != "random"
        ):  # which torchlogix 0.1.0 also has, without this rule
            what = (
                f"{recipe.name} makes no layer of {neurons:,} neurons for {inputs:,} bits: it would leave some unread"
            )
            raise NetcError(f"layer {layer}", what, "is the number of input bits right?" if layer == 0 else "")
    kept = np.array(widths, np.int64)
    struct = native.ffi.new("netc_recipe *")
    struct.before, struct.weight_words = recipe.before, recipe.weight_words
    struct.connections = list(CONNECTIONS).index(recipe.connections)
    struct.widths = native.view(kept, np.int64)
    struct.layers = len(widths) - 1
    return struct, kept


def draw(recipe: Recipe, seed: int, widths: Sequence[int]) -> list[npt.NDArray[np.uint32]]:
    """The wiring that a seed gives, ``uint32[neurons, 2]`` a layer: the first and the second input of each gate."""
    struct, _alive = recipe_struct(recipe, widths)
    pairs = np.empty((neurons_of(widths), 2), np.uint32)
    native.call(native.lib.netc_replay_wiring, struct, seed_word(seed), native.out(pairs))
    return np.split(pairs, np.cumsum(widths[1:-1]))
