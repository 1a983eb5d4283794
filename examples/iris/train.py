"""Train the network of this example: four measurements of a flower, 60 gates of two inputs, three kinds of iris.

    python examples/iris/train.py              writes model.pt and test.npz beside this file, in half a minute
    python examples/iris/train.py --validate   cross-validation on the training part: what the settings below were
                                               chosen by

Needs scikit-learn and torch 2.13.0. One thread and fixed seeds: the same machine gives the same files.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import Tensor

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
CLASSES = ("setosa", "versicolor", "virginica")
QUANTILES = (0.2, 0.4, 0.6, 0.8)  # of each feature in the training part: where its thresholds are put
WIDTHS = (30, 30)
TAU = 2.0  # class scores are counts of 10 bits, divided by this

EPOCHS = 200
BATCH = 20
LEARNING_RATE = 0.05
SEED = 1

# Gate g of a neuron is c0 + ca * a + cb * b + cab * a * b; its number is its truth table, f(0, 0) the highest bit.
GATES = torch.tensor(
    [[f00, f10 - f00, f01 - f00, f11 - f10 - f01 + f00] for f00, f01, f10, f11 in np.ndindex(2, 2, 2, 2)],
    dtype=torch.float32,
)


class LogicLayer(torch.nn.Module):
    """Neurons that learn which of the sixteen gates to be; their wiring is drawn once and saved with them."""

    indices: Tensor

    def __init__(self, inputs: int, neurons: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.randn(neurons, 16, generator=generator))
        drawn = torch.randperm(2 * neurons, generator=generator) % inputs  # every input is read, if there are enough
        drawn = torch.randperm(inputs, generator=generator)[drawn]
        self.register_buffer("indices", drawn.reshape(2, neurons).to(torch.int16))

    def forward(self, x: Tensor) -> Tensor:
        a, b = (x.index_select(1, index) for index in self.indices.int())
        weights = self.weights.float()
        if self.training:
            choice = torch.softmax(weights, dim=1)
        else:
            choice = torch.nn.functional.one_hot(weights.argmax(dim=1), 16).float()
        c0, ca, cb, cab = (choice @ GATES).T
        bits: Tensor = c0 + ca * a + cb * b + cab * (a * b)
        return bits


class GroupSum(torch.nn.Module):
    """Counts equal blocks of bits, one block a class."""

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), len(CLASSES), -1).sum(dim=2) / TAU


class Data(NamedTuple):
    x: Tensor  # float64, centimetres
    y: Tensor


def split() -> tuple[Data, Data]:
    """The training part and the test part, 50 flowers that nothing here looks at before the network is saved."""
    iris = load_iris()
    x, y = torch.tensor(iris.data, dtype=torch.float64), torch.tensor(iris.target)
    train, test = train_test_split(np.arange(len(y)), test_size=50, random_state=0, stratify=iris.target)
    return Data(x[train], y[train]), Data(x[test], y[test])


def thresholds(x: Tensor) -> list[list[float]]:
    """Quantiles of each feature, between two of its millimetres: no measured flower lies on a threshold."""
    quantiles = np.quantile(x.numpy(), QUANTILES, axis=0).T
    return [[float(f"{np.floor(10 * value) / 10 + 0.05:.2f}") for value in row] for row in quantiles]


def encode(x: Tensor, above: list[list[float]]) -> Tensor:
    """Bits of each feature together, as netc's encoder with order "feature" has them."""
    return (x[:, :, None] > torch.tensor(above, dtype=torch.float64)).float().flatten(1)


def trained(data: Data, above: list[list[float]], seed: int) -> torch.nn.Sequential:
    """A network trained on `data`, its logits rounded to the half precision that it is shipped in."""
    generator = torch.Generator().manual_seed(seed)
    sizes = (len(FEATURES) * len(QUANTILES), *WIDTHS)
    layers = [LogicLayer(a, b, generator) for a, b in pairwise(sizes)]
    network = torch.nn.Sequential(*layers, GroupSum()).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    bits = encode(data.x, above)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(bits), generator=generator), BATCH):
            loss = torch.nn.functional.cross_entropy(network(bits[batch]), data.y[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
    return network.half().eval()


def accuracy(network: torch.nn.Sequential, data: Data, above: list[list[float]]) -> float:
    """Of the hard network: every neuron is its most likely gate."""
    with torch.no_grad():
        predicted = network(encode(data.x, above)).argmax(dim=1)
    return float((predicted == data.y).double().mean())


def validate(data: Data, folds: int) -> None:
    found = []
    splits = StratifiedKFold(folds, shuffle=True, random_state=SEED).split(data.x, data.y)
    for fold, (learn, check) in enumerate(splits):
        above = thresholds(data.x[learn])
        network = trained(Data(data.x[learn], data.y[learn]), above, SEED + fold)
        found.append(accuracy(network, Data(data.x[check], data.y[check]), above))
        print(f"fold {fold}: {found[-1]:.4f}")
    print(f"mean of {folds} folds: {np.mean(found):.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--validate", action="store_true", help="cross-validate instead of training the shipped network"
    )
    parser.add_argument("--folds", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    train, test = split()
    if asked.validate:
        validate(train, asked.folds)
        return
    above = thresholds(train.x)
    network = trained(train, above, SEED)
    here = Path(__file__).parent
    checkpoint = {
        "state_dict": network.state_dict(),
        "config": {"classes": len(CLASSES), "tau": TAU, "class_names": list(CLASSES)},
        "encoder": {"features": len(FEATURES), "thresholds": above, "order": "feature", "names": list(FEATURES)},
    }
    torch.save(checkpoint, here / "model.pt")
    np.savez_compressed(here / "test.npz", x=test.x.numpy(), labels=test.y.numpy().astype(np.uint8))
    print(f"training part: {accuracy(network, train, above):.4f} of {len(train.y):,} flowers")
    print(f"test part:     {accuracy(network, test, above):.4f} of {len(test.y):,} flowers")


if __name__ == "__main__":
    main()
