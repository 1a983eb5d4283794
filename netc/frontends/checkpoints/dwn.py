"""Differentiable weightless networks: layers of look-up tables over any number of inputs, then sums of groups.

A ``LUTLayer`` has ``luts`` of (neurons, 2**inputs), whose sign is the table, and ``mapping`` of (neurons, inputs), or
``mapping.weights`` of (bits, neurons * inputs) whose first largest says what each input reads; the first input is the
least significant of an address. ``GroupSum`` may permute the bits, and fills them up with zeros. Source:
alanbacellar/DWN, src/torch_dwn/.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import luts, sums
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.flow import Flow
from netc.frontends.checkpoints.passive import HOLDERS, is_flatten, is_passive
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import listed
from netc.layers import MAX_FANIN
from netc.model import Model

__all__ = ["Dwn"]

Array = npt.NDArray[Any]


class Dwn:
    """Reads modules and state_dicts of torch_dwn."""

    name: ClassVar[str] = "dwn"
    takes: ClassVar[tuple[str, ...]] = (*OF_SUMS, "input_bits")

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(part.holds("luts") for part in checkpoint.network.walk())

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        chain = Chain(checkpoint, options)
        chain.padded = True
        flow = Flow(chain)
        wide = []
        for part in checkpoint.network.walk():
            if part.holds("luts"):
                inputs = _layer(flow, part)
                wide += [f"{part.path} ({inputs})"] if inputs > 6 else []
            elif sums.is_group_sum(part):
                order = part.array("randperm") if part.holds("randperm") else None
                chain.sum_groups(part.place, sums.read(part, order=order, padded=True))
            elif is_passive(part) or is_flatten(part) or part.cls.name == "LearnableMapping":
                continue
            elif part.held() not in ([], ["weights"]) or _is_unknown(checkpoint, part):
                what = f" with {listed(part.held())}" if part.held() else ""
                raise NetcError(part.place, f"this is a {part.class_name}{what}; netc reads LUTLayer and GroupSum")
        if wide:
            chain.notes.append(f"tables of more than 6 inputs, which mapping splits: {listed(wide)}")
        if chain.head is None:
            chain.notes.append("if the sums permuted the bits (randperm), the file does not tell: bits count in order")
        return chain.model(name)


def _is_unknown(checkpoint: Checkpoint, part: Part) -> bool:
    return checkpoint.whole and not part.children and part.cls.name not in HOLDERS


def _layer(flow: Flow, part: Part) -> int:
    """Add a layer, and say how many inputs its tables have."""
    found = part.array("luts")
    if found.ndim != 2 or found.dtype.kind != "f" or int(found.shape[1]).bit_count() != 1:
        raise NetcError(part.place, f"luts of type {found.dtype} and shape {found.shape} are no tables")
    neurons, inputs = len(found), int(found.shape[1]).bit_length() - 1
    if not 0 < inputs <= MAX_FANIN:
        raise NetcError(part.place, f"tables of {inputs} inputs; netc reads 1 to {MAX_FANIN}")
    if part.values.get("ste") is False:
        raise NetcError(part.place, "its outputs are numbers, not bits: it was made with ste=False")
    mapping, width = _mapping(part, neurons, inputs)
    said = part.number("input_size")
    in_dim = width if width is not None else said if isinstance(said, int) else None
    tables = luts.packed(found > 0, first_is_most=False)
    flow.dense(part, tables, mapping, reads=int(mapping.max()) + 1, in_dim=in_dim)
    return inputs


def _mapping(part: Part, neurons: int, inputs: int) -> tuple[Array, int | None]:
    """``[neurons, inputs]``, and how many bits it chooses among, if it was learned."""
    learned = part.children.get("mapping")
    if learned is not None and learned.holds("weights"):
        scores = learned.array("weights")
        if scores.ndim != 2 or scores.shape[1] != neurons * inputs:
            raise NetcError(
                part.place, f"mapping.weights of shape {scores.shape} for {neurons:,} tables of {inputs} inputs"
            )
        chosen = np.argmax(scores, axis=0)
        places = part.array("_LUTLayer__dummy_mapping") if part.holds("_LUTLayer__dummy_mapping") else None
        if places is None:
            places = np.arange(neurons * inputs).reshape(neurons, inputs)
        _check(part, places, (neurons, inputs), len(chosen))
        return chosen[places], len(scores)
    if not part.holds("mapping"):
        raise NetcError(part.place, "the file has its tables but no mapping")
    found = part.array("mapping")
    _check(part, found, (neurons, inputs), 1 << 32)
    return found, None


def _check(part: Part, found: Array, shape: tuple[int, int], below: int) -> None:
    if found.dtype.kind not in "iu" or found.shape != shape or found.min() < 0 or found.max() >= below:
        what = f"a mapping of type {found.dtype} and shape {found.shape}"
        raise NetcError(part.place, f"{what} for {shape[0]:,} tables of {shape[1]} inputs")
