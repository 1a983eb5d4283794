"""Train the automaton of this example: every cell is the same small logic gate network, and from any start the grid
becomes a checkerboard.

    python examples/checkerboard/train.py        writes model.npz beside this file, in less than a minute on one core

The recipe is that of differentiable logic cellular automata (Miotti, Niklasson, Randazzo, Mordvintsev: Differentiable
Logic Cellular Automata, 2025), with a smaller network: kernels of gates read the neighbourhood of each channel, a
second network makes of what they saw the next state, and the whole is trained through all steps of time by the squares
in channel 0. Needs torch 2.13.0. One thread and fixed seeds: the same machine gives the same file.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

SIDE = 16
SQUARE = 2  # cells a side of a square of the board
STEPS = 17  # of training: what the border says needs sixteen to come across, so nothing slower is learned
CHECKED_STEPS = 20  # of the automaton that comes out
CHANNELS = 8  # channel 0 is the picture, the others are the automaton's own
KERNELS = 4
PERCEIVE = (9, 8, 4, 2)
UPDATE = (64, 64, 32, 16, CHANNELS)

BATCH = 2
LEARNING_RATE = 0.05
PASS = 5.0  # the logit that makes every gate pass its first input on at the start
EPOCHS = 500
SEED = 2

CHECK_EPOCHS = 20  # between two looks at the hard automaton
CHECK_GRIDS = 16

# Gate g is c0 + ca * a + cb * b + cab * a * b; its number is its truth table, f(0, 0) the highest bit.
GATES = torch.tensor(
    [[f00, f10 - f00, f01 - f00, f11 - f10 - f01 + f00] for f00, f01, f10, f11 in np.ndindex(2, 2, 2, 2)],
    dtype=torch.float32,
)
PASS_A = 3

Wires = tuple[Tensor, Tensor]


class Gates(torch.autograd.Function):
    """A layer of soft gates, ``c0 + ca * a + cb * b + cab * a * b``: rows of gates, columns of cells."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, coefficients: Tensor) -> Tensor:
        ctx.save_for_backward(a, b, coefficients)
        c0, ca, cb, cab = coefficients.unsqueeze(-1).unbind(-2)
        return torch.addcmul(torch.addcmul(c0, ca, a), b, torch.addcmul(cb, cab, a))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # type: ignore[override]
        a, b, coefficients = ctx.saved_tensors
        _, ca, cb, cab = coefficients.unsqueeze(-1).unbind(-2)
        by_a, by_b = grad * a, grad * b
        sums = torch.stack([grad.sum(-1), by_a.sum(-1), by_b.sum(-1), (by_a * b).sum(-1)], dim=-1)
        return grad * torch.addcmul(ca, cab, b), grad * torch.addcmul(cb, cab, a), sums


def pairs(inputs: int, gates: int, generator: torch.Generator) -> Wires:
    """Two different inputs for each gate; every input is read, if there are enough gates."""
    drawn = torch.randperm(inputs, generator=generator)
    while len(drawn) < 2 * gates:
        more = torch.randperm(inputs, generator=generator)
        if len(drawn) % 2 and more[0] == drawn[-1]:
            more = more.roll(1)
        drawn = torch.cat([drawn, more])
    order = torch.randperm(gates, generator=generator)
    return drawn[0 : 2 * gates : 2][order], drawn[1 : 2 * gates : 2][order]


def drawn_wires(generator: torch.Generator) -> tuple[list[Wires], list[Wires]]:
    """Perceive: first each neighbour with the centre, then pairs. Update: pairs."""
    neighbours = torch.tensor([0, 1, 2, 3, 5, 6, 7, 8])[torch.randperm(8, generator=generator)]
    perceive = [(neighbours, torch.full((8,), 4))]
    perceive += [pairs(a, b, generator) for a, b in pairwise(PERCEIVE[1:])]
    sizes = (CHANNELS + CHANNELS * KERNELS * PERCEIVE[-1], *UPDATE)
    return perceive, [pairs(a, b, generator) for a, b in pairwise(sizes)]


class Cell:
    """Gate logits and wiring of the network that every cell is."""

    def __init__(self, seed: int) -> None:
        self.wires_perceive, self.wires_update = drawn_wires(torch.Generator().manual_seed(seed))
        self.perceive = [self._logits(KERNELS, width) for width in PERCEIVE[1:]]
        self.update = [self._logits(width) for width in UPDATE]

    @staticmethod
    def _logits(*shape: int) -> Tensor:
        logits = torch.zeros(*shape, 16)
        logits[..., PASS_A] = PASS
        return logits.requires_grad_()

    def half(self) -> Cell:
        """The same cell with its logits rounded to the half precision that it is shipped in."""
        self.perceive = [logits.detach().half() for logits in self.perceive]
        self.update = [logits.detach().half() for logits in self.update]
        return self

    def coefficients(self, hard: bool) -> tuple[list[Tensor], list[Tensor]]:
        def of(logits: Tensor) -> Tensor:
            if hard:
                return GATES[logits.argmax(-1)]
            return torch.softmax(logits, -1) @ GATES

        return [of(logits) for logits in self.perceive], [of(logits) for logits in self.update]

    def run(self, state: Tensor, steps: int, hard: bool = False) -> Tensor:
        """The state after some steps, ``[channels, grids, height, width]``; outside the grid all is 0."""
        perceive, update = self.coefficients(hard)
        for _ in range(steps):
            state = self._step(state, perceive, update)
        return state

    def _step(self, state: Tensor, perceive: list[Tensor], update: list[Tensor]) -> Tensor:
        channels, grids, height, width = state.shape
        padded = torch.nn.functional.pad(state, (1, 1, 1, 1))
        patch = torch.stack([padded[..., y : y + height, x : x + width] for y in range(3) for x in range(3)])
        values = patch.reshape(1, 9, -1).expand(KERNELS, 9, -1)  # kernel, gate, (channel, cell)
        for (a, b), coefficients in zip(self.wires_perceive, perceive, strict=True):
            values = Gates.apply(values.index_select(1, a), values.index_select(1, b), coefficients)
        seen = values.reshape(KERNELS, PERCEIVE[-1], channels, -1).permute(
            2, 1, 0, 3
        )  # channel slowest, kernel fastest
        now = torch.cat([patch[4].reshape(channels, -1), seen.reshape(channels * KERNELS * PERCEIVE[-1], -1)])
        for (a, b), coefficients in zip(self.wires_update, update, strict=True):
            now = Gates.apply(now.index_select(0, a), now.index_select(0, b), coefficients)
        return now.reshape(channels, grids, height, width)


def board(side: int) -> Tensor:
    square = torch.arange(side) // SQUARE
    return ((square[:, None] + square) % 2).float()


def random_state(grids: int, side: int, generator: torch.Generator) -> Tensor:
    return torch.randint(0, 2, (CHANNELS, grids, side, side), generator=generator).float()


def wrong(cell: Cell, grids: int, generator: torch.Generator) -> Tensor:
    """How many cells of the hard automaton's picture are wrong in each grid."""
    with torch.no_grad():
        after = cell.run(random_state(grids, SIDE, generator), CHECKED_STEPS, hard=True)[0]
    return (after != board(SIDE)).sum((1, 2))


def trained(seed: int) -> Cell:
    """Stops when the hard automaton was perfect at two looks."""
    generator = torch.Generator().manual_seed(seed)
    cell = Cell(seed)
    parameters = [*cell.perceive, *cell.update]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=1e-2)
    target = board(SIDE)
    started, perfect = time.process_time(), 0
    for epoch in range(1, EPOCHS + 1):
        after = cell.run(random_state(BATCH, SIDE, generator), STEPS)
        loss = ((after[0] - target) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_value_(parameters, 100.0)
        optimizer.step()
        if epoch % CHECK_EPOCHS:
            continue
        errors = float(wrong(cell, CHECK_GRIDS, generator).float().mean())
        perfect = perfect + 1 if errors == 0 else 0
        mean, seconds = float(loss.detach()) / after[0].numel(), time.process_time() - started
        print(f"epoch {epoch}: loss {mean:.4f} a cell, {errors:.1f} cells wrong when hard, {seconds:.0f} s", flush=True)
        if perfect == 2:
            break
    return cell


def save(cell: Cell, path: Path) -> None:
    """Logits in half precision and wiring, under the names of the published notebook's variables."""
    arrays: dict[str, Any] = {}
    for part, wires, logits in (
        ("update", cell.wires_update, cell.update),
        ("perceive", cell.wires_perceive, cell.perceive),
    ):
        for layer, ((a, b), values) in enumerate(zip(wires, logits, strict=True)):
            arrays[f"params.{part}.{layer}"] = values.detach().numpy()
            arrays[f"wires.{part}.{layer}.a"] = a.numpy().astype(np.int32)
            arrays[f"wires.{part}.{layer}.b"] = b.numpy().astype(np.int32)
    np.savez_compressed(path, **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED, help="not every seed becomes perfect")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "model.npz")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    cell = trained(asked.seed).half()
    save(cell, asked.output)
    errors = wrong(cell, 256, torch.Generator().manual_seed(0))
    print(f"{int((errors == 0).sum())} of {len(errors)} random starts become a checkerboard in {CHECKED_STEPS} steps")


if __name__ == "__main__":
    main()
