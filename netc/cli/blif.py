"""`netc blif`: a circuit as BLIF."""

from __future__ import annotations

from typing import Any

import click

from netc.cli.common import (
    force_option,
    format_option,
    input_argument,
    load_model,
    optimize_options,
    output_option,
    properties_option,
    quiet_option,
    run_optimizer,
    say,
)
from netc.cli.main import EXIT_INTERRUPT, EXIT_STOPPED

EPILOG = """\b
Examples:
  netc blif design.aig -o design.blif
  netc blif design.aig -O2 -K 6 --clock clk -o mapped.blif
  netc blif model.pt --outputs argmax | berkeley-abc -c "read_blif /dev/stdin; print_stats"
"""


@click.command(epilog=EPILOG)
@input_argument
@output_option("The file to write. Default: standard output.")
@format_option
@click.option(
    "-K",
    "k",
    type=click.IntRange(0, 6),
    default=0,
    show_default=True,
    help="Inputs of a .names, 2 to 6; 0 gives one .names an AND.",
)
@click.option("--clock", default="", metavar="NAME", help="Clock of the latches (re). Default: latches without one.")
@click.option("--model", default="", metavar="NAME", help="Name after .model. Default: the circuit's.")
@click.option("--top", default="", metavar="NAME", help="Which model of a BLIF input to take. Default: the first.")
@click.option(
    "--outputs",
    type=click.Choice(["raw", "sums", "argmax"]),
    default="raw",
    show_default=True,
    help="For classifiers: the logic's own outputs, each class's score, or the winning class.",
)
@properties_option
@optimize_options(0)
@force_option
@quiet_option
def command(
    input: str | None,  # noqa: A002 - click names it
    output: str | None,
    format_: str | None,
    k: int,
    clock: str,
    model: str,
    top: str,
    outputs: str,
    properties: str | None,
    force: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Write a circuit as BLIF, for ABC, Yosys, VPR and SIS.

    Reads AIGER, BLIF or a trained network; INPUT defaults to standard input. Latches keep their reset values; those
    without one are written as unknown.
    """
    from netc.targets import write

    loaded = load_model(input, format_, options={"top": top} if top else {})
    for note in loaded.notes:
        say(f"{loaded.name}: {note}", quiet)
    before = "" if outputs == "raw" else f"lower-head{{outputs={outputs}}}"
    outcome = run_optimizer(loaded, before=before, quiet=quiet, **options)
    write(
        outcome.model,
        output or "-",
        target="blif",
        force=force,
        k=k,
        clock=clock,
        model=model,
        properties=properties or "",
    )
    context = click.get_current_context()
    report = outcome.model.report
    if outcome.interrupted:
        say("netc: interrupted; the best so far was written", quiet)
        context.exit(EXIT_INTERRUPT)
    if report is not None and report.stopped_at is not None:
        say(f"netc: stopped at a limit; --budget {report.stopped_at} gives the same result", quiet)
        context.exit(EXIT_STOPPED)
