"""Checks of sequential equivalence and of passes that change latches: by all states that small circuits reach."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import numpy as np

from netc.aig import Aig
from netc.cec import Verdict
from netc.fuzz import evaluate
from netc.fuzz.check import Check, MismatchError, Params
from netc.fuzz.mutants import mutant
from netc.fuzz.of_files import plain_ports
from netc.fuzz.of_passes import random_pass, random_pipeline
from netc.manager import optimize_with
from netc.model import Model
from netc.ports import UNINITIALISED, Ports
from netc.protocols import AigPass, SequentialPass
from netc.sec import Sec, check

__all__ = ["CHECKS"]

_MOST_LATCHES, _MOST_INPUTS, _MOST_ANDS, _MOST_STATES = 8, 4, 300, 3000


def _plan(chosen: random.Random, aig: Aig) -> Params | None:
    ports = aig.ports
    if not 0 < ports.latches <= _MOST_LATCHES or ports.inputs > _MOST_INPUTS or aig.num_ands > _MOST_ANDS:
        return None
    how = chosen.choice(("mutant", "recoded", "recoded mutant", "optimised"))
    return {"how": how, "text": random_pipeline(chosen, 1), "seed": chosen.getrandbits(32)}


def _run(aig: Aig, params: Params) -> None:
    """The verdict is the one of an exhaustive search, and a trace leads where it says."""
    aig = plain_ports(aig)
    aig = aig.with_ports(Ports(aig.inputs, aig.ports.resets.replace(b"\x02", b"\x00"), aig.ports.outputs))
    chosen = random.Random(params["seed"])
    other, how = aig, params["how"]
    if "recoded" in how:
        other = recoded(chosen, other)
    if "mutant" in how and other.num_ands:
        other = mutant(chosen, other)[1]
    if how == "optimised":
        other = optimize_with(Model(aig), params["text"], verify="off").model.logic
    answer = check(aig, other, match="order")
    if answer.verdict is Verdict.DIFFERENT:
        _follow(aig, other, answer)
    elif answer.verdict is Verdict.EQUIVALENT and differ(aig, other):
        raise MismatchError(f"sec: {how} is equivalent, which is wrong")


def recoded(chosen: random.Random, aig: Aig) -> Aig:
    """The same behaviour with some latches holding the complement of what they held, and in another order."""
    count = aig.ports.latches
    order, flip = list(range(count)), [chosen.randrange(2) for _ in range(count)]
    chosen.shuffle(order)
    first = 1 + aig.inputs
    place = {first + old: 2 * (first + new) ^ flip[old] for new, old in enumerate(order)}

    def of(lit: int) -> int:
        return place.get(lit >> 1, lit & ~1) ^ (lit & 1)

    ands = [sorted(map(of, pair), reverse=True) for pair in aig.ands.tolist()]
    next_states = [of(int(aig.next_states[old])) ^ flip[old] for old in order]
    resets = bytes(aig.ports.resets[old] ^ flip[old] for old in order)
    roots = [*map(of, aig.outputs.tolist()), *next_states]
    ports = Ports(aig.inputs, resets, aig.ports.outputs)
    return Aig(ports, np.array(ands, np.uint32).reshape(-1, 2), np.array(roots, np.uint32))


def _plan_reduction(chosen: random.Random, aig: Aig) -> Params | None:
    if _plan(chosen, aig) is None:
        return None
    text = "; ".join(filter(None, (random_pass(chosen, chosen.choice((SequentialPass, AigPass))) for _ in range(3))))
    return {"text": f"{text}; {random_pass(chosen, SequentialPass)}"}


def _run_reduction(aig: Aig, params: Params) -> None:
    """From every start, with latches that are left starting alike, both circuits answer the same."""
    aig = plain_ports(aig)
    text = params["text"]
    made = optimize_with(Model(aig), text).model
    if made.report is None or made.report.latches is None:
        return
    kept = made.report.latches.kept.tolist()
    if list(made.logic.ports.resets) != [aig.ports.resets[old] for old in kept]:
        raise MismatchError(f"{text}: other resets than before")
    choices = [(0, 1) if reset == UNINITIALISED else (reset,) for reset in aig.ports.resets]
    starts = [(start, tuple(start[old] for old in kept)) for start in product(*choices)]
    if differ(aig, made.logic, starts):
        raise MismatchError(f"{text}: not the same from reset on")


State = tuple[int, ...]


def differ(a: Aig, b: Aig, starts: Sequence[tuple[State, State]] | None = None) -> bool | None:
    """Whether some sequence of inputs tells the circuits apart; None if they reach too many states to say.

    They start from their resets, or from any of these pairs of states.
    """
    inputs, samples = evaluate.patterns(0, a.inputs)
    full = (1 << samples) - 1
    waiting = [(tuple(a.ports.resets), tuple(b.ports.resets))] if starts is None else list(starts)
    seen = set(waiting)
    while waiting:
        pair = waiting.pop()
        found = [
            evaluate.root_values(aig, [*inputs, *(full * bit for bit in state)], samples)
            for aig, state in zip((a, b), pair, strict=True)
        ]
        if found[0][: a.ports.outputs] != found[1][: b.ports.outputs]:
            return True
        after = [words[aig.ports.outputs :] for aig, words in zip((a, b), found, strict=True)]
        for sample in range(samples):
            reached = (_at(after[0], sample), _at(after[1], sample))
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
        if len(seen) > _MOST_STATES:
            return None
    return False


def _at(words: Sequence[int], sample: int) -> tuple[int, ...]:
    return tuple(word >> sample & 1 for word in words)


def _follow(a: Aig, b: Aig, answer: Sec) -> None:
    """`MismatchError` unless the circuits differ in the last step of the trace."""
    if answer.trace is None:
        raise MismatchError("sec: different without a trace")
    last = []
    for aig in (a, b):
        state, outputs = list(aig.ports.resets), []
        for row in answer.trace.inputs.tolist():
            found = evaluate.root_values(aig, [*map(int, row), *state], 1)
            outputs, state = found[: aig.ports.outputs], found[aig.ports.outputs :]
        last.append(outputs)
    if last[0] == last[1]:
        raise MismatchError("sec: the trace does not tell the circuits apart")


CHECKS = (
    Check("sec", "proofs", 10, _plan, _run),
    Check("reduction", "passes", 6, _plan_reduction, _run_reduction),
)
