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

from netc.context import Context, run_cancellable
from netc.encoder import Encoder
from netc.errors import NetcError
from netc.evidence import TOP, Candidate, Evidence, binomial_tail, gap_probability, log_odds, sign_test
from netc.model import Model
from netc.recipes import RECIPES, Recipe, draw, find_recipes
from netc.trial import Bits, Lost, Trial, anyhow

__all__ = ["Recovery", "recover_wiring", "search"]

MOST_SEEDS = 2**32  # there are no more: torch's generator on the CPU starts from 32 bits
_COMPARED = 400  # wirings that are tried at least, so that there is something to compare with


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
        p_chance=binomial_tail(first.correct, trial.samples, trial.chance / trial.samples),
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

    `model` is None where the evidence supports no seed. `asked` is how many wirings were to be tried. `classes` is how
    many classes the samples were tried with, and `assumed` says that neither the file nor the caller gave that number:
    it is one more than the largest label.
    """

    model: Model | None
    recipe: str
    seed: int
    evidence: Evidence | None
    asked: int = 1
    interrupted: bool = False
    classes: int | None = None
    assumed: bool = False


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
    probe = _probe(lost, input_bits, x, known)
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
        _possible(lost, recipes, lost.widths(bits))
        return Recovery(model_of(recipes[0].name, first, "not verified on data"), recipes[0].name, first, None)
    truth = np.asarray(labels).reshape(-1).astype(np.int64)
    if (truth != np.asarray(labels).reshape(-1)).any():
        raise NetcError("labels", "they are class numbers, 0, 1, …")
    if probe.head is not None and probe.head.to_json()["kind"] != "group-sum":
        raise NetcError(lost.source.name, "its classes are no sums of equal groups: it cannot be tried on samples")
    tried_classes = probe.head.classes if probe.head is not None else int(truth.max(initial=0)) + 1
    if probe.head is None:
        known["classes"] = tried_classes  # the file does not say; the labels do
    trial = Trial(lost, _bits_of(probe, x), truth, tried_classes)
    recipes = _possible(lost, recipes, trial.widths)
    context = Context(threads=threads)

    def progress() -> None:
        if tick is not None:
            tick("seeds", *context.progress)

    evidence, interrupted = run_cancellable(
        context, lambda: search(trial, recipes, seeds, context=context), time_limit=time_limit, tick=progress
    )
    asked = len(recipes) * len(seeds)
    if evidence is None:
        return Recovery(None, recipes[0].name, seeds[0], None, asked, interrupted, tried_classes, probe.head is None)
    best = evidence.best
    model: Model | None = None
    if evidence.supported:
        note = f"{100 * best.correct / trial.samples:.2f} % of {trial.samples:,} samples right"
        note += ", with as many classes as their labels have" if probe.head is None else ""
        model = model_of(best.recipe, best.seed, note)
    return Recovery(model, best.recipe, best.seed, evidence, asked, interrupted, tried_classes, probe.head is None)


def _check_asked(recipes: Sequence[Recipe], seeds: range, x: Any, labels: Any) -> None:
    if not seeds or seeds.step != 1:
        raise NetcError("search", "there is no seed in this range")
    if len(seeds) > 1 and (seeds[0] < 0 or seeds[-1] >= MOST_SEEDS):
        raise NetcError("search", f"seeds are searched from 0 to {MOST_SEEDS - 1:,}: torch uses their low 32 bits")
    if (x is None) != (labels is None):
        raise NetcError("data", "samples need labels, and labels samples")
    if x is not None and np.ndim(x) != 2:
        raise NetcError("data", f"x has shape {np.shape(x)}; it needs (n, inputs)")
    if x is None and len(seeds) * len(recipes) > 1:
        raise NetcError("data", "which seed is right cannot be told without labelled samples", "give --data and labels")


def _possible(lost: Lost, recipes: Sequence[Recipe], widths: Sequence[int]) -> list[Recipe]:
    """Those that can have made layers of these widths; `NetcError` if none can."""
    possible, errors = [], []
    for recipe in recipes:
        try:
            draw(recipe, 0, widths)
            possible.append(recipe)
        except NetcError as error:
            errors.append(lost.source.located(error))
    if not possible:
        raise errors[0]
    return possible


def _probe(lost: Lost, input_bits: int | None, x: Any, known: dict[str, Any]) -> Model:
    """A model wired anyhow, for what the file says about encoder, head and input bits."""
    found = lost.model(anyhow, input_bits=input_bits, **known)
    if found.encoder is not None or input_bits is not None:
        return found
    if x is None:
        raise NetcError(lost.source.name, "how many bits does the first layer take?", "--input-bits N says it")
    return lost.model(anyhow, input_bits=int(x.shape[1]), **known)


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
