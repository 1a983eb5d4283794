"""Truth tables as covers: lists of cubes."""

from __future__ import annotations

import numpy as np

from netc import native

__all__ = ["cover"]

_MOST_CUBES = 64


def cover(table: int, k: int) -> list[str]:
    """An irredundant sum of products of a function of up to 6 variables: cubes of ``0``, ``1`` and ``-``.

    Bit e of `table` is the value where variable j is bit j of e; character j of a cube is variable j. Constant 0 has no
    cube, constant 1 the cube of don't-cares. Minato-Morreale; every cube is needed.
    """
    rows = np.empty(_MOST_CUBES * max(1, k), np.uint8)
    count = native.call(native.lib.netc_isop, table & (2**2**k - 1), k, native.out(rows))
    text = rows[: count * k].tobytes().decode()
    return [text[i * k : (i + 1) * k] for i in range(count)]
