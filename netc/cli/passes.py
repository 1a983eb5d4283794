"""`netc passes`: the list, and the manual of each."""

from __future__ import annotations

import inspect

import click

from netc.cli import common

EPILOG = """\b
Examples:
  netc passes
  netc passes rewrite"""


@click.command("passes", epilog=EPILOG)
@click.argument("name", required=False)
@common.json_option
def command(name: str | None, as_json: bool) -> None:
    """List the passes, or show the manual of one.

    Passes and combinators make pipelines: netc opt -p "strash; repeat{n=4}(rewrite; balance)".
    """
    from netc import levels, registry
    from netc.describe import options_of, summary_of

    names = [name] if name else sorted(registry.PASSES)
    found = {each: registry.find("pass", registry.PASSES, each) for each in names}
    if as_json:
        common.print_json(
            {
                "passes": [
                    {
                        "name": each,
                        "summary": summary_of(made),
                        "options": [vars(option) for option in options_of(made)],
                    }
                    for each, made in found.items()
                ],
                "levels": list(levels.LEVELS),
            }
        )
        return
    if name:
        made = found[name]
        click.echo(f"{name}\n\n{inspect.getdoc(made)}")
        options = options_of(made)
        if options:
            click.echo("\nOptions:")
            for option in options:
                click.echo(f"  {option.name}={str(option.default).lower()}  {option.type}: {option.help}")
        return
    width = max(map(len, found))
    for each, made in found.items():
        click.echo(f"{each:<{width}}  {summary_of(made)}")
    click.echo("\nCombinators:")
    click.echo("  repeat{n=8}(P)                   run P until it stops making the circuit smaller, at most n times;")
    click.echo("                                   with gain=4 until it does by less than 4 percent")
    click.echo("  best(P | Q | ...)                run each on the same circuit and keep the smallest result")
    click.echo("  partition{nodes=20000}(P)        run P on pieces of about that many ANDs, in parallel with -j")
    click.echo("  limit{work=1000000}(P)           cut P short after so much work")
    click.echo("  small{nodes=20000}(P)            run P on a circuit of at most so many ANDs")
    click.echo(
        "  canonical{nodes=100000}(P)       run P in an order that follows from the structure, put ports back after it,"
    )
    click.echo("                                   and take a circuit of more ANDs as it is")
    click.echo("  climb{n=1000,stale=100}(P | ...) run one after another with new seeds, keep what is no larger,")
    click.echo(
        "                                   until n were run or so many in a row gained nothing; slack=2 goes on"
    )
    click.echo("                                   from what is up to two ANDs larger than the best")
    click.echo("\nLevels:")
    for level, text in enumerate(levels.LEVELS):
        click.echo(f"  -O{level}  {text or '(nothing)'}")
