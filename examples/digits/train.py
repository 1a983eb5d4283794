"""Train the network of this example: 8 x 8 pictures of digits, 6,000 gates of two inputs, ten classes.

    python examples/digits/train.py              writes model.pt and test.npz beside this file, in a minute or two
    python examples/digits/train.py --validate   cross-validation on the training part: what the settings below were
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
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import Tensor

CLASSES = 10
PIXELS = 64
THRESHOLDS = (2.0, 6.0, 10.0)  # of pixels from 0 to 16: bit j of a pixel is x > THRESHOLDS[j]
WIDTHS = (2000, 2000, 2000)
TAU = 8.0  # class scores are counts of 200 bits, divided by this

EPOCHS = 150
BATCH = 100
LEARNING_RATE = 0.05
SHIFTED = 0.2  # the share of pictures that move by up to a pixel, each time they are seen
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
        return x.reshape(len(x), CLASSES, -1).sum(dim=2) / TAU


class Data(NamedTuple):
    x: Tensor  # float32, pixels from 0 to 16
    y: Tensor


def split() -> tuple[Data, Data]:
    """The training part and the test part, 360 pictures that nothing here looks at before the network is saved."""
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32), torch.tensor(digits.target)
    train, test = train_test_split(np.arange(len(y)), test_size=360, random_state=0, stratify=digits.target)
    return Data(x[train], y[train]), Data(x[test], y[test])


def encode(x: Tensor) -> Tensor:
    """Bits of each pixel together, as netc's encoder with order "feature" has them."""
    return (x[:, :, None] > torch.tensor(THRESHOLDS)).float().flatten(1)


def shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Some of the pictures moved by up to a pixel each way."""
    count = len(x)
    padded = torch.nn.functional.pad(x.reshape(count, 8, 8), (1, 1, 1, 1))
    by = torch.randint(0, 3, (2, count), generator=generator)
    by[:, torch.rand(count, generator=generator) >= SHIFTED] = 1
    rows, columns = by[:, :, None] + torch.arange(8)
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]].flatten(1)


def trained(data: Data, seed: int) -> torch.nn.Sequential:
    """A network trained on `data`, its logits rounded to the half precision that it is shipped in."""
    generator = torch.Generator().manual_seed(seed)
    sizes = (PIXELS * len(THRESHOLDS), *WIDTHS)
    layers = [LogicLayer(a, b, generator) for a, b in pairwise(sizes)]
    network = torch.nn.Sequential(*layers, GroupSum()).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(data.x), generator=generator), BATCH):
            logits = network(encode(shifted(data.x[batch], generator)))
            loss = torch.nn.functional.cross_entropy(logits, data.y[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
        schedule.step()
    return network.half().eval()


def accuracy(network: torch.nn.Sequential, data: Data) -> float:
    """Of the hard network: every neuron is its most likely gate."""
    with torch.no_grad():
        predicted = network(encode(data.x)).argmax(dim=1)
    return float((predicted == data.y).double().mean())


def validate(data: Data, folds: int) -> None:
    found = []
    splits = StratifiedKFold(folds, shuffle=True, random_state=SEED).split(data.x, data.y)
    for fold, (learn, check) in enumerate(splits):
        network = trained(Data(data.x[learn], data.y[learn]), SEED + fold)
        found.append(accuracy(network, Data(data.x[check], data.y[check])))
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
    network = trained(train, SEED)
    here = Path(__file__).parent
    checkpoint = {
        "state_dict": network.state_dict(),
        "config": {"classes": CLASSES, "tau": TAU},
        "encoder": {"features": PIXELS, "thresholds": list(THRESHOLDS), "order": "feature"},
    }
    torch.save(checkpoint, here / "model.pt")
    np.savez_compressed(here / "test.npz", x=test.x.numpy().astype(np.uint8), labels=test.y.numpy().astype(np.uint8))
    print(f"training part: {accuracy(network, train):.4f} of {len(train.y):,} pictures")
    print(f"test part:     {accuracy(network, test):.4f} of {len(test.y):,} pictures")


if __name__ == "__main__":
    main()
