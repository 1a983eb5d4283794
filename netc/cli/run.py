"""`netc run`: a model on data."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT
from netc.cli.numbers import Whole
from netc.errors import NetcError

if TYPE_CHECKING:
    from netc.answers import NpyAnswers, TextAnswers
    from netc.data import Samples
    from netc.sources.rows import Array

EPILOG = """\b
Examples:
  netc run model.pt samples.npy > classes.txt
  netc run model.pt samples.npz --labels labels.npy
  netc run model.pt pixels.npy --thresholds 4,8,12 --scores -o scores.npy
  netc run model.pt samples.npy --workers 2 -o classes.npy"""


@click.command("run", epilog=EPILOG)
@click.argument("model")
@click.argument("data")
@click.option("--labels", metavar="FILE", help="True classes: print accuracy and a confusion table.")
@click.option("--scores", "what", flag_value="scores", help="Give the scores instead of the classes.")
@click.option("--bits", "what", flag_value="bits", help="Give the logic's output bits instead of the classes.")
@common.engine_option("network")
@common.encoder_options
@click.option(
    "--nan",
    type=click.Choice(["error", "false"]),
    default="error",
    show_default=True,
    help="What a feature that is NaN does: end the run, or stay below every threshold.",
)
@click.option(
    "--workers",
    type=Whole(0),
    default=0,
    show_default=True,
    help="Processes to share the work among; 0 is this one alone. They change no result.",
)
@common.output_option("Where to write the answers: .npy, or text. Default: text to standard output.")
@common.format_option
@common.optimize_options(default_level=1)
@common.json_option
@common.quiet_option
def command(
    model: str,
    data: str,
    labels: str | None,
    what: str | None,
    engine: str,
    thresholds: str | None,
    bit_order: str,
    at_least: bool,
    nan: str,
    workers: int,
    output: str | None,
    format_: str | None,
    as_json: bool,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Run a model on data: classes, scores or bits.

    DATA is .npy, .npz, .csv, .txt or .parquet: bits, or features where the model has an encoder. It is read and
    answered a batch at a time, so it may be larger than memory. Labels in the same .npz or .parquet (called y or
    labels) are used as --labels would be. Classes are printed one a line; with labels, accuracy and confusion instead.
    """
    from netc.cli.scored import Scored, Truth, print_scored
    from netc.data import open_labels, open_samples
    from netc.targets import compile as compile_net

    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    loaded = common.load_model(model, format_, encoder=encoder)
    wanted = what or ("classes" if loaded.head is not None else "bits")
    samples = open_samples(data)
    told = open_labels(labels) if labels else samples.labels
    if told is not None and None not in (told.count, samples.rows.count) and told.count != samples.rows.count:
        raise NetcError(labels or data, f"{told.count:,} labels for {samples.rows.count:,} samples")
    outcome = common.run_optimizer_unless_templates(
        loaded,
        quiet=quiet,
        **optimization,
    )
    if outcome.interrupted:
        return EXIT_INTERRUPT
    net = compile_net(outcome.model, engine=engine, nan=nan)
    truth = Truth(told, labels or data) if told is not None and wanted == "classes" else None
    scored = Scored() if truth is not None else None
    where = output or ("-" if scored is None and not as_json else None)
    started = time.perf_counter()
    with ExitStack() as stack:
        progress = stack.enter_context(common.Progress(quiet))
        sink = _sink(stack, where, output, wanted, samples.rows.count) if where is not None else None
        done = 0
        answered = _answered(net, samples, data, wanted, optimization["threads"], workers)
        for answers, share in stack.enter_context(closing(answered)):
            done += len(answers)
            if truth is not None and scored is not None:
                scored.add(truth.take(len(answers), done), answers)
            if sink is not None:
                sink.write(answers)
            progress.rows(done, share)
        if truth is not None:
            truth.finish(done)
        if sink is not None:
            sink.finish()
    seconds = time.perf_counter() - started
    facts: dict[str, Any] = {"samples": done, "seconds": seconds, "engine": net.engine.name}
    facts |= scored.facts() if scored is not None else {}
    if as_json:
        common.print_json({"model": model, "data": data, **facts})
    elif scored is not None:
        print_scored(facts, loaded.class_names)
    rate = done / seconds if seconds else 0
    speed = f"{rate:,.0f}/s, engine {net.engine.name}"
    common.say(f"{done:,} samples in {seconds:.3f} s ({speed})", quiet or as_json)
    return 0


def _answered(
    net: Any, samples: Samples, data: str, wanted: str, threads: int | None, workers: int
) -> Generator[tuple[Array, float], None, None]:
    """Answers in order, at least one array of them, each with the share of the file that has been asked for by then."""
    import numpy as np

    from netc.sources.rows import Held, batch_rows

    rows, extent = samples.rows, 0

    def items() -> Iterator[Any]:
        nonlocal extent
        size = batch_rows(max(rows.columns, net.outputs), threads)
        for part in rows.parts(size):
            extent += part.extent
            if workers:
                yield part
            else:
                yield from part.batches(size)

    nothing = np.empty((0, rows.columns), np.uint8)
    coming = items()
    first = next(coming, Held(nothing) if workers else nothing)
    try:
        found = net.stream(
            chain([first], coming), wanted=wanted, packed=samples.packed, threads=threads, workers=workers
        )
        for answers in found:
            yield answers, extent / rows.extent if rows.extent else 1.0
    except NetcError as error:
        place = error.place if error.place.startswith(data) else ": ".join(filter(None, (data, error.place)))
        raise NetcError(place, error.what, error.hint) from None


def _sink(stack: ExitStack, where: str, output: str | None, wanted: str, count: int | None) -> NpyAnswers | TextAnswers:
    """Where answers go: NumPy's format by the suffix, else text; bits on standard output are strings."""
    from netc.answers import NpyAnswers, TextAnswers
    from netc.files import writing

    file = stack.enter_context(writing(where))
    if where.endswith(".npy"):
        return NpyAnswers(file, where, count)
    if output is None and wanted == "bits":
        return TextAnswers(file, "")
    return TextAnswers(file, "," if where.endswith(".csv") else " ")
