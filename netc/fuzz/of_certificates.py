"""Checks of certificates: of what pipelines make, and of the same proof about a circuit with one gate changed."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

from netc.aig import Aig
from netc.cec import Verdict, check
from netc.certificate import build_checker, certify, run_checker
from netc.fuzz import oracles
from netc.fuzz.check import Check, MismatchError, Params
from netc.fuzz.mutants import mutant
from netc.fuzz.of_passes import random_pipeline
from netc.manager import optimize_with
from netc.model import Model
from netc.targets import write

__all__ = ["CHECKS"]

_VERIFIED, _REFUSED = 0, 1


def _plan(chosen: random.Random, aig: Aig) -> Params | None:
    if aig.num_ands > 2000:
        return None
    return {"text": random_pipeline(chosen, 1), "seed": chosen.getrandbits(32)}


def _run(aig: Aig, params: Params) -> None:
    """The checker accepts the proof, and refuses it for a mutant, unless the mutant is equivalent."""
    compiler = oracles.find("cc")
    made = optimize_with(Model(aig), params["text"], verify="off").model.logic
    with tempfile.TemporaryDirectory(prefix="netc-fuzz-") as directory:
        program, proof = Path(directory) / "netc_check", Path(directory) / "proof"
        if not certify(aig, made, proof, match="order"):
            raise MismatchError(f"certify: no proof for {params['text']}")
        build_checker(program, compiler)
        _expect(program, proof, _VERIFIED, params["text"])
        if not made.num_ands:
            return
        what, other = mutant(random.Random(params["seed"]), made)
        if check(aig, other, match="order").verdict is Verdict.DIFFERENT:
            write(other, proof / "after.aig")
            _expect(program, proof, _REFUSED, f"{params['text']} with {what}")
        shutil.rmtree(proof)
        if certify(aig, other, proof, match="order"):
            _expect(program, proof, _VERIFIED, f"{params['text']} with {what}")


def _expect(program: Path, proof: Path, code: int, what: str) -> None:
    done = run_checker(program, proof)
    if done.returncode != code:
        raise MismatchError(
            f"netc_check: {done.returncode}, not {code}, for {what}: {done.stdout}{done.stderr}".strip()
        )


CHECKS = (Check("certificate", "proofs", 4, _plan, _run),)
