"""`netc sim`: patterns in, outputs out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from netc.cli import common
from netc.cli.numbers import MOST_64, Whole
from netc.errors import NetcError

EPILOG = """\b
Examples:
  echo 1011 | netc sim adder.aig
  netc sim counter.aag --stimulus steps.txt
  netc sim design.aig --random 1000 --seed 7"""

_BATCH = 4096  # patterns of a combinational circuit that are simulated together


@click.command("sim", epilog=EPILOG)
@click.argument("input")
@click.option("--stimulus", metavar="FILE", help="Lines of 0 and 1, one digit an input. Default: standard input.")
@click.option("--random", "random_", type=Whole(0), metavar="N", help="N random lines instead.")
@click.option("--seed", type=Whole(0, MOST_64), default=1, show_default=True, help="Of the random lines.")
@common.output_option("Where to write the outputs. Default: standard output.")
@common.format_option
def command(
    input: str,
    stimulus: str | None,
    random_: int | None,
    seed: int,
    output: str | None,
    format_: str | None,
) -> None:
    """Simulate a circuit on patterns.

    Each line of the stimulus gives one digit a line of outputs. A circuit with latches starts in its reset state
    (latches without one start at 0) and takes one step a line; AIGER's stimulus format is this, and a line with a
    dot ends it.
    """
    from netc.files import STDIO, writing

    model = common.load_model(input, format_)
    aig = model.logic
    if random_ is not None:
        lines = _random_lines(random_, aig.inputs, seed)
    else:
        lines = _lines(stimulus or STDIO, aig.inputs)
    with writing(output or STDIO) as file:
        for values in _simulated(aig, lines):
            file.write(b"".join(bytes(row + 48) + b"\n" for row in values))


def _random_lines(count: int, width: int, seed: int) -> Iterator[Any]:
    import numpy as np

    random = np.random.default_rng(seed)
    for start in range(0, count, _BATCH):
        yield random.integers(0, 2, (min(_BATCH, count - start), width)).astype(np.uint8)


def _lines(path: str, width: int) -> Iterator[Any]:
    """Batches of patterns, ``uint8[lines, width]``."""
    import numpy as np

    name = "<stdin>" if path == "-" else path
    try:
        file = sys.stdin if path == "-" else open(path)  # noqa: PTH123, SIM115 - closed below
    except OSError as error:
        raise NetcError(path, error.strerror or str(error)) from None
    with file:
        batch: list[bytes] = []
        for number, text in enumerate(file, 1):
            line = text.strip()
            if line == "." or line.startswith("c"):
                break
            if len(line) != width or line.strip("01"):
                raise NetcError(f"{name}:{number}", f"expected {width} digits 0 or 1, found {line[:40]!r}")
            batch.append(line.encode())
            if len(batch) == _BATCH:
                yield np.frombuffer(b"".join(batch), np.uint8).reshape(-1, width) - 48
                batch = []
        if batch:
            yield np.frombuffer(b"".join(batch), np.uint8).reshape(len(batch), width) - 48


def _simulated(aig: Any, batches: Iterator[Any]) -> Iterator[Any]:
    """The outputs for each batch of lines, ``uint8[lines, outputs]``."""
    import numpy as np

    from netc.machine import Machine
    from netc.simulation import simulate
    from netc.targets import compile as compile_net

    if not aig.ports.latches:
        for batch in batches:
            yield simulate(aig, batch)[:, : aig.ports.outputs].view(np.uint8)
        return
    machine = compile_net(Machine.of(aig))
    state = None
    for batch in batches:
        outputs, state = machine.run(batch[:, None, :], state)
        yield outputs[:, 0].view(np.uint8)
