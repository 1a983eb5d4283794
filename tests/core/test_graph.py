"""The graph that changes in place, checked by a program of its own: random replacements against truth tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers_checks import printed

SOURCES = ("tests/core/graph_check.cpp", "netc/core/graph.cpp", "netc/core/aig.cpp")


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_replacements_keep_functions_images_and_the_laws_of_the_graph(tmp_path: Path) -> None:
    assert all(int(count) > 500 for count in printed(tmp_path, *SOURCES).split())  # each kind of replacement was tried
