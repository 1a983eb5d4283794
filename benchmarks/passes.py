"""Each pass alone on the EPFL circuits: ANDs left and CPU seconds; every result is proved by netc, and by ABC's cec.

    NETC_DATA=… python benchmarks/passes.py [PASS …] [--only CIRCUIT …]

A pass is pipeline text, such as `resub{levels=2}`, or a command of ABC, such as `abc: rewrite`; what is measured runs
after `dce; strash; dce`. With none named, all of PASSES and ABC_COMMANDS run; what the file holds of others
stays. CPU seconds are those of the pass itself, for ABC those of its process. Written to results/passes.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import RESULTS, abc, abc_cec, corpus, environment, geomean, save

from netc import Aig, Context, Model, load, registry
from netc.cec import Verdict, prove
from netc.files import write_chunks
from netc.manager import optimize_with

CLEAN = "dce; strash; dce"
PASSES = (
    "sweep{conflicts=30}",
    "rewrite",
    "rewrite{inputs=5}",
    "rewrite{inputs=5,cuts=24}",
    "resub{gates=1}",
    "resub",
    "resub{levels=2}",
    "resub{leaves=10,gates=3,levels=3}",
    "simresub",
    "exact",
    "adders",
)
ABC_COMMANDS = ("rewrite", "resub -K 8", "resub -K 8 -N 2", "refactor")
OF_ABC = "abc: "
PROOF_WORK = 400_000_000
ABC_SECONDS = 10


def run_pass(text: str, aig: Aig) -> tuple[Model, float]:
    """The result, and the CPU seconds that the pass took."""
    before = time.process_time()
    model = optimize_with(Model(aig), text, verify="off").model
    return model, time.process_time() - before


def by_netc(text: str, aig: Aig, source: Path, target: Path) -> dict[str, Any]:
    model, seconds = run_pass(text, aig)
    verdict = prove(aig, model.logic, Context(PROOF_WORK)).verdict
    if verdict is Verdict.DIFFERENT:
        sys.exit(f"{text} changed {source}")
    aiger = registry.find("backend", registry.BACKENDS, "aiger")
    write_chunks(target, aiger().emit(model))
    return {
        "ands": model.logic.num_ands,
        "cpu_seconds": round(seconds, 2),
        "proved": verdict is Verdict.EQUIVALENT,
        "abc_cec": abc_cec(source, target, ABC_SECONDS),
    }


def by_abc(command: str, source: Path, target: Path) -> dict[str, Any] | None:
    target.unlink(missing_ok=True)
    usage = abc(f"read_aiger {source}; strash; {command}; write_aiger {target}")
    if not target.is_file() or abc_cec(source, target, ABC_SECONDS) == "NOT EQUIVALENT":
        return None
    return {"ands": load(target).logic.num_ands, "cpu_seconds": round(usage.cpu_seconds, 2)}


def summary(rows: dict[str, Any], clean: dict[str, int]) -> dict[str, Any]:
    found = {name: row for name, row in rows.items() if row is not None}
    return {
        "circuits": len(found),
        "ands_geomean": geomean([row["ands"] / clean[name] for name, row in found.items()]),
        "cpu_seconds": round(sum(row["cpu_seconds"] for row in found.values()), 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("passes", nargs="*", help="pipeline text; all of PASSES and ABC's commands if there is none")
    options.add_argument("--only", nargs="+", metavar="CIRCUIT")
    given = options.parse_args()
    data = corpus()
    folder = data / "aig" / "epfl"
    names = given.only or sorted(path.stem for path in folder.glob("*.aig"))
    jobs = given.passes or [*PASSES, *(f"{OF_ABC}{command}" for command in ABC_COMMANDS)]
    found: dict[str, dict[str, Any]] = {text: {} for text in jobs}
    clean: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            source, target = folder / f"{name}.aig", Path(scratch) / "result.aig"
            aig = run_pass(CLEAN, load(source).logic)[0].logic
            clean[name] = aig.num_ands
            for text in jobs:
                of_abc = text.startswith(OF_ABC)
                row = by_abc(text[len(OF_ABC) :], source, target) if of_abc else by_netc(text, aig, source, target)
                found[text][name] = row
                print(f"{name:12} {aig.num_ands:8} {text:36} {row}", flush=True)
    results = {text: {**summary(rows, clean), "rows": rows} for text, rows in found.items()}
    for text, result in results.items():
        print(f"{text:40} {result['ands_geomean']} {result['cpu_seconds']}")
    if not given.only:
        kept = RESULTS / "passes.json"
        before = json.loads(kept.read_text())["passes"] if kept.is_file() else {}
        for result in results.values():
            result["environment"] = environment()
        save("passes", {"after": CLEAN, "clean": clean, "passes": {**before, **results}})


if __name__ == "__main__":
    main()
