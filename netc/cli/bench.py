"""`netc bench`: how fast a model runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT
from netc.cli.numbers import Real

if TYPE_CHECKING:
    from netc.timing import Bench

EPILOG = """\b
Examples:
  netc bench model.pt
  netc bench design.aig -O3 --seconds 0.02
  netc bench model.pt --engine table --json
  netc bench model.pt --seconds 0.02 --plot speed.svg"""


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
    """
    from netc.files import check_place, write_chunks
    from netc.plots import check_format
    from netc.plots import plot as draw
    from netc.timing import bench

    if plot is not None:
        check_format(plot)
        check_place(plot)
    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    loaded = common.load_model(input, format_, encoder=encoder)
    outcome = common.run_optimizer_unless_templates(loaded, quiet=quiet, **optimization)
    if outcome.interrupted:
        return EXIT_INTERRUPT
    most = optimization["threads"]
    found = bench(
        outcome.model,
        engines=engines or None,
        threads=None if most is None else tuple(dict.fromkeys((1, most))),
        seconds=seconds,
    )
    if plot is not None:
        write_chunks(plot, draw(plot, found.charts()))
    if as_json:
        common.print_json(found.to_json())
    elif not quiet:
        _print(found)
    return 0


def _print(found: Bench) -> None:
    from netc.timing import BATCHES, count_of

    size = f"{found.neurons:,} gates as templates" if found.ands is None else f"{found.ands:,} ANDs"
    click.echo(f"{found.model}: {found.inputs:,} inputs, {found.outputs:,} outputs, {size}")
    click.echo(f"all engines right on {found.checked:,} random samples, bit for bit\n")
    rows = [["engine", "kernel", "block", "build", "planes", "program", "operations", "gates alone", "of the limit"]]
    for engine in found.engines:
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
    rows = [["one call", *(f"{samples:,}" for samples in BATCHES)]]
    rows += [[engine.name, *(_time(call.seconds) for call in engine.latency)] for engine in found.engines]
    _table(rows)
    rows = [[f"{found.answers} a second", *(count_of(threads, "thread") for threads in found.threads)]]
    for engine in found.engines:
        for form in dict.fromkeys(rate.form for rate in engine.throughput):
            of_form = [f"{rate.samples_per_second:,.0f}" for rate in engine.throughput if rate.form == form]
            rows.append([f"{engine.name}, {form}", *of_form])
    _table(rows)
    limits = [f"{rate / 1e9:,.0f} in {name.replace('l', 'L')}" for name, rate in found.limits.items() if name[0] == "l"]
    registers = f"{found.limits['registers'] / 1e9:,.0f} in registers"
    click.echo(f"limits of one core, billions of bit operations a second: {', '.join([registers, *limits])}")
    click.echo(f"planes are those of one thread; this process has held {found.peak_bytes / 2**20:,.0f} MB at most")
    if found.auto is not None:
        click.echo(f"engine auto takes {found.auto}")
    for name, reason in found.skipped.items():
        click.echo(f"engine {name} left out: {reason}")


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
