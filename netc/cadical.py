"""The CaDiCaL of python-sat as a command: ``python -m netc.cadical FILE`` solves a DIMACS file."""

from __future__ import annotations

import sys

from pysat.formula import CNF
from pysat.solvers import Cadical195


def main() -> int:
    with Cadical195(bootstrap_with=CNF(from_file=sys.argv[1]).clauses) as solver:
        if not solver.solve():
            sys.stdout.write("s UNSATISFIABLE\n")
            return 20
        model = " ".join(map(str, solver.get_model()))
    sys.stdout.write(f"s SATISFIABLE\nv {model} 0\n")
    return 10


if __name__ == "__main__":
    sys.exit(main())
