"""The EPFL circuits and ten others at every level, beside ABC's scripts in the same run; every result of ours goes
through ABC's cec and netc's too.

    NETC_DATA=… python benchmarks/epfl.py [--deepsyn] [--deep SECONDS] [--ours] [--jobs N] [CIRCUIT …]

ANDs, levels and CPU seconds of whole processes. Written to results/epfl.json after every circuit, so that a run that
was stopped, or one for some circuits only, adds to what is there. An ABC result counts only if its file is new and
ABC's cec does not refute it; commands that this ABC lacks are null. Beside them stand recorded figures (recorded.json):
the fewest ANDs of all flows tried with ABC's newest source.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from measure import RESULTS, abc, abc_cec, corpus, geomean, netc, save

from netc import load

HERE = Path(__file__).parent
SCRIPTS = {
    "resyn2": "resyn2",
    "dc2": "dc2",
    "compress2rs": "compress2rs",
}
DEEPSYN = {"&deepsyn -T 10": "&get -n; &deepsyn -T 10; &put"}  # its limit is wall time: only on an idle machine
SLOW = {"hyp": ("&deepsyn -T 10",)}  # does not finish one iteration
OTHERS = {  # by suite in the corpus
    "lgsynth91": ("C3540", "C5315", "C6288", "C7552", "des", "dalu", "alu4", "clma"),
    "iscas89": ("s38417", "s13207"),
}
LEVELS = (1, 2, 3)
ABC_SECONDS = 600


def by_abc(source: Path, target: Path, script: str) -> dict[str, Any] | None:
    """An ABC result counts only if its file is new and ABC's cec does not refute it."""
    target.unlink(missing_ok=True)
    usage = abc(
        f"source {HERE / 'abc.rc'}; read_aiger {source}; strash; {script}; write_aiger {target}", timeout=ABC_SECONDS
    )
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


def by_netc(source: Path, target: Path, *options: str) -> dict[str, Any]:
    usage = netc("opt", source, *options, "--json", "-o", target)
    if usage.code not in (0, 3):  # 3: a time limit ended it, with a result
        sys.exit(usage.out)
    report = json.loads(usage.out[usage.out.index("{") :])
    return {
        "ands": report["after"]["ands"],
        "levels": report["after"]["levels"],
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "of_which_verify": round(report["verify_seconds"], 2),
        "peak_mb": round(usage.peak_mb),
        "verified": report["verified"],
        "abc_cec": abc_cec(source, target),
        "netc_cec": netc_cec(source, target),
    }


def netc_cec(first: Path, second: Path) -> dict[str, Any]:
    """What `netc cec`, which knows nothing of how the second came about, says and takes."""
    usage = netc("cec", first, second, "--match=order", "--json", "-j1")
    return {"verdict": json.loads(usage.out)["verdict"], "cpu_seconds": round(usage.cpu_seconds, 2)}


def measured(source: Path, scripts: dict[str, str], deep: int, known: dict[str, Any] | None = None) -> dict[str, Any]:
    aig = load(source).logic
    row: dict[str, Any] = {**(known or {}), "strash": {"ands": aig.num_ands, "levels": aig.depth}}
    with tempfile.TemporaryDirectory() as scratch:
        for title, script in scripts.items():
            skipped = title in SLOW.get(source.stem, ())
            row[title] = None if skipped else by_abc(source, Path(scratch) / "abc.aig", script)
        for level in LEVELS:
            row[f"-O{level}"] = by_netc(source, Path(scratch) / "netc.aig", f"-O{level}", "-j1")
        if deep:
            options = ("-O3", "--effort", "deep", "--time-limit", str(deep), "-j1")
            row["deep"] = by_netc(source, Path(scratch) / "netc.aig", *options)
    return row


def of_suite(rows: dict[str, dict[str, Any]], recorded: dict[str, int]) -> dict[str, Any]:
    """Geometric means against hashing, of the circuits that a method has a result for, and their number."""
    found: dict[str, Any] = {}
    for title in [*SCRIPTS, *DEEPSYN, *(f"-O{level}" for level in LEVELS), "deep"]:
        there = [row for row in rows.values() if row.get(title)]
        if not there:
            continue
        found[title] = {
            "circuits": len(there),
            "ands_geomean": geomean([row[title]["ands"] / row["strash"]["ands"] for row in there]),
            "levels_geomean": geomean([row[title]["levels"] / row["strash"]["levels"] for row in there]),
            "cpu_seconds": round(sum(row[title]["cpu_seconds"] for row in there), 1),
        }
        if title.startswith("-O"):
            found[title]["of_which_verify"] = round(sum(row[title]["of_which_verify"] for row in there), 1)
            found[title]["proved"] = sum(row[title]["verified"] == "proved" for row in there)
            cecs = [row[title]["netc_cec"] for row in there if "netc_cec" in row[title]]
            found[title]["proved_by_netc_cec"] = sum(cec["verdict"] == "equivalent" for cec in cecs)
            found[title]["most_cpu_seconds_of_netc_cec"] = max((cec["cpu_seconds"] for cec in cecs), default=0.0)
    known = {name: row for name, row in rows.items() if name in recorded}
    if known:
        found["recorded: best of ABC's newest source"] = {
            "circuits": len(known),
            "ands_geomean": geomean([recorded[name] / row["strash"]["ands"] for name, row in known.items()]),
        }
    return found


def summary(rows: dict[str, dict[str, Any]], recorded: dict[str, int]) -> dict[str, Any]:
    others = {name for names in OTHERS.values() for name in names}
    epfl = {name: row for name, row in rows.items() if name not in others}
    without = {name: row for name, row in epfl.items() if name not in ("arbiter", "mem_ctrl")}
    return {
        "EPFL": of_suite(epfl, recorded),
        "EPFL without arbiter and mem_ctrl": of_suite(without, recorded),
        "others": of_suite({name: row for name, row in rows.items() if name in others}, recorded),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--deepsyn", action="store_true", help="also ABC's &deepsyn, ten seconds a circuit")
    parser.add_argument("--deep", type=int, default=0, metavar="SECONDS", help="also --effort deep for so long")
    parser.add_argument("--ours", action="store_true", help="only our levels; what is known of ABC's scripts stays")
    parser.add_argument("--jobs", type=int, default=1, help="circuits side by side")
    options = parser.parse_args()
    data = corpus()
    root = data / "aig"
    sources = {path.stem: path for path in sorted((root / "epfl").glob("*.aig"))}
    sources |= {name: root / suite / f"{name}.aig" for suite, names in OTHERS.items() for name in names}
    recorded = json.loads((HERE / "recorded.json").read_text())["ands"]
    kept = RESULTS / "epfl.json"
    rows = json.loads(kept.read_text())["circuits"] if kept.is_file() else {}
    rows = {name: rows[name] for name in sources if name in rows}
    with ThreadPoolExecutor(options.jobs) as pool:
        scripts = {} if options.ours else SCRIPTS | DEEPSYN if options.deepsyn else SCRIPTS
        jobs = {
            pool.submit(measured, sources[name], scripts, options.deep, rows.get(name) if options.ours else None): name
            for name in options.circuits or sources
        }
        for job in as_completed(jobs):
            name = jobs[job]
            rows[name] = job.result()
            print(name, {title: found and found["ands"] for title, found in rows[name].items()}, flush=True)
            rows = {name: rows[name] for name in sources if name in rows}
            save("epfl", {"summary": summary(rows, recorded), "circuits": rows})
    for suite, found in summary(rows, recorded).items():
        for title, means in found.items():
            print(suite, title, means)


if __name__ == "__main__":
    main()
