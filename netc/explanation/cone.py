"""The cone of one root: what it reads, how large it is, and its truth table by simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from netc.aig import Aig
from netc.explanation.table import MAX_SUPPORT, full, variable
from netc.ports import Ports
from netc.simulation import all_patterns, simulate_words, unpack_columns

__all__ = ["Cone", "cone_of", "cones_of"]

_WALKED = 4096  # ANDs of a cone that are collected one by one; a larger one is marked in the core
_SIMULATED = 1 << 36  # ANDs times patterns: about a second


@dataclass(frozen=True, eq=False)
class Cone:
    """What one root reads, and how many ANDs it takes.

    Leaves are inputs and then latches, numbered from 0, ascending; all are read, though the function need not depend
    on each. `aig` is the cone as a graph of its own, input i being leaf ``leaves[i]``; None for one that is neither
    small nor `has_table`.
    """

    leaves: tuple[int, ...]
    ands: int
    aig: Aig | None

    @property
    def has_table(self) -> bool:
        """Whether it reads few enough leaves, and is small enough, for all patterns to be simulated."""
        return len(self.leaves) <= MAX_SUPPORT and self.ands << len(self.leaves) <= _SIMULATED

    def bits(self) -> npt.NDArray[np.bool_]:
        """``bool[2**leaves]``: the root's value on every pattern, simulated in the core."""
        assert self.aig is not None
        k = len(self.leaves)
        rows = 1 << k
        return unpack_columns(simulate_words(self.aig, all_patterns(k, 0, -(-rows // 64))), rows)[:, 0]

    def table(self) -> int:
        """The same as a table, computed AND by AND on integers: a second opinion on `bits`."""
        assert self.aig is not None
        k = len(self.leaves)
        ones = full(k)
        values = [0, *(variable(j, k) for j in range(k))]
        for a, b in self.aig.ands.tolist():
            values.append((values[a >> 1] ^ -(a & 1) & ones) & (values[b >> 1] ^ -(b & 1) & ones))
        root = int(self.aig.roots[0])
        return values[root >> 1] ^ (ones if root & 1 else 0)


def cones_of(aig: Aig, roots: Sequence[int]) -> Iterator[Cone]:
    """The cones of several literals."""
    ands = aig.ands.tolist() if aig.num_ands <= 1 << 20 else None
    return (cone_of(aig, root, ands) for root in roots)


def cone_of(aig: Aig, root: int, ands: list[list[int]] | None = None) -> Cone:
    """The cone of a literal; `ands` are the graph's as a list, if they are at hand."""
    nodes = _walk(aig, root >> 1, ands)
    if nodes is None:
        nodes = _marked(aig, root)
    first = int(np.searchsorted(nodes, aig.first_and))
    leaves, inner = nodes[:first], nodes[first:]
    bare = Cone(tuple((leaves - 1).tolist()), len(inner), None)
    if not bare.has_table and len(inner) > _WALKED:
        return bare
    order = np.concatenate([[0], nodes])
    lits = aig.ands[inner - aig.first_and]
    place = np.searchsorted(order, lits >> 1)  # constant, leaves and ANDs are ascending, so their order is kept
    made = (2 * place + (lits & 1)).astype(np.uint32)
    own = 2 * int(np.searchsorted(order, root >> 1)) + (root & 1)
    return replace(bare, aig=Aig(Ports(inputs=len(leaves), outputs=1), made, np.array([own], np.uint32)))


def _walk(aig: Aig, node: int, ands: list[list[int]] | None) -> npt.NDArray[np.int64] | None:
    """The nodes of a cone, ascending, the constant left out; None if there are too many to walk."""
    first = aig.first_and
    seen, waiting = {node}, [node]
    while waiting:
        at = waiting.pop()
        if at < first:
            continue
        for lit in ands[at - first] if ands is not None else aig.ands[at - first].tolist():
            if lit >> 1 not in seen:
                seen.add(lit >> 1)
                waiting.append(lit >> 1)
        if len(seen) > _WALKED:
            return None
    seen.discard(0)
    return np.array(sorted(seen), np.int64)


def _marked(aig: Aig, root: int) -> npt.NDArray[np.int64]:
    single = Aig(Ports(inputs=aig.ports.leaves, outputs=1), aig.ands, np.array([root], np.uint32))
    nodes = np.flatnonzero(single.live())
    return nodes[nodes > 0]
