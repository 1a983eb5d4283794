"""netc: a compiler and optimizer for logic networks.

import netc

model = netc.load("model.pt")
small = netc.optimize(model, level=3)
net = netc.compile(small)
net.predict(X)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.aig import Aig, Builder
    from netc.cec import check
    from netc.certificate import certify
    from netc.context import Context
    from netc.encoder import Encoder
    from netc.errors import InternalError, NetcError
    from netc.explanation.explanation import explain
    from netc.grid import Grid
    from netc.head import Head
    from netc.layers import Dense, LayeredNetwork, Tiled
    from netc.live import from_jax, from_torch
    from netc.loading import load
    from netc.lut import LutNetwork
    from netc.machine import Machine
    from netc.manager import optimize
    from netc.mapping import map_luts
    from netc.model import Model
    from netc.recover import recover_wiring
    from netc.simulation import simulate
    from netc.targets import compile, emit, save, write
    from netc.timing import bench
    from netc.timing_steps import bench_steps

# Public names and where they live: imported when first used, so that `import netc` is fast.
_HOMES = {
    "Aig": "aig",
    "Builder": "aig",
    "Context": "context",
    "Dense": "layers",
    "Encoder": "encoder",
    "Grid": "grid",
    "Head": "head",
    "InternalError": "errors",
    "LayeredNetwork": "layers",
    "LutNetwork": "lut",
    "Machine": "machine",
    "Model": "model",
    "NetcError": "errors",
    "Tiled": "layers",
    "bench": "timing",
    "bench_steps": "timing_steps",
    "certify": "certificate",
    "check": "cec",
    "compile": "targets",
    "emit": "targets",
    "explain": "explanation.explanation",
    "from_jax": "live",
    "from_torch": "live",
    "load": "loading",
    "map_luts": "mapping",
    "optimize": "manager",
    "recover_wiring": "recover",
    "save": "targets",
    "simulate": "simulation",
    "write": "targets",
}

__all__ = [
    "Aig",
    "Builder",
    "Context",
    "Dense",
    "Encoder",
    "Grid",
    "Head",
    "InternalError",
    "LayeredNetwork",
    "LutNetwork",
    "Machine",
    "Model",
    "NetcError",
    "Tiled",
    "bench",
    "bench_steps",
    "certify",
    "check",
    "compile",
    "emit",
    "explain",
    "from_jax",
    "from_torch",
    "load",
    "map_luts",
    "optimize",
    "recover_wiring",
    "save",
    "simulate",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netc' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"netc.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
