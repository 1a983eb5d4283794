"""Circuits that are equal by algebra and look nothing like each other: netc cec beside ABC's cec, &cec and &cec -x.

    python benchmarks/algebra.py [PAIR …]

Checksums bit by bit and as a matrix, products in finite fields, linear maps as chains and as trees, multipliers by
rows and by columns: what two people make of one specification. The script makes them itself. CPU seconds of whole
processes, as in benchmarks/cec.py; each may take 60. Pairs that are named add to what is there.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cec import CHECKERS, start
from measure import RESULTS, save

from netc import Aig, Builder, write

CRC_32 = 0x04C11DB7
# x^n + …, irreducible: the lower part of the polynomial that a field of 2^n elements is made with
FIELDS = {16: 0x2B, 32: 0x8D, 64: 0x1B}


def chain(build: Builder, operands: list[int]) -> int:
    total = 0
    for operand in operands:
        total = build.xor(total, operand)
    return total


def tree(build: Builder, operands: list[int]) -> int:
    operands = operands or [0]
    while len(operands) > 1:
        operands = [chain(build, operands[place : place + 2]) for place in range(0, len(operands), 2)]
    return operands[0]


def checksum(bits: int, as_matrix: bool) -> Aig:
    """The CRC-32 register after so many bits: a bit a step, or each of its bits as a tree over what it depends on."""
    build = Builder(32 + bits)
    state = [{index} for index in range(32)]  # as sets of inputs
    signals = [build.input(index) for index in range(32)]
    tapped = [CRC_32 >> index & 1 for index in range(32)]
    for step in range(bits):
        if as_matrix:
            top, shifted = state[31] ^ {32 + step}, [set[int](), *state[:31]]
            state = [found ^ top if tap else found for found, tap in zip(shifted, tapped, strict=True)]
        else:
            feedback, moved = build.xor(signals[31], build.input(32 + step)), [0, *signals[:31]]
            signals = [build.xor(lit, feedback) if tap else lit for lit, tap in zip(moved, tapped, strict=True)]
    if as_matrix:
        signals = [tree(build, [build.input(index) for index in sorted(found)]) for found in state]
    return build.finish(signals)


def field_product(width: int, how: str) -> Aig:
    """a times b in the field of 2^width elements, in one of three ways.

    "reduced": the columns of the product, then the upper ones folded into the lower; "matrix": each bit as a tree over
    the partial products that it depends on; "shifted": a times x^i added where b has bit i, which distributes products.
    """
    build = Builder(2 * width)
    a, b = ([build.input(first + index) for index in range(width)] for first in (0, width))
    taps = [index for index in range(width) if FIELDS[width] >> index & 1]
    if how == "shifted":
        total = [0] * width
        for digit in b:
            total = [build.xor(lit, build.and_(digit, bit)) for lit, bit in zip(total, a, strict=True)]
            a = [build.xor(lit, a[-1]) if index in taps else lit for index, lit in enumerate([0, *a[:-1]])]
        return build.finish(total)
    columns = [{(i, place - i) for i in range(width) if 0 <= place - i < width} for place in range(2 * width - 1)]
    partial = {(i, j): build.and_(a[i], b[j]) for i in range(width) for j in range(width)}
    sums = [chain(build, [partial[pair] for pair in sorted(column)]) for column in columns]
    for place in range(2 * width - 2, width - 1, -1):
        for target in (place - width + index for index in taps):
            columns[target] = columns[target] ^ columns[place]
            if how == "reduced":
                sums[target] = build.xor(sums[target], sums[place])
    if how == "matrix":
        sums = [tree(build, [partial[pair] for pair in sorted(column)]) for column in columns]
    return build.finish(sums[:width])


def linear_map(inputs: int, outputs: int, as_trees: bool) -> Aig:
    """Half of the inputs in each output, in another order."""
    choose, build = random.Random(1), Builder(inputs)
    found = []
    for _ in range(outputs):
        operands = [build.input(index) for index in choose.sample(range(inputs), inputs // 2)]
        found.append(tree(build, sorted(operands)) if as_trees else chain(build, operands))
    return build.finish(found)


def multiplier(width: int, by_columns: bool) -> Aig:
    """Partial products added row by row, or the columns of them from below."""
    build = Builder(2 * width)
    columns: list[list[int]] = [[] for _ in range(2 * width)]
    for i in range(width):
        for j in range(width):
            columns[i + j].append(build.and_(build.input(i), build.input(width + j)))
    for place, column in enumerate(columns):
        while len(column) > 1:
            taken = [column.pop(0 if by_columns else -1) for _ in range(min(3, len(column)))]
            total, carry = build.full_adder(*taken) if len(taken) == 3 else build.half_adder(*taken)
            column.append(total)
            if place + 1 < 2 * width:
                columns[place + 1].append(carry)
    return build.finish([column[0] if column else 0 for column in columns])


PAIRS: dict[str, Callable[[bool], Aig]] = {
    "CRC-32 of 64 bits": lambda other: checksum(64, other),
    "CRC-32 of 512 bits": lambda other: checksum(512, other),
    "linear map of 64 bits": lambda other: linear_map(64, 32, other),
    "product in GF(2^32)": lambda other: field_product(32, "matrix" if other else "reduced"),
    "product in GF(2^64)": lambda other: field_product(64, "matrix" if other else "reduced"),
    "product in GF(2^16), distributed": lambda other: field_product(16, "matrix" if other else "shifted"),
    "multiplier of 10 bits": lambda other: multiplier(10, other),
    "multiplier of 12 bits": lambda other: multiplier(12, other),
}


def main() -> None:
    file = RESULTS / "algebra.json"
    rows: dict[str, Any] = json.loads(file.read_text())["pairs"] if file.is_file() and sys.argv[1:] else {}
    with tempfile.TemporaryDirectory() as scratch:
        one, other = Path(scratch) / "one.aig", Path(scratch) / "other.aig"
        for name in sys.argv[1:] or PAIRS:
            circuits = PAIRS[name](False), PAIRS[name](True)
            for aig, path in zip(circuits, (one, other), strict=True):
                write(aig, path)
            row = {"inputs": circuits[0].ports.inputs, "ands": [aig.num_ands for aig in circuits]}
            rows[name] = row | {checker: ask(one, other) for checker, ask in CHECKERS.items()}
            print(name, rows[name], flush=True)
            save(
                "algebra",
                {"netc_start_cpu_seconds": start(), "pairs": {key: rows[key] for key in PAIRS if key in rows}},
            )


if __name__ == "__main__":
    main()
