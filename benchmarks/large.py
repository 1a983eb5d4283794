"""Ten million ANDs and more: reading, hashing and writing beside ABC; -O2 beside `&dc2`, and what each pass takes of
memory and time; printing C, Verilog and BLIF; a hundred million ANDs.

    python benchmarks/large.py [--part hash|O2|passes|print] [--huge] [--scratch DIR]

Whole processes, by the operating system's accounting; ABC and netc alternate. `--huge` adds the 100-million-AND
line, which needs about 10 GB of memory to make its input and 2 GB of disk, and `&dc2` on ten million ANDs. `--part`
runs one part. Written to results/large.json, where other parts keep what they were.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure import RESULTS, Usage, abc, netc, run, save

ROUNDS = 3
GENERATE = Path(__file__).parent / "generate.py"


def middle(runs: list[Usage]) -> dict[str, float]:
    """Medians of CPU seconds, wall seconds and peak MB."""
    return {
        name: round(statistics.median(getattr(usage, name) for usage in runs), 3)
        for name in ("cpu_seconds", "wall_seconds", "peak_mb")
    }


def by_python(code: str, *args: str | Path) -> str:
    """What a Python process of its own prints."""
    usage = run([sys.executable, "-c", code, *map(str, args)])
    if usage.code:
        sys.exit(usage.out)
    return usage.out.strip()


def generated(path: Path, width: int) -> int:
    """Write a circuit of random layers and return its ANDs."""
    usage = run([sys.executable, str(GENERATE), str(width), str(path)])
    if usage.code:
        sys.exit(usage.out)
    return ands_in(path)


def ands_in(path: Path) -> int:
    """By the header of a binary AIGER file."""
    with path.open("rb") as file:
        return int(file.readline().split()[5])


def beside_abc(folder: Path) -> dict[str, Any]:
    """Read, hash, write: 10.5 million ANDs as written."""
    source = folder / "large.aig"
    written = generated(source, 2_000_000)
    ours: list[Usage] = []
    proved: list[Usage] = []
    theirs: list[Usage] = []
    for _ in range(ROUNDS):
        ours.append(netc("opt", source, "-O1", "--verify", "off", "-q", "-o", folder / "ours.aig"))
        theirs.append(abc(f"&r {source}; &st; &w {folder / 'theirs.aig'}"))
        proved.append(netc("opt", source, "-O1", "-q", "-o", folder / "proved.aig"))
    sizes = [ands_in(folder / name) for name in ("ours.aig", "theirs.aig")]
    if sizes[0] != sizes[1] or any(usage.code for usage in ours + proved):
        sys.exit(f"the results do not agree: {sizes}")
    mine, abc_runs = middle(ours), middle(theirs)
    return {
        "ands_as_written": written,
        "ands_after": sizes[0],
        "netc -O1 --verify=off": mine,
        "netc -O1, proved": middle(proved),
        "abc &r; &st; &w": abc_runs,
        "speed, times abc's (CPU)": round(abc_runs["cpu_seconds"] / mine["cpu_seconds"], 2),
        "memory, times abc's": round(mine["peak_mb"] / abc_runs["peak_mb"], 2),
    }


def printing(folder: Path) -> dict[str, Any]:
    """C, Verilog and BLIF of a million gates."""
    source = folder / "million.aig"
    count = int(by_python(FIRST_MILLION, folder / "ours.aig", source))
    base = netc("opt", source, "-O0", "--verify", "off", "-q", "-o", folder / "copy.aig")
    found: dict[str, Any] = {"ands": count, "read and write AIGER only": middle([base])}
    commands: dict[str, list[str | Path]] = {
        "verilog": ["verilog", source, "-o", folder / "m.v"],
        "verilog -K 0": ["verilog", source, "-K", "0", "-o", folder / "m.v"],
        "blif": ["blif", source, "-o", folder / "m.blif"],
        "c": ["compile", source, "--target", "c", "-O0", "--force", "-o", folder / "m.c"],
    }
    for name, command in commands.items():
        usage = netc(*command)
        if usage.code:
            sys.exit(usage.out)
        found[name] = {**middle([usage]), "file_mb": round(Path(command[-1]).stat().st_size / 2**20, 1)}
    return found


def level_2(folder: Path, *, with_abc: bool) -> dict[str, Any]:
    """-O2, proved, of circuits of a million and of 10.5 million ANDs as written."""
    found: dict[str, Any] = {}
    for width in (190_000, 2_000_000):
        source = folder / "layers.aig"
        written = generated(source, width)
        ours = netc("opt", source, "-O2", "--threads", "2", "-q", "--require-proof", "-o", folder / "ours.aig")
        if ours.code:
            sys.exit(ours.out)
        row: dict[str, Any] = {"ands_as_written": written, "ands_after": ands_in(folder / "ours.aig")}
        row["netc -O2 -j2, proved"] = middle([ours])
        if with_abc or width < 1_000_000:
            theirs = abc(f"&r {source}; &dc2; &w {folder / 'theirs.aig'}", timeout=7200)
            row["ands_after_dc2"] = ands_in(folder / "theirs.aig")
            row["abc &r; &dc2; &w"] = middle([theirs])
        found[f"width {width:,}"] = row
    return found


def passes(folder: Path) -> dict[str, Any]:
    """Peak memory above the graph that is read, and CPU time, for each AND of a hashed graph of 371,000 ANDs."""
    source, hashed = folder / "layers.aig", folder / "hashed.aig"
    generated(source, 190_000)
    netc("opt", source, "-p", "dce; strash; order", "--verify", "off", "-q", "-o", hashed)
    steps = [
        *("dce", "strash", "order", "balance", "rewrite", "resub{leaves=6}", "resub", "resub{leaves=10}", "refactor"),
        *(
            "sweep{conflicts=30}",
            "redundancy{work=2000000}",
            "transduction{window=50,signals=2000,tries=4,work=1500000}",
        ),
    ]
    return {step: json.loads(by_python(ONE_PASS, hashed, step)) for step in steps}


ONE_PASS = """
import json, resource, sys, time, netc
from netc.pipeline import parse
aig = netc.load(sys.argv[1]).logic
step = parse(sys.argv[2]).steps[0].instance
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform == "linux" else 1)
before, started = peak(), time.process_time()
step.run(aig, netc.Context())
print(json.dumps({
    "bytes_per_and": round((peak() - before) / aig.num_ands),
    "microseconds_per_and": round(1e6 * (time.process_time() - started) / aig.num_ands, 2),
}))
"""

FIRST_MILLION = """
import sys, numpy as np, netc
from netc.ports import Ports
made = netc.load(sys.argv[1]).logic
ands = made.ands[:1_000_000]  # and every node among them that nothing uses is an output
used = np.zeros(1 + made.ports.leaves + len(ands), bool)
used[ands >> 1] = True
free = np.flatnonzero(~used[1 + made.ports.leaves :]) + 1 + made.ports.leaves
ports = Ports(inputs=made.inputs, outputs=len(free))
netc.write(netc.Aig(ports, ands, (2 * free).astype(np.uint32)), sys.argv[2])
print(len(ands))
"""

HUGE = """
import sys, numpy as np, netc
from netc.simulation import simulate_words
model = netc.optimize(netc.load(sys.argv[1]), pipeline="strash", verify="off")
patterns = np.random.default_rng(1).integers(0, 2**64, (model.logic.inputs, 1), np.uint64)
print(model.logic.num_ands, hex(int(np.bitwise_xor.reduce(simulate_words(model.logic, patterns), axis=None))))
"""


def huge(folder: Path) -> dict[str, Any]:
    """A hundred million ANDs: read, hash, simulate 64 patterns."""
    source = folder / "huge.aig"
    count = generated(source, 19_100_000)
    usage = run([sys.executable, "-c", HUGE, str(source)])
    if usage.code:
        sys.exit(usage.out)
    return {"ands_as_written": count, "file_mb": source.stat().st_size >> 20, **asdict(usage)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["hash", "O2", "passes", "print"])
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--scratch", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder = Path(name)
        parts = [options.part] if options.part else ["hash", "O2", "passes", "print"]
        found: dict[str, dict[str, Any]] = {}
        if "hash" in parts or "print" in parts:
            found["read, hash, write"] = beside_abc(folder)
        if "print" in parts:
            found["a million gates"] = printing(folder)
        if "O2" in parts:
            found["-O2"] = level_2(folder, with_abc=options.huge)
        if "passes" in parts:
            found["each pass"] = passes(folder)
        if options.huge and not options.part:
            found["a hundred million ANDs"] = huge(folder)
    known = RESULTS / "large.json"
    before = json.loads(known.read_text()) if known.exists() else {}
    save("large", {**{title: rows for title, rows in before.items() if title != "environment"}, **found})
    for title, rows in found.items():
        print(title)
        for key, value in rows.items():
            print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
