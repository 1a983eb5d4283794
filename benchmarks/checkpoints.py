"""Every checkpoint of the corpus: what it is, how long it takes from file to answers, and whether they are exact.

    NETC_DATA=… python benchmarks/checkpoints.py

Each file is loaded and run on all stored samples in a process of its own, with only the options that the file itself
does not tell. Seconds are from the start of loading to the last answer, without the interpreter's start. Written to
results/checkpoints.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from measure import corpus, run, save

# What state dicts of torchlogix and convlogic do not hold; whole modules need none of it.
TOLD: dict[str, dict[str, Any]] = {
    "torchlogix_clgn_mnist_tiny": {"architecture": "ClgnMnistTiny"},
    "torchlogix_conv_mixed_mnist": {
        "input_shape": [1, 28, 28],
        "layers": {
            "1": {"padding": 1, "pool": [2, 2, 1]},
            "3": {"padding": 0, "parametrization": "light"},
            "5": {"parametrization": "warp"},
        },
    },
    "torchlogix_conv_readme_mnist": {"input_shape": [1, 28, 28], "layers": {"1": {"padding": 0, "pool": [2, 2, 0]}}},
    "torchlogix_dense_light_r2_digits": {"parametrization": "light"},
    "torchlogix_dense_raw_mnist_8k": {},
    "torchlogix_dense_warp_r2_digits": {"parametrization": "warp"},
    "torchlogix_dense_warp_r4_digits": {"parametrization": "warp"},
    "torchlogix_learnable_digits": {"parametrization": "warp", "layers": {"0": {"temperature_softplus": 0.1}}},
}
CONVLOGIC = ({"kernel": 5, "stride": 1, "padding": 0}, {"kernel": 3, "stride": 1, "padding": 1})
REFUSED = "refused"

ONE_FILE = """
import json, resource, sys, time
import numpy as np
import netc
path, reference, told = sys.argv[1], np.load(sys.argv[2]), json.loads(sys.argv[3])
start = time.perf_counter()
try:
    model = netc.load(path, **told)
except netc.NetcError as error:
    print(json.dumps({"refused": str(error).splitlines()[0].rpartition(": ")[2]}))
    sys.exit()
loaded = time.perf_counter() - start
net = netc.compile(model.with_encoder(None))
exact = {}
if "patches" in reference:
    patches = reference["patches"].reshape(len(reference["patches"]), -1)
    exact["bits"] = np.array_equal(net.bits(patches), reference["out"].reshape(len(patches), -1))
elif "inputs_packed" in reference:
    x = reference["inputs_packed"]
    exact["bits"] = np.array_equal(net.bits(x, packed=True, packed_out=True), reference["bits_packed"])
    exact["scores"] = np.array_equal(net.scores(x, packed=True), reference["scores"])
    if "pred" in reference:
        exact["classes"] = np.array_equal(net.predict(x, packed=True), reference["pred"])
    if model.encoder is not None and "x_raw" in reference:
        raw = reference["x_raw"].reshape(len(x), -1)
        exact["logits of features"] = np.array_equal(netc.compile(model).logits(raw), reference["logits"])
else:
    x = reference["inputs"]
    exact["bits"] = np.array_equal(net.bits(x.reshape(len(x), -1)), reference["bits"])
print(json.dumps({
    "family": model.notes[0].rpartition("read as ")[2],
    "layers": len(model.trained.layers),
    "neurons": model.trained.num_neurons,
    "ands": model.logic.num_ands,
    "load_seconds": round(loaded, 3),
    "seconds": round(time.perf_counter() - start, 3),
    "exact": exact,
}))
"""


def files(folder: Path) -> list[tuple[Path, Path, dict[str, Any]]]:
    """Each checkpoint, its reference, and what has to be told."""
    found = []
    for reference in sorted([*folder.glob("*_ref.npz"), *folder.glob("variants/*_ref.npz")]):
        stem = reference.name.removesuffix("_ref.npz")
        for path in sorted(reference.parent.glob(f"{stem}.*")):
            if path.suffix == ".json":
                continue
            found.append((path, reference, told(path, stem)))
    breast = folder / "difflogic_breast_350_ref.npz"
    others = (
        path for path in sorted((folder / "variants").iterdir()) if not path.name.startswith(("dwn", "convlogic"))
    )
    given: dict[str, dict[str, Any]] = {
        "buffers": {"classes": 2},
        "stacked": {"classes": 2},
        "difflogic.npz": {"classes": 2, "tau": 5.0},
    }
    for path in others:
        if not path.name.endswith(("_gateids.npz", "f64.full.pt", "half.full.pt", "bf16.full.pt", "const.full.pt")):
            options = next((value for key, value in given.items() if path.name.startswith(key)), {})
            found.append((path, breast, options))
    return found


def told(path: Path, stem: str) -> dict[str, Any]:
    import numpy as np

    if stem == "dwn_layout":
        return {"classes": 10}
    if stem == "convlogic_small":
        prefix = "model.network" if path.suffix == ".ckpt" else "network"
        layers = {f"{prefix}.{index}": settings for index, settings in enumerate(CONVLOGIC)}
        return {"input_shape": [1, 12, 12], "classes": 10, "layers": layers}
    if stem not in TOLD:
        return {}
    if ".full." in path.name:
        return {"binariser": "softplus"}
    with np.load(path.with_name(f"{stem}_ref.npz")) as reference:
        sums = {"classes": int(reference["k"]), "tau": float(reference["tau"])}
        beta = {"beta": float(reference["beta"])}
    return TOLD[stem] | ({} if "architecture" in TOLD[stem] else sums) | beta | {"binariser": "softplus"}


def main() -> None:
    data = corpus(needs_abc=False)
    folder = data / "dlgn"
    rows: dict[str, Any] = {}
    for path, reference, options in files(folder):
        usage = run([sys.executable, "-c", ONE_FILE, str(path), str(reference), json.dumps(options)])
        if usage.code:
            sys.exit(f"{path}\n{usage.out}")
        row = json.loads(usage.out.splitlines()[-1])
        row["peak_mb"] = round(usage.peak_mb)
        rows[str(path.relative_to(folder))] = row
        print(path.name, row, flush=True)
    save("checkpoints", {"files": rows})
    wrong = [name for name, row in rows.items() if not all(row.get("exact", {}).values())]
    exact = sum("exact" in row for row in rows.values()) - len(wrong)
    print(f"{exact} exact, {sum(REFUSED in row for row in rows.values())} refused by name, wrong: {wrong}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
