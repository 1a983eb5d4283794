"""A convolutional network of 15 million gates: read as templates, flattened, hashed, run, against torch.

    python benchmarks/convolution.py [--kernels 512] [--scratch DIR]

The shape of ClgnCifar10Large (torchlogix; Petersen et al., Convolutional differentiable logic gate networks, NeurIPS
2024) with random weights and wiring, as its state_dict. Each step is a process of its own. 64 random images go through
the templates as loaded, through the hashed graph, and through torch. Written to results/convolution.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import run, save

CHANNELS = 15  # three colours of five thresholds
IMAGES = 64
Array = npt.NDArray[Any]


def shapes(k: int) -> list[tuple[int, int, int]]:
    """(size, channels in, kernels) of each convolution, 3 x 3 with a padding of 1 and OR pooling 2 x 2 behind it."""
    return [(32, CHANNELS, k), (16, k, 4 * k), (8, 4 * k, 16 * k), (4, 16 * k, 32 * k)]


def make(path: Path, k: int) -> None:
    """The state_dict, with wiring for every window as torchlogix saves it."""
    import torch

    random = np.random.default_rng(1)
    state: dict[str, Array] = {}
    for index, (size, channels, kernels) in enumerate(shapes(k)):
        name = str(1 + 2 * index)
        for level, nodes in enumerate((4, 2, 1)):
            state[f"{name}.tree_weights.{level}"] = random.standard_normal((nodes, kernels, 16), np.float32)
        corner = np.stack(np.meshgrid(np.arange(size), np.arange(size), [0], indexing="ij"), -1).reshape(-1, 1, 3)
        leaves = np.stack([random.integers(0, high, (2, kernels, 1, 4)) for high in (3, 3, channels)], -1)
        state[f"{name}.connections._indices_L0"] = leaves + corner
        state[f"{name}.connections._indices_L1"] = np.array([[0, 2], [1, 3]])
        state[f"{name}.connections._indices_L2"] = np.array([[0], [1]])
    before = 128 * k
    for name, width in (("10", 1280 * k), ("11", 640 * k), ("12", 320 * k)):
        state[f"{name}.weight"] = random.standard_normal((width, 16), np.float32)
        state[f"{name}.connections.indices"] = random.integers(0, before, (2, width))
        before = width
    torch.save({name: torch.from_numpy(array) for name, array in state.items()}, path)


def images() -> Array:
    return np.random.default_rng(2).integers(0, 2, (IMAGES, CHANNELS, 32, 32)).astype(np.bool_)


def by_torch(path: Path, k: int) -> list[list[int]]:
    """Votes for each of ten classes, by torch alone."""
    import torch

    state = torch.load(path, mmap=True, weights_only=True)  # noqa: TID251 - a file that this script made

    def gate(weight: Any, a: Any, b: Any) -> Any:
        """`weight` is (…, 16) with the shape of a and b at its end: gate i is 1 where bit 3 - 2a - b of i is."""
        return weight.argmax(-1).to(torch.uint8) >> (3 - 2 * a - b) & 1

    x = torch.from_numpy(images()).to(torch.uint8)
    for index, (size, _, kernels) in enumerate(shapes(k)):
        name = f"{1 + 2 * index}."
        padded = torch.nn.functional.pad(x, (1, 1, 1, 1))
        where = state[f"{name}connections._indices_L0"]  # inputs, kernels, windows, leaves, (row, column, channel)
        flat = (where[..., 2] * (size + 2) + where[..., 0]) * (size + 2) + where[..., 1]
        values = padded.reshape(IMAGES, -1)[:, flat]  # images, inputs, kernels, windows, leaves
        for level in range(3):
            if level:
                values = torch.stack([values[..., side] for side in state[f"{name}connections._indices_L{level}"]], 1)
            weight = state[f"{name}tree_weights.{level}"].permute(1, 0, 2)[:, None]
            values = gate(weight, values[:, 0], values[:, 1])
        image = values.reshape(IMAGES, kernels, size, size)
        x = image.reshape(IMAGES, kernels, size // 2, 2, size // 2, 2).amax((3, 5))
    x = x.reshape(IMAGES, -1)
    for name in ("10", "11", "12"):
        first, second = state[f"{name}.connections.indices"]
        x = gate(state[f"{name}.weight"], x[:, first], x[:, second])
    votes: list[list[int]] = x.reshape(IMAGES, 10, -1).sum(-1).tolist()
    return votes


COMMON = """
import json, sys, time
import numpy as np
import netc
from netc.frontends import checkpoint
from netc.layers import Tiled
sys.path.insert(0, sys.argv[2])
import convolution
told = {str(1 + 2 * i): {"padding": 1, "stride": 1, "kernel": 3, "pool": (2, 2, 0)} for i in range(4)}
start = time.perf_counter()
"""
LOAD = """
model = netc.load(sys.argv[1], input_shape=(15, 32, 32), classes=10, tau=1.0, layers=told)
facts = {"seconds": round(time.perf_counter() - start, 2)}
trained = model.trained
"""
AS_LOADED = (
    COMMON
    + LOAD
    + """
kinds = [type(layer).__name__ for layer in trained.layers]
net = netc.compile(model)
facts |= {"neurons": trained.num_neurons, "template_neurons": sum(
    layer.template_neurons if isinstance(layer, Tiled) else layer.neurons for layer in trained.layers)}
facts |= {"layers": kinds, "compiled": round(time.perf_counter() - start, 2)}
facts["votes"] = net.scores(convolution.images().reshape(64, -1)).tolist()
facts["answered"] = round(time.perf_counter() - start, 2)
print(json.dumps(facts))
"""
)
HASHED = (
    COMMON
    + LOAD
    + """
small = netc.optimize(model, level=1, verify="off")
facts |= {"ands_as_flattened": model.logic.num_ands, "ands_hashed": small.logic.num_ands}
facts["hashed"] = round(time.perf_counter() - start, 2)
del model, trained
facts["votes"] = netc.compile(small).scores(convolution.images().reshape(64, -1)).tolist()
facts["answered"] = round(time.perf_counter() - start, 2)
print(json.dumps(facts))
"""
)
ONLY_LOAD = COMMON + LOAD + "print(json.dumps(facts))"
MAKE = "import sys; sys.path.insert(0, sys.argv[2]); import convolution as c; from pathlib import Path\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", type=int, default=512)
    parser.add_argument("--scratch", type=Path)
    options = parser.parse_args()
    here = str(Path(__file__).parent)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        path = Path(folder) / "model.pt"
        size = f"Path(sys.argv[1]), {options.kernels}"
        steps = {
            "made": MAKE + f"c.make({size}); print('{{}}')",
            "loaded": ONLY_LOAD,
            "as templates": AS_LOADED,
            "hashed": HASHED,
            "torch": MAKE + f"import json; print(json.dumps({{'votes': c.by_torch({size})}}))",
        }
        found: dict[str, Any] = {}
        for name, code in steps.items():
            usage = run([sys.executable, "-c", code, str(path), here])
            if usage.code:
                sys.exit(usage.out)
            facts = json.loads(usage.out.splitlines()[-1])
            found[name] = facts | {"process_seconds": round(usage.wall_seconds, 1), "peak_mb": round(usage.peak_mb)}
        found["made"]["file_mb"] = path.stat().st_size >> 20
    votes = [found[name].pop("votes") for name in ("torch", "as templates", "hashed")]
    found["votes equal torch's"] = votes[0] == votes[1] == votes[2]
    found["distinct votes"] = len({value for row in votes[0] for value in row})
    save("convolution", {"kernels": options.kernels, **found})
    for name, facts in found.items():
        print(name, facts)
    sys.exit(not found["votes equal torch's"])


if __name__ == "__main__":
    main()
