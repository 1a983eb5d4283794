"""Helpers of these tests, and torchlogix where Python is older than the package allows for.

torchlogix 0.2.1 and 0.2.2 say that Python 3.10 is enough, but one module has f-strings that only 3.12 parses. Before
that, the methods of it that do not parse (they print C) are left out when it is imported.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """tests/helpers_checkpoints.py: checkpoints written by hand."""
    name = "helpers_checkpoints"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def dlgn() -> Path:
    """The corpus of trained networks."""
    if "NETC_DATA" not in os.environ:
        pytest.skip("NETC_DATA is not set")
    return Path(os.environ["NETC_DATA"]) / "dlgn"


class _CircuitThatParses(importlib.abc.MetaPathFinder):
    """Finds `torchlogix.circuit` as it is, and gives it a loader that leaves out what does not parse."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != "torchlogix.circuit":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:  # type: ignore[override]
        lines = bytes(data).decode().splitlines(keepends=True)
        while True:
            try:
                return compile(ast.parse("".join(lines)), path, "exec", dont_inherit=True)
            except SyntaxError as error:
                assert error.lineno is not None
                methods = [at for at, line in enumerate(lines) if line.startswith("    def ")]
                first = max(at for at in methods if at < error.lineno)
                ends = (at for at in range(first + 1, len(lines)) if lines[at].startswith(("    def ", "    @")))
                lines[first : next(ends, len(lines))] = []


if sys.version_info < (3, 12):
    sys.meta_path.insert(0, _CircuitThatParses())
