from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

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
