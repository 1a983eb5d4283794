"""Digits of arithmetic operations, recognised and built by a program of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers_checks import printed

SOURCES = (
    "tests/core/arithmetic_check.cpp",
    "netc/core/arithmetic.cpp",
    "netc/core/spectrum.cpp",
    "netc/core/columns.cpp",
)


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_digits_are_recognised_however_inputs_and_outputs_are_exchanged_and_complemented(tmp_path: Path) -> None:
    built, missed = map(int, printed(tmp_path, *SOURCES).split())
    assert built > 800
    assert missed == 0
