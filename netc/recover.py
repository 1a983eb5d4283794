"""Lost wiring found again: a network's gates from its file, its wiring from the seed that drew it.

Candidates, a seed in a recipe each, are tried on labelled samples in the core; `netc.evidence` says what that shows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc import native
from netc.context import Context, run_cancellable
from netc.encoder import Encoder
from netc.errors import NetcError
from netc.evidence import TOP, Candidate, Evidence, binomial_tail, gap_probability, log_odds, sign_test
from netc.files import Source, read_source
from netc.frontends import checkpoint
from netc.frontends.checkpoints import containers
from netc.frontends.checkpoints.difflogic import gates_without_wiring
from netc.frontends.checkpoints.gates import gate_tables
from netc.frontends.checkpoints.tree import open_tree
from netc.mersenne import seed_word
from netc.model import Model
from netc.recipes import RECIPES, Recipe, draw, find_recipes, neurons_of, recipe_struct

__all__ = ["Lost", "Recovery", "Trial", "recover_wiring", "search"]

Bits = npt.NDArray[np.bool_]

MOST_SEEDS = 2**32  # there are no more: torch's generator on the CPU starts from 32 bits
_BLOCK = 512  # samples that the core runs together
_COMPARED = 400  # wirings that are tried at least, so that there is something to compare with
_CHUNK_WORK = 1 << 24  # gates times blocks, and random words, that a thread does between looks at the clock


@dataclass(frozen=True, eq=False)
class Lost:
    """A file that holds gates and no wiring: ``uint8[neurons]`` tables of its layers, bit ``a + 2 * b`` a value."""

    source: Source
    tables: tuple[npt.NDArray[np.uint8], ...]

    @classmethod
    def of(cls, path: str | Path) -> Lost:
        """`NetcError` unless it is a checkpoint of two-input gates without wiring."""
        source = read_source(path)
        try:
            gates = gates_without_wiring(open_tree(*containers.read(source)))
        except NetcError as error:
            raise source.located(error) from None
        return cls(source, tuple(gate_tables(ids)[:, 0].astype(np.uint8) for ids in gates))

    def widths(self, input_bits: int) -> list[int]:
        return [input_bits, *map(len, self.tables)]

    def model(self, wiring: Sequence[npt.NDArray[Any]], **options: Any) -> Model:
        return checkpoint.load(self.source, wiring=wiring, **options)


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


class _Best:
    """The best candidates seen, the same ones whatever the order in which they came; shared by threads."""

    def __init__(self, bar: int = 0) -> None:
        self.found: list[Candidate] = []
        self.seen = 0
        self.bar, self.at_bar = bar, 0  # how many reach the bar

    def add(self, recipe: Recipe, seeds: Sequence[int], correct: npt.NDArray[np.int64]) -> None:
        top = np.argsort(-correct, kind="stable")[: 2 * TOP]
        self.found += [Candidate(recipe.name, seeds[index], int(correct[index])) for index in top.tolist()]
        self.found.sort(key=lambda one: (-one.correct, one.recipe, one.seed))
        del self.found[2 * TOP :]
        self.seen += len(seeds)
        self.at_bar += int((correct >= self.bar).sum())


def _chunks(trial: Trial, recipes: Sequence[Recipe], seeds: range) -> Iterator[tuple[Recipe, range]]:
    for recipe in recipes:
        step = trial.chunk(recipe)
        yield from ((recipe, seeds[first : first + step]) for first in range(0, len(seeds), step))


def _try_all(trial: Trial, recipes: Sequence[Recipe], seeds: range, context: Context, best: _Best) -> None:
    """Every seed in every recipe, on the context's threads, until it is cancelled."""
    lock, chunks = threading.Lock(), _chunks(trial, recipes, seeds)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not context.cancelled and not failures:
                with lock:
                    recipe, part = next(chunks, (None, range(0)))
                if recipe is None:
                    return
                correct = trial.correct(recipe, part)
                with lock:
                    best.add(recipe, part, correct)
                    context.struct.done += len(part)
        except BaseException as error:  # noqa: BLE001 - re-raised below, in the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(context.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def search(trial: Trial, recipes: Sequence[Recipe], seeds: range, *, context: Context | None = None) -> Evidence | None:
    """Try every seed in every recipe, and compare the best with the rest and, where those are few, with other seeds.

    A cancelled `context` ends the search with what was seen until then, None if that is nothing.
    """
    context = context or Context()
    per_recipe = max(0, -(-_COMPARED // len(recipes)) - len(seeds))
    context.struct.done, context.struct.total = 0, len(recipes) * (len(seeds) + per_recipe)
    best = _Best()
    _try_all(trial, recipes, seeds, context, best)
    if not best.found:
        return None
    others = _Best(best.found[0].correct)
    after = seeds.stop if seeds.stop + per_recipe <= MOST_SEEDS else max(0, seeds.start - per_recipe)
    _try_all(trial, recipes, range(after, after + per_recipe), context, others)
    return _weigh(trial, best, others)


def _weigh(trial: Trial, best: _Best, others: _Best) -> Evidence:
    first = best.found[0]
    rivals = sorted(best.found[1:] + others.found, key=lambda one: (-one.correct, one.recipe, one.seed))
    rivals = _different(trial, first, rivals)
    second = rivals[0] if rivals else None
    rank, p_second, p_spread = None, 1.0, 1.0
    if second is not None:
        p_second = sign_test(trial.right(first.recipe, first.seed), trial.right(second.recipe, second.seed))
    if best.seen == 1:
        rank = others.at_bar
        p_spread = (1 + rank) / (1 + others.seen)
    elif second is not None and second.correct <= first.correct:
        p_spread = gap_probability([log_odds(one.correct, trial.samples) for one in (first, *rivals)])
    return Evidence(
        samples=trial.samples,
        chance=trial.chance,
        tried=best.seen,
        controls=others.seen,
        best=first,
        runner_up=second,
        p_chance=min(1.0, best.seen * binomial_tail(first.correct, trial.samples, trial.chance / trial.samples)),
        p_runner_up=p_second,
        p_spread=p_spread,
        rank=rank,
    )


def _different(trial: Trial, first: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Those that are wired otherwise than the first: small layers are drawn alike by many seeds."""
    wiring = draw(RECIPES[first.recipe], first.seed, trial.widths)

    def same(other: Candidate) -> bool:
        drawn = draw(RECIPES[other.recipe], other.seed, trial.widths)
        return all(map(np.array_equal, wiring, drawn))

    return [other for other in others if other.correct != first.correct or not same(other)]


@dataclass(frozen=True, eq=False)
class Recovery:
    """A model whose wiring was drawn again. `evidence` is None where there were no samples to try it on.

    `model` is None where the evidence supports no seed. `asked` is how many wirings were to be tried.
    """

    model: Model | None
    recipe: str
    seed: int
    evidence: Evidence | None
    asked: int = 1
    interrupted: bool = False


def recover_wiring(
    path: str | Path,
    *,
    recipe: str | Sequence[str],
    seed: int | range = 0,
    x: npt.NDArray[Any] | None = None,
    labels: npt.NDArray[Any] | None = None,
    input_bits: int | None = None,
    classes: int | None = None,
    tau: float | None = None,
    encoder: Encoder | None = None,
    threads: int = 1,
    time_limit: float | None = None,
    tick: Callable[[str, int, int], None] | None = None,
) -> Recovery:
    """The model in a checkpoint without wiring, wired as a recipe and a seed give it: see `netc.recipes`.

    With samples `x`, bits or what the encoder takes of shape (n, inputs), and their `labels`, every seed of a range is
    tried, and the model is given only if the evidence supports it. Without them the wiring is as good as what is known
    about its origin. Raises `NetcError` for a file that is no such checkpoint, and where input bits or classes are not
    known.
    """
    recipes = find_recipes([recipe] if isinstance(recipe, str) else recipe)
    seeds = range(seed, seed + 1) if isinstance(seed, int) else seed
    _check_asked(recipes, seeds, x, labels)
    lost = Lost.of(path)
    known = {"classes": classes, "tau": tau}
    if x is not None and input_bits is None:
        input_bits = encoder.bits if encoder is not None else None
    probe = _probe(lost, recipes[0], input_bits, x, known)
    if encoder is not None:
        probe = probe.with_encoder(encoder)
    bits = probe.logic.inputs
    known["input_bits"] = bits

    def model_of(name: str, of_seed: int, note: str) -> Model:
        made = lost.model(draw(RECIPES[name], of_seed, lost.widths(bits)), **known)
        notes = (*made.notes, f"wiring drawn again: recipe {name}, seed {of_seed}; {note}")
        return replace(made, notes=notes, encoder=probe.encoder)

    if x is None or labels is None:
        first = seeds[0]
        return Recovery(model_of(recipes[0].name, first, "not verified on data"), recipes[0].name, first, None)
    truth = np.asarray(labels).reshape(-1).astype(np.int64)
    if probe.head is not None and probe.head.to_json()["kind"] != "group-sum":
        raise NetcError(lost.source.name, "its classes are no sums of equal groups: it cannot be tried on samples")
    of_model = probe.head.classes if probe.head is not None else int(truth.max(initial=0)) + 1
    if probe.head is None:
        known["classes"] = of_model  # the file does not say; the labels do
    trial = Trial(lost, _bits_of(probe, x), truth, of_model)
    context = Context(threads=threads)

    def progress() -> None:
        if tick is not None:
            tick("seeds", *context.progress)

    evidence, interrupted = run_cancellable(
        context, lambda: search(trial, recipes, seeds, context=context), time_limit=time_limit, tick=progress
    )
    asked = len(recipes) * len(seeds)
    if evidence is None:
        return Recovery(None, recipes[0].name, seeds[0], None, asked, interrupted)
    best = evidence.best
    model: Model | None = None
    if evidence.supported:
        note = f"{100 * best.correct / trial.samples:.2f} % of {trial.samples:,} samples right"
        model = model_of(best.recipe, best.seed, note)
    return Recovery(model, best.recipe, best.seed, evidence, asked, interrupted)


def _check_asked(recipes: Sequence[Recipe], seeds: range, x: Any, labels: Any) -> None:
    if not seeds or seeds.step != 1:
        raise NetcError("search", "there is no seed in this range")
    if len(seeds) > 1 and (seeds[0] < 0 or seeds[-1] >= MOST_SEEDS):
        raise NetcError("search", f"seeds are searched from 0 to {MOST_SEEDS - 1:,}: torch uses their low 32 bits")
    if (x is None) != (labels is None):
        raise NetcError("data", "samples need labels, and labels samples")
    if x is None and len(seeds) * len(recipes) > 1:
        raise NetcError("data", "which seed is right cannot be told without labelled samples", "give --data and labels")


def _probe(lost: Lost, recipe: Recipe, input_bits: int | None, x: Any, known: dict[str, Any]) -> Model:
    """A model wired anyhow, for what the file says about encoder, head and input bits."""
    width = input_bits
    if width is None and x is not None:
        width = int(np.shape(x)[1])
    if width is None:
        raise NetcError(lost.source.name, "how many bits does the first layer take?", "--input-bits N says it")
    anyhow = [np.zeros((count, 2), np.uint32) for count in lost.widths(width)[1:]]
    found = lost.model(anyhow, input_bits=input_bits, **known)
    if found.encoder is None:
        found = lost.model(anyhow, input_bits=width, **known)
    try:
        recipe_struct(recipe, lost.widths(found.logic.inputs))
    except NetcError as error:
        raise lost.source.located(error) from None
    return found


def _bits_of(model: Model, x: npt.NDArray[Any]) -> Bits:
    """``bool[n, inputs]`` of samples; `NetcError` with the row for what is no bit."""
    if model.encoder is not None and x.dtype != np.bool_:
        return model.encoder.encode(x)
    if x.ndim != 2 or x.shape[1] != model.logic.inputs:
        raise NetcError("data", f"x has shape {x.shape}; this model reads (n, {model.logic.inputs:,}) bits")
    wrong = (x != 0) & (x != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise NetcError("data", f"row {row}, column {column} holds {x[row, column]}; this model reads bits, 0 or 1")
    return x.astype(bool)
