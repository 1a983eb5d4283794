"""The pass manager: runs a pipeline over a model, watches the budget, keeps the best, proves the result."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from netc import cec
from netc.aig import Aig, Step
from netc.context import Context, run_cancellable
from netc.errors import InternalError, NetcError
from netc.model import Model
from netc.partition import cut_apart, put_together
from netc.pipeline import Best, Partition, PassStep, Pipeline, Repeat, Sequence, level_text, parse
from netc.protocols import AigPass
from netc.report import Counts, PassReport, Report
from netc.simulation import simulate_words

__all__ = ["Outcome", "optimize", "optimize_with"]

# What verification may cost, in the core's units of work: a few seconds for graphs that need little, at most minutes.
VERIFY_WORK_PER_AND = 20_000
VERIFY_WORK_LEAST = 2_000_000_000


@dataclass(frozen=True)
class Outcome:
    """An optimised model, and whether Ctrl-C ended the run."""

    model: Model
    interrupted: bool = False


def _size(aig: Aig) -> tuple[int, int]:
    return aig.num_ands, aig.depth


@dataclass
class _Run:
    """The state of one run: what it has done so far, and the best that it met."""

    context: Context
    stop_after: int | None = None
    save_each: Callable[[int, str, Model], None] | None = None
    passes: list[PassReport] = field(default_factory=list)
    current: str = ""
    # The pieces between passes that change what outputs mean: each was proved, or will be, on its own.
    checkpoints: list[tuple[Aig, Aig]] = field(default_factory=list)
    best: Model | None = None
    since: Aig | None = None

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
            case Repeat(body, n):
                for _ in range(n):
                    before = _size(model.logic)
                    after = self.run(body, model)
                    if _size(after.logic) >= before and not self.over():
                        return model if _size(after.logic) > before else after
                    model = after
                    if self.over():
                        break
                return model
            case Best(branches):
                results: list[Model] = []
                for branch in branches:
                    if results and self.over():
                        break
                    results.append(self.run(branch, model))
                return min(results, key=lambda result: _size(result.logic))
            case Partition(body, nodes):
                return self.run_partition(body, nodes, model)

    def note(self, text: str, model: Model, seconds: float, work: int) -> Model:
        self.passes.append(PassReport(text, model.logic.num_ands, model.logic.depth, seconds, work))
        if self.save_each is not None:
            self.save_each(len(self.passes), text, model)
        if self.best is None or _size(model.logic) < _size(self.best.logic):
            self.best = model
        return model

    def run_pass(self, step: PassStep, model: Model) -> Model:
        self.current = step.instance.name
        started, work = time.perf_counter(), self.context.work
        if isinstance(step.instance, AigPass):
            model = model.with_step(step.instance.run(model.logic, self.context))
        else:
            if self.since is not None:
                self.checkpoints.append((self.since, model.logic))
            model = step.instance.run_model(model, self.context)
            self.since, self.best = model.logic, None
        return self.note(str(step), model, time.perf_counter() - started, self.context.work - work)

    def run_partition(self, body: Sequence, nodes: int, model: Model) -> Model:
        """Each part runs with a context of its own, so that threads change nothing; work is added up in order."""
        self.current = "partition"
        started, work = time.perf_counter(), self.context.work
        parts = cut_apart(model.logic, nodes)

        def run_part(part: Aig) -> tuple[Step, int, bool]:
            context = self.context.child()
            inner = _Run(context)
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
        made = put_together(model.logic, parts, [*steps, *[None] * (len(parts) - len(steps))])
        model = model.with_step(made)
        text = str(Partition(body, nodes))
        return self.note(text, model, time.perf_counter() - started, self.context.work - work)


def _verify(pairs: list[tuple[Aig, Aig]], how: str) -> tuple[str, float]:
    """("proved" | "simulated" | "off", seconds) for before and after; a refuted pair raises `InternalError`."""
    started = time.perf_counter()
    if how == "off":
        return "off", 0.0
    verified = "proved"
    for before, after in pairs:
        if before is after:
            continue
        if how == "sim":
            patterns = np.random.default_rng(1).integers(0, 2**64, (before.ports.leaves, 64), np.uint64)
            same = np.array_equal(simulate_words(before, patterns), simulate_words(after, patterns))
            verified = "simulated"
        else:
            budget = max(VERIFY_WORK_LEAST, VERIFY_WORK_PER_AND * before.num_ands)
            answer = cec.prove(before, after, Context(budget))
            same = answer.verdict is not cec.Verdict.DIFFERENT
            if answer.verdict is cec.Verdict.UNDECIDED:
                verified = "simulated"
        if not same:
            raise InternalError("the optimised circuit is not equivalent to the original; nothing was written")
    return verified, time.perf_counter() - started


def optimize_with(
    model: Model,
    pipeline: str,
    *,
    budget: int | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    verify: str = "sat",
    stop_after: int | None = None,
    save_each: Callable[[int, str, Model], None] | None = None,
    tick: Callable[[str, int, int], None] | None = None,
) -> Outcome:
    """Run a pipeline, and verify what it made. See `optimize`; Ctrl-C here keeps the best so far instead of raising."""
    if verify not in ("off", "sim", "sat"):
        raise NetcError("--verify", f"{verify!r}; it is 'off', 'sim' or 'sat'")
    parsed = parse(pipeline)
    context = Context(budget, threads)
    run = _Run(context, stop_after, save_each, best=model, since=model.logic)
    started = time.perf_counter()
    result, interrupted = run_cancellable(
        context,
        lambda: run.run(parsed, model),
        time_limit=time_limit,
        tick=(lambda: tick(run.current, *context.progress)) if tick else None,
    )
    if context.stopped and run.best is not None and _size(run.best.logic) < _size(result.logic):
        result = run.best
    seconds = time.perf_counter() - started
    pairs = [*run.checkpoints, (run.since or model.logic, result.logic)]
    verified, verify_seconds = _verify(pairs, verify)
    report = Report(
        pipeline=str(parsed),
        before=Counts.of(model.logic),
        after=Counts.of(result.logic),
        passes=tuple(run.passes),
        seconds=seconds,
        verify_seconds=verify_seconds,
        verified=verified,
        work=context.work,
        stopped_at=context.stopped_at,
    )
    return Outcome(replace(result, report=report), interrupted)


def optimize(
    model: Model | Aig,
    *,
    level: int = 2,
    pipeline: str | None = None,
    budget: int | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    verify: str = "sat",
) -> Model:
    """A smaller model that gives the same answers; its `report` is the table of what happened.

    `level` is 0 to 3, or `pipeline` gives the text. `budget` bounds the work in units that are the same everywhere;
    `time_limit` is in seconds and leaves in ``report.stopped_at`` the budget that gives the same result again.
    `verify` is ``"sat"`` (prove, within a budget), ``"sim"`` or ``"off"``. Ctrl-C raises KeyboardInterrupt.
    `InternalError` if the result is refuted; it is then not returned.
    """
    outcome = optimize_with(
        model if isinstance(model, Model) else Model(model),
        level_text(level) if pipeline is None else pipeline,
        budget=budget,
        time_limit=time_limit,
        threads=threads,
        verify=verify,
    )
    if outcome.interrupted:
        raise KeyboardInterrupt
    return outcome.model
