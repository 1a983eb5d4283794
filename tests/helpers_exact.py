"""Exact synthesis by the core, each answer simulated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netc import native

__all__ = ["exact", "table_of"]

EVERY_ROW = (1 << 64) - 1


def exact(
    tables: list[int], inputs: int, most: int, care: int = EVERY_ROW, conflicts: int = 100_000
) -> tuple[int, bool]:
    """ANDs of a smallest circuit, `most` + 1 for none, and whether that is proved; the circuit is simulated."""
    wanted = np.array(tables, np.uint64)
    ands, roots = np.zeros(2 * most, np.uint32), np.zeros(len(tables), np.uint32)
    proved = native.ffi.new("int64_t *")
    count = native.call(
        native.lib.netc_exact,
        *(native.view(wanted, np.uint64), len(tables), inputs, care, most, conflicts),
        *(native.view(ands, np.uint32, writable=True), native.view(roots, np.uint32, writable=True), proved),
    )
    if count <= most:
        full = (1 << (1 << inputs)) - 1
        values = [0] + [table_of(inputs, lambda *row, v=v: row[v]) for v in range(inputs)]

        def value(lit: int) -> int:
            return values[lit >> 1] ^ (full if lit & 1 else 0)

        for index in range(count):
            values.append(value(int(ands[2 * index])) & value(int(ands[2 * index + 1])))
        for root, table in zip(roots.tolist(), tables, strict=True):
            assert (value(root) ^ table) & care & full == 0
    return count, bool(proved[0])


def table_of(inputs: int, function: Callable[..., int]) -> int:
    rows = ([row >> v & 1 for v in range(inputs)] for row in range(1 << inputs))
    return sum(int(bool(function(*row))) << index for index, row in enumerate(rows))
