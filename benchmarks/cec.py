"""Equivalence of circuits and what optimizers made of them: netc cec beside ABC's cec, &cec and &cec -x.

    NETC_DATA=… python benchmarks/cec.py [--keep DIR] [--result NAME …] [--again CHECKER …] [CIRCUIT …]

The circuits are those of EPFL and ISCAS'85; each is compared with our -O2 and -O3 results and with what four of ABC's
scripts make of it. --keep DIR keeps those results and takes them from there again. CPU seconds of whole processes, all
threads together; each may take 60. Our own results are given to netc alone. What results/cec.json has about the same
file is measured anew only with --again. ABC's newer solver (-x) is fast, but has called a circuit and its complement
equivalent, so it is a measure of speed and not an authority.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

from measure import ABC, NETC, RESULTS, abc, corpus, netc, run, save

from netc import load

ABC_RC = Path(__file__).parent / "abc.rc"
SECONDS = 60
SCRIPTS = {
    "compress2rs x3": "read_aiger {source}; strash; compress2rs; compress2rs; compress2rs",
    "mfs2": "read_aiger {source}; strash; dch; if -K 6 -a; mfs2 -a; strash; dc2",
    "&syn4": "&read {source}; &syn4; &put",
    "&deepsyn": "&read {source}; &deepsyn -T 20; &put",
}
OWN = ("-O2", "-O3")
ISCAS = ["C432", "C499", "C880", "C1355", "C1908", "C2670", "C3540", "C5315", "C6288", "C7552"]


def make(source: Path, target: Path, title: str) -> bool:
    """One optimizer's result; False if it has none after ten minutes."""
    if target.is_file():
        return True
    part = target.with_suffix(".part.aig")
    if title in OWN:
        netc("opt", source, title, "--verify=off", "-o", part, timeout=600)
    else:
        abc(f"source {ABC_RC}; {SCRIPTS[title].format(source=source)}; write_aiger {part}", timeout=600)
    if part.is_file():
        part.replace(target)
    return target.is_file()


def limited(command: Iterable[str]) -> tuple[str, float]:
    """What a command said within its CPU seconds, and how many it took."""
    usage = run(["sh", "-c", f'ulimit -t {SECONDS}; exec "$@"', "sh", *command])
    return usage.out, round(usage.cpu_seconds, 2)


def by_netc(source: Path, target: Path) -> dict[str, Any]:
    out, seconds = limited([*NETC, "cec", str(source), str(target), "--match=order", "--json"])
    verdict = json.loads(out)["verdict"] if out.startswith("{") else "undecided"
    return {"verdict": verdict, "cpu_seconds": seconds}


def by_abc(script: str) -> dict[str, Any]:
    assert ABC is not None
    out, seconds = limited([ABC, "-q", script])
    verdict = "equivalent" if "are equivalent" in out else "not equivalent" if "NOT EQUIVALENT" in out else "undecided"
    return {"verdict": verdict, "cpu_seconds": seconds}


CHECKERS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "netc cec": by_netc,
    "abc cec -n": lambda source, target: by_abc(f"cec -n {source} {target}"),
    "abc &cec": lambda source, target: by_abc(f"&read {source}; &cec {target}"),
    "abc &cec -x": lambda source, target: by_abc(f"&read {source}; &cec -x {target}"),
}
NETC_ALONE, *OF_ABC = CHECKERS


def start() -> float:
    """CPU seconds of `netc cec` on a circuit of no gates and itself: what every one of our figures contains."""
    with tempfile.TemporaryDirectory() as scratch:
        wire = Path(scratch) / "wire.aag"
        wire.write_text("aag 1 1 0 1 0\n2\n2\n")
        return median(float(by_netc(wire, wire)["cpu_seconds"]) for _ in range(5))


def pair(source: Path, target: Path, title: str, before: dict[str, Any], again: list[str]) -> dict[str, Any]:
    """The row of one result: what `before` has about the same file stays, but for the checkers named."""
    digest = hashlib.sha256(target.read_bytes()).hexdigest()[:16]
    if before.get("file") != digest:
        before = {}
    row = {"ands": load(target).logic.num_ands, "file": digest}
    for checker in [NETC_ALONE] if title in OWN else CHECKERS:
        known = checker in before and checker not in again
        row[checker] = before[checker] if known else CHECKERS[checker](source, target)
    return row


def proves(row: dict[str, Any], checker: str) -> bool:
    return bool(row[checker]["verdict"] == "equivalent")


def summary(circuits: dict[str, Any]) -> dict[str, Any]:
    """Over all pairs with foreign results: what each checker proved, and its CPU seconds on what ABC proved."""
    every = [found for row in circuits.values() for title, found in row["pairs"].items() if found and title not in OWN]
    rows = [row for row in every if all(checker in row for checker in CHECKERS)]
    some = [row for row in rows if any(proves(row, checker) for checker in OF_ABC)]
    best = [min(row[checker]["cpu_seconds"] for checker in OF_ABC if proves(row, checker)) for row in some]
    return {
        "pairs": len(rows),
        "proved_by_some_checker_of_abc": len(some),
        **{
            checker: {
                "proved": sum(proves(row, checker) for row in rows),
                "cpu_seconds": round(sum(row[checker]["cpu_seconds"] for row in rows), 1),
                "cpu_seconds_where_abc_proves": round(sum(row[checker]["cpu_seconds"] for row in some), 1),
            }
            for checker in CHECKERS
        },
        "best_of_abc_pair_by_pair_cpu_seconds": round(sum(best), 1),
        "own": {title: own(circuits, title) for title in OWN},
        "undecided": sorted(
            f"{name} {title}"
            for name, row in circuits.items()
            for title, found in row["pairs"].items()
            if found and found[NETC_ALONE]["verdict"] == "undecided"
        ),
    }


def own(circuits: dict[str, Any], title: str) -> dict[str, Any]:
    """How many of our own results there are, how many are proved, and the CPU seconds of the slowest and of all."""
    found = [row["pairs"][title]["netc cec"] for row in circuits.values() if row["pairs"].get(title)]
    seconds = [row["cpu_seconds"] for row in found]
    return {
        "results": len(found),
        "proved": sum(row["verdict"] == "equivalent" for row in found),
        "most_cpu_seconds": max(seconds, default=0.0),
        "cpu_seconds": round(sum(seconds), 1),
    }


def main() -> None:
    data = corpus()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--result", action="append", choices=[*OWN, *SCRIPTS], help="only these results")
    parser.add_argument("--again", action="append", choices=list(CHECKERS), default=[])
    parser.add_argument("circuits", nargs="*")
    options = parser.parse_args()
    sources = {path.stem: path for path in sorted((data / "aig" / "epfl").glob("*.aig"))}
    sources |= {name: data / "aig" / "lgsynth91" / f"{name}.aig" for name in ISCAS}
    file, started = RESULTS / "cec.json", start()
    circuits: dict[str, Any] = json.loads(file.read_text())["circuits"] if file.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.circuits or sources:
            row = circuits.get(name) or {"ands": load(sources[name]).logic.num_ands, "pairs": {}}
            for title in options.result or (*OWN, *SCRIPTS):
                word = "".join(letter for letter in title if letter.isalnum())
                target = folder / f"{name}.{word}.aig"
                made = make(sources[name], target, title)
                before = row["pairs"].get(title) or {}
                row["pairs"][title] = pair(sources[name], target, title, before, options.again) if made else None
            circuits[name] = row
            print(name, row, flush=True)
            found = {"netc_start_cpu_seconds": started, **summary(circuits)}
            save("cec", {"summary": found, "circuits": dict(sorted(circuits.items()))})
    print(summary(circuits))


if __name__ == "__main__":
    main()
