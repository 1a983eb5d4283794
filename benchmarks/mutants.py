"""Circuits of the corpus with one gate changed: is every verdict of `netc.check` right?

    NETC_DATA=… python benchmarks/mutants.py [--mutants 10000] [--hard 1000] [--seed 1]

Each mutant has a fan-in complemented, an AND turned into an OR, a fan-in moved to another signal, or a constant for a
gate. Besides those drawn blindly there are hard ones, which 4,096 random patterns do not tell from the original: many
of these are equivalent after all. Half of the mutants are compared with the circuit as it stands, half with what -O2
made of it, where hardly a node is the same. A verdict "not equivalent" is right if a plain evaluator, which shares no
code with the core, gets different outputs from its counterexample; a verdict "equivalent" is right if ABC's cec says so
too. Written to results/mutants.json; exit code 1 if a verdict is wrong.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from measure import abc, save
from measure import corpus as corpus_folder

import netc
from netc.cec import Verdict
from netc.fuzz import evaluate
from netc.fuzz.mutants import mutant
from netc.simulation import simulate_words

SUITES = ("iscas89", "lgsynth91", "epfl")
FEWEST, MOST = 10, 5000  # ANDs of a circuit
PATTERNS = 4096
_TRIES = 200
_ABC_SECONDS = 60


def corpus(root: Path) -> dict[str, netc.Aig]:
    """Combinational cores by name."""
    found = {}
    for suite in SUITES:
        for path in sorted((root / "aig" / suite).glob("*.aig")):
            logic = netc.load(path).logic.combinational()
            if FEWEST <= logic.num_ands <= MOST:
                found[f"{suite}/{path.stem}"] = logic
    return found


def told_apart(a: netc.Aig, b: netc.Aig, answer: Any) -> bool:
    leaves = [int(value) for value in answer.counterexample]
    return evaluate.root_values(a, leaves, 1) != evaluate.root_values(b, leaves, 1)


def confirmed(a: netc.Aig, b: netc.Aig, folder: Path) -> str:
    """What ABC's cec says of two graphs that netc finds equivalent."""
    netc.write(a, folder / "a.aig")
    netc.write(b, folder / "b.aig")
    said = abc("cec -n a.aig b.aig", cwd=folder, timeout=_ABC_SECONDS).out
    return "equivalent" if "are equivalent" in said else "NOT EQUIVALENT" if "NOT EQUIVALENT" in said else "undecided"


def hard_mutant(chosen: random.Random, aig: netc.Aig) -> tuple[str, netc.Aig] | None:
    """A mutant that random patterns do not tell from the circuit, if some hundred tries find one."""
    patterns = np.random.default_rng(chosen.getrandbits(32)).integers(0, 2**64, (aig.inputs, PATTERNS // 64), np.uint64)
    wanted = simulate_words(aig, patterns)
    for _ in range(_TRIES):
        what, other = mutant(chosen, aig)
        if np.array_equal(simulate_words(other, patterns), wanted):
            return f"hard {what}", other
    return None


def measured(circuits: dict[str, netc.Aig], mutants: int, hard: int, seed: int, folder: Path) -> dict[str, Any]:
    chosen = random.Random(seed)
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    open_: list[str] = []
    own, longest = 0.0, (0.0, "")
    names = list(circuits)
    optimized = {name: netc.optimize(aig, level=2).logic for name, aig in circuits.items()}
    number, left = 0, {False: mutants, True: hard}
    while left[False] or left[True]:
        is_hard = not left[False]
        name = names[number // 2 % len(names)]
        made = hard_mutant(chosen, circuits[name]) if is_hard else mutant(chosen, circuits[name])
        number += 1
        if made is None:
            continue
        left[is_hard] -= 1
        what, after = made
        before = circuits[name] if number % 2 else optimized[name]
        shown = f"{name}: {what}{'' if number % 2 else ' against -O2'}"
        started = time.process_time()
        answer = netc.check(before, after, match="order")
        spent = time.process_time() - started
        own, longest = own + spent, max(longest, (round(spent, 2), shown))
        counts[answer.verdict.value] += 1
        kinds.setdefault(what.split(" at ")[0], Counter())[answer.verdict.value] += 1
        if answer.verdict is Verdict.DIFFERENT:
            if not told_apart(before, after, answer):
                wrong.append(f"{shown}: the counterexample shows nothing")
        elif answer.verdict is Verdict.EQUIVALENT:
            by_abc = confirmed(before, after, folder)
            counts[f"equivalent, and ABC says {by_abc}"] += 1
            if by_abc == "NOT EQUIVALENT":
                wrong.append(f"{shown}: ABC's cec says that they differ")
        else:
            open_.append(shown)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number:,} mutants, {len(wrong)} wrong")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seed": seed,
        "circuits": len(circuits),
        "mutants": mutants,
        "hard_mutants": hard,
        "verdicts": dict(sorted(counts.items())),
        "by_change": {kind: dict(sorted(found.items())) for kind, found in sorted(kinds.items())},
        "wrong": wrong,
        "undecided": open_,
        "netc_cpu_seconds": round(own, 1),
        "netc_longest": {"cpu_seconds": longest[0], "mutant": longest[1]},
        "abc_cpu_seconds": round(children.ru_utime + children.ru_stime, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--hard", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    data = corpus_folder()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(corpus(data), asked.mutants, asked.hard, asked.seed, Path(folder))
    save("mutants", found)
    print(found["verdicts"], f"{len(found['wrong'])} wrong, {found['netc_cpu_seconds']} s of CPU")
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
