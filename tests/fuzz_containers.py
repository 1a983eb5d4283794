"""Files of every container that a checkpoint may be in, written by hand, and what becomes of them when bytes change.

    python tests/fuzz_containers.py --mutants 100000 --seed 1

loads so many mutants; each must end in a model or in `NetcError`. The same seed makes the same mutants. What breaks
the rule is written beside, as mutant-SEED-NUMBER.bin.
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import helpers_checkpoints as files
import numpy as np
import numpy.typing as npt

from netc.frontends.checkpoints.inert import Global, Object
from netc.fuzz.damage import INTERESTING, damaged, with_checksums
from netc.fuzz.of_parsers import survives

Array = npt.NDArray[Any]

# Writers: one for each container without a framework.

_SAFE = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u1": "U8"}
_SAFE |= {"u8": "U64", "u4": "U32", "u2": "U16", "b1": "BOOL"}


class BFloat16:
    """An array whose numbers are to be written as bfloat16: the upper halves of float32."""

    def __init__(self, array: Array) -> None:
        self.array = np.ascontiguousarray(array, np.float32)

    def tobytes(self) -> bytes:
        return (self.array.view(np.uint32) >> 16).astype("<u2").tobytes()


def safetensors_of(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    buffer = b""
    for name, value in tensors.items():
        array = value.array if isinstance(value, BFloat16) else value
        data = value.tobytes()
        kind = "BF16" if isinstance(value, BFloat16) else _SAFE[array.dtype.str[1:]]
        header[name] = {
            "dtype": kind,
            "shape": list(array.shape),
            "data_offsets": [len(buffer), len(buffer) + len(data)],
        }
        buffer += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + buffer


def npz_of(arrays: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed if compressed else np.savez
    save(buffer, **arrays)
    return buffer.getvalue()


def msgpack_of(node: Any) -> bytes:
    """A tree as flax writes it: lists become maps, arrays extension 1."""
    if node is None or isinstance(node, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[node]
    if isinstance(node, int):
        return struct.pack(">Bq", 0xD3, node)
    if isinstance(node, float):
        return struct.pack(">Bd", 0xCB, node)
    if isinstance(node, str):
        text = node.encode()
        return struct.pack(">BI", 0xDB, len(text)) + text
    if isinstance(node, bytes):
        return struct.pack(">BI", 0xC6, len(node)) + node
    if isinstance(node, tuple):
        return struct.pack(">BH", 0xDC, len(node)) + b"".join(map(msgpack_of, node))
    if isinstance(node, list):
        return msgpack_of({str(i): child for i, child in enumerate(node)})
    if isinstance(node, dict):
        head = bytes([0x80 | len(node)]) if len(node) < 16 else struct.pack(">BH", 0xDE, len(node))
        return head + b"".join(msgpack_of(key) + msgpack_of(value) for key, value in node.items())
    array = node.array if isinstance(node, BFloat16) else np.asarray(node)
    name = "bfloat16" if isinstance(node, BFloat16) else array.dtype.name
    inner = msgpack_of((tuple(map(int, array.shape)), name, node.tobytes()))
    return struct.pack(">BIb", 0xC9, len(inner), 1 if array.shape else 3) + inner


def numpy_in_pickle(array: Array) -> Object:
    """An array as NumPy pickles it."""
    made = Object(Global("numpy._core.multiarray", "_reconstruct"), (Global("numpy", "ndarray"), (0,), b"b"))
    dtype = Object(Global("numpy", "dtype"), (array.dtype.str[1:], False, True))
    dtype.state = (3, "<", None, None, None, -1, -1, 0)
    made.state = (1, array.shape, dtype, False, array.tobytes())
    return made


def jax_in_pickle(array: Array) -> Object:
    plain = numpy_in_pickle(array)
    name = Global("jax._src.array", "_reconstruct_array")
    return Object(name, (plain.cls, plain.args, plain.state, {"weak_type": False}))


def mlx_in_pickle(array: Array) -> Object:
    made = Object(Global("mlx.core", "array"), ())
    made.state = (numpy_in_pickle(array), 10)
    return made


def flattened(node: Any, prefix: str = "") -> dict[str, Any]:
    """The arrays in a tree under dotted names."""
    if isinstance(node, (dict, list)):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        return {
            name: leaf
            for key, child in items
            for name, leaf in flattened(child, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    return {prefix: node}


def mapped(node: Any, change: Callable[[Array], Any]) -> Any:
    """The tree with every array changed."""
    if isinstance(node, dict):
        return {key: mapped(child, change) for key, child in node.items()}
    if isinstance(node, list):
        return [mapped(child, change) for child in node]
    return change(node)


# Networks.


def state_dict(logits: list[Array], pairs: list[Array]) -> dict[str, Array]:
    """A difflogic network that keeps its wiring, as arrays under dotted names."""
    found = {}
    for i, (rows, wires) in enumerate(zip(logits, pairs, strict=True)):
        found[f"{i}.weights"] = rows
        found[f"{i}.conn_a"] = np.ascontiguousarray(wires[:, 0])
        found[f"{i}.conn_b"] = np.ascontiguousarray(wires[:, 1])
    return found


def random_cell(
    seed: int, channels: int = 1, kernels: int = 2, perceive: tuple[int, ...] = (5, 3), update: tuple[int, ...] = (6,)
) -> dict[str, Any]:
    """Parameters and wires of a cell of a cellular automaton, as the DiffLogic CA notebook has them."""
    rng = np.random.default_rng(seed)
    nets = {"perceive": (9, *perceive), "update": (channels * (1 + kernels * perceive[-1]), *update, channels)}
    params: dict[str, list[Array]] = {}
    wires: dict[str, list[Any]] = {}
    for net, widths in nets.items():
        params[net], wires[net] = [], []
        for before, width in pairwise(widths):
            shape = (kernels, width, 16) if net == "perceive" else (width, 16)
            params[net].append(rng.standard_normal(shape, np.float32))
            wires[net].append([rng.integers(0, before, width).astype(np.int32) for _ in range(2)])
    return {"params": params, "wires": wires}


def seeds() -> dict[str, bytes]:
    """A small network in each container, with everything in it that the readers interpret."""
    logits, pairs = files.random_network(1, [6, 8, 4])
    file = files.File()
    layers = [
        files.logic_layer(file, rows, wires, width) for rows, wires, width in zip(logits, pairs, [6, 8], strict=True)
    ]
    whole = files.sequential(files.module("torch.nn.modules.flatten.Flatten"), *layers, files.group_sum(2, 2.0))
    training = {"model": whole, "epoch": 3, "encoder": {"thresholds": [1.0, 2.0], "features": 3}}
    flat = files.File()
    state = {}
    for i, (rows, wires) in enumerate(zip(logits, pairs, strict=True)):
        state[f"net.{i}.weights"] = flat.bfloat16(rows)
        state[f"net.{i}.indices"] = flat.tensor(np.ascontiguousarray(wires.T))
    arrays = state_dict([rows.astype(np.float16) for rows in logits], [wires.astype(np.int16) for wires in pairs])
    settings = {"state_dict": arrays, "config": {"k": 2, "tau": np.float32(1.5)}}
    named = {"encoder.thresholds": np.array([1.0, 2.0]), "encoder.features": np.array(3), "k": np.array(2)}
    text = {"config": np.array('{"k": 2, "tau": 1.5}')}
    cell = random_cell(1)
    chain = {"params": logits, "wires": [list(wires.T) for wires in pairs], "config": {"k": 2}}
    sized = list(enumerate(zip(logits, pairs, strict=True)))
    torchlogix = {f"{i}.weight": rows for i, (rows, _) in sized}
    torchlogix |= {f"{i}.connections.indices": np.ascontiguousarray(wires.T) for i, (_, wires) in sized}
    dwn = {f"{i}.luts": rows[:, :4] for i, (rows, _) in sized}
    dwn |= {f"{i}.mapping": wires.astype(np.int32) for i, (_, wires) in sized}
    nested = {
        str(i): {"weights": rows, "indices": np.ascontiguousarray(wires.T)}
        for i, (rows, wires) in enumerate(zip(logits, pairs, strict=True))
    }
    found = {
        "torch zip, module": file.zipped(training),
        "torch legacy, module": file.legacy(training),
        "torch zip, state_dict": flat.zipped({"state_dict": files.ordered(state), "hyper_parameters": {"k": 2}}),
        "torch legacy, state_dict": flat.legacy(files.ordered(state)),
        **{f"pickle, protocol {protocol}": pickle.dumps(settings, protocol) for protocol in (0, 2, 5)},
        "npz": npz_of({**arrays, **named}),
        "npz, compressed": npz_of({**arrays, **text}, compressed=True),
        "safetensors": safetensors_of({**arrays, "0.weights": BFloat16(logits[0])}, {"k": "2", "tau": "1.5"}),
        "msgpack": msgpack_of({"net": nested, "config": {"k": 2, "tau": 1.5}}),
        "torchlogix, safetensors": safetensors_of({name: np.ascontiguousarray(a) for name, a in torchlogix.items()}),
        "DWN, npz": npz_of(dwn),
        "JAX, msgpack": msgpack_of(chain),
        "JAX, pickle": pickle.dumps(chain, 4),
        "cell, npz": npz_of(flattened(cell)),
        "cell, safetensors": safetensors_of(flattened(cell)),
        "cell, msgpack": msgpack_of(cell),
        "cell, NumPy pickle": pickle.dumps(cell, 4),
        "cell, JAX pickle": files.pickled(mapped(cell, jax_in_pickle)),
        "cell, MLX pickle": files.pickled(mapped(cell, mlx_in_pickle)),
    }
    return {name: with_checksums(data) if data[:2] == b"PK" else data for name, data in found.items()}


def survive(data: bytes) -> bool:
    """Whether a file was read; anything but a model or a `NetcError` in one line goes through to the caller."""
    return survives(data, "mutant.pt")


def fuzz(mutants: int, seed: int, kept: Path | None = None) -> Counter[str]:
    """How many of so many mutants were still read, by container; one that breaks the rule is kept in a file."""
    random_ = random.Random(seed)
    sources = list(seeds().items())
    read: Counter[str] = Counter()
    for number in range(mutants):
        name, data = random_.choice(sources)
        made = damaged(random_, data, INTERESTING)
        try:
            read[name] += survive(made)
        except BaseException:
            if kept is not None:
                (kept / f"mutant-{seed}-{number}.bin").write_bytes(made)
            raise
    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started = time.perf_counter()
    read = fuzz(asked.mutants, asked.seed, Path())
    seconds = time.perf_counter() - started
    for name, count in sorted(read.items()):
        sys.stdout.write(f"{count:8,} read  {name}\n")
    sys.stdout.write(f"{asked.mutants:,} mutants of seed {asked.seed} in {seconds:.0f} s, {read.total():,} read\n")


if __name__ == "__main__":
    main()
