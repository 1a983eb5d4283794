"""Seeded circuits in the shape of trained networks: layers of random two-input gates of all 16 kinds, wired at random.

python benchmarks/generate.py 2000000 out.aig      # six layers of two million gates, 10.5 million ANDs as written
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from netc import Aig, Dense, LayeredNetwork, write
from netc.ports import Ports


def layered(width: int, *, layers: int = 6, inputs: int = 784, seed: int = 1) -> LayeredNetwork:
    """Gates and wiring uniform at random."""
    random = np.random.default_rng(seed)
    made, before = [], inputs
    for _ in range(layers):
        wiring = random.integers(0, before, (width, 2), dtype=np.uint32)
        made.append(Dense(random.integers(0, 16, width, dtype=np.uint64), wiring))
        before = width
    return LayeredNetwork(inputs, made)


def as_written(network: LayeredNetwork) -> Aig:
    """One to three ANDs a gate, nothing hashed, folded only where a gate is a wire or a constant."""
    literal = 2 * np.arange(1, 1 + network.inputs, dtype=np.int64)
    node = 1 + network.inputs
    parts = []
    for layer in network.layers:
        assert isinstance(layer, Dense)
        table = layer.tables[:, 0].astype(np.int64)
        a, b = literal[layer.wiring[:, 0]], literal[layer.wiring[:, 1]]
        ones = np.array([bin(t).count("1") for t in range(16)])[table]
        is_xor = (table == 6) | (table == 9)
        is_and = (ones == 1) | (ones == 3)
        count = np.where(is_xor, 3, is_and.astype(np.int64))
        first = node + np.concatenate([[0], np.cumsum(count)[:-1]])
        ands = np.zeros((int(count.sum()), 2), np.int64)
        # an AND gate: the one minterm that differs from the rest says which operands are complemented
        minterm = np.where(ones == 1, table, 15 ^ table)
        row = np.array([m.bit_length() - 1 if m else 0 for m in range(16)])[minterm]
        at = (first - node)[is_and]
        ands[at, 0] = a[is_and] ^ (1 - (row[is_and] & 1))
        ands[at, 1] = b[is_and] ^ (1 - (row[is_and] >> 1 & 1))
        at = (first - node)[is_xor]
        ands[at] = np.stack([a[is_xor], b[is_xor]], axis=1)
        ands[at + 1] = np.stack([a[is_xor] ^ 1, b[is_xor] ^ 1], axis=1)
        ands[at + 2] = np.stack([2 * (first[is_xor] + 1) + 1, 2 * first[is_xor] + 1], axis=1)
        made = 2 * (first + count - 1)
        literal = np.select(
            [table == 0, table == 15, table == 10, table == 5, table == 12, table == 3, is_xor],
            [0, 1, a, a ^ 1, b, b ^ 1, made ^ (table == 9)],
            made ^ (ones == 3),
        )
        parts.append(np.sort(ands, axis=1)[:, ::-1].astype(np.uint32))
        node += len(ands)
    ports = Ports(inputs=network.inputs, outputs=len(literal))
    return Aig(ports, np.concatenate(parts), literal.astype(np.uint32))


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: generate.py WIDTH OUT.aig")
    aig = as_written(layered(int(sys.argv[1])))
    write(aig, Path(sys.argv[2]))
    print(aig)


if __name__ == "__main__":
    main()
