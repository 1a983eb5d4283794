"""The EPFL circuits at every level, beside ABC's scripts in the same run; every result of ours is proved by ABC's
cec too.

    NETC_DATA=… python benchmarks/epfl.py [CIRCUIT …]

ANDs, levels and CPU seconds of whole processes. Written to results/epfl.json.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import ABC, abc, abc_cec, geomean, netc, save

from netc import load

ABC_RC = Path(__file__).parent / "abc.rc"
SCRIPTS = {"resyn2": "resyn2", "dc2": "dc2", "compress2rs": "compress2rs"}


def by_abc(source: Path, target: Path, script: str) -> dict[str, Any] | None:
    """An ABC result counts only if its file is new and ABC's cec proves it."""
    target.unlink(missing_ok=True)
    usage = abc(f"source {ABC_RC}; read_aiger {source}; strash; {script}; write_aiger {target}")
    if not target.is_file():
        return None
    aig, verdict = load(target).logic, abc_cec(source, target)
    if verdict == "NOT EQUIVALENT":
        return None
    return {
        "ands": aig.num_ands,
        "levels": aig.depth,
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "abc_cec": verdict,
    }


def by_netc(source: Path, target: Path, level: int) -> dict[str, Any]:
    usage = netc("opt", source, f"-O{level}", "--json", "-o", target)
    if usage.code:
        sys.exit(usage.out)
    report = json.loads(usage.out[usage.out.index("{") :])
    return {
        "ands": report["after"]["ands"],
        "levels": report["after"]["levels"],
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "of_which_verify": round(report["verify_seconds"], 2),
        "verified": report["verified"],
        "abc_cec": abc_cec(source, target),
    }


def main() -> None:
    data = os.environ.get("NETC_DATA")
    if not data or ABC is None:
        sys.exit("this benchmark needs ABC, and NETC_DATA naming the corpus")
    folder = Path(data) / "aig" / "epfl"
    names = sys.argv[1:] or sorted(path.stem for path in folder.glob("*.aig"))
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            source = folder / f"{name}.aig"
            aig = load(source).logic
            row: dict[str, Any] = {"strash": {"ands": aig.num_ands, "levels": aig.depth}}
            for title, script in SCRIPTS.items():
                row[title] = by_abc(source, Path(scratch) / "abc.aig", script)
            for level in (1, 2, 3):
                row[f"-O{level}"] = by_netc(source, Path(scratch) / "netc.aig", level)
            rows[name] = row
            print(name, {title: found and found["ands"] for title, found in row.items()}, flush=True)
    titles = [*SCRIPTS, "-O1", "-O2", "-O3"]
    summary = {
        title: {
            "ands_geomean": geomean([row[title]["ands"] / row["strash"]["ands"] for row in rows.values()]),
            "levels_geomean": geomean([row[title]["levels"] / row["strash"]["levels"] for row in rows.values()]),
            "cpu_seconds": round(sum(row[title]["cpu_seconds"] for row in rows.values()), 1),
        }
        for title in titles
    }
    if len(names) == len(list(folder.glob("*.aig"))):
        save("epfl", {"summary": summary, "circuits": rows})
    for title, found in summary.items():
        print(title, found)


if __name__ == "__main__":
    main()
