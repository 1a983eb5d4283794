"""Checks of equivalence checking: on circuits with one gate changed, and on what pipelines make."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from netc.aig import Aig
from netc.cec import Verdict, check
from netc.context import Context
from netc.fuzz import evaluate, oracles
from netc.fuzz.check import Check, MismatchError, Params
from netc.fuzz.mutants import mutant
from netc.fuzz.of_files import plain_ports
from netc.fuzz.of_passes import random_pipeline
from netc.manager import optimize_with
from netc.model import Model
from netc.targets import write

__all__ = ["CHECKS", "abc_verdict", "right_verdict"]

_EXHAUSTIVE_LEAVES, _EXHAUSTIVE_ANDS = 16, 2000


def right_verdict(a: Aig, b: Aig, *, budget: int | None = None, sweep: bool = False) -> Verdict:
    """The verdict of `netc.cec.check`, whose counterexample the evaluator confirms; `MismatchError` if it does not.

    With `sweep` few inputs are no reason to try all patterns.
    """
    answer = check(a, b, context=Context(budget), classes=sweep)
    if answer.verdict is Verdict.DIFFERENT:
        if answer.counterexample is None:
            raise MismatchError(f"cec: different without a counterexample: {answer.reason}")
        leaves = [int(value) for value in answer.counterexample]
        if evaluate.root_values(a, leaves, 1) == evaluate.root_values(b, leaves, 1):
            raise MismatchError("cec: the counterexample does not tell the circuits apart")
    return answer.verdict


def abc_verdict(a: Aig, b: Aig) -> bool | None:
    """Whether ABC's `cec` finds the cores equivalent, or None where it cannot say; `MissingError` without ABC."""
    oracles.find("abc")
    if not a.ports.leaves or not len(a.roots):
        return None
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        folder = Path(directory)
        write(a.combinational(), folder / "a.aig")
        write(b.combinational(), folder / "b.aig")
        said = oracles.abc(folder, "cec -n a.aig b.aig")
    if "NOT EQUIVALENT" in said:
        return False
    return True if "are equivalent" in said else None


def _same(a: Aig, b: Aig) -> bool | None:
    """Whether the roots are the same by trying all patterns; None where those are too many."""
    if a.ports.leaves > _EXHAUSTIVE_LEAVES or a.num_ands > _EXHAUSTIVE_ANDS:
        return None
    count = 1 << a.ports.leaves
    full = (1 << count) - 1
    leaves = [full ^ full // ((1 << (1 << j)) + 1) for j in range(a.ports.leaves)]
    return evaluate.root_values(a, leaves, count) == evaluate.root_values(b, leaves, count)


def _plan_mutant(chosen: random.Random, aig: Aig) -> Params | None:
    if not 0 < aig.num_ands <= 3000 or not len(aig.roots):
        return None
    budget = chosen.choice((None, None, chosen.randrange(1, 100_000)))
    return {"seed": chosen.getrandbits(32), "budget": budget, "sweep": chosen.random() < 0.7}


def _run_mutant(aig: Aig, params: Params) -> None:
    """The verdict about a circuit and its mutant is that of brute force, or of ABC where the inputs are too many."""
    aig = plain_ports(aig)
    if not aig.num_ands:
        return
    what, other = mutant(random.Random(params["seed"]), aig)
    verdict = right_verdict(aig, other, budget=params["budget"], sweep=params.get("sweep", False))
    if verdict is Verdict.UNDECIDED:
        if params["budget"] is None and aig.num_ands < 300:
            raise MismatchError(f"cec: {what} of {aig.num_ands} ANDs is undecided without a budget")
        return
    truth = _same(aig, other)
    if truth is None and verdict is Verdict.EQUIVALENT:
        truth = abc_verdict(aig, other)
    if truth is not None and truth != (verdict is Verdict.EQUIVALENT):
        raise MismatchError(f"cec: {what} is {verdict.value}, which is wrong")


def _plan_optimised(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > 2000:
        return None
    return {"text": random_pipeline(chosen, 1), "abc": chosen.random() < 0.2, "sweep": chosen.random() < 0.7}


def _run_optimised(aig: Aig, params: Params) -> None:
    """A pipeline's result is never different, and ABC says so too."""
    made = optimize_with(Model(aig), params["text"], verify="off").model.logic
    verdict = right_verdict(aig, made, sweep=params.get("sweep", False))
    if verdict is Verdict.DIFFERENT:
        raise MismatchError(f"cec: {params['text']} gives a different circuit")
    if params["abc"] and abc_verdict(aig, made) is False:
        raise MismatchError(f"cec: netc says {verdict.value}, ABC says different, of {params['text']}")


CHECKS = (
    Check("cec-mutant", "proofs", 20, _plan_mutant, _run_mutant),
    Check("cec-optimised", "proofs", 6, _plan_optimised, _run_optimised),
)
