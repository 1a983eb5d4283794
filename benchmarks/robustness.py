"""How much quality depends on how a circuit was written: -O3 of the EPFL circuits under seeded changes of order and
shape.

    NETC_DATA=… python benchmarks/robustness.py [--level 3] [--seeds 5] [--jobs N] [CIRCUIT …]

Each variant permutes the inputs and outputs and, in every tree of ANDs, re-associates the operands at random; it is the
same function up to the permutation. ANDs of the variants after the level, beside those of the circuit as it is. Written
to results/robustness.json circuit by circuit: a run of some circuits adds to what is there of the same level.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import RESULTS, corpus, geomean, netc, save

from netc import Aig, load, write


def variant(aig: Aig, seed: int) -> Aig:
    """The same circuit with inputs and outputs permuted and its trees of ANDs associated in another way."""
    random = np.random.default_rng(seed)
    inputs, first = aig.ports.inputs, aig.first_and
    place = 1 + random.permutation(inputs)
    literal = np.zeros(aig.num_nodes, np.int64)
    literal[1 : 1 + inputs] = 2 * place
    uses: npt.NDArray[np.int64] = np.bincount(aig.ands.reshape(-1) >> 1, minlength=aig.num_nodes)
    whole = np.zeros(aig.num_nodes, np.bool_)  # nodes that end a tree
    whole[aig.roots >> 1] = True
    whole[(aig.ands[(aig.ands & 1) == 1] >> 1).reshape(-1)] = True
    whole |= uses > 1
    operands: dict[int, list[int]] = {}  # of the trees that wait for the node that ends them
    ands: list[tuple[int, int]] = []
    for index, (a, b) in enumerate(aig.ands.tolist()):
        node = first + index
        own: list[int] = []
        for fanin in (a, b):
            waiting = None if fanin & 1 else operands.pop(fanin >> 1, None)
            own += waiting if waiting is not None else [int(literal[fanin >> 1]) ^ (fanin & 1)]
        if not whole[node]:
            operands[node] = own
            continue
        while len(own) > 1:
            x, y = (own.pop(int(random.integers(len(own)))) for _ in range(2))
            ands.append((max(x, y), min(x, y)))
            own.append(2 * (first + len(ands) - 1))
        literal[node] = own[0]
    roots = literal[aig.roots >> 1] ^ (aig.roots & 1)
    return Aig(aig.ports, np.array(ands, np.uint32).reshape(-1, 2), random.permutation(roots).astype(np.uint32))


def ands_after(aig: Aig, level: int, scratch: Path) -> int:
    source = scratch / "variant.aig"
    write(aig, source)
    usage = netc("opt", source, f"-O{level}", "--json", "-j1", "-o", scratch / "small.aig")
    if usage.code:
        sys.exit(usage.out)
    report = json.loads(usage.out[usage.out.index("{") :])
    if report["verified"] != "proved":
        sys.exit(f"not proved: {report}")
    return int(report["after"]["ands"])


def measured(source: Path, level: int, seeds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        aig = load(source).logic
        base = ands_after(aig, level, Path(scratch))
        after = [ands_after(variant(aig, seed), level, Path(scratch)) for seed in range(1, seeds + 1)]
    return {"ands": base, "variants": after, "largest_change": round(max(abs(ands / base - 1) for ands in after), 4)}


def summary(level: int, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    seeds = min(len(row["variants"]) for row in rows.values())
    means = [geomean([row["variants"][seed] / row["ands"] for row in rows.values()]) for seed in range(seeds)]
    return {
        "level": level,
        "circuits": len(rows),
        "mean_change_by_seed": [round(mean - 1, 4) for mean in means],
        "largest_change": max(row["largest_change"] for row in rows.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="circuits side by side")
    options = parser.parse_args()
    folder = corpus(needs_abc=False) / "aig" / "epfl"
    names = sorted(path.stem for path in folder.glob("*.aig"))
    kept = RESULTS / "robustness.json"
    before = json.loads(kept.read_text()) if kept.is_file() else {"summary": {"level": options.level}, "circuits": {}}
    rows = before["circuits"] if before["summary"]["level"] == options.level else {}
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = {
            pool.submit(measured, folder / f"{name}.aig", options.level, options.seeds): name
            for name in options.circuits or names
        }
        for job in as_completed(jobs):
            rows[jobs[job]] = job.result()
            print(jobs[job], rows[jobs[job]], flush=True)
            rows = {name: rows[name] for name in names if name in rows}
            save("robustness", {"summary": summary(options.level, rows), "circuits": rows})


if __name__ == "__main__":
    main()
