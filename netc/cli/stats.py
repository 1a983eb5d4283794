"""`netc stats`: what is in a file."""

from __future__ import annotations

from typing import Any

import click

from netc.cli import common

EPILOG = """\b
Examples:
  netc stats design.aig
  netc stats model.pt --json
  netc stats model.pt -O2
  netc stats model.pt --given classes=10"""


@click.command("stats", epilog=EPILOG)
@common.input_argument
@common.format_option
@click.option(
    "-O",
    "level",
    type=click.IntRange(0, 3),
    metavar="LEVEL",
    help="Optimize too, and show what became of each layer. Default: the file as it stands.",
)
@common.json_option
def command(input: str | None, format_: str | None, level: int | None, as_json: bool) -> None:
    """Show what is in a file: ports, ANDs and levels; for a model its layers, encoder and head too.

    With -O also what became of each trained layer: neurons that are constant, a wire (an input or its complement), the
    same as an earlier neuron, a gate of their own, or gone.
    """
    from netc.stats import optimized_stats, stats_of

    model = common.load_model(input, format_)
    found = stats_of(model)
    if level is not None:
        from netc.manager import optimize

        found["optimized"] = optimized_stats(optimize(model, level=level))
    if as_json:
        common.print_json(found)
        return
    _print("", found)


def _print(indent: str, data: dict[str, Any]) -> None:
    width = max(len(key) for key in data) if data else 0
    for key, value in data.items():
        label = key.replace("_", " ")
        if value is None or value == [] or value == {}:
            continue
        if isinstance(value, dict):
            click.echo(f"{indent}{label}")
            _print(indent + "  ", value)
        elif isinstance(value, list) and isinstance(value[0], dict):
            click.echo(f"{indent}{label}")
            for row in value:
                click.echo(f"{indent}  " + "  ".join(f"{k} {_shown(v)}" for k, v in row.items() if v is not None))
        elif isinstance(value, list):
            click.echo(f"{indent}{label}")
            for row in value:
                click.echo(f"{indent}  {row}")
        else:
            click.echo(f"{indent}{label:<{width}}  {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
