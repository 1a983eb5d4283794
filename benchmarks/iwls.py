"""The IWLS 2024 contest: 100 functions of up to 16 inputs, from the worst circuit that a team handed in.

    NETC_DATA=… python benchmarks/iwls.py [--budget WORK] [--pipeline TEXT] [--cec] [CIRCUIT …]
    NETC_DATA=… python benchmarks/iwls.py --deepsyn [CIRCUIT …]

For each circuit the ANDs it starts with, those left, the fewest that any team had (best.csv of the corpus), and CPU
seconds of the whole process. Every result is compared here with its input on all 2^n patterns, which proves it; with
--cec, ABC's cec is asked as well. --deepsyn measures ABC's `&deepsyn -T 60` instead, whose limit is wall time: only
where a core is idle. Written to results/iwls.json, row by row, so that a run can be cut; a run of some circuits adds
to what is there. Every row says what made it: "usual" is the pipeline that the file gives once.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import RESULTS, abc, abc_cec, netc, save

from netc import Aig, load
from netc.levels import level_text

# From the functions and, where the circuit is not much too large, from what -O3 makes of it; small ones then climb on
# through others that are a little larger, and all walk for as long as that gains.
FROM_FUNCTIONS = "collapse{orders=4,rounds=3}; walk{leaves=16,rounds=1000,patience=100}"
TIDY = "resub; refactor; rewrite{zero=true}; resub; walk{leaves=16,rounds=10}"
TURNS = (
    f"relut{{rounds=1,grow=30,choices=false,dontcares=false}}; {TIDY}",
    f"relut{{rounds=1,dontcares=false,grow=5}}; {TIDY}",
    "rewrite{cuts=24,zero=true}; refactor{zero=true}; walk{leaves=16,rounds=10}",
    f"mfs{{grow=30,work=3000000}}; {TIDY}",
    "relut{rounds=3,grow=5}; resub; "
    "transduction{pairs=true,wander=true,window=300,tries=3,rounds=20,work=3000000}; rewrite{zero=true}; resub; dce",
)
WALK = "walk{leaves=16,rounds=100000,patience=1000}"
PIPELINE = (
    f"best(limit{{work=20000000}}({FROM_FUNCTIONS}) | small{{nodes=2000}}(limit{{work=50000000}}({level_text(3)}))); "
    f"limit{{work=50000000}}(small{{nodes=500}}(climb{{n=100000,stale=2000,slack=2}}({' | '.join(TURNS)}))); " + WALK
)
USUAL = "usual"
BUDGET = 150_000_000  # units of work: about sixty CPU seconds, which are allowed; of the slowest three 100 million are
CEC_SECONDS = 20
DEEPSYN = "&deepsyn -T 60"


def roots(aig: Aig) -> list[npt.NDArray[np.uint8]]:
    """Every root's value under all patterns, eight to a byte."""
    inputs = aig.ports.inputs
    rows = np.arange(1 << inputs)
    values = [np.packbits(np.zeros(len(rows), bool))]
    values += [np.packbits((rows >> index & 1).astype(bool)) for index in range(inputs)]

    def value(lit: int) -> npt.NDArray[np.uint8]:
        return ~values[lit >> 1] if lit & 1 else values[lit >> 1]

    for a, b in aig.ands.tolist():
        values.append(value(a) & value(b))
    return [value(lit) for lit in aig.roots.tolist()]


def compared(source: Path, target: Path) -> tuple[Aig, Aig]:
    """Both circuits, if they are equal under all patterns; ends the program otherwise."""
    before, after = load(source).logic, load(target).logic
    if not all(np.array_equal(a, b) for a, b in zip(roots(before), roots(after), strict=True)):
        sys.exit(f"{source.name}: not equivalent")
    return before, after


def by_deepsyn(source: Path, scratch: Path) -> dict[str, Any]:
    target = scratch / source.name
    target.unlink(missing_ok=True)
    usage = abc(f"&r {source}; &st; {DEEPSYN}; &w {target}", timeout=600)
    if not target.is_file():
        sys.exit(usage.out)
    _, after = compared(source, target)
    return {"ands": after.num_ands, "levels": after.depth, "cpu_seconds": round(usage.cpu_seconds, 2)}


def measured(source: Path, pipeline: str, budget: int, scratch: Path, cec: bool) -> dict[str, Any]:
    target = scratch / source.name
    usage = netc("opt", source, "-p", pipeline, "--budget", str(budget), "--verify=sim", "-o", target)
    if usage.code not in (0, 3):  # 3: the budget was spent
        sys.exit(usage.out)
    before, after = compared(source, target)
    return {
        "start": before.num_ands,
        "ands": after.num_ands,
        "levels": after.depth,
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "all_patterns": "equal",
        "pipeline": USUAL if pipeline == PIPELINE else pipeline,
        "budget": budget,
    } | ({"abc_cec": abc_cec(source, target, CEC_SECONDS)} if cec else {})


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    pairs = [(row["ands"], row[DEEPSYN]) for row in rows.values() if DEEPSYN in row and "ands" in row]
    rows = {name: row for name, row in rows.items() if "ands" in row}
    beside = {
        "circuits": len(pairs),
        "ands": sum(theirs["ands"] for _, theirs in pairs),
        "ours": sum(ours for ours, _ in pairs),
        "ours_smaller": sum(ours < theirs["ands"] for ours, theirs in pairs),
        "ours_larger": sum(ours > theirs["ands"] for ours, theirs in pairs),
        "cpu_seconds": round(sum(theirs["cpu_seconds"] for _, theirs in pairs), 1),
    }
    return {
        "circuits": len(rows),
        "by the usual pipeline": sum(row["pipeline"] == USUAL for row in rows.values()),
        "start": sum(row["start"] for row in rows.values()),
        "ands": sum(row["ands"] for row in rows.values()),
        "best_known": sum(row["best_known"] for row in rows.values()),
        "matched": sum(row["ands"] == row["best_known"] for row in rows.values()),
        "beaten": sum(row["ands"] < row["best_known"] for row in rows.values()),
        "cpu_seconds": round(sum(row["cpu_seconds"] for row in rows.values()), 1),
        "most_cpu_seconds": max((row["cpu_seconds"] for row in rows.values()), default=0),
        DEEPSYN: beside,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--pipeline", default=PIPELINE)
    parser.add_argument("--cec", action="store_true")
    parser.add_argument("--deepsyn", action="store_true")
    options = parser.parse_args()
    folder = Path(os.environ["NETC_DATA"]) / "aig" / "iwls2024"
    with (folder / "best.csv").open() as lines:
        best = {row["circuit"]: int(row["best_ands"]) for row in csv.DictReader(lines)}
    kept = RESULTS / "iwls.json"
    rows: dict[str, dict[str, Any]] = json.loads(kept.read_text())["rows"] if kept.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.circuits or sorted(best):
            source = folder / "worst_aig" / f"{name}.aig"
            row = rows.setdefault(name, {"best_known": best[name]})
            if options.deepsyn:
                row[DEEPSYN] = by_deepsyn(source, Path(scratch))
            else:
                row |= measured(source, options.pipeline, options.budget, Path(scratch), options.cec)
            print(json.dumps({name: rows[name]}), flush=True)
            rows = {known: rows[known] for known in sorted(rows)}
            save("iwls", {"summary": summary(rows), USUAL: PIPELINE, "rows": rows})
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
