"""Circuits that torchlogix traced and wrote as JSON: a list of two-input gates, outputs, and sums of groups.

``gates`` have ``gate_id``, ``op``, ``in0``, ``in1`` (-1 where an operand is not used); identities below ``n_inputs``
are the inputs. An output is a gate, an input or one of the ``sum_nodes``, which counts its ``input_ids`` and scales
``(count + beta) / tau``. Source: torchlogix, circuit.py (`Circuit.to_dict`).
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

import numpy as np

from netc.errors import NetcError
from netc.files import Source
from netc.flatten import lut_to_aig
from netc.head import Head
from netc.lut import LutNetwork
from netc.model import Model
from netc.ports import Ports

__all__ = ["load"]

# Bit e of a table is the value where in0 is bit 0 of e and in1 bit 1.
_OPS = {
    "CONST_FALSE": 0b0000,
    "CONST_TRUE": 0b1111,
    "WIRE": 0b1010,
    "NOT": 0b0101,
    "NOT_A": 0b0101,
    "NOT_B": 0b0011,
    "AND": 0b1000,
    "OR": 0b1110,
    "XOR": 0b0110,
    "NAND": 0b0111,
    "NOR": 0b0001,
    "XNOR": 0b1001,
    "AND_NOT_B": 0b0010,
    "AND_NOT_A": 0b0100,
    "OR_NOT_B": 0b1011,
    "OR_NOT_A": 0b1101,
}
_UNUSED = -1
_FREE_INPUTS = 1 << 20  # a file may claim so many, or a few for each gate
_INPUTS_A_GATE = 16


def load(source: Source) -> Model:
    """A model from such a file; without sums its outputs are the circuit's, with them the bits that they count."""
    try:
        try:
            data = json.loads(bytes(source.data))
        except (ValueError, RecursionError) as error:
            raise NetcError("", f"this is no JSON: {error}") from None
        if not isinstance(data, dict) or not {"n_inputs", "gates", "outputs"} <= data.keys():
            raise NetcError("", "this JSON is no circuit of torchlogix, which has n_inputs, gates and outputs")
        return _model(data, source.stem)
    except NetcError as error:
        raise source.located(error) from None


def _model(data: dict[str, Any], name: str) -> Model:
    gates, inputs = _list(data, "gates"), _count(data.get("n_inputs"), "n_inputs")
    if inputs > max(_FREE_INPUTS, _INPUTS_A_GATE * len(gates)):
        raise NetcError("", f"it claims {inputs:,} inputs for {len(gates):,} gates")
    node_of = {number: 1 + number for number in range(inputs)}
    fanins = np.zeros((len(gates), 2), np.uint32)
    tables = np.zeros(len(gates), np.uint64)
    for index, gate in enumerate(gates):
        place = f"gate {index}"
        if not isinstance(gate, dict) or gate.get("op") not in _OPS:
            op = gate.get("op") if isinstance(gate, dict) else gate
            raise NetcError(place, f"there is no operation {ascii(op)[:40]}")
        tables[index] = _OPS[gate["op"]]
        for side in (0, 1):
            read = gate.get(f"in{side}", _UNUSED)
            fanins[index, side] = 0 if read == _UNUSED and not isinstance(read, bool) else _node(node_of, read, place)
        number = _count(gate.get("gate_id"), place)
        if number in node_of:
            raise NetcError(place, f"there are two of the number {number}")
        node_of[number] = 1 + inputs + index
    outputs = _list(data, "outputs")
    sums = {}
    for node in _list(data, "sum_nodes") if data.get("sum_nodes") else []:
        if not isinstance(node, dict):
            raise NetcError("sum_nodes", "a sum is a dictionary")
        sums[_count(node.get("node_id"), "sum_nodes")] = node
    summed = [sums[number] for number in outputs if isinstance(number, int) and number in sums]
    if summed and len(summed) != len(outputs):
        raise NetcError("outputs", f"{len(summed)} of {len(outputs)} are sums and the others are bits")
    groups = [_list(node, "input_ids") for node in summed] or [outputs]
    roots = [2 * _node(node_of, number, "outputs") for group in groups for number in group]
    ports = Ports(inputs=inputs, outputs=len(roots))
    logic, _ = lut_to_aig(LutNetwork(ports, fanins, tables, np.array(roots, np.uint32)))
    head = _head(summed, [len(group) for group in groups]) if summed else None
    notes = [f"torchlogix circuit: {len(gates):,} gates, {len(outputs):,} {'sums' if summed else 'outputs'}"]
    return Model(logic, head=head, name=name, notes=tuple(notes))


def _head(sums: list[dict[str, Any]], sizes: list[int]) -> Head:
    """Each sum is a class; what simplifying folded into one beta and not into another is an offset."""
    taus = [_number(node.get("tau", 1), "tau") for node in sums]
    betas = [_number(node.get("beta", 0), "beta") for node in sums]
    beta = betas[0] if len(set(betas)) == 1 else betas[0] - np.floor(betas[0])
    offset = np.array(betas) - beta
    if len(set(taus)) != 1 or (offset != np.round(offset)).any():
        raise NetcError("sum_nodes", f"sums of different scales: tau {taus[:3]}, beta {betas[:3]}")
    if abs(offset).max() >= 2**31:
        raise NetcError("sum_nodes", f"a beta of {abs(offset).max():g}")
    bits = sum(sizes)
    start, ones = np.array([0, *accumulate(sizes)]), np.ones(bits, np.int32)
    return Head(start, np.arange(bits, dtype=np.uint32), ones, offset.astype(np.int32), taus[0], float(beta))


def _list(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    if not isinstance(found, list):
        raise NetcError(key, "this is no list")
    return found


def _count(value: Any, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise NetcError(place, f"{ascii(value)[:40]} is no number of a gate")
    return value


def _number(value: Any, place: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 2**31:
        raise NetcError(place, f"{ascii(value)[:40]} is no number")
    return float(value)


def _node(node_of: dict[int, int], number: Any, place: str) -> int:
    """The node of a number; `NetcError` unless a gate before has it."""
    node = node_of.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if node is None:
        raise NetcError(place, f"it reads {ascii(number)[:40]}, which no input and no gate before it is")
    return node
