"""LUT-6 mapping beside ABC's `if -K 6 -a` on identical graphs: the EPFL circuits as they are, and after -O3.

    NETC_DATA=… python benchmarks/mapping.py [CIRCUIT …]

Both mappers read the same AIGER file. LUTs, levels and CPU seconds of whole processes; every netlist of ours is proved
equal to that file by ABC's cec. Written to results/mapping.json.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import ABC, abc, abc_cec, geomean, netc, save

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


def main() -> None:
    data = os.environ.get("NETC_DATA")
    if not data or ABC is None:
        sys.exit("this benchmark needs ABC, and NETC_DATA naming the corpus")
    folder = Path(data) / "aig" / "epfl"
    names = sys.argv[1:] or sorted(path.stem for path in folder.glob("*.aig"))
    found: dict[str, dict[str, dict[str, Any]]] = {"as_given": {}, "after_O3": {}}
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        for name in names:
            source, small = folder / f"{name}.aig", scratch / "small.aig"
            usage = netc("opt", source, "-O3", "-q", "-o", small)
            if usage.code:
                sys.exit(usage.out)
            for title, graph in (("as_given", source), ("after_O3", small)):
                found[title][name] = {"abc": by_abc(graph), "netc": by_netc(graph, scratch)}
                print(title, name, found[title][name], flush=True)
    result = {title: {"summary": summary(rows), "circuits": rows} for title, rows in found.items()}
    if not sys.argv[1:]:
        save("mapping", result)
    for title, part in result.items():
        print(title, json.dumps(part["summary"]))


if __name__ == "__main__":
    main()
