"""Bar charts: as SVG without anything else, as PNG by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from netc.errors import NetcError

__all__ = ["Bar", "Chart", "check_format", "plot"]

_FORMATS = (".png", ".svg")
_BAR, _STEP, _TITLE, _GAP = 16, 22, 34, 18  # pixels
_LABEL, _LONGEST, _TEXT = 210, 420, 150
_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#a463f2")


@dataclass(frozen=True)
class Bar:
    """A value from 0 up, what it is of, how it is written, and the series whose colour it has."""

    label: str
    value: float
    text: str
    series: int = 0


@dataclass(frozen=True)
class Chart:
    """Horizontal bars from 0 on, under a title."""

    title: str
    bars: Sequence[Bar]


def check_format(path: str | Path) -> str:
    """The suffix of a picture that `plot` can write; `NetcError` for another, and for .png without matplotlib."""
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        raise NetcError(str(path), "a plot is an .svg or a .png")
    if suffix == ".png":
        from importlib.util import find_spec

        if find_spec("matplotlib") is None:
            raise NetcError(str(path), "a PNG needs matplotlib", "pip install 'netc[plot]', or write an .svg")
    return suffix


def plot(path: str | Path, charts: Sequence[Chart]) -> Iterator[bytes]:
    """The charts below each other, as the file's suffix says."""
    if check_format(path) == ".svg":
        return (text.encode() for text in _svg(charts))
    return iter([_png(charts)])


def _svg(charts: Sequence[Chart]) -> Iterator[str]:
    width = _LABEL + _LONGEST + _TEXT
    height = sum(_TITLE + _STEP * len(chart.bars) for chart in charts) + _GAP
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n'
    yield '<rect width="100%" height="100%" fill="#fff"/>\n'
    yield '<g font-family="sans-serif" font-size="12" fill="#222">\n'
    top = 0
    for chart in charts:
        yield f'<text x="{_LABEL}" y="{top + _TITLE - 10}" font-weight="bold">{_escaped(chart.title)}</text>\n'
        top += _TITLE
        most = max((bar.value for bar in chart.bars), default=0.0)
        for bar in chart.bars:
            length = round(_LONGEST * bar.value / most, 1) if most > 0 else 0
            colour = _COLOURS[bar.series % len(_COLOURS)]
            middle = top + _BAR - 4
            yield f'<text x="{_LABEL - 8}" y="{middle}" text-anchor="end">{_escaped(bar.label)}</text>'
            yield f'<rect x="{_LABEL}" y="{top}" width="{length:g}" height="{_BAR}" fill="{colour}"/>'
            yield f'<text x="{_LABEL + length + 6:g}" y="{middle}">{_escaped(bar.text)}</text>\n'
            top += _STEP
    yield "</g>\n</svg>\n"


def _png(charts: Sequence[Chart]) -> bytes:
    from matplotlib.figure import Figure

    heights = [2 + len(chart.bars) for chart in charts]
    figure = Figure(figsize=(8, 0.25 * sum(heights)), layout="constrained")
    rows = figure.subplots(len(charts), 1, squeeze=False, height_ratios=heights)
    for axes, chart in zip(rows[:, 0], charts, strict=True):
        places = range(len(chart.bars))
        colours = [_COLOURS[bar.series % len(_COLOURS)] for bar in chart.bars]
        drawn = axes.barh(places, [bar.value for bar in chart.bars], color=colours)
        axes.bar_label(drawn, [f" {bar.text}" for bar in chart.bars], fontsize=8)
        axes.set_yticks(places, [bar.label for bar in chart.bars], fontsize=8)
        axes.set_xticks([])
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.set_title(chart.title, fontsize=9, fontweight="bold", loc="left")
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
