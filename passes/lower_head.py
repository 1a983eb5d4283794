"""The pass `lower-head`; its kernel is lower_head.cpp."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from netc import native
from netc.aig import Aig, compose
from netc.context import Context
from netc.errors import NetcError
from netc.head import Head
from netc.model import Model


@dataclass(frozen=True)
class LowerHead:
    """Turn the head into logic: class scores as adder trees, or the winning class.

    With `outputs=sums` the new outputs are ``score0[0]``, … : each class's score in binary, two's complement where
    it can be negative. With `outputs=argmax` they are ``class[0]``, … : the number of the first class with the
    largest score. Law: the same classes for every input, and with sums the same scores.
    """

    name: ClassVar[str] = "lower-head"
    outputs: str = "argmax"  # sums or argmax

    def run_model(self, model: Model, context: Context) -> Model:
        if self.outputs not in ("sums", "argmax"):
            raise NetcError("lower-head", f"outputs={self.outputs}; it is sums or argmax")
        head, aig = model.head, model.logic
        if head is None:
            raise NetcError("lower-head", "this circuit has no head: its outputs are already all there is")
        if head.only_class:
            raise NetcError("lower-head", "the head of this model is lowered already")
        widths = np.zeros(head.classes, np.int64)
        signed = np.zeros(head.classes, np.uint8)
        step = native.ffi.new("netc_step *")
        votes = np.ascontiguousarray(aig.outputs[head.bit])
        offsets = head.offset.astype(np.int64)
        count = native.call(
            native.lib.netc_pass_lower_head,
            aig.struct,
            context.struct,
            native.view(head.start, np.int64),
            native.view(votes, np.uint32),
            native.view(head.weight, np.int32),
            native.view(offsets, np.int64),
            head.classes,
            int(self.outputs == "argmax"),
            native.out(widths),
            native.out(signed),
            step,
        )
        ands = native.take(step.ands, 2 * step.num_ands, np.uint32).reshape(-1, 2)
        roots = native.take(step.roots, count, np.uint32)
        image = native.take(step.image, aig.num_nodes, np.uint32)

        digits = roots[len(aig.roots) :]
        others = roots[aig.ports.outputs : len(aig.roots)]  # next states and properties
        if self.outputs == "argmax":
            names = {i: f"argmax[{i}]" for i in range(len(digits))}
            lowered = Head.decoder(len(digits), head.classes)
        else:
            named = [f"score{c}[{b}]" for c in range(head.classes) for b in range(int(widths[c]))]
            names = dict(enumerate(named))
            lowered = _binary_head(widths, signed, head)
        ports = replace(aig.ports, outputs=len(digits)).with_names("output", names)
        logic = Aig(ports, ands, np.concatenate([digits, others]))
        origins = compose(model.origins, image) if len(model.origins) else model.origins
        return replace(model, logic=logic, head=lowered, images=origins, as_trained=False)


def _binary_head(widths: npt.NDArray[np.int64], signed: npt.NDArray[np.uint8], head: Head) -> Head:
    """Scores from their binary digits: powers of two, the sign digit negative."""
    weights = []
    for width, negative in zip(widths.tolist(), signed.tolist(), strict=True):
        row = 2 ** np.arange(width)
        if negative:
            row[-1] = -row[-1]
        weights.append(row)
    start = np.concatenate([[0], np.cumsum(widths)])
    return Head(
        start, np.arange(start[-1]), np.concatenate(weights), np.zeros(head.classes, np.int64), head.tau, head.beta
    )
