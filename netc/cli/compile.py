"""`netc compile`: a model or circuit as C, Verilog, BLIF, AIGER, DOT, GraphML or netc's own .npz."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli import common
from netc.cli.main import EXIT_STOPPED
from netc.errors import InternalError, NetcError

if TYPE_CHECKING:
    from netc.model import Model

SUFFIXES = {
    "aiger": ".aig",
    "blif": ".blif",
    "c": ".c",
    "dot": ".dot",
    "graphml": ".graphml",
    "npz": ".npz",
    "verilog": ".v",
}

EPILOG = """\b
Examples:
  netc compile model.pt --target c
  netc compile model.pt -O2 -o model/ && make -C model
  netc compile design.aig -o libdesign.so --set prefix=design
  netc compile model.pt -o libmodel.a -j 4 --cflags "-O1 -march=native"
  netc compile model.pt --target verilog --outputs argmax -o top.v
  netc compile adder.aig --target dot --set k=3 -o adder.dot"""


@click.command("compile", epilog=EPILOG)
@common.input_argument
@click.option(
    "--target", type=click.Choice(sorted(SUFFIXES)), help="What to make. Default: by the suffix of -o, else c."
)
@common.output_option(
    "Where to write. NAME.c comes with NAME.h; so do NAME.so and NAME.a, libraries that are compiled, -j sources at a "
    "time; a directory gets sources, header, Makefile and a small program; - is standard output. Default: the input's "
    "name with the target's suffix, in the current directory.",
    directory=True,
)
@common.outputs_option
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the target; may be repeated.")
@common.properties_option
@common.check_option
@click.option(
    "--cc", metavar="COMMAND", help="The C compiler for libraries, a cross compiler too. Default: cc, gcc or clang."
)
@click.option("--cflags", metavar="FLAGS", default="-O1", show_default=True, help="What it is told.")
@common.encoder_options
@common.format_option
@common.optimize_options(default_level=2, sequential=True)
@common.force_option
@common.json_option
@common.quiet_option
def command(
    input: str | None,
    target: str | None,
    output: str | None,
    outputs: str,
    settings: tuple[str, ...],
    properties: str | None,
    check: bool,
    cc: str | None,
    cflags: str,
    thresholds: str | None,
    bit_order: str,
    at_least: bool,
    format_: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Compile a model or circuit to C, Verilog, BLIF, AIGER, DOT, GraphML or netc's own .npz.

    Optimizes first, and proves the result. C is portable and bit-parallel, with functions for bits, scores and
    classes. A file named by -o is overwritten, and its header; files in a directory, and without -o, are overwritten
    only with --force.
    """
    from netc.files import STDIO, write_chunks

    chosen = _target(target, output)
    backend = _backend(chosen, settings, properties, output)
    path = common.default_output(input, SUFFIXES[chosen]) if output is None else output
    if as_json and path == STDIO:
        raise NetcError("--json", "standard output has room for one: the report, or the result of -o -")
    named_by_user = output is not None and not _is_directory(output)
    may_overwrite = force or named_by_user
    if check:
        _require_yosys(chosen)
    _check_not_there(chosen, path, may_overwrite)
    flags = _split(cflags)
    encoder = {"thresholds": thresholds, "bit_order": bit_order, "at_least": at_least}
    model = common.load_model(input, format_, encoder=encoder)
    outcome = common.run_optimizer(
        model,
        before=common.head_pass(outputs),
        quiet=quiet,
        **optimization,
    )
    report = outcome.model.report
    if report is None:
        raise InternalError("the optimizer made no report")
    facts: dict[str, Any] = {"input": input or STDIO, "target": chosen, "outputs": outputs}
    undecided = 0
    if check:
        with common.checked(outcome.model, backend, quiet or as_json) as (text, facts["check"]):
            write_chunks(path, text, force=may_overwrite)
        written, undecided = [path], facts["check"]["undecided"]
    else:
        written = _write(outcome.model, chosen, path, backend, may_overwrite, cc, flags, optimization["threads"])
    facts |= {"files": written, **report.to_json()}
    if as_json:
        common.print_json(facts)
    else:
        for line in report.lines():
            common.say(line, quiet)
        common.say(f"wrote {', '.join(written)}", quiet or path == STDIO)
    return common.exit_code(outcome) or (EXIT_STOPPED if undecided else 0)


def _require_yosys(target: str) -> None:
    from netc.frontends.verilog import find_yosys

    if target != "verilog":
        raise NetcError("--check", f"Yosys checks Verilog; the target is {target}")
    find_yosys("--check")


def _target(target: str | None, output: str | None) -> str:
    from netc.targets import target_of

    by_suffix = target_of(output) if output is not None and output != "-" else "c"
    chosen = target or by_suffix
    if chosen is None:
        raise NetcError(str(output), "no target is known for this suffix", "--target says which it is")
    if output is not None and chosen != "c" and _is_directory(output):
        raise NetcError(output, f"this is a directory; {chosen} is one file")
    return chosen


def _is_directory(path: str) -> bool:
    from netc.artifacts import is_directory

    return is_directory(path)


def _backend(target: str, settings: tuple[str, ...], properties: str | None, output: str | None) -> Any:
    import dataclasses

    from netc import registry
    from netc.files import strip_compression
    from netc.pipeline import with_options

    made = registry.find("backend", registry.BACKENDS, target)
    fields = {field.name for field in dataclasses.fields(made)}
    options: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise NetcError("--set", f"{setting!r} needs a value: {key}=…")
        options[key.strip()] = value
    if properties is not None:
        if "properties" not in fields:
            raise NetcError("--properties", f"{target} needs no such choice")
        options["properties"] = properties
    if target == "aiger" and output is not None and strip_compression(output).endswith(".aag"):
        options.setdefault("ascii", "true")
    try:
        return with_options(made, options)
    except NetcError as error:
        raise NetcError(error.place or "--set", error.what, error.hint) from None


def _check_not_there(target: str, path: str, may_overwrite: bool) -> None:
    """Say before the work what would be overwritten."""
    from netc.artifacts import names_of
    from netc.files import STDIO

    if path == STDIO:
        common.check_binary(target, path)
        return
    names = names_of(path) if target == "c" else {"": Path(path)}
    for there in names.values():
        if there.exists() and not may_overwrite:
            raise NetcError(str(there), "the file exists already", "--force overwrites it")


def _split(cflags: str) -> list[str]:
    try:
        return shlex.split(cflags)
    except ValueError as error:
        raise NetcError("--cflags", str(error)) from None


def _write(
    model: Model,
    target: str,
    path: str,
    backend: Any,
    force: bool,
    cc: str | None,
    flags: list[str],
    jobs: int | None,
) -> list[str]:
    from netc.artifacts import write_c
    from netc.files import write_chunks

    if target == "c":
        written = write_c(model, path, backend, force=force, compiler=cc, flags=flags, jobs=jobs)
        return [str(name) for name in written]
    write_chunks(path, backend.emit(model), force=force)
    return [path]
