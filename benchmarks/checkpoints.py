"""Every checkpoint of the corpus: which family reads it, its layers and neurons, seconds and memory of `netc stats`.

    NETC_DATA=… python benchmarks/checkpoints.py [NAME …]

Whole processes, by the operating system's accounting. A file that is refused has the message instead. Written to
results/checkpoints.json.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from measure import netc, save

# What state_dicts lack, by the beginning of their names.
GIVEN = {
    "torchlogix_clgn_mnist_tiny.": ["architecture=ClgnMnistTiny"],
    "torchlogix_conv_mixed_mnist.": [
        *("input_shape=1x28x28", "classes=10", "tau=4", "1.padding=1", "1.pool=2/2/1", "3.padding=0"),
        *("3.parametrization=light", "5.parametrization=warp"),
    ],
    "torchlogix_conv_readme_mnist.": ["input_shape=1x28x28", "classes=10", "tau=6", "1.padding=0", "1.pool=2/2/0"],
    "torchlogix_dense_light_r2_digits.": ["classes=10", "tau=5", "parametrization=light"],
    "torchlogix_dense_raw_mnist_8k.": ["classes=10", "tau=8"],
    "torchlogix_dense_warp_r2_digits.": ["classes=10", "tau=5", "parametrization=warp"],
    "torchlogix_dense_warp_r4_digits.": ["classes=10", "tau=5", "parametrization=warp"],
    "torchlogix_learnable_digits.": [
        *("classes=10", "tau=4", "beta=-3", "parametrization=warp", "binariser=softplus", "0.temperature_softplus=0.1"),
    ],
    "convlogic_small.state_dict": [
        *("input_shape=1x12x12", "classes=10", "tau=3", "network.0.kernel=5", "network.0.stride=1"),
        *("network.0.padding=0", "network.1.kernel=3", "network.1.stride=1", "network.1.padding=1"),
    ],
    "convlogic_small.lightning": [
        *("input_shape=1x12x12", "classes=10", "model.network.0.kernel=5", "model.network.0.stride=1"),
        *("model.network.0.padding=0", "model.network.1.kernel=3", "model.network.1.stride=1"),
        "model.network.1.padding=1",
    ],
    "dwn_layout.": ["classes=10"],
}
SUFFIXES = {".pt", ".pth", ".ckpt", ".pkl", ".npz", ".msgpack", ".safetensors", ".orbax"}
BESIDE = ("_ref.npz", "_gateids.npz")  # answers, no networks


def row(path: Path) -> dict[str, Any]:
    given = next((keys for start, keys in GIVEN.items() if path.name.startswith(start)), [])
    needed = given if "full" not in path.name else [key for key in given if key.startswith("binariser")]
    usage = netc("stats", path, "--json", *(part for key in needed for part in ("--given", key)))
    if usage.code:
        return {"refused": usage.out.strip().splitlines()[0].replace(f"{path}: ", "")}
    found = json.loads(usage.out[usage.out.index("{") :])
    trained = found.get("trained") or {}
    return {
        "family": found["notes"][0].rpartition("read as ")[2],
        "given": " ".join(needed),
        "layers": len(trained.get("layers", [])),
        "neurons": trained.get("neurons"),
        "ands": found["logic"]["ands"],
        "latches": found["logic"]["latches"],
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "peak_mb": round(usage.peak_mb),
    }


def main() -> None:
    data = os.environ.get("NETC_DATA")
    if not data:
        sys.exit("this benchmark needs NETC_DATA naming the corpus")
    folder = Path(data) / "dlgn"
    paths = [path for place in (folder, folder / "variants") for path in sorted(place.iterdir())]
    rows = {}
    for path in paths:
        if (
            path.suffix not in SUFFIXES
            or path.name.endswith(BESIDE)
            or (sys.argv[1:] and path.name not in sys.argv[1:])
        ):
            continue
        name = str(path.relative_to(folder))
        rows[name] = row(path)
        print(name, *(f"{key} {value}" for key, value in rows[name].items() if value), sep="  ", flush=True)
    save("checkpoints", {"files": rows})


if __name__ == "__main__":
    main()
