"""Cutting a graph into pieces that passes can work on by themselves, and putting the results together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netc import native
from netc.aig import NONE, Aig, Lits, Step
from netc.ports import Ports

__all__ = ["Part", "cut_apart", "put_together"]


@dataclass(frozen=True, eq=False)
class Part:
    """A run of consecutive ANDs as a graph of its own.

    `inputs` are the nodes outside that it reads, `outputs` its own nodes that are read from outside, both
    ascending; part input i is ``inputs[i]``. ANDs ``first..end`` of the whole graph are its ANDs in the same order.
    """

    aig: Aig
    first: int
    end: int
    inputs: Lits
    outputs: Lits


def cut_apart(aig: Aig, nodes: int) -> list[Part]:
    """Pieces of about `nodes` ANDs, consecutive in topological order, so that each reads only earlier ones."""
    first_and = aig.first_and
    count = max(1, -(-aig.num_ands // nodes))
    bounds = np.linspace(0, aig.num_ands, count + 1).astype(np.int64)
    # The last part that reads each node; a node read outside its own part is an output of it.
    owner = np.zeros(aig.num_nodes, np.int64) - 1
    owner[first_and:] = np.repeat(np.arange(count), np.diff(bounds))
    read_outside = np.zeros(aig.num_nodes, np.bool_)
    fanins = aig.ands >> 1
    reader = owner[first_and:]
    for column in range(2):
        crossing = owner[fanins[:, column]] != reader
        read_outside[fanins[crossing, column]] = True
    read_outside[aig.roots >> 1] = True
    parts = []
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        own = aig.ands[start:end]
        own_nodes = own >> 1
        outside = own_nodes[own_nodes < first_and + start]
        inputs = np.unique(outside[outside != 0]).astype(np.uint32)
        inside = np.arange(first_and + start, first_and + end)
        outputs = inside[read_outside[first_and + start : first_and + end]].astype(np.uint32)
        place = np.searchsorted(inputs, own_nodes) + 1  # the part's node of each fan-in
        mine = own_nodes >= first_and + start
        place[mine] = own_nodes[mine] - (first_and + start) + 1 + len(inputs)
        place[own_nodes == 0] = 0
        lits = (2 * place + (own & 1)).astype(np.uint32)
        lits.sort(axis=1)
        roots = 2 * (outputs - (first_and + start) + 1 + len(inputs))
        part = Aig(Ports(inputs=len(inputs), outputs=len(outputs)), lits[:, ::-1], roots)
        parts.append(Part(part, start, end, inputs, outputs))
    return parts


def put_together(aig: Aig, parts: Sequence[Part], steps: Sequence[Step | None]) -> Step:
    """The whole graph with each part replaced by what became of it (None: left as it was), hashed across parts."""
    builder = native.lib.netc_builder_new(aig.ports.leaves, aig.num_ands)
    if builder == native.ffi.NULL:
        raise MemoryError("no memory for a graph")
    builder = native.ffi.gc(builder, native.lib.netc_builder_free)
    image = np.full(aig.num_nodes, NONE, np.uint32)
    image[: aig.first_and] = 2 * np.arange(aig.first_and, dtype=np.uint32)
    for part, step in zip(parts, steps, strict=True):
        made = part.aig if step is None else step.aig
        roots = np.empty(len(made.roots), np.uint32)
        inner = np.empty(made.num_nodes, np.uint32)
        native.call(
            native.lib.netc_builder_copy,
            builder,
            made.struct,
            native.view(np.ascontiguousarray(image[part.inputs]), np.uint32),
            native.out(roots),
            native.out(inner),
        )
        first = 1 + len(part.inputs)
        of_part = 2 * np.arange(first, part.aig.num_nodes, dtype=np.uint32) if step is None else step.image[first:]
        gone = of_part == NONE
        literal = inner[np.where(gone, 0, of_part >> 1)] ^ (of_part & 1)
        image[aig.first_and + part.first : aig.first_and + part.end] = np.where(gone, np.uint32(NONE), literal)
        image[part.outputs] = roots
    whole = native.ffi.new("netc_step *")
    native.call(native.lib.netc_builder_finish, builder, whole)
    ands = native.take(whole.ands, 2 * whole.num_ands, np.uint32).reshape(-1, 2)
    roots = image[aig.roots >> 1] ^ (aig.roots & 1)
    return Step(Aig(aig.ports, ands, roots.astype(np.uint32)), native.frozen(image, np.uint32))
