"""States of automata as pictures: read from text and arrays, written as text and SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError

__all__ = ["lines", "read_state", "svg"]

Bits = npt.NDArray[np.bool_]

_DEAD, _ALIVE = ".0", "#1O*@"
_COMMENT = "!"

_CELL = 6  # pixels
_GAP = 18
_CAPTION = 16
_WIDEST = 900


def read_state(path: str | Path, channels: int) -> npt.NDArray[Any]:
    """A state ``[…, height, width, channels]`` from a file.

    In an .npy it has this shape, or is ``[height, width]`` for channel 0. In any other file each line is a row of
    channel 0: ``.`` and ``0`` are 0, ``#``, ``1``, ``O``, ``*`` and ``@`` are 1, short lines end in 0, and a line that
    begins with ``!`` is a comment (the plain text of Life's patterns).
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        try:
            state = np.load(path, allow_pickle=False)
        except OSError as error:
            raise NetcError(str(path), error.strerror or "this is no NumPy file") from None
        except Exception as error:  # noqa: BLE001 - numpy raises many kinds for damaged files
            raise NetcError(str(path), f"this file cannot be read: {error}") from None
        if not isinstance(state, np.ndarray):
            raise NetcError(str(path), "a state is one array, in an .npy")
        if state.ndim == 2:
            return _in_channel_0(state, channels)
        if state.ndim < 3 or state.shape[-1] != channels:
            raise NetcError(
                str(path),
                f"an array of shape {state.shape}; a state is [height, width] or […, height, width, {channels}]",
            )
        return state
    return _in_channel_0(_read_text(path), channels)


def _in_channel_0(picture: npt.NDArray[Any], channels: int) -> npt.NDArray[Any]:
    state = np.zeros((*picture.shape, channels), picture.dtype)
    state[..., 0] = picture
    return state


def _read_text(path: Path) -> Bits:
    rows: list[list[bool]] = []
    try:
        with path.open() as file:
            for number, line in enumerate(file, 1):
                text = line.rstrip()
                if text.startswith(_COMMENT):
                    continue
                wrong = next((at for at, cell in enumerate(text) if cell not in _DEAD + _ALIVE), None)
                if wrong is not None:
                    place = f"{path}:{number}:{wrong + 1}"
                    raise NetcError(place, f"{text[wrong]!r} is no cell", "a cell is . or 0, or # or 1 or O")
                rows.append([cell in _ALIVE for cell in text])
    except OSError as error:
        raise NetcError(str(path), error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise NetcError(str(path), "this is no text, and no .npy by its name") from None
    width = max(map(len, rows), default=0)
    if not width:
        raise NetcError(str(path), "there are no cells in this file")
    return np.array([row + [False] * (width - len(row)) for row in rows])


def lines(picture: Bits) -> Iterator[str]:
    """``bool[height, width]`` as rows of ``.`` and ``#``."""
    for row in picture:
        yield "".join(".#"[int(cell)] for cell in row)


def svg(frames: Sequence[Bits], captions: Sequence[str]) -> Iterator[str]:
    """Frames ``bool[height, width]`` side by side, each with its caption below; cells that are 1 are dark."""
    height, width = (_CELL * size for size in frames[0].shape)
    columns = max(1, min(len(frames), (_WIDEST + _GAP) // (width + _GAP)))
    rows = -(-len(frames) // columns)
    full_width, full_height = columns * (width + _GAP) + _GAP, rows * (height + _CAPTION + _GAP) + _GAP
    size = f'viewBox="0 0 {full_width} {full_height}" width="{full_width}" height="{full_height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n'
    yield '<rect width="100%" height="100%" fill="#fff"/>\n'
    yield '<g font-family="sans-serif" font-size="11" text-anchor="middle" fill="#222">\n'
    for index, (frame, caption) in enumerate(zip(frames, captions, strict=True)):
        x = _GAP + index % columns * (width + _GAP)
        y = _GAP + index // columns * (height + _CAPTION + _GAP)
        yield f'<g transform="translate({x} {y})"><rect width="{width}" height="{height}" fill="#e8e8e8"/>'
        yield f'<path d="{"".join(_runs(frame))}"/>'
        yield f'<text x="{width / 2:g}" y="{height + _CAPTION - 3}">{_escaped(caption)}</text></g>\n'
    yield "</g>\n</svg>\n"


def _runs(frame: Bits) -> Iterator[str]:
    """Each horizontal run of cells that are 1 as a rectangle."""
    edges = np.diff(np.pad(frame.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    for (y, start), (_, end) in zip(starts.tolist(), ends.tolist(), strict=True):
        length = _CELL * (end - start)
        yield f"M{_CELL * start} {_CELL * y}h{length}v{_CELL}h-{length}z"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
