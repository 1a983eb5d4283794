"""The layout keeps its rules: a star, with the hub in the middle."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers_time import seconds_of_children

ROOT = Path(__file__).parent.parent
SPOKES = ("passes", "backends", "runtime")

pytestmark = pytest.mark.skipif(not (ROOT / "netc" / "core").is_dir(), reason="the source tree is not here")


def imports(path: Path) -> list[str]:
    """Every module that a file imports, however deep in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
    return found


def test_the_hub_imports_no_spoke() -> None:
    for path in (ROOT / "netc").rglob("*.py"):
        for name in imports(path):
            assert not re.match(r"netc\.(passes|backends|runtime)\b", name), f"{path}: {name}"


def test_spokes_import_the_hub_and_themselves_only() -> None:
    for spoke in SPOKES:
        for path in (ROOT / spoke).rglob("*.py"):
            for name in imports(path):
                assert not re.match(r"netc\.(passes|backends|runtime)\b", name), f"{path}: {name}"
                assert name.split(".")[0] not in SPOKES, f"{path}: {name}"


def test_kernels_include_the_core_and_their_own_room_only() -> None:
    for room in ("netc/core", "passes", "backends", "runtime"):
        for path in (ROOT / room).glob("*"):
            if path.suffix not in (".cpp", ".hpp", ".h", ".inc"):
                continue
            for included in re.findall(r'#include "([^"]+)"', path.read_text()):
                assert included.startswith(("netc/core/", f"{room}/")), f"{path}: {included}"


def test_passes_do_not_include_each_other() -> None:
    for path in (ROOT / "passes").glob("*.cpp"):
        own = path.stem
        for included in re.findall(r'#include "passes/([^"]+)\.h"', path.read_text()):
            assert included == own, f"{path}: {included}"


def test_every_name_in_the_registry_is_there() -> None:
    from netc import registry

    for table in (registry.PASSES, registry.BACKENDS, registry.ENGINES, registry.CHECKPOINTS):
        for name, target in table.items():
            made = registry.resolve(target)
            assert getattr(made, "name", name) == name
    for known in registry.FORMATS:
        assert callable(registry.resolve(known.loader))


def test_public_names_are_what_all_says() -> None:
    import netc

    for name in netc.__all__:
        assert getattr(netc, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'bogus'"):
        _ = netc.bogus


def test_help_starts_fast_and_without_numpy() -> None:
    code = (
        "import sys; from netc.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'networkx', 'pyeda'} & set(sys.modules)"
    )
    seconds = []
    for _ in range(5):
        before = seconds_of_children()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        seconds.append(seconds_of_children() - before)
    assert min(seconds) < 0.6  # 0.15 s of CPU time on an idle machine; this only catches a heavy import
