"""`netc verify`: is a certificate a proof?"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc opt design.aig -O3 --certify proof/ -o small.aig
  netc verify proof/
  netc verify --source > netc_check.c && cc -O2 -o netc_check netc_check.c
  netc verify --formula proof/ > miter.cnf"""


@click.command("verify", epilog=EPILOG)
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("--formula", is_flag=True, help="Print the formula that the proof refutes (DIMACS), and check nothing.")
@click.option("--source", is_flag=True, help="Print the checker's source, one file of C.")
@click.option("--cc", metavar="COMPILER", help="The C compiler that compiles the checker.")
def command(directory: str | None, formula: bool, source: bool, cc: str | None) -> int:
    """Check a certificate that `netc opt --certify` or `netc cec --certify` left in DIR.

    Compiles netc's checker, a small C program that shares nothing with the solver, and runs it: exit 0 and VERIFIED,
    or exit 1 and what is wrong. It reads both circuits itself; docs/certificates.md describes the files.
    """
    from netc.certificate import CHECKER, build_checker, run_checker

    if source:
        click.echo(CHECKER.read_text(), nl=False)
        return 0
    if directory is None:
        raise click.UsageError("Missing argument 'DIR'.")
    folder = Path(directory)
    if not folder.is_dir():
        raise NetcError(directory, "there is no such directory")
    parts = [folder] if (folder / "proof.lrat").exists() else _numbered(folder)
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "netc_check"
        build_checker(program, cc)
        code = 0
        for part in parts:
            done = run_checker(program, *(["--formula"] if formula else []), part, capture=False)
            if done.returncode not in (0, 1, 2):
                raise NetcError(str(part), f"the checker ended with {done.returncode}")
            code = max(code, done.returncode)
    return code


def _numbered(folder: Path) -> list[Path]:
    """The certificates 1, 2 … of an optimisation in several parts."""
    parts: list[Path] = []
    while (folder / str(len(parts) + 1) / "proof.lrat").exists():
        parts.append(folder / str(len(parts) + 1))
    if not parts:
        raise NetcError(str(folder), "there is no certificate here", "it would have a file proof.lrat")
    return parts
