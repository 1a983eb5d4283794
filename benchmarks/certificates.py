"""Certificates of our -O3 results: what they cost, how long they are, and who accepts them.

    NETC_DATA=… python benchmarks/certificates.py [--lrat-check PROGRAM] [--drat-trim PROGRAM] [CIRCUIT …]

The circuits are those of ISCAS'89, as combinational cores (latches stand as inputs and next states as outputs), and of
EPFL. CPU seconds of whole processes: cec alone, cec that leaves the certificate, our checker, and where
they are installed or named the checkers lrat-check and drat-trim, on the same formula and proof (drat-trim gets the
clauses without the hints). Written to results/certificates.json, and as a table into docs/certificates.md.
"""

from __future__ import annotations

import argparse
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import RESULTS, corpus, netc, run, save

from netc.certificate import build_checker

PAGE = Path(__file__).parents[1] / "docs" / "certificates.md"
FIRST_CELL = "| circuit |"
PATIENCE = 600  # seconds for another checker


def strip_hints(source: Path, target: Path) -> None:
    """LRAT to DRUP."""
    with source.open() as lines, target.open("w") as out:
        for line in lines:
            words = line.split()
            if words[1] != "d":
                out.write(" ".join(words[1 : words.index("0", 1) + 1]) + "\n")


def xz_size(source: Path) -> int:
    """A piece at a time: this process has to stay small."""
    compressor = lzma.LZMACompressor()
    with source.open("rb") as file:
        return sum(len(compressor.compress(piece)) for piece in iter(lambda: file.read(1 << 20), b"")) + len(
            compressor.flush()
        )


def foreign(program: str | None, arguments: list[Path]) -> dict[str, Any] | None:
    if program is None:
        return None
    usage = run([program, *map(str, arguments)], timeout=PATIENCE)
    return {"verified": "VERIFIED" in usage.out, "cpu_seconds": round(usage.cpu_seconds, 2)}


def of_circuit(source: Path, checker: Path, lrat_check: str | None, drat_trim: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        small, proof = Path(scratch) / "small.aig", Path(scratch) / "proof"
        optimized = netc("opt", source, "-O3", "-j1", "--verify", "off", "-q", "-o", small)
        plain = netc("cec", source, small, "--match", "order")
        certified = netc("cec", source, small, "--match", "order", "--certify", proof, "--json")
        if optimized.code or plain.code or certified.code:
            sys.exit(f"{source.stem}: {optimized.out}{plain.out}{certified.out}")
        report = json.loads(certified.out)
        checked = run([str(checker), str(proof)])
        formula, drup = Path(scratch) / "formula.cnf", Path(scratch) / "proof.drup"
        with formula.open("wb") as file:
            subprocess.run([checker, "--formula", proof], stdout=file, check=True)
        strip_hints(proof / "proof.lrat", drup)
        return {
            "pairs": report["roots"],
            "ands": [int(word) for word in checked.out.split("(")[1].split() if word.isdigit()][:2],
            "clauses": report["certificate"]["formula"],
            "steps": report["certificate"]["steps"],
            "bytes": (proof / "proof.lrat").stat().st_size,
            "bytes_xz": xz_size(proof / "proof.lrat"),
            "cec_cpu_seconds": round(plain.cpu_seconds, 2),
            "certify_cpu_seconds": round(certified.cpu_seconds, 2),
            "netc_check": {"verified": checked.code == 0, "cpu_seconds": round(checked.cpu_seconds, 2)},
            "lrat_check": foreign(lrat_check, [formula, proof / "proof.lrat"]),
            "drat_trim": foreign(drat_trim, [formula, drup]),
        }


def verdict(found: dict[str, Any] | None) -> str:
    return "not run" if found is None else "yes" if found["verified"] else "NO"


def table(rows: dict[str, dict[str, Any]]) -> str:
    """CPU seconds; sizes in MB."""
    columns = (
        "circuit",
        "ANDs",
        "steps",
        "proof",
        "as .xz",
        "cec",
        "with proof",
        "netc_check",
        "lrat-check",
        "drat-trim",
    )
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for name, row in rows.items():
        before, after = row["ands"]
        cells = [
            name,
            f"{before:,} → {after:,}",
            f"{row['steps']:,}",
            *(f"{row[key] / 1e6:.2f}" for key in ("bytes", "bytes_xz")),
            *(f"{row[key]:.2f}" for key in ("cec_cpu_seconds", "certify_cpu_seconds")),
            f"{row['netc_check']['cpu_seconds']:.2f}",
            verdict(row["lrat_check"]),
            verdict(row["drat_trim"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*")
    parser.add_argument("--lrat-check", default=shutil.which("lrat-check"))
    parser.add_argument("--drat-trim", default=shutil.which("drat-trim"))
    options = parser.parse_args()
    data = corpus(needs_abc=False)
    root = data / "aig"
    sources = {path.stem: path for path in sorted((root / "iscas89").glob("*.aig"))}
    sources |= {path.stem: path for path in sorted((root / "epfl").glob("*.aig"))}
    kept = RESULTS / "certificates.json"
    rows = json.loads(kept.read_text())["circuits"] if kept.is_file() and options.circuits else {}
    with tempfile.TemporaryDirectory() as scratch:
        checker = Path(scratch) / "netc_check"
        build_checker(checker)
        for name in options.circuits or sources:
            rows[name] = of_circuit(sources[name], checker, options.lrat_check, options.drat_trim)
            print(name, json.dumps(rows[name]), file=sys.stderr)
            write({name: rows[name] for name in sources if name in rows})


def write(rows: dict[str, dict[str, Any]]) -> None:
    """After each circuit, so that an end on the way loses nothing."""
    page = PAGE.read_text()
    PAGE.write_text(page[: page.index(FIRST_CELL)] + table(rows) + "\n")  # the table ends the page
    accepted = {
        key: sum(bool(row[key] and row[key]["verified"]) for row in rows.values())
        for key in ("netc_check", "lrat_check", "drat_trim")
    }
    save("certificates", {"accepted": accepted, "circuits": rows})


if __name__ == "__main__":
    main()
