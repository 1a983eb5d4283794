"""Circuits with latches under `--sequential -O3`, beside ABC's signal correspondence and dc2 in the same run.

    NETC_DATA=… python benchmarks/sequential.py [CIRCUIT …]

Latches, ANDs and CPU seconds of whole processes. Written to results/sequential.json after every circuit, so that a run
for some circuits only adds to what is there. An ABC result counts only if its file is new and neither ABC's dsec nor,
where that is undecided, netc's sec refutes it. Of ours it is said what the run itself proved, and what netc's sec
(induction) and ABC's dsec say when they are given the two files.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import RESULTS, abc, corpus, geomean, netc, save

from netc import load, write

SCRIPTS = {  # each with a second correspondence on what the others made of the gates
    "scorr; dc2": "scorr; dc2; dc2; scorr; dc2",
    "scorr -F 4; dc2": "scleanup; scorr; scorr -F 2; scorr -F 4; dc2; dc2; scorr -F 4; dc2",
}
OTHERS = {  # by suite in the corpus; all of ISCAS'89 comes first
    "lgsynth91": ("bigkey", "clma", "clmb", "dsip"),
    "syntcomp": (
        *("amba/amba12c16y", "amba/amba16b50n", "driver/driver_a7n", "driver/driver_a7y", "genbuf/genbuf10f10n"),
        *("genbuf/genbuf40b14y", "huffman_encoder/interface-with-overflows-k10-liveness"),
        "moving_obstacle/moving_obstacle_128x128_60glitches",
    ),
}
ABC_SECONDS = 120
DSEC_SECONDS = 30


def sources(root: Path) -> dict[str, Path]:
    found = {path.stem: path for path in sorted((root / "iscas89").glob("*.aig"))}
    for suite, names in OTHERS.items():
        for name in names:
            (path,) = (root / suite).glob(f"{name}.a?g")
            found[path.stem] = path
    return found


def dsec(first: Path, second: Path) -> str:
    """What ABC's dsec says: "equivalent", "NOT EQUIVALENT" or "undecided"."""
    usage = abc(f"dsec -T {DSEC_SECONDS} {first} {second}", timeout=DSEC_SECONDS + 10)  # it does not keep to its -T
    if "are equivalent" in usage.out:
        return "equivalent"
    return "NOT EQUIVALENT" if "NOT EQUIVALENT" in usage.out else "undecided"


def sec(first: Path, second: Path) -> dict[str, Any]:
    usage = netc("sec", first, second, "--json", "--time-limit", "60", "-q")
    answer = json.loads(usage.out[usage.out.index("{") :])
    return {
        "verdict": answer["verdict"],
        "induction": answer["induction"],
        "cpu_seconds": round(usage.cpu_seconds, 2),
    }


def sizes(path: Path) -> dict[str, Any]:
    aig = load(path).logic
    return {"latches": aig.ports.latches, "ands": aig.num_ands, "levels": aig.depth}


def by_abc(source: Path, target: Path, script: str) -> dict[str, Any] | None:
    target.unlink(missing_ok=True)
    usage = abc(f"read_aiger {source}; strash; {script}; write_aiger -s {target}", timeout=ABC_SECONDS)
    if not target.is_file():
        return None
    verdict = dsec(source, target)
    if verdict == "undecided":
        verdict = f"{sec(source, target)['verdict']}, by netc's sec"
    if verdict.lower().startswith("not"):
        return None
    return {**sizes(target), "cpu_seconds": round(usage.cpu_seconds, 2), "verdict": verdict}


def by_netc(source: Path, target: Path) -> dict[str, Any]:
    usage = netc("opt", source, "-O3", "--sequential", "-j1", "--json", "-o", target)
    if usage.code:
        sys.exit(usage.out)
    report = json.loads(usage.out[usage.out.index("{") :])
    return {
        **sizes(target),
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "of_which_verify": round(report["verify_seconds"], 2),
        "verified": report["verified"],
        "sec": sec(source, target),
        "dsec": dsec(source, target),
    }


def measured(source: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        binary, made = Path(scratch) / f"{source.stem}.aig", Path(scratch) / "made.aig"
        write(load(source), binary)  # this ABC reads no ASCII AIGER
        row: dict[str, Any] = {"before": sizes(binary)}
        for title, script in SCRIPTS.items():
            row[title] = by_abc(binary, made, script)
        row["--sequential -O3"] = by_netc(binary, made)
    return row


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Against each of ABC's scripts, on the circuits that it has a result for."""
    found: dict[str, Any] = {}
    for title in SCRIPTS:
        pairs = [(row["--sequential -O3"], row[title]) for row in rows.values() if row.get(title)]
        if not pairs:
            continue
        with_gates = [(ours, theirs) for ours, theirs in pairs if ours["ands"] and theirs["ands"]]
        found[f"against {title}"] = {
            "circuits": len(pairs),
            "latches": {"ours": sum(ours["latches"] for ours, _ in pairs), "ABC": sum(t["latches"] for _, t in pairs)},
            "with fewer latches": sum(ours["latches"] < theirs["latches"] for ours, theirs in pairs),
            "with more latches": sum(ours["latches"] > theirs["latches"] for ours, theirs in pairs),
            "ands_geomean": geomean([ours["ands"] / theirs["ands"] for ours, theirs in with_gates]),
            "with no ANDs on a side": len(pairs) - len(with_gates),
            "with more ANDs": sum(ours["ands"] > theirs["ands"] for ours, theirs in pairs),
            "cpu_seconds": {
                "ours": round(sum(ours["cpu_seconds"] for ours, _ in pairs), 1),
                "ABC": round(sum(theirs["cpu_seconds"] for _, theirs in pairs), 1),
            },
        }
    ours = [row["--sequential -O3"] for row in rows.values()]
    found["proved"] = {
        "circuits": len(ours),
        "by the run": sum(one["verified"] == "proved" for one in ours),
        "by netc's sec": sum(one["sec"]["verdict"] == "equivalent" for one in ours),
        "by ABC's dsec": sum(one["dsec"] == "equivalent" for one in ours),
    }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("circuits", nargs="*")
    options = parser.parse_args()
    data = corpus()
    paths = sources(data / "aig")
    kept = RESULTS / "sequential.json"
    rows = json.loads(kept.read_text())["circuits"] if kept.is_file() else {}
    for name in options.circuits or paths:
        rows[name] = measured(paths[name])
        shown = {title: found and (found["latches"], found["ands"]) for title, found in rows[name].items()}
        print(name, shown, rows[name]["--sequential -O3"]["cpu_seconds"], flush=True)
        rows = {known: rows[known] for known in paths if known in rows}
        save("sequential", {"summary": summary(rows), "circuits": rows})


if __name__ == "__main__":
    main()
