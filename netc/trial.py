"""Networks of a file without wiring, wired by recipes and tried on labelled samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.errors import NetcError
from netc.files import Source, read_source
from netc.frontends import checkpoint, npz
from netc.frontends.checkpoints import containers
from netc.layers import Dense
from netc.mersenne import seed_word
from netc.model import Model
from netc.recipes import RECIPES, Recipe, neurons_of, recipe_struct

__all__ = ["Bits", "Lost", "Trial", "anyhow"]

Bits = npt.NDArray[np.bool_]

_BLOCK = 512  # samples that the core runs together
_CHUNK_WORK = 1 << 24  # gates times blocks, and random words, that a thread does between looks at the clock


@dataclass(frozen=True, eq=False)
class Lost:
    """A file that holds gates and no wiring: ``uint8[neurons]`` tables of its layers, bit ``a + 2 * b`` a value.

    `given` are options of `netc.load` that it takes to read the file.
    """

    source: Source
    tables: tuple[npt.NDArray[np.uint8], ...]
    given: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str | Path, given: Mapping[str, Any] | None = None) -> Lost:
        """`NetcError` unless it is a checkpoint of two-input gates without wiring."""
        source, given = read_source(path), given or {}
        archive = containers.archive_of(source)
        try:
            if archive is not None and npz.claims(archive):
                raise NetcError("wiring", "the file has its own")
            network = checkpoint.load(source, wiring=anyhow, **given).trained
        except NetcError as error:
            if error.place.endswith("wiring"):
                raise NetcError(source.name, "the file holds its wiring: nothing is lost") from None
            raise
        layers = network.layers if network is not None else ()
        tables = tuple(
            layer.tables[:, 0].astype(np.uint8) for layer in layers if isinstance(layer, Dense) and layer.k == 2
        )
        if not tables or len(tables) != len(layers):
            raise NetcError(source.name, "this is no checkpoint of layers of two-input gates")
        return cls(source, tables, given)

    def widths(self, input_bits: int) -> list[int]:
        return [input_bits, *map(len, self.tables)]

    def model(self, wiring: Any, **options: Any) -> Model:
        """The model with the wiring of all layers, or with what a function gives for their numbers of neurons."""
        said = {name: value for name, value in options.items() if value is not None}
        return checkpoint.load(self.source, wiring=wiring, **{**self.given, **said})


def anyhow(neurons: Sequence[int]) -> list[npt.NDArray[np.uint32]]:
    """Some wiring of these layers, to read all else in a file: each layer reads the last neuron of the one before."""
    pairs = [np.zeros((count, 2), np.uint32) for count in neurons]
    for before, layer in pairwise(pairs):
        layer[-1:] = len(before) - 1
    return pairs


class Trial:
    """Networks of one file, wired by recipes, on labelled samples: ``bool[n, inputs]`` and class numbers.

    Made once and used from several threads.
    """

    def __init__(self, lost: Lost, x: Bits, labels: npt.NDArray[np.int64], classes: int) -> None:
        if not len(x):
            raise NetcError("data", "there are no samples")
        if len(labels) != len(x):
            raise NetcError("labels", f"{len(labels):,} labels for {len(x):,} samples")
        if labels.min() < 0 or labels.max() >= classes:
            raise NetcError("labels", f"there is the class {int(labels.max())}; the network has {classes}")
        self.widths = lost.widths(x.shape[1])
        if self.widths[-1] % classes:
            raise NetcError("classes", f"{self.widths[-1]:,} output bits do not divide into {classes:,} classes")
        self.samples, self.classes = len(x), classes
        self.chance = int(np.bincount(labels).max())
        self._tables = np.concatenate(lost.tables)
        self._x = _lines(x)
        self._is_class = _lines(labels[:, None] == np.arange(classes))
        self._blocks = -(-len(x) // _BLOCK)

    def chunk(self, recipe: Recipe) -> int:
        """How many seeds to try at a time."""
        neurons = neurons_of(self.widths)
        words = recipe.before + neurons * (recipe.weight_words + 4) + 2000
        return max(1, min(4096, _CHUNK_WORK // (words + neurons * self._blocks * 8)))

    def _run(self, recipe: Recipe, seeds: Sequence[int], right: Any) -> npt.NDArray[np.int64]:
        struct, _alive = recipe_struct(recipe, self.widths)
        trial = native.ffi.new("netc_trial *")
        trial.tables = native.view(self._tables, np.uint8)
        trial.x = native.view(self._x, np.uint64)
        trial.is_class = native.view(self._is_class, np.uint64)
        trial.blocks, trial.classes = self._blocks, self.classes
        words = np.array([seed_word(seed) for seed in seeds], np.uint32)
        correct = np.empty(len(words), np.int64)
        native.call(
            native.lib.netc_replay_trial,
            struct,
            trial,
            native.view(words, np.uint32),
            len(words),
            native.out(correct),
            right,
        )
        return correct

    def correct(self, recipe: Recipe, seeds: Sequence[int]) -> npt.NDArray[np.int64]:
        """``int64[seeds]``: how many samples are classified right with each seed's wiring."""
        return self._run(recipe, seeds, native.ffi.NULL)

    def right(self, recipe: str, seed: int) -> Bits:
        """``bool[n]``: which samples are classified right with one seed's wiring."""
        lines = np.empty((self._blocks, 8), np.uint64)
        self._run(RECIPES[recipe], [seed], native.out(lines))
        return np.unpackbits(lines.view(np.uint8), count=self.samples, bitorder="little").astype(bool)


def _lines(bits: Bits) -> npt.NDArray[np.uint64]:
    """``uint64[blocks, columns, 8]`` of ``bool[n, columns]``: bit s of a line is sample s of the block."""
    blocks, columns = -(-len(bits) // _BLOCK), bits.shape[1]
    padded = np.zeros((blocks * _BLOCK, columns), bool)
    padded[: len(bits)] = bits
    packed = np.packbits(padded.reshape(blocks, _BLOCK, columns).transpose(0, 2, 1), axis=2, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64, copy=False)
