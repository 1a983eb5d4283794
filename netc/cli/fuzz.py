"""`netc fuzz`: look for mistakes in netc itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli import common
from netc.cli.main import EXIT_NO
from netc.cli.numbers import MOST_64, Real, Whole
from netc.errors import NetcError

if TYPE_CHECKING:
    from netc.fuzz.runner import Found

EPILOG = """\b
Examples:
  netc fuzz --seconds 5 -o failures
  netc fuzz --runs 50 --seed 7 --only passes --only parsers --json"""

_DEFAULT_SECONDS = 60.0


@click.command("fuzz", epilog=EPILOG)
@click.option("--seconds", type=Real(min=0, min_open=True), help="For how long. Default: 60, unless --runs.")
@click.option("--runs", type=Whole(1), metavar="N", help="How many cases.")
@click.option("--seed", type=Whole(0, MOST_64), default=1, show_default=True, help="Of the random cases.")
@click.option("--first", type=Whole(0), default=0, metavar="N", help="Number of the first case.")
@click.option(
    "--only",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="passes, pipelines, formats, backends, engines, proofs or parsers (repeatable). Default: all.",
)
@click.option("--replay", metavar="FILE", help="Run a failure that was kept once more, and nothing else.")
@click.option("-o", "--output", "--out", "output", metavar="DIR", help="Keep failures here, each as small as it gets.")
@common.json_option
@common.quiet_option
def command(
    seconds: float | None,
    runs: int | None,
    seed: int,
    first: int,
    kinds: tuple[str, ...],
    replay: str | None,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Look for mistakes in netc itself.

    Random circuits go through every pass, pipeline, format, backend and engine, and damaged files through every reader.
    Answers are compared with a plain evaluator, and with ABC, Yosys, Icarus Verilog and a C compiler where they are
    installed. A seed and a number make the same case on every machine. A failure is shrunk to few gates. Exit code 1
    means that there was one.
    """
    from netc.fuzz.runner import fuzz

    if replay is not None:
        return _replay(replay, quiet)
    if output is not None and Path(output).exists() and not Path(output).is_dir():
        raise NetcError(output, "this is a file, not a directory")
    if seconds is None and runs is None:
        seconds = _DEFAULT_SECONDS
    with common.Progress(quiet) as progress:
        found = fuzz(
            seed,
            first=first,
            runs=runs,
            seconds=seconds,
            kinds=kinds,
            directory=None if output is None else Path(output),
            tick=lambda so_far: progress.note(f"{so_far.cases:,} cases  {len(so_far.failures)} failures"),
        )
    if as_json:
        common.print_json(found.to_json())
    elif not quiet:
        _print(found)
    return EXIT_NO if found.failures else 0


def _replay(path: str, quiet: bool) -> int:
    from netc.fuzz import isolate
    from netc.fuzz.failures import opened

    case = opened(Path(path))
    what = isolate.verdict(case.run, 600.0)
    common.say(f"{path}: {what or 'holds'}", quiet)
    return EXIT_NO if what else 0


def _print(found: Found) -> None:
    from netc.fuzz import oracles

    for failure in found.failures:
        shown = failure.to_json()
        click.echo(f"{shown['check']}: {failure.what}")
        click.echo(f"  {shown['params']}")
        click.echo(f"  shrunk from {shown['size_found']:,} to {shown['size']:,}; again: {failure.command}")
        if failure.path is not None:
            click.echo(f"  kept in {failure.path}")
    by_check = ", ".join(f"{name} {count:,}" for name, count in sorted(found.by_check.items()))
    click.echo(f"{found.cases:,} cases of seed {found.seed} in {found.seconds:.0f} s: {by_check}")
    there = oracles.versions()
    used = [f"{tool} in {found.by_tool[tool]:,}" for tool in there if found.by_tool[tool]]
    click.echo(f"compared with the evaluator; with {', '.join(used)} cases" if used else "compared with the evaluator")
    missing = [tool for tool, said in there.items() if said is None]
    if missing:
        click.echo(f"not installed: {', '.join(missing)}")
    for reason, count in sorted(found.not_run.items()):
        click.echo(f"did not run: {reason} ({count:,} cases)")
    for reason, count in sorted(found.repeated.items()):
        if count:
            click.echo(f"again: {reason} ({count:,} cases)")
    click.echo(f"{len(found.failures)} failures" if len(found.failures) != 1 else "1 failure")
    sys.stdout.flush()
