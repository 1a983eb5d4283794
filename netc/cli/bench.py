"""`netc bench`: how fast a model runs here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT
from netc.cli.numbers import Real, parse_size
from netc.errors import NetcError

if TYPE_CHECKING:
    from netc.grid import Grid
    from netc.model import Model
    from netc.timing import Bench, EngineTimes
    from netc.timing_steps import StepBench, StepTimes

EPILOG = """\b
Examples:
  netc bench model.pt
  netc bench design.aig -O3 --seconds 0.02
  netc bench model.pt --engine table --json
  netc bench model.pt --seconds 0.02 --plot speed.svg
  netc bench counter.aag --engine table
  netc bench life.aag --grid 128x128 --boundary zero"""


@click.command("bench", epilog=EPILOG)
@common.input_argument
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Measure this one (repeatable). Default: all.")
@click.option(
    "--seconds",
    type=Real(min=0, min_open=True),
    default=0.1,
    show_default=True,
    help="How long each figure is measured.",
)
@click.option("--grid", metavar="HxW", help="Measure the cell of an automaton on grids of so many rows and columns.")
@click.option(
    "--boundary", type=click.Choice(["periodic", "zero"]), help="Of --grid: what lies outside. Default: periodic."
)
@click.option(
    "--order", type=click.Choice(["neighbour", "channel"]), help="Of --grid: the cell's inputs. Default: neighbour."
)
@click.option("--plot", metavar="FILE", help="Draw the figures: .svg, or .png with matplotlib.")
@common.encoder_options
@common.format_option
@common.optimize_options(default_level=1)
@common.json_option
@common.quiet_option
def command(
    input: str | None,
    engines: tuple[str, ...],
    seconds: float,
    grid: str | None,
    boundary: str | None,
    order: str | None,
    plot: str | None,
    thresholds: str | None,
    bit_order: str,
    at_least: bool,
    format_: str | None,
    as_json: bool,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Measure how fast a model or circuit runs here.

    Every engine is built, and its answers on random samples compared bit for bit with a simulation. Then come its
    latency, its throughput by input form and threads (one and all, or 1 and -j), and what part of the machine's
    limit its gates reach; the limit is measured too, by kernels that only combine registers or lines of a cache.
    Figures are medians, of whole calls from Python except for the gates alone.

    A circuit with latches, and with --grid a cell, takes steps: throughput is sequences (or cells) times steps, by
    how many there are side by side, and latency that of one step.
    """
    from netc.files import check_place, write_chunks
    from netc.machine import Machine
    from netc.plots import check_format
    from netc.plots import plot as draw
    from netc.timing import bench
    from netc.timing_steps import bench_steps

    if plot is not None:
        check_format(plot)
        check_place(plot)
    if grid is None and (boundary or order):
        raise click.UsageError("--boundary and --order are those of --grid", ctx=click.get_current_context())
    size = None if grid is None else parse_size("--grid", grid)
    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    loaded = common.load_model(input, format_, encoder=encoder)
    outcome = common.run_optimizer_unless_templates(loaded, quiet=quiet, **optimization)
    if outcome.interrupted:
        return EXIT_INTERRUPT
    most = optimization["threads"]
    how: dict[str, Any] = {
        "engines": engines or None,
        "threads": None if most is None else tuple(dict.fromkeys((1, most))),
        "seconds": seconds,
    }
    if size is not None:
        found: Bench | StepBench = bench_steps(
            _grid(input, outcome.model, boundary, order), name=outcome.model.name, size=size, **how
        )
    elif outcome.model.logic.ports.latches:
        found = bench_steps(Machine.of(outcome.model.logic), name=outcome.model.name, **how)
    else:
        found = bench(outcome.model, **how)
    if plot is not None:
        write_chunks(plot, draw(plot, found.charts()))
    if as_json:
        common.print_json(found.to_json())
    elif not quiet:
        _print(found)
    return 0


def _grid(path: str | None, cell: Model, boundary: str | None, order: str | None) -> Grid:
    from netc.grid import Grid

    try:
        return Grid(cell, boundary or "periodic", order or "neighbour")
    except NetcError as error:
        raise NetcError(path or "<stdin>", error.what, error.hint) from None


def _print(found: Bench | StepBench) -> None:
    from netc.timing import Bench

    ports = f"{found.inputs:,} inputs, {found.outputs:,} outputs"
    if isinstance(found, Bench):
        size = f"{found.neurons:,} gates as templates" if found.ands is None else f"{found.ands:,} ANDs"
        click.echo(f"{found.model}: {ports}, {size}")
        click.echo(f"all engines right on {found.checked:,} random samples, bit for bit\n")
        rates = _throughput(found)
    else:
        latches = (
            f"{found.state:,} latches" if found.size is None else f"grids of {found.size[0]:,} x {found.size[1]:,}"
        )
        click.echo(f"{found.model}: {ports}, {latches}, {found.ands:,} ANDs")
        click.echo(f"all engines right in {found.checked:,} steps from random bits, states too, bit for bit\n")
        rates = _step_rates(found)
    rows = [["engine", "kernel", "block", "build", "planes", "program", "operations", "gates alone", "of the limit"]]
    engines: Sequence[EngineTimes | StepTimes] = found.engines
    for engine in engines:
        part = f"{100 * engine.fraction:.0f} % in {engine.level.upper()}" if engine.fraction is not None else "."
        rows.append(
            [
                engine.name,
                engine.kernel or ".",
                f"{engine.block}",
                _time(engine.build_seconds) + (" (cached)" if engine.cached else ""),
                f"{engine.planes_bytes / 1024:,.0f} KB",
                f"{engine.program_bytes / 1024:,.0f} KB" if engine.program_bytes is not None else ".",
                f"{engine.operations:,}" if engine.operations is not None else ".",
                f"{engine.gates_alone:,.0f}/s",
                part,
            ]
        )
    _table(rows)
    called = "one call" if isinstance(found, Bench) else f"one step, {found.batch}s"
    rows = [[called, *(f"{call.samples:,}" for engine in engines[:1] for call in engine.latency)]]
    rows += [[engine.name, *(_time(call.seconds) for call in engine.latency)] for engine in engines]
    _table(rows)
    _table(rates)
    limits = [f"{rate / 1e9:,.0f} in {name.replace('l', 'L')}" for name, rate in found.limits.items() if name[0] == "l"]
    registers = f"{found.limits['registers'] / 1e9:,.0f} in registers"
    click.echo(f"limits of one core, billions of bit operations a second: {', '.join([registers, *limits])}")
    click.echo(f"planes are those of one thread; this process has held {found.peak_bytes / 2**20:,.0f} MB at most")
    if isinstance(found, Bench) and found.auto is not None:
        click.echo(f"engine auto takes {found.auto}")
    for name, reason in found.skipped.items():
        click.echo(f"engine {name} left out: {reason}")


def _throughput(found: Bench) -> list[list[str]]:
    from netc.measuring import count_of

    rows = [[f"{found.answers} a second", *(count_of(threads, "thread") for threads in found.threads)]]
    for engine in found.engines:
        for form in dict.fromkeys(rate.form for rate in engine.throughput):
            of_form = [f"{rate.samples_per_second:,.0f}" for rate in engine.throughput if rate.form == form]
            rows.append([f"{engine.name}, {form}", *of_form])
    return rows


def _step_rates(found: StepBench) -> list[list[str]]:
    from netc.measuring import count_of

    title = f"steps of {found.unit}s a second"
    rows = [[title, f"{found.batch}s", *(count_of(threads, "thread") for threads in found.threads), "times the gates"]]
    for engine in found.engines:
        for way, batch in dict.fromkeys((rate.way, rate.batch) for rate in engine.rates):
            rates = [rate for rate in engine.rates if (rate.way, rate.batch) == (way, batch)]
            alone = next((f"{engine.times_the_gates(rate):,.2f}" for rate in rates if rate.threads == 1), ".")
            numbers = [f"{rate.steps_per_second:,.0f}" for rate in rates]
            rows.append([f"{engine.name}, {way}", f"{batch:,}", *numbers, alone])
    return rows


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:,.2f} {unit}"
    return f"{seconds / 1e-6:,.1f} µs"


def _table(rows: list[list[str]]) -> None:
    """Columns as wide as they must be, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        click.echo("  ".join([f"{first:<{widths[0]}}", *cells]))
    click.echo()
