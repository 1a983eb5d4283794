"""Small checkpoints of a random network, in containers that need no framework to write."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["CONTAINERS"]


def _state(chosen: random.Random) -> dict[str, Any]:
    """Weights and wiring of layers of two-input gates, under the names that difflogic gives them."""
    random_ = np.random.default_rng(chosen.getrandbits(32))
    state: dict[str, Any] = {}
    widths = [chosen.randrange(2, 8) for _ in range(chosen.randrange(2, 4))]
    for index, (before, width) in enumerate(pairwise(widths)):
        state[f"{index}.weights"] = random_.standard_normal((width, 16), np.float32)
        for name in ("conn_a", "conn_b"):
            state[f"{index}.{name}"] = random_.integers(0, before, width)
    return state


def _npz(chosen: random.Random) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{**_state(chosen), "k": np.array(1), "encoder.thresholds": np.array([1.0])})
    return buffer.getvalue()


def _pickle(chosen: random.Random) -> bytes:
    return pickle.dumps({"state_dict": _state(chosen), "config": {"k": 1, "tau": 1.5}}, chosen.choice((0, 2, 4, 5)))


def _safetensors(chosen: random.Random) -> bytes:
    header, data = {}, b""
    for name, array in _state(chosen).items():
        kind = {"f": "F32", "i": "I64"}[array.dtype.kind]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _traced(chosen: random.Random) -> bytes:
    """JSON as torchlogix writes a circuit that it traced."""
    inputs = chosen.randrange(1, 6)
    gates = []
    for index in range(inputs, inputs + chosen.randrange(1, 12)):
        a, b = chosen.randrange(index), chosen.randrange(index)
        gates.append({"gate_id": index, "op": chosen.choice(("AND", "XOR", "NOR", "OR_NOT_A")), "in0": a, "in1": b})
    outputs = [chosen.randrange(inputs + len(gates)) for _ in range(3)]
    return json.dumps({"n_inputs": inputs, "gates": gates, "outputs": outputs}).encode()


_BLIF = """# everything that the reader knows
.model top
.inputs a b \\
 c d
.outputs x y z
.clock clk
.subckt half p=a q=b s=n1 c=n2
.subckt half p=n1 q=c s=x c=n3
.names n2 n3 y
1- 1
-1 1
.latch y q re clk 1
.latch q r re clk 3
.names q r d z
11- 0
0-1 0
.names one
 1
.names zero
.exdc
.names a b x
11 1
.end
.model half
.inputs p q
.outputs s c
.names p q s
10 1
01 1
.names p q c
11 1
.end
"""


def _blif(chosen: random.Random) -> bytes:
    """BLIF with a hierarchy, covers of both kinds, latches of several, with some lines twice or gone."""
    lines = _BLIF.splitlines()
    for _ in range(chosen.randrange(3)):
        at = chosen.randrange(len(lines))
        lines[at : at + 1] = chosen.choice(([], [lines[at]] * 2, [chosen.choice(lines)]))
    return "\n".join(lines).encode()


CONTAINERS: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "checkpoint.npz": ("checkpoint.npz", _npz),
    "checkpoint.pkl": ("checkpoint.pkl", _pickle),
    "checkpoint.safetensors": ("checkpoint.safetensors", _safetensors),
    "hierarchy.blif": ("circuit.blif", _blif),
    "torchlogix.json": ("circuit.json", _traced),
}
