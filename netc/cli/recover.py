"""`netc recover`: lost wiring drawn again from its seed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT, EXIT_NO, EXIT_STOPPED
from netc.cli.numbers import Real, Whole
from netc.cores import usable_cores
from netc.errors import NetcError

if TYPE_CHECKING:
    from netc.recover import Recovery

EPILOG = """\b
Examples:
  netc recover --list
  netc recover weights.pt --recipe difflogic-mnist --seed 77 --input-bits 16 -o model.npz
  netc recover weights.pt --recipe difflogic-mnist --search 0..999 --data labelled.npz"""

NOT_RECOVERABLE = """\
A recipe draws from torch's CPU generator. What a GPU's generator drew cannot be drawn again: connections of
torchlogix 0.1.1 with device='cuda' (but for init_method='random-unique'), learnable connections, convolutions.
Networks of torchlogix 0.1.0 are wired as in difflogic or difflogic-random (weights random on the CPU: with -cpu)."""


def _list(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from netc.recipes import RECIPES

    width = max(map(len, RECIPES))
    for recipe in RECIPES.values():
        click.echo(f"{recipe.name:<{width}}  {recipe.what}")
    click.echo(f"\n{NOT_RECOVERABLE}")
    ctx.exit()


@click.command("recover", epilog=EPILOG)
@click.argument("weights")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Show the recipes.")
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    required=True,
    metavar="NAME",
    help="How the script made its wiring; may be repeated; all is every one.",
)
@click.option("--seed", type=int, metavar="N", help="The seed. Default: 0, as in difflogic's script.")
@click.option("--search", metavar="A..B", help="Try all seeds from A to B on --data.")
@click.option("--data", metavar="FILE", help="Labelled samples, as for `netc run`.")
@click.option("--labels", metavar="FILE", help="Their classes, if they are not in the same file.")
@click.option("--input-bits", type=Whole(1), metavar="N", help="Bits that the first layer takes.")
@click.option("--classes", type=Whole(1), metavar="N", help="Classes. Default: as the labels say.")
@click.option("--tau", type=float, metavar="T", help="What the network's sums are divided by.")
@common.given_option
@common.encoder_options
@common.output_option("Where to write the model. Default: the input's name with .npz, in the current directory.")
@click.option("--time-limit", type=Real(min=0), metavar="SECONDS", help="End the search after this time.")
@click.option("-j", "--threads", type=Whole(1), help="Threads. Default: all cores; they change no result.")
@common.force_option
@common.json_option
@common.quiet_option
def command(
    weights: str,
    recipes: tuple[str, ...],
    seed: int | None,
    search: str | None,
    data: str | None,
    labels: str | None,
    input_bits: int | None,
    classes: int | None,
    tau: float | None,
    thresholds: str | None,
    bit_order: str,
    at_least: bool,
    output: str | None,
    time_limit: float | None,
    threads: int | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Find lost wiring again.

    Most state_dicts of difflogic hold gates but no wiring. The wiring came from torch's random numbers, so recipe and
    seed give it back. With --data the network is tried on labelled samples: it is written, with exit code 0, only if
    they support it, and exit code 1 says that no seed stands out. Without --data the wiring is as good as what you
    know about the seed.
    """
    from netc.recover import recover_wiring
    from netc.targets import target_of, write

    if seed is not None and search is not None:
        raise NetcError("--seed", "--search tries seeds; give one of the two")
    seeds: int | range = (seed or 0) if search is None else _range(search)
    path = common.default_output(weights, ".npz") if output is None else output
    target = "npz" if path == "-" else target_of(path)
    if target is None:
        raise NetcError(path, "no target is known for this suffix", "-o NAME.npz keeps the layers")
    common.check_binary(target, path)
    samples = _samples(data, labels, input_bits)
    encoder = _encoder(thresholds, bit_order, at_least, input_bits, samples["x"])
    with common.Progress(quiet or as_json) as progress:
        found = recover_wiring(
            weights,
            recipe=recipes,
            seed=seeds,
            **samples,
            input_bits=input_bits,
            classes=classes,
            tau=tau,
            encoder=encoder,
            given=common.given(),
            threads=threads or usable_cores(),
            time_limit=time_limit,
            tick=progress.tick,
        )
    if found.model is not None:
        write(found.model, path, target=target, force=force or output is not None)
    _report(weights, found, path, as_json, quiet)
    if found.interrupted:
        return EXIT_INTERRUPT
    if found.evidence is not None and found.evidence.tried < found.asked:
        return EXIT_STOPPED
    return 0 if found.model is not None else EXIT_NO


def _range(text: str) -> range:
    match = re.fullmatch(r"(\d{1,10})\.\.(\d{1,10})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise NetcError("--search", f"{text!r} is no range of seeds", "--search 0..999 tries a thousand")
    return range(int(match[1]), int(match[2]) + 1)


def _samples(data: str | None, labels: str | None, input_bits: int | None) -> dict[str, Any]:
    if data is None:
        if labels is not None:
            raise NetcError("--labels", "labels of which samples?", "--data names them")
        return {"x": None, "labels": None}
    import numpy as np

    from netc.data import class_numbers, open_labels, open_samples
    from netc.sources.rows import whole

    samples = open_samples(data)
    told = open_labels(labels) if labels else samples.labels
    if told is None:
        raise NetcError(data, "there are no labels in this file", "call them y or labels, or give --labels")
    truth = class_numbers(whole(told), labels or data)
    x = whole(samples.rows)
    if samples.packed:
        columns = samples.bits or input_bits
        if x.ndim != 2 or x.dtype != np.uint8 or columns is None or not 0 <= 8 * x.shape[1] - columns < 8:
            what = f"packed bits of shape {x.shape} and type {x.dtype} for {columns or 'unknown'} inputs"
            raise NetcError(data, what, "n_inputs in the file, or --input-bits, says how many there are")
        x = np.unpackbits(x, axis=1, count=columns, bitorder="little").astype(bool)
    return {"x": x, "labels": truth}


def _encoder(thresholds: str | None, bit_order: str, at_least: bool, input_bits: int | None, x: Any) -> Any:
    if not thresholds:
        return None
    count = len(thresholds.split(","))
    bits = input_bits if x is None else x.shape[1] * count
    if bits is None:
        raise NetcError("--thresholds", "how many features are there?", "--input-bits N says how many bits they make")
    return common.make_encoder(bits, thresholds, bit_order, at_least)


def _report(weights: str, found: Recovery, path: str, as_json: bool, quiet: bool) -> None:
    evidence = found.evidence
    assumed = f"{found.classes} classes, as the labels have; --classes says if there are more" if found.assumed else ""
    written = path if found.model is not None else None
    if as_json:
        facts = {
            "input": weights,
            "recipe": found.recipe,
            "seed": found.seed,
            "verified": evidence.supported if evidence is not None else None,
            "evidence": evidence.to_json() if evidence is not None else None,
            "asked": found.asked,
            "classes": found.classes,
            "classes_from_labels": found.assumed,
            "file": written,
        }
        common.print_json(facts)
        return
    if evidence is None and found.model is None:
        common.say("no seed was tried", quiet)
    elif evidence is None:
        common.say(
            f"recipe {found.recipe}, seed {found.seed}: not verified, --data tries it on labelled samples", quiet
        )
    else:
        for line in [assumed, *evidence.lines()] if assumed else evidence.lines():
            common.say(line, quiet)
        if evidence.tried < found.asked:
            common.say(f"stopped after {evidence.tried:,} of {found.asked:,} wirings", quiet)
        if not evidence.supported:
            subject = "this seed does not fit" if evidence.rank is not None else "no seed stands out"
            common.say(f"netc: {subject}: {'; '.join(evidence.doubts)}")
    if written:
        common.say(f"wrote {written}", quiet or written == "-")
