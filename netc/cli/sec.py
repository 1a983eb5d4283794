"""`netc sec`: are two circuits with latches equivalent from reset on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_NO, EXIT_STOPPED
from netc.cli.numbers import MOST_64, Real, Whole

if TYPE_CHECKING:
    from netc.sec import Sec, Trace

EPILOG = """\b
Examples:
  netc sec design.aig small.aig
  netc sec before.blif after.aig --depth 200 -o trace.txt
  netc sec before.blif after.aig --three-valued refine"""


@click.command("sec", epilog=EPILOG)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--match",
    type=click.Choice(["auto", "name", "order"]),
    default="auto",
    show_default=True,
    help="How inputs and outputs are paired: by name where all names agree, else by order.",
)
@click.option("--steps", type=Whole(1), default=4, show_default=True, help="The longest induction that is tried.")
@click.option(
    "--depth",
    type=Whole(1),
    default=64,
    show_default=True,
    help="Steps from reset that are searched for a difference.",
)
@click.option(
    "--three-valued",
    type=click.Choice(["refine", "equal"]),
    help="Latches without a reset value start as x: B agrees wherever A shows 0 or 1, or both show the same.",
)
@click.option("--budget", type=Whole(1, MOST_64), metavar="WORK", help="Give up after this much work.")
@click.option("--time-limit", type=Real(min=0), metavar="SECONDS", help="Give up after this time.")
@click.option(
    "--conflicts",
    type=Whole(1),
    default=3000,
    show_default=True,
    help="Conflicts that the solver may spend on a pair of nodes.",
)
@common.output_option("Where to write a trace to a difference, as an AIGER stimulus.")
@common.json_option
@common.quiet_option
def command(
    a: str,
    b: str,
    match: str,
    steps: int,
    depth: int,
    three_valued: str | None,
    budget: int | None,
    time_limit: float | None,
    conflicts: int,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Check whether two circuits with latches behave the same from reset on.

    Prints EQUIVALENT (exit 0), NOT EQUIVALENT with a trace (exit 1) or UNDECIDED (exit 3). Latches may differ in number
    and coding: only outputs and properties are compared, in every step. A latch without a reset value starts with any
    value; two such latches start equal if they have one name, or by order where both circuits have as many. With
    --three-valued they start unknown (x) instead, and gates pass that on as in a simulator.
    """
    from netc.cec import Verdict
    from netc.context import Context, run_cancellable
    from netc.files import write_chunks
    from netc.loading import load
    from netc.sec import check
    from netc.three_valued import check as check_three_valued

    first, second = load(a).logic, load(b).logic
    context = Context(budget)
    options: dict[str, Any] = {"match": match, "steps": steps, "depth": depth, "conflicts": conflicts}
    with common.Progress(quiet) as progress:
        answer, interrupted = run_cancellable(
            context,
            lambda: (
                check_three_valued(first, second, mode=three_valued, context=context, **options)
                if three_valued
                else check(first, second, context=context, **options)
            ),
            time_limit=time_limit,
            tick=lambda: progress.tick("sec", *context.progress),
        )
    if interrupted:
        raise KeyboardInterrupt
    if output is not None and answer.trace is not None:
        write_chunks(output, ["".join(f"{line}\n" for line in _stimulus(answer.trace)).encode()])
    if as_json:
        common.print_json(_report(answer, context.work))
    else:
        for line in _words(answer):
            click.echo(line)
    return {Verdict.EQUIVALENT: 0, Verdict.DIFFERENT: EXIT_NO, Verdict.UNDECIDED: EXIT_STOPPED}[answer.verdict]


def _digits(bits: Any) -> str:
    return "".join("01x"[int(bit)] for bit in bits)


def _stimulus(trace: Trace) -> list[str]:
    """A line of inputs a step, and a dot; after it, as comments, the states that uninitialised latches start in."""
    lines = [*map(_digits, trace.inputs), "."]
    if not trace.plain:
        lines += [f"c first circuit starts in {_digits(trace.first)}", f"c second {_digits(trace.second)}"]
    return lines


def _report(answer: Sec, work: int) -> dict[str, Any]:
    trace = answer.trace
    return {
        "verdict": answer.verdict.value,
        "matched": answer.matched,
        "roots": answer.roots,
        "undecided": answer.undecided,
        "induction": answer.induction or None,
        "retimed": answer.retimed,
        "bounded": answer.bounded,
        "uninitialised_pairs": answer.free,
        "differs": answer.root or None,
        "values": None if answer.values is None else [*_digits(answer.values)],
        "trace": None if trace is None else [*map(_digits, trace.inputs)],
        "states": None if trace is None else [_digits(trace.first), _digits(trace.second)],
        "work": work,
    }


def _words(answer: Sec) -> list[str]:
    lines = [f"{answer.verdict.value.upper()} ({answer.roots:,} outputs and properties, matched by {answer.matched})"]
    trace = answer.trace
    if answer.free:
        lines.append(f"uninitialised latches: {answer.free} pairs start equal")
    if answer.induction:
        after = f", after {answer.retimed} rounds of retiming" if answer.retimed else ""
        lines.append(f"proved by induction over {answer.induction} step{'s' * (answer.induction > 1)}{after}")
    if trace is not None:
        values = " and ".join(_digits(answer.values)) if answer.values else ""
        lines.append(f"{answer.root} differs in step {len(trace.inputs)} after reset: {values}")
        if not trace.plain:
            lines.append(f"with the latches starting in {_digits(trace.first)} and {_digits(trace.second)}")
    if answer.undecided:
        lines.append(
            f"{answer.undecided} of them are open; the first {answer.bounded} steps are equal;"
            " --depth, --steps and --conflicts allow more work"
        )
    return lines
