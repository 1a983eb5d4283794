"""`netc explain`: a model or circuit as rules a person can read."""

from __future__ import annotations

import click

from netc.cli import common
from netc.cli.numbers import Whole
from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc explain model.pt
  netc explain model.pt --output 17 --output 40
  netc explain adder.aig --features a0,a1,b0,b1
  netc explain model.pt --json -o rules.json"""


@click.command("explain", epilog=EPILOG)
@common.input_argument
@click.option(
    "--output",
    "picked",
    multiple=True,
    metavar="N",
    help="Explain this output only, by number or name; may be repeated, and take several: 3,7.",
)
@click.option(
    "--features",
    metavar="NAME,…",
    help="What the features are called; without an encoder, the inputs. Default: names in the file.",
)
@click.option(
    "--details",
    type=Whole(0),
    default=100,
    show_default=True,
    metavar="N",
    help="Tables, facts and neurons for the first N rules; the others have their formula.",
)
@common.encoder_options
@common.format_option
@common.json_option
@click.option("-o", "--out", "out", metavar="FILE", help="Where to write the page. Default: standard output.")
def command(
    input: str | None,
    picked: tuple[str, ...],
    features: str | None,
    details: int,
    thresholds: str | None,
    bit_order: str,
    at_least: bool,
    format_: str | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Read a model or circuit as rules and votes.

    A classifier becomes a page of classes, each with the rules that vote for it; any circuit one rule an output and
    next state. Rules come in the features' own units where the model has an encoder, with truth table, facts and the
    trained neurons that they come from. Every statement is checked by simulating all patterns or by SAT; the line
    left_out says what the page does not tell.
    """
    from netc.explanation.explanation import explain
    from netc.files import STDIO, check_place, write_chunks

    check_place(out or STDIO)
    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    model = common.load_model(input, format_, encoder=encoder)
    names = None if features is None else features.split(",")
    outputs = _picked(picked) if picked else None
    try:
        made = explain(model, outputs, features=names)
    except NetcError as error:
        hint = "-o FILE writes the page to a file" if error.place == "--output" else ""
        raise NetcError(
            error.place, error.what, f"{error.hint}; {hint}" if error.hint and hint else error.hint
        ) from None
    if as_json:
        text = common.json_text(made.to_json())
        write_chunks(out or STDIO, [f"{text}\n".encode("utf-8", "backslashreplace")])  # as JSON escapes it
    else:
        write_chunks(
            out or STDIO, (f"{line}\n".encode("utf-8", "backslashreplace") for line in made.lines(details=details))
        )


def _picked(given: tuple[str, ...]) -> list[int | str]:
    """Numbers and names, from options that may each hold several."""
    return [part for text in given for part in text.split(",")]
