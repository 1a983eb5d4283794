"""`netc verilog`: a circuit as Verilog-2005, and a testbench for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click

from netc.cli import common
from netc.cli.main import EXIT_STOPPED
from netc.cli.numbers import Whole
from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc verilog design.aig --out top.v
  netc verilog design.aig -O2 -K 3 --top top --reset rst --testbench top_tb.v --out top.v
  netc verilog design.aig -O2 --check --out top.v
  netc verilog model.pt --outputs argmax > classifier.v"""


@click.command("verilog", epilog=EPILOG)
@common.input_argument
@common.output_option("The file to write. Default: standard output.")
@common.format_option
@click.option("--top", default="", metavar="NAME", help="Name of the module. Default: the circuit's.")
@click.option(
    "-K",
    "k",
    type=int,
    default=2,
    show_default=True,
    help="Inputs of an expression, 2 to 6; 0 gives one assignment an AND.",
)
@click.option(
    "--clock", default="", metavar="NAME", help="Clock of the latches. Default: clk, or clk_2 if that is taken."
)
@click.option(
    "--reset",
    default="",
    metavar="NAME",
    help="A synchronous reset input, active high. Default: latches have initial values.",
)
@click.option("--flat-ports", is_flag=True, help="Scalar ports only, no buses.")
@click.option("--testbench", metavar="FILE", help="Write a self-checking testbench there.")
@click.option(
    "--vectors",
    type=Whole(1),
    default=1000,
    show_default=True,
    help="Vectors, or cycles with latches, of the testbench.",
)
@common.check_option
@common.outputs_option
@common.properties_option
@common.optimize_options(default_level=0, sequential=True)
@common.quiet_option
def command(
    input: str | None,
    output: str | None,
    format_: str | None,
    top: str,
    k: int,
    clock: str,
    reset: str,
    flat_ports: bool,
    testbench: str | None,
    vectors: int,
    check: bool,
    outputs: str,
    properties: str | None,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Write a circuit as Verilog-2005: one module, one wire a node.

    Reads AIGER, BLIF or a checkpoint; INPUT defaults to standard input. Ports called base[0], base[1], … become buses.
    The inputs of a model that has an encoder are the bits that the encoder makes. The testbench runs in any simulator
    and prints PASS or FAIL; its first lines say how. With --check the text is proved before it is written: Yosys reads
    it, and netc compares what it found with the circuit.
    """
    from netc.files import check_place, writing
    from netc.frontends.verilog import find_yosys
    from netc.targets import backend_for

    shared = {
        "top": top,
        "clock": clock,
        "reset": reset,
        "flat_ports": flat_ports,
        "properties": properties or "",
    }
    module = backend_for("verilog", k=k, **shared)
    if check:
        find_yosys("--check")
    writers = [(output or "-", module)]
    if testbench is not None:
        if testbench == output:
            raise NetcError("--testbench", f"{testbench} is the output file too")
        check_place(testbench)
        writers.append((testbench, backend_for("verilog-testbench", vectors=vectors, **shared)))
    source = common.load_model(input, format_)
    for note in source.notes:
        common.say(f"{source.name}: {note}", quiet)
    outcome = common.run_optimizer(source, before=common.head_pass(outputs), quiet=quiet, **optimization)
    undecided = 0
    with ExitStack() as files:  # both files appear, or neither
        texts = [backend.emit(outcome.model) for _, backend in writers]
        if check:
            texts[0], facts = files.enter_context(common.checked(outcome.model, module, quiet))
            undecided = facts["undecided"]
        opened = [files.enter_context(writing(path)) for path, _ in writers]
        for file, text in zip(opened, texts, strict=True):
            file.writelines(text)
    common.say_stopped(outcome, quiet)
    return common.exit_code(outcome) or (EXIT_STOPPED if undecided else 0)
