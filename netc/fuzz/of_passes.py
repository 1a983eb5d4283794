"""Checks of passes and pipelines: function, ports, image, determinism, budgets, size."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from netc import registry
from netc.aig import NONE, Aig, Step
from netc.context import Context
from netc.errors import NetcError
from netc.fuzz import evaluate, options
from netc.fuzz.check import Check, MismatchError, Params, same_function
from netc.fuzz.gates import Gates
from netc.fuzz.heads import random_head, reference_scores
from netc.levels import GOALS, LEVELS
from netc.manager import optimize_with
from netc.model import Model
from netc.pipeline import PassStep, parse
from netc.protocols import AigPass, ModelPass, SequentialPass

__all__ = ["CHECKS"]

_MOST_ANDS = 3000  # of graphs that go through pipelines
_MOST_WORK = 3_000_000  # of a pipeline: a second or two, where -O3 may go on for a minute
_MOST_ANDS_OF_LEVELS = 400  # of those that go through -O1 to -O3, which take long for large ones


def random_pass(chosen: random.Random, kind: type = AigPass) -> str | None:
    """The text of a registered pass of a kind, a protocol of netc.protocols, with random legal options."""
    names = sorted(registry.PASSES)
    chosen.shuffle(names)
    for name in names:
        made = registry.find("pass", registry.PASSES, name)
        if isinstance(made(), kind):
            drawn = options.draw(chosen, made, _refuses)
            return str(PassStep(made(**drawn)))
    return None


def _refuses(instance: Any) -> bool:
    """Whether a pass finds its options illegal once it runs."""
    gates = Gates(2)
    aig = gates.finish([gates.and_(*gates.leaves)])
    try:
        if isinstance(instance, AigPass):
            instance.run(aig, Context())
        elif isinstance(instance, SequentialPass):
            instance.run_sequential(aig, Context())
        else:
            instance.run_model(Model(aig, head=random_head(0, 1)), Context())
    except NetcError:
        return True
    except Exception:  # noqa: BLE001 - this is no question of options: the check itself will meet it
        return False
    return False


def random_pipeline(chosen: random.Random, depth: int = 2) -> str:
    """Text of the grammar of netc.pipeline."""
    steps = []
    for _ in range(chosen.randrange(1, 4)):
        kind = chosen.randrange(13) if depth else 12
        if kind == 0:
            gain = chosen.choice((0, 0, 10))
            steps.append(f"repeat{{n={chosen.randrange(1, 4)},gain={gain}}}({random_pipeline(chosen, depth - 1)})")
        elif kind == 1:
            branches = [random_pipeline(chosen, depth - 1) for _ in range(chosen.randrange(1, 4))]
            steps.append(f"best({' | '.join(branches)})")
        elif kind == 2:
            steps.append(f"partition{{nodes={chosen.choice((1, 5, 30, 200))}}}({random_pipeline(chosen, depth - 1)})")
        elif kind == 3:
            branches = [random_pipeline(chosen, 0) for _ in range(chosen.randrange(1, 3))]
            options = f"n={chosen.randrange(1, 6)},stale={chosen.randrange(1, 4)},slack={chosen.randrange(3)}"
            steps.append(f"climb{{{options}}}({' | '.join(branches)})")
        elif kind == 4:
            steps.append(f"limit{{work={chosen.randrange(1, 100_000)}}}({random_pipeline(chosen, depth - 1)})")
        elif kind == 5:
            steps.append(f"canonical({random_pipeline(chosen, depth - 1)})")
        else:
            steps.append(random_pass(chosen) or "strash")
    return "; ".join(steps)


def check_step(before: Aig, step: Step, seed: int, where: str) -> None:
    """Ports kept, the same function at every root, a true image."""
    if step.aig.ports is not before.ports:
        raise MismatchError(f"{where}: the ports are not the same object")
    same_function(before, step.aig, seed, where=f"{where}: ")
    leaves, samples = evaluate.patterns(seed, before.ports.leaves)
    old, new = (evaluate.node_values(aig, leaves, samples) for aig in (before, step.aig))
    if len(step.image) != before.num_nodes:
        raise MismatchError(f"{where}: an image of {len(step.image)} nodes for {before.num_nodes}")
    full = (1 << samples) - 1
    for node, lit in enumerate(step.image.tolist()):
        if lit != NONE and new[lit >> 1] ^ (full if lit & 1 else 0) != old[node]:
            raise MismatchError(f"{where}: the image of node {node} is wrong")


def _plan_pass(chosen: random.Random, aig: Aig) -> Params | None:
    return {
        "text": random_pass(chosen),
        "seed": chosen.getrandbits(32),
        "share": chosen.choice((None, chosen.random())),
    }


def _instance(params: Params) -> Any:
    (step,) = parse(params["text"]).steps
    assert isinstance(step, PassStep)
    return step.instance


def _run_pass(aig: Aig, params: Params) -> None:
    """The laws of a pass, whole and, with a share, cut short by a budget of so much of its work."""
    text, instance, whole = params["text"], _instance(params), Context()
    step = instance.run(aig, whole)
    check_step(aig, step, params["seed"], text)
    if whole.stopped:
        raise MismatchError(f"{text}: it stopped without a budget")
    if not instance.run(aig, Context()).aig.same_as(step.aig):
        raise MismatchError(f"{text}: a second run gives another graph")
    if params["share"] is None:
        return
    budget = int(params["share"] * whole.work)
    cut = Context(budget)
    first = instance.run(aig, cut)
    check_step(aig, first, params["seed"], f"{text} with a budget of {budget}")
    if cut.stopped_at is not None:
        again = Context(cut.stopped_at)
        if not instance.run(aig, again).aig.same_as(first.aig) or again.stopped_at != cut.stopped_at:
            raise MismatchError(f"{text}: the budget {cut.stopped_at} does not reproduce a stopped run")


def _simpler_pass(params: Params) -> Iterator[Params]:
    if params["share"] is not None:
        yield {**params, "share": None}
    yield from _simpler_text(params)


def _simpler_text(params: Params) -> Iterator[Params]:
    """Without an option, without a step, without a combinator around steps."""
    text = params["text"]
    shorter = {re.sub(r"\{[^{}]*\}", "", text, count=1), text.replace(";", "", 1)}
    pieces = re.split(r"([;|])", text)
    for at in range(0, len(pieces), 2):
        shorter.add("".join(pieces[:at] + pieces[at + 2 :]).rstrip(";| "))
        shorter.add(pieces[at].strip())
    for start, stop in _parentheses(text):
        shorter.add(text[start + 1 : stop])
        shorter.update(branch.strip() for branch in text[start + 1 : stop].split("|"))
    for candidate in sorted(shorter - {text, ""}, key=len):
        try:
            parse(candidate)
        except NetcError:
            continue
        if "pass" not in params or len(parse(candidate).steps) == 1:
            yield {**params, "text": candidate}


def _parentheses(text: str) -> Iterator[tuple[int, int]]:
    opened = []
    for at, character in enumerate(text):
        if character == "(":
            opened.append(at)
        elif character == ")" and opened:
            yield opened.pop(), at


def _plan_pipeline(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > _MOST_ANDS:
        return None
    level = chosen.random() < 0.4 and aig.num_ands <= _MOST_ANDS_OF_LEVELS
    text = chosen.choice(LEVELS) if level else random_pipeline(chosen)
    return {
        "text": text,
        "seed": chosen.getrandbits(32),
        "share": chosen.choice((None, None, chosen.random())),
        "threads": chosen.choice((1, 1, 2)),
        "goal": chosen.choice(list(GOALS)),
    }


def _run_pipeline(aig: Aig, params: Params) -> None:
    text = params["text"]
    identity = 2 * np.arange(aig.num_nodes, dtype=np.uint32)
    model = Model(aig, images=identity)
    parsed = parse(text)
    if str(parse(str(parsed))) != str(parsed):
        raise MismatchError(f"pipeline {text!r} is not read back from its own text")
    goal = params.get("goal", "area")
    made = optimize_with(model, text, goal=goal, budget=_MOST_WORK, threads=params["threads"]).model
    assert made.report is not None
    check_step(aig, Step(made.logic, made.origins), params["seed"], text)
    alive = int(aig.live()[aig.first_and :].sum())
    if goal == "area" and text in LEVELS[1:] and made.logic.num_ands > alive:
        raise MismatchError(f"{text}: {made.logic.num_ands} ANDs from {alive}")
    threads = 3 - params["threads"]
    other = optimize_with(model, text, goal=goal, budget=_MOST_WORK, threads=threads, verify="off").model
    if not other.logic.same_as(made.logic):
        raise MismatchError(f"{text}: other threads give another graph")
    if params["share"] is None:
        return
    budget = max(1, int(params["share"] * made.report.work))
    cut = optimize_with(model, text, goal=goal, budget=budget, threads=params["threads"], verify="off").model
    assert cut.report is not None
    check_step(aig, Step(cut.logic, cut.origins), params["seed"], f"{text} with a budget of {budget}")
    stopped_at = cut.report.stopped_at
    if stopped_at is not None:
        again = optimize_with(model, text, goal=goal, budget=stopped_at, verify="off").model
        assert again.report is not None
        if not again.logic.same_as(cut.logic) or again.report.stopped_at != stopped_at:
            raise MismatchError(f"{text}: the budget {stopped_at} does not reproduce a stopped run")


def _plan_model_pass(chosen: random.Random, aig: Aig) -> Params | None:
    text = random_pass(chosen, ModelPass)
    if text is None or not aig.ports.outputs or aig.num_ands > _MOST_ANDS or aig.ports.outputs > 200:
        return None
    return {"text": text, "seed": chosen.getrandbits(32), "share": None}


def _run_model_pass(aig: Aig, params: Params) -> None:
    """The same classes, by votes counted in Python on both sides."""
    if not aig.ports.outputs:
        return
    model = Model(aig, head=random_head(params["seed"], aig.ports.outputs))
    made = _instance(params).run_model(model, Context())
    leaves, samples = evaluate.patterns(params["seed"], aig.ports.leaves, 64)
    classes = []
    for side in (model, made):
        words = evaluate.root_values(side.logic, leaves, samples)
        scores = reference_scores(side.head, evaluate.as_bits(words[: side.logic.ports.outputs], samples))
        classes.append(scores.argmax(axis=1))
        others = words[side.logic.ports.outputs :]
        classes.append(np.array([hash(word) for word in others]))
    if not np.array_equal(classes[0], classes[2]) or not np.array_equal(classes[1], classes[3]):
        raise MismatchError(f"{params['text']}: other classes than before")


CHECKS = (
    Check("pass", "passes", 30, _plan_pass, _run_pass, _simpler_pass),
    Check("model-pass", "passes", 3, _plan_model_pass, _run_model_pass, _simpler_pass),
    Check("pipeline", "pipelines", 12, _plan_pipeline, _run_pipeline, _simpler_text),
)
