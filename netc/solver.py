"""A SAT solver of the user's choice, for pairs of roots that netc's own leaves open.

The solver is a command: it gets the name of a DIMACS file as its last argument, and answers by its exit code, 10 for
satisfiable and 20 for unsatisfiable, with the values in lines that start with ``v``. ``cadical`` alone is python-sat's,
in a process of its own so that it can be stopped.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from netc.aig import Lits
from netc.context import Context
from netc.errors import NetcError

__all__ = ["arguments", "ask", "representatives"]

SATISFIABLE, UNSATISFIABLE = 10, 20


def arguments(command: str) -> list[str]:
    """The words of the command; it is never given to a shell."""
    if command.strip() == "cadical":
        return [sys.executable, "-m", "netc.cadical"]
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise NetcError("--solver", f"{command!r}: {error}") from None
    if not words:
        raise NetcError("--solver", "there is no command")
    return words


def representatives(image: Lits) -> Lits:
    """For each node the literal of the first node with its image, up to complement."""
    _, first, inverse = np.unique(image >> 1, return_index=True, return_inverse=True)
    node = first[inverse].astype(np.uint32)
    literals: Lits = 2 * node + ((image ^ image[node]) & 1)
    return literals


def _cnf(ands: Lits, leaves: int, a: int, b: int) -> bytes:
    """That two literals differ: node n is the variable n + 1, and only the cones of both have clauses."""
    first = 1 + leaves
    in_cone = np.zeros(first + len(ands), np.bool_)
    in_cone[[a >> 1, b >> 1]] = True
    pairs = ands.tolist()
    for index in range(len(pairs) - 1, -1, -1):
        if in_cone[first + index]:
            x, y = pairs[index]
            in_cone[x >> 1] = in_cone[y >> 1] = True

    def lit(literal: int) -> int:
        return -(literal // 2 + 1) if literal & 1 else literal // 2 + 1

    lines = ["-1 0", f"{lit(a)} {lit(b)} 0", f"{-lit(a)} {-lit(b)} 0"]
    for node in (first + np.flatnonzero(in_cone[first:])).tolist():
        x, y = map(lit, pairs[node - first])
        lines += [f"-{node + 1} {x} 0", f"-{node + 1} {y} 0", f"{node + 1} {-x} {-y} 0"]
    return f"p cnf {len(in_cone)} {len(lines)}\n".encode() + "\n".join(lines).encode() + b"\n"


def _values(text: str, count: int) -> npt.NDArray[np.bool_]:
    values = np.zeros(1 + count, np.bool_)
    for line in text.splitlines():
        if line.startswith("v"):
            for word in line[1:].split():
                if int(word) > 0 and int(word) <= count:
                    values[int(word)] = True
    return values[1:]


def ask(
    command: str, ands: Lits, leaves: int, a: int, b: int, context: Context
) -> tuple[bool | None, npt.NDArray[np.bool_]]:
    """Whether two literals are equal (None: the solver does not say, or the context was cancelled), and the leaves'
    values under which they are not. `NetcError` where the solver cannot be run or does something else.
    """
    words = arguments(command)
    nothing = np.zeros(leaves, np.bool_)
    with tempfile.TemporaryDirectory(prefix="netc-") as folder:
        file = Path(folder) / "miter.cnf"
        file.write_bytes(_cnf(ands, leaves, a, b))
        try:
            process = subprocess.Popen(  # noqa: S603 - an argument list, and the program is the user's own
                [*words, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise NetcError(words[0], error.strerror or str(error)) from None
        with process:
            while True:
                try:
                    out, errors = process.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    if context.cancelled:
                        process.kill()
                        process.communicate()
                        context.stop_here()
                        return None, nothing
        if process.returncode == UNSATISFIABLE:
            return True, nothing
        if process.returncode == SATISFIABLE:
            if not any(line.startswith("v") for line in out.splitlines()):
                raise NetcError(words[0], "it says satisfiable, but prints no values")
            return False, _values(out, 1 + leaves)[1:]
        if process.returncode == 0 and "s UNKNOWN" in out:
            return None, nothing
        said = (errors or out).strip().splitlines()
        raise NetcError(
            words[0],
            f"it ended with exit code {process.returncode}" + (f": {said[-1][:200]}" if said else ""),
            "a SAT solver that reads DIMACS and answers with exit code 10 or 20",
        )
