"""LUT-6 mapping beside ABC's `if -K 6 -a` on identical graphs: the EPFL circuits as they are, and optimized.

    NETC_DATA=… python benchmarks/mapping.py [--level 2] [--small FOLDER] [CIRCUIT …]

Both mappers read the same AIGER file. LUTs, levels and CPU seconds of whole processes; every netlist of ours is proved
equal to that file by ABC's cec. Graphs are optimized here by -O2, or by --level 3, which takes minutes; --small names a
folder where they are looked for first, as CIRCUIT.aig, and kept. Written to results/mapping.json, circuit by circuit: a
run of some circuits adds to what is there, the other graphs of a level stay.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import RESULTS, abc, abc_cec, corpus, geomean, netc, save

from netc import load
from netc.mapping import map_luts

K = 6


def by_abc(source: Path) -> dict[str, Any] | None:
    usage = abc(f"read_aiger {source}; strash; if -K {K} -a; print_stats", timeout=600)
    found = re.search(r"nd =\s*(\d+).*lev =\s*(\d+)", usage.out)
    if not found:
        return None
    return {"luts": int(found[1]), "levels": int(found[2]), "cpu_seconds": round(usage.cpu_seconds, 2)}


def by_netc(source: Path, scratch: Path) -> dict[str, Any]:
    mapped = map_luts(load(source).logic, K)
    target = scratch / "mapped.blif"
    usage = netc("blif", source, "-K", str(K), "-q", "--out", target)
    if usage.code:
        sys.exit(usage.out)
    return {
        "luts": mapped.num_luts,
        "levels": mapped.depth,
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "abc_cec": abc_cec(source, target),
    }


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    both = [row for row in rows.values() if row["abc"] is not None]
    return {
        "circuits": len(both),
        "luts_against_abc": geomean([row["netc"]["luts"] / row["abc"]["luts"] for row in both]),
        "levels_against_abc": geomean([row["netc"]["levels"] / max(1, row["abc"]["levels"]) for row in both]),
        "deeper_than_abc": [
            name for name, row in rows.items() if row["abc"] and row["netc"]["levels"] > row["abc"]["levels"]
        ],
        "cpu_seconds": {who: round(sum(row[who]["cpu_seconds"] for row in both), 1) for who in ("abc", "netc")},
    }


def optimized(source: Path, target: Path, level: int) -> Path:
    """The circuit after -O`level`, made unless it is there."""
    if not target.is_file():
        usage = netc("opt", source, f"-O{level}", "-q", "-j1", "-o", target)
        if usage.code:
            sys.exit(usage.out)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--level", type=int, choices=(1, 2, 3), default=2)
    parser.add_argument("--small", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    data = corpus()
    folder = data / "aig" / "epfl"
    names = sorted(path.stem for path in folder.glob("*.aig"))
    after = f"after -O{options.level}"
    kept = RESULTS / "mapping.json"
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    found.pop("environment", None)
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        small = options.small or scratch
        for name in options.circuits or names:
            source = folder / f"{name}.aig"
            graphs = {"as given": source, after: optimized(source, small / f"{name}.aig", options.level)}
            for title, graph in graphs.items():
                rows = found.get(title, {}).get("circuits", {})
                rows[name] = {"abc": by_abc(graph), "netc": by_netc(graph, scratch)}
                print(title, name, rows[name], flush=True)
                rows = {known: rows[known] for known in names if known in rows}
                found[title] = {"summary": summary(rows), "circuits": rows}
            save("mapping", found)
    for title, part in found.items():
        print(title, json.dumps(part["summary"]))


if __name__ == "__main__":
    main()
