"""`netc grid`: an automaton, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import click

from netc.cli import common
from netc.cli.main import EXIT_INTERRUPT
from netc.cli.numbers import MOST_64, Real, Whole, parse_size
from netc.errors import NetcError

EPILOG = """\b
Examples:
  netc grid life.aag --init glider.txt --size 8x8 --steps 4
  netc grid life.aag --size 100x200 --steps 1000 --async 0.5 --seed 7 -o state.npy
  netc grid checkerboard.aag --boundary zero --size 16x16 --steps 20 --every 5 --picture board.svg"""

_FRAMES = 400  # of a picture


@click.command("grid", epilog=EPILOG)
@click.argument("cell")
@click.option("--size", metavar="HxW", help="Rows and columns, such as 16x16. Default: those of the file in --init.")
@click.option("--steps", type=click.IntRange(min=0), default=1, show_default=True, help="How many steps to take.")
@click.option(
    "--init",
    metavar="random|FILE",
    default="random",
    show_default=True,
    help="The start: random bits in all channels, an .npy, or rows of . and # for channel 0.",
)
@click.option("--boundary", type=click.Choice(["periodic", "zero"]), default="periodic", show_default=True,
    help="What lies outside: the other side, or nothing but 0.",
)  # fmt: skip
@click.option("--async", "rate", type=Real(0, 1), metavar="P", help="Each cell takes a step with probability P.")
@click.option("--seed", type=Whole(0, MOST_64), default=0, show_default=True, help="Of a random start and of --async.")
@click.option(
    "--every",
    type=Whole(1),
    metavar="N",
    help="Give the states after 0, N, 2N, … steps, not only the last.",
)
@click.option(
    "--channel",
    type=Whole(0),
    default=0,
    show_default=True,
    help="The channel that text and pictures show.",
)
@click.option(
    "--order",
    type=click.Choice(["neighbour", "channel"]),
    default="neighbour",
    show_default=True,
    help="The cell's inputs: all channels of a neighbour together, or all neighbours of a channel.",
)
@common.engine_option("cell")
@click.option("--picture", metavar="FILE.svg", help="Draw the states as an SVG.")
@common.output_option("Where to write the states: .npy with all channels, or text. Default: text to standard output.")
@common.format_option
@common.optimize_options(default_level=1)
@common.json_option
@common.quiet_option
def command(
    cell: str,
    size: str | None,
    steps: int,
    init: str,
    boundary: str,
    rate: float | None,
    seed: int,
    every: int | None,
    channel: int,
    order: str,
    engine: str,
    picture: str | None,
    output: str | None,
    format_: str | None,
    as_json: bool,
    quiet: bool,
    **optimization: Any,
) -> int:
    """Run a cellular automaton.

    CELL is a combinational circuit that every cell of a grid is: it reads the 3 x 3 patch around the cell, nine bits a
    channel, row by row, and gives the cell's next state, one bit a channel.
    """
    from netc.grid import Grid
    from netc.targets import compile as compile_net

    loaded = common.load_model(cell, format_)
    try:
        channels = Grid(loaded, boundary, order).channels
    except NetcError as error:
        raise NetcError(cell, error.what, error.hint) from None
    if channel >= channels:
        raise NetcError("--channel", f"there is no channel {channel}; this cell has {channels}, counted from 0")
    after = range(steps, steps + 1) if every is None else range(0, steps + 1, every)
    count = 1 if every is None else steps // every + 1
    if picture is not None and count > _FRAMES:
        raise NetcError("--picture", f"{count:,} states; a picture has at most {_FRAMES}", "--every N draws fewer")
    start = _start(init, size, channels, seed)
    outcome = common.run_optimizer(
        loaded,
        quiet=quiet,
        **optimization,
    )
    if outcome.interrupted:
        return EXIT_INTERRUPT
    net = compile_net(Grid(outcome.model, boundary, order), engine=engine)
    started = time.perf_counter()
    states = net.run(start, steps, record=every, rate=rate, seed=seed, threads=optimization["threads"])
    seconds = time.perf_counter() - started
    height, width = start.shape[-3:-1]
    frames = states.reshape(count, -1, height, width, channels)[:, 0, :, :, channel]  # of the first grid
    if picture is not None:
        shown = [start.reshape(-1, height, width, channels)[0, :, :, channel].astype(bool), *frames]
        _draw(picture, shown if every is None else shown[1:], [0, steps] if every is None else after)
    if output is not None or not (picture or as_json):
        _write(output, states, frames)
    grids = start.size // (height * width * channels)
    updates = start.size // channels * steps
    if as_json:
        facts = {"cell": cell, "channels": channels, "grids": grids, "height": height, "width": width}
        facts |= {"boundary": boundary, "steps": steps, "seconds": seconds, "after": list(after)}
        facts["alive"] = [int(frame.sum()) for frame in frames]
        common.print_json(facts)
    many = f"{grids:,} grids of " if grids > 1 else ""
    speed = updates / seconds if seconds else 0
    what = f"{many}{height:,} x {width:,} cells, {steps:,} steps in {seconds:.3f} s"
    common.say(f"{what} ({speed:,.0f}/s, engine {net.engine.name})", quiet or as_json)
    return 0


def _start(init: str, size: str | None, channels: int, seed: int) -> Any:
    """``uint8 or bool[…, height, width, channels]``, checked."""
    import numpy as np

    from netc.pictures import read_state

    wanted = None if size is None else parse_size("--size", size)
    if init == "random":
        if wanted is None:
            raise click.UsageError("a random start needs --size", ctx=click.get_current_context())
        return np.random.default_rng(seed).integers(0, 2, (*wanted, channels), np.uint8)
    state = read_state(init, channels)
    if state.dtype.kind not in "biuf" or not state.size or ((state != 0) & (state != 1)).any():
        raise NetcError(init, "a state has at least one cell, and holds bits, 0 or 1")
    if wanted is None:
        return state
    more = [(0, side - there) for side, there in zip(wanted, state.shape[-3:-1], strict=True)]
    if min(more)[1] < 0 or max(more)[1] < 0:
        raise NetcError(
            "--size", f"{size} is smaller than the state of {state.shape[-3]} x {state.shape[-2]} in {init}"
        )
    return np.pad(state, [(0, 0)] * (state.ndim - 3) + [*more, (0, 0)])


def _write(output: str | None, states: Any, frames: Any) -> None:
    """All states as an .npy, or the frames as text with an empty line between them."""
    import numpy as np

    from netc.files import STDIO, writing
    from netc.pictures import lines

    with writing(output or STDIO) as file:
        if output is not None and output.endswith(".npy"):
            np.save(file, states, allow_pickle=False)
            return
        for index, frame in enumerate(frames):
            file.write("".join(f"{line}\n" for line in ([""] if index else []) + list(lines(frame))).encode())


def _draw(picture: str, frames: Any, after: Iterable[int]) -> None:
    from netc.files import write_chunks
    from netc.pictures import svg

    captions = ["start" if step == 0 else f"step {step:,}" for step in after]
    write_chunks(picture, (text.encode() for text in svg(frames, captions)))
