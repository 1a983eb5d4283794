"""A convolutional network of 15 million neurons with random parameters: reading it, and its answers beside torch's.

    python benchmarks/convolution.py [--images N] [--scratch DIR]

torchlogix's ClgnCifar10Large is built, saved as a state_dict and evaluated by torch in one process, read and run by
netc in another. Needs torch, and torchlogix with Python 3.12, or `--no-deps` with 3.11. Written to
results/convolution.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measure import run, save

BY_TORCH = """
import sys, time, types
if sys.version_info < (3, 12):  # which cannot parse this module of torchlogix; the layers do not need it
    stand_in = types.ModuleType("torchlogix.circuit")
    stand_in.Circuit = None
    sys.modules["torchlogix.circuit"] = stand_in
import numpy as np, torch
from torchlogix.models.conv import ClgnCifar10Large
weights, answers, images = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)
network = ClgnCifar10Large(
    thresholds=torch.linspace(0.1, 0.9, 5), binarization="fixed", binarization_kwargs={}, connections_kwargs={},
    parametrization="raw", parametrization_kwargs={"weight_init": "random"},
).eval()
torch.save(network.state_dict(), weights)
x = torch.from_numpy(np.random.default_rng(0).random((images, 3, 32, 32), np.float32))
started = time.perf_counter()
with torch.no_grad():
    logits = torch.cat([network(image[None]) for image in x])
seconds = time.perf_counter() - started
np.savez(answers, x=x.numpy().reshape(images, -1), logits=logits.numpy(), seconds=seconds)
"""

BY_NETC = """
import json, resource, sys, time
import numpy as np
import netc
from netc.flatten import flatten
weights, answers = sys.argv[1:3]
def peak():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
started = time.perf_counter()
model = netc.load(weights, architecture="ClgnCifar10Large")
loaded = time.perf_counter()
peak_mb = peak()
flatten(model.trained)
flattened = time.perf_counter()
net = netc.compile(model)
ready = time.perf_counter()
z = np.load(answers)
logits = net.logits(z["x"])
ran = time.perf_counter()
print(json.dumps({
    "neurons": model.trained.num_neurons,
    "template_neurons": sum(getattr(layer, "template_neurons", layer.neurons) for layer in model.trained.layers),
    "ands": model.logic.num_ands,
    "load_seconds": round(loaded - started, 2),
    "of_which_flatten_and_hash": round(flattened - loaded, 2),
    "peak_mb_after_load": peak_mb,
    "compile_seconds": round(ready - flattened, 2),
    "run_seconds": round(ran - ready, 3),
    "images": len(logits),
    "torch_seconds": round(float(z["seconds"]), 1),
    "equal": bool(np.array_equal(logits, z["logits"])),
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--scratch", default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        weights, answers = Path(folder) / "weights.pt", Path(folder) / "answers.npz"
        made = run([sys.executable, "-W", "ignore", "-c", BY_TORCH, str(weights), str(answers), str(options.images)])
        if made.code:
            sys.exit(made.out)
        read = run([sys.executable, "-c", BY_NETC, str(weights), str(answers)])
        if read.code:
            sys.exit(read.out)
        found = json.loads(read.out.splitlines()[-1])
        found["file_mb"] = round(weights.stat().st_size / 2**20)
    if not found["equal"]:
        sys.exit("the answers differ")
    print(json.dumps(found, indent=1))
    save("convolution", {"ClgnCifar10Large": found})


if __name__ == "__main__":
    main()
