"""Bar charts."""

from __future__ import annotations

import importlib.util
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from netc import NetcError
from netc.plots import Bar, Chart, check_format, plot

SVG = "{http://www.w3.org/2000/svg}"
CHARTS = [
    Chart("a < b & c", [Bar("first <b>", 3.0, "three"), Bar("second", 1.5, "one and a half", series=1)]),
    Chart("nothing but zeros", [Bar("none", 0.0, "0")]),
]


def drawn(path: Path, charts: list[Chart]) -> bytes:
    return b"".join(plot(path, charts))


def test_bars_are_as_long_as_their_values(tmp_path: Path) -> None:
    root = ET.fromstring(drawn(tmp_path / "a.svg", CHARTS))
    bars = [float(bar.get("width", "")) for bar in root.iter(f"{SVG}rect") if bar.get("x")]
    assert bars == [420, 210, 0]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["a < b & c", "first <b>", "three", "second", "one and a half", "nothing but zeros", "none", "0"]


def test_nothing_lies_outside_the_picture(tmp_path: Path) -> None:
    root = ET.fromstring(drawn(tmp_path / "a.svg", CHARTS))
    height = float(root.get("height", ""))
    for bar in root.iter(f"{SVG}rect"):
        if bar.get("y"):
            assert float(bar.get("y", "")) + float(bar.get("height", "")) <= height


def test_a_picture_of_no_charts_is_still_one(tmp_path: Path) -> None:
    assert ET.fromstring(drawn(tmp_path / "a.svg", [])).tag == f"{SVG}svg"


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_a_png_is_one_and_always_the_same(tmp_path: Path) -> None:
    made = drawn(tmp_path / "a.PNG", CHARTS)
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert made == drawn(tmp_path / "b.png", CHARTS)


def test_a_png_without_matplotlib_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NetcError, match="a PNG needs matplotlib") as caught:
        check_format("speed.png")
    assert "netc[plot]" in caught.value.hint


@pytest.mark.parametrize("name", ["speed", "speed.jpg", "svg"])
def test_other_pictures_are_refused(name: str) -> None:
    with pytest.raises(NetcError, match=r"an \.svg or a \.png"):
        check_format(name)
