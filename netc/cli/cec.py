"""`netc cec`: are two circuits equivalent?"""

from __future__ import annotations

import click

from netc.cli import common
from netc.cli.main import EXIT_NO, EXIT_STOPPED
from netc.cli.numbers import MOST_64, Real, Whole
from netc.cores import usable_cores

EPILOG = """\b
Examples:
  netc cec design.aig small.aig
  netc cec before.blif after.aig --match order --json
  netc cec design.aig small.aig --certify proof/"""


@click.command("cec", epilog=EPILOG)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--match",
    type=click.Choice(["auto", "name", "order"]),
    default="auto",
    show_default=True,
    help="How ports are paired: by name where all names agree, else by order.",
)
@click.option("--budget", type=Whole(1, MOST_64), metavar="WORK", help="Give up after this much work.")
@click.option("--time-limit", type=Real(min=0), metavar="SECONDS", help="Give up after this time.")
@click.option("-j", "--threads", type=Whole(1), help="Threads: two at most are of use. Default: all cores.")
@click.option(
    "--conflicts",
    type=Whole(1),
    default=30_000,
    show_default=True,
    help="Conflicts that the solver may spend on a pair of nodes in the last round.",
)
@click.option(
    "--solver",
    metavar="COMMAND",
    help="A SAT solver for what stays open: it reads DIMACS, and answers by exit code. `cadical` is python-sat's.",
)
@click.option("--certify", metavar="DIR", help="Leave a proof that `netc verify` checks, in a new directory.")
@common.output_option("Where to write a counterexample, as an AIGER stimulus.")
@common.json_option
@common.quiet_option
def command(
    a: str,
    b: str,
    match: str,
    budget: int | None,
    time_limit: float | None,
    threads: int | None,
    conflicts: int,
    solver: str | None,
    certify: str | None,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Check whether two circuits compute the same.

    Prints EQUIVALENT (exit 0), NOT EQUIVALENT with a counterexample (exit 1) or UNDECIDED (exit 3). Latches pair as
    states, so circuits that encode their state differently are different here.
    """
    from pathlib import Path

    from netc import certificate as certificates
    from netc.cec import Verdict, check
    from netc.context import Context, run_cancellable
    from netc.errors import NetcError
    from netc.files import write_chunks
    from netc.loading import load
    from netc.solver import arguments

    if solver is not None:
        if certify is not None:
            raise NetcError("--solver", "what another solver says has no certificate; leave --certify out")
        arguments(solver)
    if certify is not None:
        certificates.refuse_used(Path(certify))
    first, second = load(a).logic, load(b).logic
    context = Context(budget, threads or usable_cores())

    def certified() -> certificates.Certificate:
        if certify is None:
            return certificates.Certificate(
                check(first, second, match=match, context=context, conflicts=conflicts, solver=solver)
            )
        return certificates.certify(first, second, certify, match=match, context=context, conflicts=conflicts)

    with common.Progress(quiet) as progress:
        certificate, interrupted = run_cancellable(
            context,
            certified,
            time_limit=time_limit,
            tick=lambda: progress.tick("cec", *context.progress),
        )
    if interrupted:
        raise KeyboardInterrupt
    answer = certificate.answer
    pattern = answer.counterexample
    stimulus = "" if pattern is None else "".join("01"[int(value)] for value in pattern[: first.inputs])
    state = "" if pattern is None else "".join("01"[int(value)] for value in pattern[first.inputs :])
    if output is not None and pattern is not None:
        write_chunks(output, [f"{stimulus}\n.\n".encode()])
    if as_json:
        common.print_json(
            {
                "verdict": answer.verdict.value,
                "matched": answer.matched,
                "roots": answer.roots,
                "undecided": answer.undecided,
                "by_solver": answer.by_solver,
                "differs": answer.root or None,
                "reason": answer.reason or None,
                "inputs": stimulus or None,
                "state": state or None,
                "work": context.work,
                "certificate": certificate.to_json(certify),
            }
        )
    else:
        compared = "outputs and next states" if first.ports.latches or second.ports.latches else "outputs"
        click.echo(f"{answer.verdict.value.upper()} ({answer.roots:,} {compared}, matched by {answer.matched})")
        if answer.by_solver:
            click.echo(f"{answer.by_solver} of them rest on the word of {solver}")
        if answer.reason:
            click.echo(answer.reason)
        elif pattern is not None:
            click.echo(f"{answer.root} differs for inputs {stimulus}" + (f" in state {state}" if state else ""))
        elif answer.undecided:
            click.echo(f"{answer.undecided} of them are open; --conflicts, --budget and --solver allow more work")
        if certificate:
            click.echo(f"certificate in {certify}: {certificate.steps:,} steps; netc verify checks it")
    return {Verdict.EQUIVALENT: 0, Verdict.DIFFERENT: EXIT_NO, Verdict.UNDECIDED: EXIT_STOPPED}[answer.verdict]
