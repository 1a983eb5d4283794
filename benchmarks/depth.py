"""Few levels: `--goal depth` and `--goal balanced` beside ABC's and mockturtle's ways to shallow circuits, on EPFL.

    NETC_DATA=… python benchmarks/depth.py [--level 2|3] [CIRCUIT …]

Levels, ANDs and CPU seconds (of whole processes; of mockturtle, through aigverse, of the call). A method is on the
front of a circuit if no other has at most as many levels and at most as many ANDs, and less of one. Results of ours are
proved by netc and checked by ABC's cec. Written to results/depth.json circuit by circuit: a run of some circuits, or of
one --level only, adds to what is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import RESULTS, abc, abc_cec, corpus, geomean, netc, run, save

from netc import load

ABC_RC = Path(__file__).parent / "abc.rc"
ABC_SCRIPTS = {
    "abc resyn2": "resyn2",
    "abc &syn4": "&get -n; &syn4; &put",
    "abc if -g": "if -g -K 6 -C 8; strash",
    "abc if -g, three times": "if -g -K 6 -C 8; strash; if -g -K 6 -C 8; strash; if -g -K 6 -C 8; strash",
}
OURS = {f"netc -O{level} --goal {goal}": (level, goal) for level in (2, 3) for goal in ("depth", "balanced")}
AIGVERSE = """
import sys, time
import aigverse
from aigverse import io, algorithms
aig = io.read_aiger_into_aig(sys.argv[1])
started = time.process_time()
balanced = algorithms.balancing(aig, rebalance_function="sop")
print(time.process_time() - started)
io.write_aiger(balanced, sys.argv[2])
"""
HEAVY = {"hyp", "div", "log2", "multiplier", "sqrt", "square", "mem_ctrl"}  # left out unless named
SECONDS = 600


def sizes(target: Path) -> dict[str, Any]:
    aig = load(target).logic
    return {"levels": aig.depth, "ands": aig.num_ands}


def front(row: dict[str, Any]) -> list[str]:
    """The methods that no other is better than."""
    there = {title: found for title, found in row.items() if found and title != "front"}
    return [
        title
        for title, mine in there.items()
        if not any(
            other["levels"] <= mine["levels"]
            and other["ands"] <= mine["ands"]
            and (other["levels"], other["ands"]) != (mine["levels"], mine["ands"])
            for other in there.values()
        )
    ]


def measured(source: Path, target: Path, levels: tuple[int, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"strash": sizes(source)}
    for title, script in ABC_SCRIPTS.items():
        target.unlink(missing_ok=True)
        usage = abc(f"source {ABC_RC}; read_aiger {source}; strash; {script}; write_aiger {target}", timeout=SECONDS)
        row[title] = {**sizes(target), "cpu_seconds": round(usage.cpu_seconds, 2)} if target.is_file() else None
    target.unlink(missing_ok=True)
    usage = run([sys.executable, "-c", AIGVERSE, str(source), str(target)], timeout=SECONDS)
    if target.is_file():
        row["aigverse balancing(sop)"] = {**sizes(target), "cpu_seconds": round(float(usage.out.split()[-1]), 2)}
    else:
        row["aigverse balancing(sop)"] = None
    for title, (level, goal) in OURS.items():
        if level not in levels:
            continue
        usage = netc("opt", source, f"-O{level}", "--goal", goal, "--json", "-j1", "-o", target)
        if usage.code:
            sys.exit(usage.out)
        report = json.loads(usage.out[usage.out.index("{") :])
        row[title] = {
            **sizes(target),
            "cpu_seconds": round(usage.cpu_seconds, 2),
            "verified": report["verified"],
            "abc_cec": abc_cec(source, target),
        }
    return row


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    means: dict[str, Any] = {}
    for title in [*ABC_SCRIPTS, "aigverse balancing(sop)", *OURS]:
        there = [row for row in rows.values() if row.get(title)]
        if there:
            means[title] = {
                "circuits": len(there),
                "levels_geomean": geomean([row[title]["levels"] / row["strash"]["levels"] for row in there]),
                "ands_geomean": geomean([row[title]["ands"] / row["strash"]["ands"] for row in there]),
                "on_the_front": sum(title in row["front"] for row in there),
                "cpu_seconds": round(sum(row[title]["cpu_seconds"] for row in there), 1),
            }
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--level", type=int, choices=(2, 3), action="append")
    options = parser.parse_args()
    data = corpus()
    folder = data / "aig" / "epfl"
    names = sorted(path.stem for path in folder.glob("*.aig"))
    kept = RESULTS / "depth.json"
    rows: dict[str, dict[str, Any]] = json.loads(kept.read_text())["circuits"] if kept.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.circuits or (name for name in names if name not in HEAVY):
            row = measured(folder / f"{name}.aig", Path(scratch) / "out.aig", tuple(options.level or (2, 3)))
            rows[name] = rows.get(name, {}) | row
            rows[name] = rows[name] | {"front": front(rows[name])}
            print(name, json.dumps(rows[name]), flush=True)
            rows = {known: rows[known] for known in names if known in rows}
            save("depth", {"summary": summary(rows), "circuits": rows})
    for title, found in summary(rows).items():
        print(title, found)


if __name__ == "__main__":
    main()
