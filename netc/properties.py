"""Bad states, constraints, justice and fairness for formats that have no place for them."""

from __future__ import annotations

import numpy as np

from netc.aig import Aig
from netc.errors import NetcError
from netc.names import port_names
from netc.ports import Ports

__all__ = ["CHOICES", "without_properties"]

CHOICES = ("outputs", "drop")

_KINDS = ("bad", "constraint", "justice", "fairness")


def without_properties(aig: Aig, how: str | None, target: str) -> Aig:
    """The graph with its properties turned into outputs or dropped.

    Outputs follow the graph's own, in the order bad, constraint, justice, fairness; each literal of a justice
    property is one output. `how` None raises `NetcError` if there are properties.
    """
    ports = aig.ports
    if not ports.has_properties:
        return aig
    if how not in CHOICES:
        counts = [f"{ports.count(kind)} {kind}" for kind in _KINDS if ports.count(kind)]
        raise NetcError(
            "",
            f"{target} has no place for properties, and this circuit has some ({', '.join(counts)})",
            "--properties=outputs writes them as outputs, --properties=drop leaves them out",
        )
    names = {kind: dict(ports.names.get(kind, {})) for kind in ("input", "latch", "output")}
    kept = [aig.outputs]
    if how == "outputs":
        full = port_names(ports)
        labels = {kind: full[kind] for kind in _KINDS}
        labels["justice"] = [
            f"{name}_{index}" if size > 1 else name
            for name, size in zip(full["justice"], ports.justice, strict=True)
            for index in range(size)
        ]
        position = ports.outputs
        for kind in _KINDS:
            kept.append(aig.of_kind(kind))
            for label in labels[kind]:
                names["output"][position] = label
                position += 1
    outputs = np.concatenate(kept)
    made = Ports(inputs=ports.inputs, resets=ports.resets, outputs=len(outputs), names=names, comment=ports.comment)
    return Aig(made, aig.ands, np.concatenate([outputs, aig.next_states]))
