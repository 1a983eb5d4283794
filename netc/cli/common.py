"""What commands share: the options that mean the same everywhere, and how they turn into calls of the library."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from netc.cli.main import EXIT_INTERRUPT, EXIT_STOPPED
from netc.cli.numbers import MOST_64, Real, Whole
from netc.cores import usable_cores
from netc.errors import NetcError
from netc.files import check_place

if TYPE_CHECKING:
    from netc.encoder import Encoder
    from netc.manager import Outcome
    from netc.model import Model

__all__ = [
    "Progress",
    "check_binary",
    "check_option",
    "checked",
    "default_output",
    "encoder_options",
    "exit_code",
    "force_option",
    "format_option",
    "given",
    "given_option",
    "head_pass",
    "input_argument",
    "json_option",
    "json_text",
    "load_model",
    "make_encoder",
    "optimize_options",
    "output_option",
    "pipeline_text",
    "print_json",
    "properties_option",
    "quiet_option",
    "run_optimizer",
    "run_optimizer_unless_templates",
    "say",
    "say_stopped",
]

SCHEMA = 1  # of the JSON that commands print
_BETWEEN_LINES = 0.1  # seconds between two lines of progress that replace each other
_GIVEN = "netc.given"  # in a command's context: the texts of --given

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

input_argument = click.argument("input", required=False, metavar="[INPUT]")
_from_option = click.option(
    "--from",
    "format_",
    metavar="FORMAT",
    help="Format of the input: aiger, blif, verilog, checkpoint, torchlogix-circuit. Default: by suffix, then content.",
)
force_option = click.option("--force", is_flag=True, help="Overwrite files that exist.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
properties_option = click.option(
    "--properties",
    type=click.Choice(["outputs", "drop"]),
    help="What becomes of bad states, constraints, justice and fairness. Default: refuse them.",
)

check_option = click.option(
    "--check",
    is_flag=True,
    help="Have Yosys read the Verilog, and prove that it is the same circuit, before it is written.",
)


def outputs_option(command: Decorated) -> Decorated:
    """`--outputs`, which `head_pass` turns into pipeline text."""
    option = click.option(
        "--outputs",
        type=click.Choice(["raw", "sums", "argmax"]),
        default="raw",
        show_default=True,
        help="Of a classifier: the logic's own outputs, each class's score, or the winning class.",
    )
    return option(command)


def engine_option(what: str) -> Callable[[Decorated], Decorated]:
    """`--engine` for commands that run `what`."""
    return click.option(
        "--engine",
        type=click.Choice(["auto", "table", "machine", "template", "c"]),
        default="auto",
        show_default=True,
        help=f"What runs the {what}.",
    )


def given_option(command: Decorated) -> Decorated:
    """`--given`, which `given` finds in the context."""

    def keep(context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> None:
        context.meta[_GIVEN] = texts

    option = click.option(
        "--given",
        multiple=True,
        metavar="KEY=VALUE",
        expose_value=False,
        callback=keep,
        help="What a checkpoint does not say: classes=10, tau=8, 3.padding=1, … (repeatable).",
    )
    return option(command)


def given() -> dict[str, Any]:
    """What `--given` says, as options of `netc.load`."""
    from netc.frontends.checkpoints.given import parse

    return parse(click.get_current_context().meta.get(_GIVEN, ()))


def format_option(command: Decorated) -> Decorated:
    """`--from`, and `--given`, which `load_model` heeds."""
    return _from_option(given_option(command))


def output_option(help_text: str, *, directory: bool = False) -> Callable[[Decorated], Decorated]:
    """`-o`, `--output` and `--out` are one option; where it cannot be written to is said before any work is done."""

    def check(_context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
        if path:
            check_place(path, directory=directory)
        return path

    return click.option("-o", "--output", "--out", "output", metavar="FILE", help=help_text, callback=check)


def encoder_options(command: Decorated) -> Decorated:
    """Thresholds that turn features into bits, for models whose file does not hold them."""
    options = [
        click.option(
            "--thresholds",
            metavar="T,T,…",
            help="Each feature gives one bit a threshold: x > T. For models without an encoder in the file.",
        ),
        click.option(
            "--bit-order",
            type=click.Choice(["feature", "plane"]),
            default="feature",
            help="Bits of one feature together, or all features of one threshold together.",
        ),
        click.option("--at-least", is_flag=True, help="Compare x >= T instead of x > T."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def optimize_options(default_level: int, *, sequential: bool = False) -> Callable[[Decorated], Decorated]:
    """-O, -p, budgets and verification; `sequential` for commands whose result may have other latches."""

    def decorate(command: Decorated) -> Decorated:
        options = [
            click.option(
                "-O",
                "level",
                type=click.IntRange(0, 3),
                default=default_level,
                show_default=True,
                metavar="LEVEL",
                help="0 as it stands, 1 clean up, 2 good in seconds, 3 the best.",
            ),
            click.option(
                "-p", "--pipeline", metavar="TEXT", help="Passes to run instead of a level's; see `netc passes`."
            ),
            click.option(
                "--goal",
                type=click.Choice(["area", "depth", "balanced"]),
                default="area",
                show_default=True,
                help="Few ANDs, few levels, or a small product of both; from -O2 on.",
            ),
            click.option(
                "--effort",
                type=click.Choice(["normal", "deep"]),
                default="normal",
                show_default=True,
                help="deep goes on improving what -O2 or -O3 gives; Ctrl-C keeps the best so far.",
            ),
            click.option("--budget", type=Whole(1, MOST_64), metavar="WORK", help="Stop after this much work."),
            click.option("--time-limit", type=Real(min=0), metavar="SECONDS", help="Stop after this time."),
            click.option(
                "-j",
                "--threads",
                type=Whole(1),
                help="Threads. Default: all cores; they change no result.",
            ),
            click.option(
                "--verify",
                type=click.Choice(["off", "sim", "sat"]),
                default="sat",
                show_default=True,
                help="Check the result against the input: not, by simulation, or by proof.",
            ),
        ]
        if sequential:
            options.append(
                click.option(
                    "--sequential",
                    is_flag=True,
                    help="Remove and merge latches too; the result is the same from reset on. See `netc passes scorr`.",
                )
            )
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def check_binary(target: str, path: str) -> None:
    """`NetcError` for what is no text and would go to a terminal."""
    if path == "-" and target in ("aiger", "npz") and sys.stdout.isatty():
        raise NetcError("-o -", f"{target} is not for a terminal", "-o FILE writes a file")


def say(text: str, quiet: bool = False) -> None:
    """A line for a person, on stderr."""
    if not quiet:
        click.echo(text, err=True)


def json_text(data: dict[str, Any]) -> str:
    """One JSON object, with the versions that every report has."""
    from importlib.metadata import version  # slow to import, and few commands print JSON

    return json.dumps({"netc": version("netc"), "schema": SCHEMA, **data}, ensure_ascii=False)


def print_json(data: dict[str, Any]) -> None:
    """One object on stdout."""
    click.echo(json_text(data))


def make_encoder(bits: int, thresholds: str, bit_order: str, at_least: bool) -> Encoder:
    """The same thresholds on all features, for logic of `bits` inputs."""
    from netc.encoder import Encoder

    try:
        values = [float(text) for text in thresholds.split(",")]
    except ValueError:
        raise NetcError("--thresholds", f"{thresholds!r} is no list of numbers") from None
    if bits % len(values):
        raise NetcError("--thresholds", f"{len(values)} thresholds do not divide the model's {bits} input bits")
    return Encoder.thermometer(bits // len(values), values, order=bit_order, at_least=at_least)


def load_model(
    path: str | None,
    format_: str | None = None,
    *,
    encoder: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Model:
    """The input of a command: a path, ``-``, or standard input if something is piped in; else usage and exit code 2.

    `options` and what `--given` says go to the format's loader.
    """
    from netc.loading import load

    options = {**(options or {}), **given()}
    if path is None:
        if sys.stdin.isatty():
            context = click.get_current_context()
            raise click.UsageError("no input: give a file, or pipe one in", ctx=context)
        path = "-"
    model = load(path, format=format_, **options)
    if encoder and encoder.get("thresholds"):
        made = make_encoder(model.logic.inputs, encoder["thresholds"], encoder["bit_order"], encoder["at_least"])
        model = model.with_encoder(made)
    return model


def pipeline_text(level: int, goal: str, effort: str, sequential: bool, pipeline: str | None) -> str:
    """What the options of `optimize_options` say to run."""
    from netc.levels import level_text

    if pipeline is None:
        return level_text(level, goal, effort, sequential)
    if sequential:
        raise NetcError("--sequential", "with -p the pipeline says it all", "the passes are called latches and scorr")
    return pipeline


def run_optimizer(
    model: Model,
    *,
    level: int,
    goal: str,
    effort: str,
    pipeline: str | None,
    budget: int | None,
    time_limit: float | None,
    threads: int | None,
    verify: str,
    sequential: bool = False,
    quiet: bool = False,
    before: str = "",
    **more: Any,
) -> Outcome:
    """Optimise with progress on a terminal. `before` is pipeline text that runs first, at every level."""
    from netc.manager import optimize_with

    text = pipeline_text(level, goal, effort, sequential, pipeline)
    if before:
        text = f"{before}; {text}" if text else before
    with Progress(quiet) as progress:
        return optimize_with(
            model,
            text,
            goal=goal,
            budget=budget,
            time_limit=time_limit,
            threads=threads or usable_cores(),
            verify=verify,
            tick=progress.tick,
            **more,
        )


def run_optimizer_unless_templates(model: Model, *, quiet: bool, **optimization: Any) -> Outcome:
    """`run_optimizer` for commands that run the model, and have no use for a report.

    A model that is mostly templates stays as it is unless -O or -p asks for something: optimising would flatten it.
    """
    from netc.manager import Outcome

    source = click.get_current_context().get_parameter_source("level")
    asked = optimization["pipeline"] is not None or source is not ParameterSource.DEFAULT
    if not asked and model.is_of_templates and model.trained is not None:
        trained = model.trained
        many = f"{trained.distinct_neurons:,} neurons stand for {trained.num_neurons:,}"
        say(f"templates are kept: {many}; -O1 would flatten them", quiet)
        return Outcome(model, False)
    if optimization["pipeline"] is None and optimization["level"] == 0:
        return Outcome(model, False)
    return run_optimizer(model, quiet=quiet, **optimization)


def exit_code(outcome: Outcome) -> int:
    """What a run that was interrupted, or that met a limit, leaves with."""
    if outcome.interrupted:
        return EXIT_INTERRUPT
    report = outcome.model.report
    return EXIT_STOPPED if report is not None and report.stopped_at is not None else 0


def say_stopped(outcome: Outcome, quiet: bool) -> None:
    """The budget that gives a cut run again, for commands that print no report."""
    report = outcome.model.report
    if not outcome.interrupted and report is not None and report.stopped_at is not None:
        say(f"netc: stopped at a limit; --budget {report.stopped_at} gives the same again", quiet)


@contextmanager
def checked(model: Model, backend: Any, quiet: bool) -> Iterator[tuple[Iterator[bytes], dict[str, Any]]]:
    """The Verilog as chunks, once Yosys has read it and it is proved; and the facts for a report."""
    from netc.files import chunks_of
    from netc.readback import proved

    with proved(model, backend) as (text, answer):
        said = f"{answer.roots - answer.undecided:,} of {answer.roots:,} outputs and next states proved"
        say(f"checked through Yosys: {said}", quiet)
        yield chunks_of(text), {"verdict": answer.verdict.value, "roots": answer.roots, "undecided": answer.undecided}


def head_pass(outputs: str) -> str:
    """Pipeline text for ``--outputs raw|sums|argmax``."""
    return "" if outputs == "raw" else f"lower-head{{outputs={outputs}}}"


class Progress:
    """A line on stderr that says what is running, after a second, on a terminal only."""

    def __init__(self, quiet: bool) -> None:
        import time

        self._show = not quiet and sys.stderr.isatty()
        self._clock = time.monotonic
        self._started = time.monotonic()
        self._shown_at = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._shown_at:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def tick(self, name: str, done: int, total: int) -> None:
        share = f" {100 * done // total} %" if total else ""
        self._write(f"{name}{share}  {self._elapsed():.0f} s (Ctrl-C keeps the best so far)")

    def rows(self, done: int, share: float) -> None:
        """How many rows are done, what share of all that is, how fast it goes and when it ends."""
        elapsed = self._elapsed()
        if not self._show or elapsed < max(1, self._shown_at + _BETWEEN_LINES):
            return
        left = elapsed / share - elapsed if share else 0
        line = f"{done:,} rows  {min(100, int(100 * share))} %  {done / elapsed:,.0f} rows/s"
        self._write(f"{line}  {int(left) // 60}:{int(left) % 60:02d} left")

    def note(self, text: str) -> None:
        """Whatever there is to say, and for how long it has gone on."""
        self._write(f"{text}  {self._elapsed():.0f} s")

    def _elapsed(self) -> float:
        return self._clock() - self._started

    def _write(self, line: str) -> None:
        elapsed = self._elapsed()
        if not self._show or elapsed < 1:
            return
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
        self._shown_at = elapsed


def default_output(model_path: str | None, suffix: str) -> str:
    """STEM.suffix in the current directory, for commands that write a file without being told its name."""
    from netc.files import strip_compression

    stem = Path(strip_compression(Path(model_path).name)).stem if model_path not in (None, "-") else "circuit"
    return f"{stem}{suffix}"
