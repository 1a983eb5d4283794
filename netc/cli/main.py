"""`netc`: the table of commands, and what every error becomes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from netc.cli.limits import TimeIsUp, add_limits, bounded, memory_limit
from netc.errors import InternalError, NetcError

EXIT_NO, EXIT_USAGE, EXIT_STOPPED, EXIT_BUG, EXIT_INTERRUPT = 1, 2, 3, 70, 130

# Command, its module in netc.cli, its line in `netc --help`: kept here so that help loads no command.
COMMANDS = {
    "bench": ("bench", "Measure how fast a model runs here."),
    "blif": ("blif", "Write a circuit as BLIF."),
    "cec": ("cec", "Check whether two circuits are equivalent."),
    "compile": ("compile", "Compile a model or circuit to C, Verilog, BLIF, AIGER, DOT and more."),
    "explain": ("explain", "Read a model or circuit as rules and votes."),
    "fuzz": ("fuzz", "Look for mistakes in netc itself."),
    "grid": ("grid", "Run a cellular automaton."),
    "opt": ("opt", "Make a circuit smaller, and prove that it is still the same."),
    "passes": ("passes", "List the passes, or show the manual of one."),
    "recover": ("recover", "Find the lost wiring of a checkpoint again, from its seed."),
    "run": ("run", "Run a model on data: classes, scores or bits."),
    "sec": ("sec", "Check whether two circuits with latches behave the same from reset on."),
    "sim": ("sim", "Simulate a circuit on patterns, latches included."),
    "stats": ("stats", "Show what is in a file."),
    "verify": ("verify", "Check a certificate that `opt` or `cec` left."),
    "verilog": ("verilog", "Write a circuit as Verilog-2005."),
}

EPILOG = """\b
Examples:
  netc opt design.aig -O3 -o small.aig
  netc compile model.pt --target c -o model.c
  netc run model.pt data.npz --labels labels.npy

Exit codes: 0 done or yes, 1 the answer is no, 2 bad usage or input, 3 stopped
at a limit or undecided, 70 a bug in netc, 130 Ctrl-C."""


class LazyGroup(click.Group):
    """Loads a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"netc.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return add_limits(cmd_name, command)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # before click makes an exit code of its own from it
            return _reader_went_away()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx=ctx) from None
            raise


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"netc {version('netc')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version.")
def cli() -> None:
    """A compiler and optimizer for logic networks.

    Reads trained logic gate networks (PyTorch checkpoints), AIGER and BLIF; optimizes; writes bit-parallel C,
    Verilog, BLIF, AIGER, DOT and GraphML. "-" is standard input or output.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would wait busily for products that never come
    with bounded():
        code = _run(args)
    sys.exit(code if isinstance(code, int) else 0)


def _run(args: list[str] | None) -> Any:
    """The exit code; whatever goes wrong becomes one, and a line on standard error."""
    try:
        code = cli.main(args=args, prog_name="netc", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("netc: interrupted", err=True)
        code = EXIT_INTERRUPT
    except NetcError as error:
        click.echo(f"netc: {error}", err=True)
        code = EXIT_USAGE
    except BrokenPipeError:
        code = _reader_went_away()
    except MemoryError:
        code = _no_memory()
    except TimeIsUp:
        click.echo("netc: the time limit is over; there is no result", err=True)
        code = EXIT_STOPPED
    except RecursionError as error:
        code = _bug(error)
    except InternalError as error:
        code = _bug(error)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"netc: {place}{error.strerror or error}", err=True)
        code = EXIT_USAGE
    except Exception as error:  # noqa: BLE001 - the last net: whatever is left is a bug of ours
        starved = isinstance(error, RuntimeError) and "start new thread" in str(error)  # it has no stack
        code = _no_memory() if starved else _bug(error)
    return code


def _no_memory() -> int:
    limit = memory_limit()
    click.echo(f"netc: {f'--memory-limit {limit} is not enough' if limit else 'not enough memory'} for this", err=True)
    return EXIT_STOPPED


def _reader_went_away() -> int:
    """Nothing to say, and nowhere to say it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _bug(error: BaseException) -> int:
    import shlex

    command = " ".join(map(shlex.quote, sys.argv[1:]))
    click.echo(f"netc: this is a bug in netc: {type(error).__name__}: {error}", err=True)
    click.echo(f"  to reproduce: netc {command}", err=True)
    return EXIT_BUG
