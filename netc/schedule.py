"""A LUT network as straight-line code: an order, and a place for every value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from netc import native
from netc.lut import LutNetwork

__all__ = ["Home", "Schedule", "schedule"]


class Home(IntEnum):
    """Where a node's value lives."""

    LEAF = 0  # an input or latch; its number counts from 0
    SLOT = 1  # a slot of memory that other values use before and after
    ROOT = 2  # the place of the first root that wants it
    LOCAL = 3  # nowhere outside its block; its number is its node


@dataclass(frozen=True, eq=False)
class Schedule:
    """LUTs in the order of computation, depth first from the roots, in blocks of `block`.

    `network` computes the same roots without constants, wires, inverters and dead LUTs. Node i lives in number
    ``numbers[i]`` (``uint32``) of the `Home` ``homes[i]`` (``uint8``). Slots are numbered from 0 up to `slots`, and
    reused: a value stays until its last reader. A root whose node is at home there, uncomplemented, is complete with
    the node.
    """

    network: LutNetwork
    homes: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.uint32]
    slots: int
    block: int

    def pending_roots(self) -> npt.NDArray[np.int64]:
        """The roots that still have to be copied from a node, by position: complemented, constant, leaf, or second."""
        node = self.network.roots >> 1
        at_home = (self.homes[node] == Home.ROOT) & (self.numbers[node] == np.arange(len(node)))
        return np.flatnonzero(~at_home | (self.network.roots & 1).astype(bool))


def schedule(network: LutNetwork, block: int) -> Schedule:
    """Order a network and give every value a place; `block` is how many LUTs may share locals, at least 1."""
    struct = native.ffi.new("netc_schedule *")
    native.call(
        native.lib.netc_schedule_luts,
        native.view(network.fanins, np.uint32),
        native.view(network.tables, np.uint64),
        network.num_luts,
        network.k,
        network.ports.leaves,
        native.view(network.roots, np.uint32),
        len(network.roots),
        min(block, 2**31),
        struct,
    )
    count, nodes = struct.num_luts, network.first_lut + struct.num_luts
    fanins = native.take(struct.fanins, count * network.k, np.uint32).reshape(count, network.k)
    tables = native.take(struct.tables, count, np.uint64)
    roots = native.take(struct.roots, len(network.roots), np.uint32)
    homes = native.take(struct.homes, nodes, np.uint8)
    numbers = native.take(struct.numbers, nodes, np.uint32)
    return Schedule(LutNetwork(network.ports, fanins, tables, roots), homes, numbers, struct.slots, block)
