"""`netc run`: a model on data."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT
from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc run model.pt samples.npy > classes.txt
  netc run model.pt samples.npz --labels labels.npy
  netc run model.pt pixels.npy --thresholds 4,8,12 --scores -o scores.npy"""


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
    output: str | None,
    format_: str | None,
    as_json: bool,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Run a model on data: classes, scores or bits.

    DATA is .npy, .npz, .csv or .txt: bits, or features where the model has an encoder. Labels in the same .npz
    (called y or labels) are used as --labels would be. Classes are printed one a line; with labels, accuracy and
    confusion instead.
    """
    import numpy as np

    from netc.data import load_labels, load_samples
    from netc.targets import compile as compile_net

    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    loaded = common.load_model(model, format_, encoder=encoder)
    samples = load_samples(data)
    truth = load_labels(labels) if labels else samples.labels
    if truth is not None and len(truth) != len(samples.x):
        raise NetcError(labels or data, f"{len(truth)} labels for {len(samples.x)} samples")
    wanted = what or ("classes" if loaded.head is not None else "bits")
    outcome = common.run_optimizer(
        loaded,
        quiet=quiet,
        **optimization,
    )
    if outcome.interrupted:
        return EXIT_INTERRUPT
    net = compile_net(outcome.model, engine=engine, nan=nan)
    method = {"classes": net.predict, "scores": net.scores, "bits": net.bits}[wanted]
    started = time.perf_counter()
    try:
        answers = method(samples.x, packed=samples.packed, threads=optimization["threads"])
    except NetcError as error:
        place = f"{data}: {error.place}" if error.place else data
        raise NetcError(place, error.what, error.hint) from None
    seconds = time.perf_counter() - started
    facts: dict[str, Any] = {"samples": len(samples.x), "seconds": seconds, "engine": net.engine.name}
    if truth is not None and wanted == "classes":
        facts |= _scored(np.asarray(answers), np.asarray(truth).reshape(-1).astype(np.int64))
    if output is not None:
        _write(output, answers)
    if as_json:
        common.print_json({"model": model, "data": data, **facts})
    elif truth is not None and wanted == "classes":
        _print_scored(facts, loaded.class_names)
    elif output is None:
        _print_answers(answers)
    rate = len(samples.x) / seconds if seconds else 0
    speed = f"{rate:,.0f}/s, engine {net.engine.name}"
    common.say(f"{len(samples.x):,} samples in {seconds:.3f} s ({speed})", quiet or as_json)
    return 0


def _scored(answers: Any, truth: Any) -> dict[str, Any]:
    import numpy as np

    classes = int(max(answers.max(initial=0), truth.max(initial=0))) + 1
    if truth.min(initial=0) < 0:
        raise NetcError("--labels", "labels are class numbers, 0, 1, …")
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, answers), 1)
    correct = int((answers == truth).sum())
    return {
        "accuracy": correct / len(truth) if len(truth) else None,
        "correct": correct,
        "confusion": confusion.tolist(),
    }


def _print_scored(facts: dict[str, Any], names: tuple[str, ...]) -> None:
    confusion = facts["confusion"]
    labels = [names[index] if index < len(names) else str(index) for index in range(len(confusion))]
    share = 100 * facts["accuracy"] if facts["accuracy"] is not None else float("nan")
    click.echo(f"accuracy {share:.2f} % ({facts['correct']:,} of {facts['samples']:,})\n")
    width = max(5, max(map(len, labels)) + 1, len(f"{max(map(max, confusion)):,}") + 1)
    click.echo("true \\ predicted".ljust(17) + "".join(f"{label:>{width}}" for label in labels))
    for label, row in zip(labels, confusion, strict=True):
        click.echo(f"{label:>16} " + "".join(f"{count or '.':>{width}}" for count in row))


def _print_answers(answers: Any) -> None:
    import numpy as np

    if answers.dtype == np.bool_:
        for row in answers:
            sys.stdout.write("".join("01"[int(value)] for value in row) + "\n")
    elif answers.ndim == 1:
        sys.stdout.write("".join(f"{value}\n" for value in answers.tolist()))
    else:
        sys.stdout.write("".join(" ".join(map(str, row)) + "\n" for row in answers.tolist()))


def _write(output: str, answers: Any) -> None:
    import numpy as np

    from netc.files import writing

    with writing(output) as file:
        if output.endswith(".npy"):
            np.save(file, answers, allow_pickle=False)
        else:
            np.savetxt(
                file, np.asarray(answers).astype(np.int64), fmt="%d", delimiter="," if output.endswith(".csv") else " "
            )
