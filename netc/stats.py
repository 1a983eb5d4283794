"""Numbers about a model, as plain data that commands print and `--json` gives."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from netc.aig import NONE, Aig
from netc.errors import InternalError
from netc.layers import Dense, LayeredNetwork
from netc.model import Model

__all__ = ["fate_of_layers", "optimized_stats", "stats_of"]

# Gates of two inputs by their table, bit e the value where a is bit 0 of e and b bit 1.
GATE_NAMES = (
    "0", "nor", "a & ~b", "~b", "~a & b", "~a", "xor", "nand",
    "and", "xnor", "a", "a | ~b", "b", "~a | b", "or", "1",
)  # fmt: skip


def _graph(aig: Aig) -> dict[str, Any]:
    ports = aig.ports
    live = aig.live()[aig.first_and :]
    fanouts = aig.fanouts[aig.first_and :]
    return {
        "inputs": ports.inputs,
        "latches": ports.latches or None,
        "outputs": ports.outputs,
        "ands": aig.num_ands,
        "levels": aig.depth,
        "dead_ands": int(len(live) - live.sum()),
        "hashed": aig.is_hashed,
        "largest_fanout": int(fanouts.max(initial=0)),
        "bad": ports.bad or None,
        "constraints": ports.constraints or None,
        "justice": len(ports.justice) or None,
        "fairness": ports.fairness or None,
        "names": sum(map(len, ports.names.values())),
    }


def _layers(network: LayeredNetwork) -> list[dict[str, Any]]:
    rows = []
    for index, layer in enumerate(network.layers):
        row: dict[str, Any] = {"layer": index, "kind": "dense" if isinstance(layer, Dense) else "tiled"}
        if isinstance(layer, Dense):
            row |= {"neurons": layer.neurons, "fanins": layer.k}
        else:
            row |= {"neurons": layer.neurons, "positions": layer.positions, "template": layer.template_neurons}
        rows.append(row)
    return rows


def _gates(network: LayeredNetwork) -> dict[str, int] | None:
    """How often each two-input gate occurs, most frequent first."""
    counts = np.zeros(16, np.int64)
    for layer in network.layers:
        times = 1 if isinstance(layer, Dense) else layer.positions
        for dense in (layer,) if isinstance(layer, Dense) else layer.template:
            if dense.k != 2:
                return None
            counts += times * np.bincount(dense.tables[:, 0].astype(np.int64), minlength=16)
    order = np.argsort(-counts, kind="stable")
    return {GATE_NAMES[gate]: int(counts[gate]) for gate in order if counts[gate]}


def fate_of_layers(model: Model) -> list[dict[str, int]]:
    """For each trained layer, how many of its neurons became what in the model's logic.

    `constant`; `wire`, an input or its complement; `same` as an earlier neuron or its complement; `gate`, a node of its
    own that some output depends on; `gone`, where nothing computes it any more or no output needs it.
    """
    if model.trained is None:
        return []
    live, first_and = model.logic.live(), model.logic.first_and
    known = model.origins != NONE
    nodes = np.where(known, model.origins >> 1, 0)
    leaf = known & (nodes < first_and)
    gate = known & ~leaf & live[nodes]
    first = np.zeros(len(nodes), np.bool_)
    of_gates = np.flatnonzero(gate)
    first[of_gates[np.unique(nodes[of_gates], return_index=True)[1]]] = True
    became = {
        "constant": leaf & (nodes == 0),
        "wire": leaf & (nodes > 0),
        "same": gate & ~first,
        "gate": first,
        "gone": ~leaf & ~gate,
    }
    bounds = model.trained.first_neuron
    return [
        {"layer": index, "neurons": end - start, **{name: int(of[start:end].sum()) for name, of in became.items()}}
        for index, (start, end) in enumerate(pairwise(bounds))
    ]


def optimized_stats(model: Model) -> dict[str, Any]:
    """What an optimisation left, and what became of the trained layers."""
    report = model.report
    if report is None:
        raise InternalError("a model that no optimizer made has no report")
    return {
        "pipeline": report.pipeline,
        "verified": report.verified,
        "ands": report.after.ands,
        "levels": report.after.levels,
        "layers": fate_of_layers(model),
    }


def stats_of(model: Model) -> dict[str, Any]:
    """Everything that `netc stats` shows."""
    found: dict[str, Any] = {"name": model.name, "notes": list(model.notes)}
    if model.encoder is not None:
        found["encoder"] = {"features": model.encoder.features, "bits": model.encoder.bits}
    if model.trained is not None:
        found["trained"] = {
            "neurons": model.trained.num_neurons,
            "layers": _layers(model.trained),
            "gates": _gates(model.trained),
        }
    found["logic"] = _graph(model.logic)
    if model.head is not None:
        head = model.head
        found["head"] = {
            "classes": head.classes,
            "votes": len(head.bit),
            "tau": head.tau,
            "beta": head.beta,
            "only_class": head.only_class,
        }
    return found
