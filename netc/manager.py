"""The pass manager: runs a pipeline over a model, watches the budget, keeps the best, proves the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from netc.aig import Aig, Lits, Step, compose
from netc.canonical import canonical
from netc.context import Context, run_cancellable
from netc.errors import NetcError
from netc.levels import GOALS, level_text
from netc.model import Model
from netc.partition import cut_apart, put_together
from netc.pipeline import (
    Best,
    Canonical,
    Climb,
    Limit,
    Partition,
    PassStep,
    Pipeline,
    Repeat,
    Sequence,
    Small,
    parse,
)
from netc.protocols import AigPass, SequentialPass
from netc.report import Counts, PassReport, Report
from netc.sequential import LatchMap
from netc.verification import Piece, certify_pieces, verify_pieces

__all__ = ["Outcome", "optimize", "optimize_with"]


@dataclass(frozen=True)
class Outcome:
    """An optimised model, and whether Ctrl-C ended the run."""

    model: Model
    interrupted: bool = False


_MEASURES: dict[str, Callable[[Aig], tuple[int, int]]] = {
    "area": lambda aig: (aig.num_ands, aig.depth),
    "depth": lambda aig: (aig.depth, aig.num_ands),
    "balanced": lambda aig: (aig.num_ands * aig.depth, aig.num_ands),
}

# ANDs of a graph whose nodes are followed through the passes, so that the proof knows whom to compare first: in larger
# ones that costs more than it saves.
_MOST_FOLLOWED = 1_000_000

# Runs without gain after which a climb ends, for each AND at most: there is not much to try in a graph of a few.
STALE_PER_AND = 10

# Runs of `climb` that are made side by side, each from the same best; fixed, so that threads change no result.
CLIMB_WIDTH = 2


@dataclass
class _Run:
    """The state of one run: what it has done so far, and the best that it met."""

    context: Context
    goal: str = "area"
    stop_after: int | None = None
    save_each: Callable[[int, str, Model], None] | None = None
    passes: list[PassReport] = field(default_factory=list)
    current: str = ""
    beside: _Run | None = None  # the run that this one waits for
    # What was done up to the last pass that changed ports, or waypoint: each piece is proved on its own, after the run.
    pieces: list[Piece] = field(default_factory=list)
    best: Model | None = None
    since: Aig | None = None
    waypoints: bool = False  # pieces end at what a `best` chose, too: two short proofs are easier than a long one
    following: bool = False  # what the passes make of nodes is kept for the proof
    latches: LatchMap | None = None

    def size(self, aig: Aig) -> tuple[int, int]:
        """What is to become small."""
        return _MEASURES[self.goal](aig)

    def follow(self, model: Model) -> Model:
        return model.followed() if self.following and model.logic.num_ands <= _MOST_FOLLOWED else model

    def over(self) -> bool:
        return self.context.stopped or (self.stop_after is not None and len(self.passes) >= self.stop_after)

    def run(self, pipeline: Pipeline, model: Model) -> Model:
        match pipeline:
            case PassStep():
                return self.run_pass(pipeline, model)
            case Sequence(steps):
                for step in steps:
                    if self.over():
                        break
                    model = self.run(step, model)
                return model
            case Repeat(body, n, gain):
                return self.run_repeat(body, n, gain, model)
            case Best(branches):
                return self.run_best(branches, model)
            case Partition(body, nodes):
                return self.run_partition(body, nodes, model)
            case Climb():
                return self.run_climb(pipeline, model)
            case Limit(body, work):
                return self.run_limited(body, work, model)
            case Small(body, nodes):
                return model if model.logic.num_ands > nodes else self.run(body, model)
            case Canonical(body, nodes):
                return self.run(body, model) if model.logic.num_ands > nodes else self.run_canonical(body, model)

    def note(self, text: str, model: Model, seconds: float, work: int) -> Model:
        self.passes.append(PassReport(text, model.logic.num_ands, model.logic.depth, seconds, work))
        if self.save_each is not None:
            self.save_each(len(self.passes), text, model)
        self.met(model)
        return model

    def met(self, model: Model | None) -> None:
        """Keep it if it is better than all before."""
        if model is not None and (self.best is None or self.size(model.logic) < self.size(self.best.logic)):
            self.best = model

    def run_pass(self, step: PassStep, model: Model) -> Model:
        self.current = step.instance.name
        started, work = time.perf_counter(), self.context.work
        if isinstance(step.instance, AigPass):
            model = model.with_step(step.instance.run(model.logic, self.context))
        else:
            before = model.logic
            if self.since is not None:
                self.pieces.append(Piece(self.since, before, image=model.lineage))
            if isinstance(step.instance, SequentialPass):
                reduction = step.instance.run_sequential(before, self.context)
                self.pieces.append(Piece(before, reduction.aig, reduction.latches.pairs))
                so_far = self.latches or LatchMap.identity(before.ports)
                self.latches = so_far.then(reduction.latches)
                model = model.with_step(Step(reduction.aig, reduction.image))
            else:
                model = step.instance.run_model(model, self.context)
            model = self.follow(model)
            self.since, self.best = model.logic, None
        return self.note(str(step), model, time.perf_counter() - started, self.context.work - work)

    def run_best(self, branches: tuple[Sequence, ...], model: Model) -> Model:
        results: list[Model] = []
        if self.stop_after is not None or self.save_each is not None:  # passes, counted in the order in which they end
            for branch in branches:
                if results and self.over():
                    break
                results.append(self.run(branch, model))
        else:
            for run, found in self.run_beside(list(branches), model, self.context.threads):
                self.take_over(run)
                results.append(found)
        chosen = min(results, key=lambda result: self.size(result.logic))
        if self.waypoints and self.since is not None:
            self.pieces.append(Piece(self.since, chosen.logic, image=chosen.lineage))
            self.since, chosen = chosen.logic, self.follow(chosen)
        return chosen

    def run_beside(self, bodies: list[Sequence], model: Model, width: int) -> Iterator[tuple[_Run, Model]]:
        """What the bodies make of the same model, each as if those before it had run first, and work counted: at most
        `width` side by side. One that these leave less of the budget than it took runs again with that.
        """

        def start() -> _Run:
            return _Run(self.context.child(self.context.remaining), self.goal)

        runs = [start() for _ in bodies]
        with ThreadPoolExecutor(max_workers=max(1, width)) as pool:
            ahead = [pool.submit(run.run, body, model) for run, body in zip(runs, bodies, strict=True) if width > 1]
            try:
                for index, (run, body) in enumerate(zip(runs, bodies, strict=True)):
                    if index and self.over():
                        break
                    self.beside = run
                    found = ahead[index].result() if ahead else None
                    short = run.context.work >= self.context.remaining and not self.context.cancelled
                    if found is None or (index and short):
                        run = self.beside = start()
                        found = run.run(body, model)
                    self.context.absorb(run.context)
                    yield run, found
            finally:
                self.beside = None
                for run in runs:  # those that nobody waits for any more
                    run.context.cancel()

    def take_over(self, run: _Run) -> None:
        """Note what a run at the side did as done here."""
        self.passes += run.passes
        self.met(run.best)

    def status(self) -> tuple[str, int, int]:
        """What runs now, and how far it is: done of total."""
        beside = self.beside
        return beside.status() if beside is not None else (self.current, *self.context.progress)

    def run_partition(self, body: Sequence, nodes: int, model: Model) -> Model:
        """Each part runs with a context of its own, so that threads change nothing; work is added up in order."""
        if model.logic.num_ands <= nodes:
            return self.run(body, model)
        self.current = "partition"
        started, work = time.perf_counter(), self.context.work
        parts = cut_apart(model.logic, nodes)

        def run_part(part: Aig) -> tuple[Step, int, bool]:
            context = self.context.child()
            inner = _Run(context, self.goal)
            # Origins that start as the identity end as the image of the part's nodes.
            found = inner.run(body, Model(part, images=2 * np.arange(part.num_nodes, dtype=np.uint32)))
            return Step(found.logic, found.origins), context.work, context.stopped

        steps: list[Step | None] = []
        self.context.stop(1)  # so that a run stopped before the first part has a budget of its own
        with ThreadPoolExecutor(max_workers=max(1, self.context.threads)) as pool:
            for step, used, part_stopped in pool.map(run_part, (part.aig for part in parts)):
                if part_stopped or self.context.stopped:
                    self.context.stop_here()
                    break
                steps.append(step)
                self.context.stop(used + 1)
                self.context.report(len(steps), len(parts))
        made = put_together(model.logic, parts, [*steps, *[None] * (len(parts) - len(steps))])
        model = model.with_step(made)
        text = str(Partition(body, nodes))
        return self.note(text, model, time.perf_counter() - started, self.context.work - work)

    def run_repeat(self, body: Sequence, n: int, gain: int, model: Model) -> Model:
        for _ in range(n):
            earlier, model = model, self.run(body, model)
            if self.over():
                break
            before, after = self.size(earlier.logic), self.size(model.logic)
            if after > before:
                return earlier
            if after == before or 100 * after[0] > (100 - gain) * before[0]:
                break
        return model

    def run_canonical(self, body: Sequence, model: Model) -> Model:
        """What is kept of the run, or written on its way, has ports where they were."""
        form = canonical(model.logic, self.context)

        def back(made: Model) -> Model:
            made = made.with_step(form.restored(made.logic))
            return made if made.lineage is None else replace(made, lineage=straight(made.lineage))

        def restored(piece: Piece) -> Piece:
            """Its first graph may be from before, and is then as it was."""
            step = form.restored(piece.after)
            before = piece.before if piece.before is since else form.restored(piece.before).aig
            image = None if piece.image is None else straight(compose(piece.image, step.image))
            return Piece(before, step.aig, image=image)

        def straight(image: Lits) -> Lits:
            """An image of a graph whose leaves, and only those, were renumbered: each leaf is what it was."""
            leaves = form.aig.first_and
            return np.concatenate([2 * np.arange(leaves, dtype=np.uint32), image[leaves:]])

        since, outer, save, first = self.since, self.best, self.save_each, len(self.pieces)
        self.best = None
        if save is not None:
            self.save_each = lambda number, text, made: save(number, text, back(made))
        found = back(self.run(body, model.with_step(Step(form.aig, form.image))))
        self.pieces[first:] = map(restored, self.pieces[first:])
        best, self.best, self.save_each = self.best, outer, save
        self.met(best and back(best))
        if self.since is not None and self.since is not since:
            self.since = form.restored(self.since).aig
        return found

    def run_limited(self, body: Sequence, work: int, model: Model) -> Model:
        """Cut short by the limit, the best of what was met is kept."""
        if self.context.stop(1):
            return model
        outer, self.best = self.best, None
        with self.context.limited(work):
            found = self.run(body, model)
            best, self.best = self.best, outer
            if self.context.stopped:
                found = min(filter(None, (found, best, model)), key=lambda result: self.size(result.logic))
        self.met(best)
        return found

    def run_climb(self, climb: Climb, best: Model) -> Model:
        """With slack it goes through larger graphs on its way (threshold accepting: Dueck and Scheuer, 1990)."""
        stale, current = 0, best
        self.context.stop(1)
        for start in range(0, climb.n, CLIMB_WIDTH):
            if self.over() or stale >= min(climb.stale, STALE_PER_AND * best.logic.num_ands):
                break
            self.current = f"climb: run {start + 1:,}, {best.logic.num_ands:,} ANDs, {best.logic.depth:,} levels"
            started, work = time.perf_counter(), self.context.work
            candidates = [climb.candidate(index) for index in range(start, min(start + CLIMB_WIDTH, climb.n))]
            width = min(CLIMB_WIDTH, self.context.threads)
            ended = [found for _, found in self.run_beside(candidates, current, width)]
            sizes = [self.size(found.logic) for found in ended]
            least = min(sizes)
            index = max(place for place, size in enumerate(sizes) if size == least)  # of several the last
            before = self.size(best.logic)
            stale = 0 if least < before else stale + CLIMB_WIDTH
            if least <= before:
                best = current = ended[index]
            elif climb.slack and least[0] <= before[0] + climb.slack:
                current = ended[index]
            if least < before:
                seconds, used = time.perf_counter() - started, self.context.work - work
                self.note(str(candidates[index]), best, seconds, used)
        return best


def _is_sequential(step: Pipeline) -> bool:
    return isinstance(step, PassStep) and isinstance(step.instance, SequentialPass)


def optimize_with(
    model: Model,
    pipeline: str,
    *,
    goal: str = "area",
    budget: int | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    verify: str = "sat",
    certify: str | Path | None = None,
    stop_after: int | None = None,
    save_each: Callable[[int, str, Model], None] | None = None,
    tick: Callable[[str, int, int], None] | None = None,
) -> Outcome:
    """Run a pipeline, and verify what it made. See `optimize`; Ctrl-C here keeps the best so far instead of raising."""
    if verify not in ("off", "sim", "sat"):
        raise NetcError("--verify", f"{verify!r}; it is 'off', 'sim' or 'sat'")
    if certify is not None and verify != "sat":
        raise NetcError("--certify", f"there is no proof with --verify={verify}")
    if goal not in GOALS:
        raise NetcError("--goal", f"{goal!r}; it is {', '.join(map(repr, GOALS))}")
    parsed = parse(pipeline)
    if certify is not None and any(map(_is_sequential, parsed.steps)):
        raise NetcError(
            "--certify", "there is no certificate of what passes do to latches", "--require-proof needs none"
        )
    context = Context(budget, threads)
    proving = certify is None and verify == "sat"
    run = _Run(context, goal, stop_after, save_each, since=model.logic, waypoints=certify is None, following=proving)
    run.best = first = run.follow(model)
    started = time.perf_counter()
    result, interrupted = run_cancellable(
        context,
        lambda: run.run(parsed, first),
        time_limit=time_limit,
        tick=(lambda: tick(*run.status())) if tick else None,
    )
    if context.stopped and run.best is not None and run.size(run.best.logic) < run.size(result.logic):
        result = run.best
    seconds = time.perf_counter() - started
    pieces = [*run.pieces, Piece(run.since or model.logic, result.logic, image=result.lineage)]
    proof_steps = 0
    if certify is None:
        verified, verify_seconds = verify_pieces(pieces, verify, threads, context.work)
    else:
        verified, verify_seconds, proof_steps = certify_pieces(pieces, certify)
    report = Report(
        pipeline=str(parsed),
        before=Counts.of(model.logic),
        after=Counts.of(result.logic),
        passes=tuple(run.passes),
        seconds=seconds,
        verify_seconds=verify_seconds,
        verified=verified,
        proof_steps=proof_steps,
        work=context.work,
        stopped_at=context.stopped_at,
        latches=run.latches,
    )
    return Outcome(replace(result, report=report, lineage=None), interrupted)


def optimize(
    model: Model | Aig,
    *,
    level: int = 2,
    goal: str = "area",
    effort: str = "normal",
    sequential: bool = False,
    pipeline: str | None = None,
    budget: int | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    verify: str = "sat",
    certify: str | Path | None = None,
) -> Model:
    """A smaller model that gives the same answers; its `report` is the table of what happened.

    `level` is 0 to 3, or `pipeline` gives the text. `goal` is ``"area"`` (few ANDs), ``"depth"`` (few levels, then few
    ANDs) or ``"balanced"`` (a small product of both); `effort` ``"deep"`` goes on improving until nothing gains.
    With `sequential` latches may go too: the result is equivalent from reset on, and ``report.latches`` says what each
    became.
    `budget` bounds the work in units that are the same everywhere;
    `time_limit` is in seconds and leaves in ``report.stopped_at`` the budget that gives the same result again.
    `verify` is ``"sat"`` (prove, within a budget), ``"sim"`` or ``"off"``; `certify` is a new directory for the proof,
    which is not there afterwards if ``report.verified`` is not ``"proved"``. Ctrl-C raises KeyboardInterrupt.
    `InternalError` if the result is refuted; it is then not returned.
    """
    outcome = optimize_with(
        model if isinstance(model, Model) else Model(model),
        level_text(level, goal, effort, sequential) if pipeline is None else pipeline,
        goal=goal,
        budget=budget,
        time_limit=time_limit,
        threads=threads,
        verify=verify,
        certify=certify,
    )
    if outcome.interrupted:
        raise KeyboardInterrupt
    return outcome.model
