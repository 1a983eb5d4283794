"""`netc opt`: a smaller circuit, proved equal."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from netc.cli import common
from netc.cli.main import EXIT_STOPPED
from netc.cli.numbers import Whole
from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc opt design.aig -O3 -o small.aig
  netc opt design.aig -O3 --certify proof/ -o small.aig && netc verify proof/
  netc opt design.aig -O3 --sequential --require-proof -o small.aig
  netc opt - -O2 < design.aig | netc verilog --out top.v
  netc opt design.aig -p "strash; repeat{n=4}(rewrite; balance)" --time-passes"""


@click.command("opt", epilog=EPILOG)
@common.input_argument
@common.output_option("Where to write the result; the suffix chooses the format. Default: AIGER to a pipe.")
@common.format_option
@click.option("--to", "target", metavar="FORMAT", help="Format of the output: aiger, blif, verilog, c or dot.")
@common.optimize_options(default_level=2, sequential=True)
@click.option("--require-proof", is_flag=True, help="Write nothing, and exit with 3, unless the result is proved.")
@click.option(
    "--certify", metavar="DIR", help="Leave the proof in a new directory, for `netc verify`; needs the proof."
)
@click.option("--print-pipeline", is_flag=True, help="Print the pipeline text and do nothing else.")
@click.option("--time-passes", is_flag=True, help="Report size, time and work after every pass.")
@click.option("--stop-after", type=Whole(0), metavar="N", help="Stop after N passes.")
@click.option(
    "--save-each", type=click.Path(file_okay=False), metavar="DIR", help="Write the circuit after every pass."
)
@common.json_option
@common.quiet_option
def command(
    input: str | None,
    output: str | None,
    format_: str | None,
    target: str | None,
    level: int,
    goal: str,
    effort: str,
    pipeline: str | None,
    budget: int | None,
    time_limit: float | None,
    threads: int | None,
    verify: str,
    sequential: bool,
    require_proof: bool,
    certify: str | None,
    print_pipeline: bool,
    time_passes: bool,
    stop_after: int | None,
    save_each: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make a circuit smaller, and prove that it is still the same.

    Reads AIGER, BLIF or a checkpoint. With -o it writes there; in a pipe it writes binary AIGER to standard output;
    at a terminal without -o it prints the report only. -O1 to -O3 keep every input, output, latch and property; with
    --sequential latches may go, and the report says what each became.
    """
    from netc.pipeline import parse

    text = common.pipeline_text(level, goal, effort, sequential, pipeline)
    parsed = parse(text)
    if print_pipeline:
        click.echo(str(parsed))
        return 0
    if require_proof and verify != "sat":
        raise NetcError("--require-proof", f"there is no proof with --verify={verify}")
    if certify is not None:
        from netc.certificate import refuse_used

        refuse_used(Path(certify))
    model = common.load_model(input, format_)
    if output is not None and output != "-" and Path(output).is_dir():
        raise NetcError(output, "this is a directory")
    to_pipe = output is None and not sys.stdout.isatty() and not as_json
    outcome = common.run_optimizer(
        model,
        level=level,
        goal=goal,
        effort=effort,
        sequential=sequential,
        pipeline=pipeline,
        budget=budget,
        time_limit=time_limit,
        threads=threads,
        verify=verify,
        quiet=quiet,
        certify=certify,
        stop_after=stop_after,
        save_each=_saver(save_each) if save_each else None,
    )
    report = outcome.model.report
    assert report is not None
    proved = report.verified == "proved"
    written = certify if proved else None
    if as_json:
        common.print_json({"input": input or "-", "output": output, "certificate": written, **report.to_json()})
    elif not quiet:
        for line in report.lines(each_pass=time_passes):
            common.say(line)
    if (require_proof or certify is not None) and not proved:
        raise click.exceptions.Exit(_unproved(output))
    _write(outcome.model, output, target, to_pipe)
    if output is None and not to_pipe and not as_json:
        common.say("nothing was written: -o FILE writes the result", quiet)
    return common.exit_code(outcome)


def _unproved(output: str | None) -> int:
    common.say(f"netc: not proved within the budget, so {output or 'nothing'} was not written")
    return EXIT_STOPPED


def _write(model: Any, output: str | None, target: str | None, to_pipe: bool) -> None:
    from netc.targets import target_of, write

    if output is None:
        if to_pipe:
            write(model, "-", target=target or "aiger")
        return
    if output == "-":
        if target is None and sys.stdout.isatty():
            raise NetcError("-o -", "binary AIGER is not for a terminal", "-o out.aig writes a file")
        write(model, "-", target=target or "aiger")
        return
    write(model, output, target=target or target_of(output) or "aiger")


def _saver(directory: str) -> Any:
    from netc.targets import write

    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NetcError(directory, error.strerror or str(error)) from None

    def save(index: int, text: str, model: Any) -> None:
        word = re.sub(r"[^a-z0-9]+", "-", text.split("{")[0].split("(")[0]).strip("-")
        write(model, folder / f"{index:03}-{word}.aig")

    return save
