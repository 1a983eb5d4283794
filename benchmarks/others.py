"""Ten circuits beside the EPFL suite at every level, with ABC's scripts and its &deepsyn in the same run.

    NETC_DATA=… python benchmarks/others.py [CIRCUIT …]

Of ISCAS'85, ISCAS'89 and LGSynth'91; measured and proved as in epfl.py. Written to results/others.json after every
circuit, so that a run of some adds to what is there. &deepsyn's limit is wall time: only on an idle machine.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from epfl import DEEPSYN, OTHERS, SCRIPTS, measured, of_suite
from measure import RESULTS, corpus, save

SCRIPTS_HERE = SCRIPTS | DEEPSYN


def main() -> None:
    data = corpus()
    sources = {name: data / "aig" / suite / f"{name}.aig" for suite, names in OTHERS.items() for name in names}
    kept = RESULTS / "others.json"
    rows: dict[str, dict[str, Any]] = json.loads(kept.read_text())["circuits"] if kept.is_file() else {}
    for name in sys.argv[1:] or sources:
        rows[name] = measured(sources[name], SCRIPTS_HERE, deep=0)
        print(name, {title: found and found["ands"] for title, found in rows[name].items()}, flush=True)
        rows = {name: rows[name] for name in sources if name in rows}
        save("others", {"summary": of_suite(rows, {}), "circuits": rows})
    for title, means in of_suite(rows, {}).items():
        print(title, means)


if __name__ == "__main__":
    main()
