"""What `make demo` shows: a trained network goes from its checkpoint to a small circuit to answers at speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import netc

HERE = Path(__file__).parent
BATCH = 1 << 18  # pictures for a measurement of speed, the test part again and again


def rate(answer: Callable[..., Any], x: Any) -> float:
    """Rows of packed bits a second, the best of three."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        answer(x, packed=True)
        seconds.append(time.perf_counter() - start)
    return len(x) / min(seconds)


def main() -> None:
    start = time.perf_counter()
    model = netc.load(HERE / "model.pt")
    test = np.load(HERE / "test.npz")
    x, labels = test["x"], test["labels"]
    trained = model.trained
    assert trained is not None
    print(f"examples/digits/model.pt, opened without torch in {1000 * (time.perf_counter() - start):.0f} ms:")
    for note in model.notes:
        print(f"  {note}")

    small = netc.optimize(model, level=2)
    report = small.report
    assert report is not None
    print(
        f"\noptimised at -O2 in {report.seconds:.1f} s, and {report.verified} equal in {report.verify_seconds:.1f} s:"
    )
    print(f"  {'':<22}{'trained':>9}{'optimised':>11}")
    print(f"  {'gates of two inputs':<22}{trained.num_neurons:>9,}{netc.map_luts(small.logic, 2).num_luts:>11,}")
    print(f"  {'ANDs':<22}{model.logic.num_ands:>9,}{small.logic.num_ands:>11,}")
    for name, made in (("trained", model), ("optimised", small)):
        right = int((netc.compile(made).predict(x) == labels).sum())
        print(f"  {name} network: {right} of {len(x)} test pictures right, {right / len(x):.1%}")

    assert small.encoder is not None
    bits = small.encoder.encode(np.resize(x, (BATCH, x.shape[1])))
    packed = np.packbits(bits, axis=1, bitorder="little")
    print("\npictures a second on this machine, from packed bits to classes:")
    for engine in ("table", "c"):
        try:
            net = netc.compile(small, engine=engine)
        except (ImportError, netc.NetcError) as error:
            print(f"  engine {engine:<6} not here: {error}")
            continue
        print(f"  engine {engine:<6} {rate(net.predict, packed) / 1e6:6.1f} million")


if __name__ == "__main__":
    main()
