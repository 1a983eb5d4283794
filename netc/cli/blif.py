"""`netc blif`: a circuit as BLIF."""

from __future__ import annotations

from typing import Any

import click

from netc.cli import common

EPILOG = """\b
Examples:
  netc blif design.aig -o design.blif
  netc blif design.aig -O2 -K 6 --clock clk -o mapped.blif
  netc blif model.pt --outputs argmax > classifier.blif"""


@click.command("blif", epilog=EPILOG)
@common.input_argument
@common.output_option("The file to write. Default: standard output.")
@common.format_option
@click.option("--top", default="", metavar="NAME", help="Which model of a BLIF input to take. Default: the first.")
@click.option("--merge-clocks", is_flag=True, help="Read latches of different clocks as if they shared one.")
@click.option(
    "-K", "k", type=int, default=0, show_default=True, help="Inputs of a .names, 2 to 6; 0 gives one .names an AND."
)
@click.option("--clock", default="", metavar="NAME", help="Clock of the latches. Default: latches without one.")
@click.option("--model", default="", metavar="NAME", help="The name after .model. Default: the circuit's.")
@common.outputs_option
@common.properties_option
@common.optimize_options(default_level=0, sequential=True)
@common.quiet_option
def command(
    input: str | None,
    output: str | None,
    format_: str | None,
    top: str,
    merge_clocks: bool,
    k: int,
    clock: str,
    model: str,
    outputs: str,
    properties: str | None,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Write a circuit as BLIF, for ABC, Yosys, VPR and SIS.

    Reads AIGER, BLIF or a checkpoint; INPUT defaults to standard input. Latches keep their reset values; those without
    one are written as unknown (3).
    """
    from netc.files import write_chunks
    from netc.targets import backend_for

    backend = backend_for("blif", k=k, clock=clock, model=model, properties=properties or "")
    reading: dict[str, Any] = {"top": top} if top else {}
    if merge_clocks:
        reading["merge_clocks"] = True
    source = common.load_model(input, format_, options=reading)
    for note in source.notes:
        common.say(f"{source.name}: {note}", quiet)
    outcome = common.run_optimizer(source, before=common.head_pass(outputs), quiet=quiet, **optimization)
    write_chunks(output or "-", backend.emit(outcome.model))
    common.say_stopped(outcome, quiet)
    return common.exit_code(outcome)
