"""A circuit with what surrounds it: what `netc.load` returns, whatever the file was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netc.aig import NONE, Aig, Lits, Step, compose
from netc.encoder import Encoder
from netc.errors import InternalError, NetcError
from netc.flatten import Flattened
from netc.head import Head
from netc.layers import Dense, LayeredNetwork
from netc.lut import LutNetwork
from netc.mapping import map_luts

if TYPE_CHECKING:
    from netc.report import Report

__all__ = ["Model"]

_MANY_POSITIONS = 4  # of an average neuron, so that templates are much less than what they stand for


@dataclass(frozen=True, eq=False)
class Model:
    """Encoder, logic, head: features in, bits, scores and classes out.

    `logic` is always there; a plain AIGER file has nothing else. `trained` is the network as loaded and ``origins``
    is ``uint32[neurons]``, the literal in `logic` that each trained neuron became, or `NONE`; `images` are the same,
    or None where `logic` is as `flatten` made it. `as_trained` says that no pass has run yet, so that `trained` and
    `logic` are the same circuit; then `logic` is flattened only once somebody asks for more than its ports. `notes` are
    lines that say what a frontend found. Where a run follows the nodes of the graph that it began with, `lineage` is
    ``uint32[nodes]``: the literal in `logic` that each became, or `NONE`.
    """

    logic: Aig
    encoder: Encoder | None = None
    trained: LayeredNetwork | None = None
    head: Head | None = None
    images: Lits | None = None
    name: str = "circuit"
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    report: Report | None = None
    as_trained: bool = False
    lineage: Lits | None = None

    def __post_init__(self) -> None:
        self.check()

    @classmethod
    def of_layers(
        cls,
        network: LayeredNetwork,
        *,
        encoder: Encoder | None = None,
        head: Head | None = None,
        name: str = "circuit",
        notes: Sequence[str] = (),
    ) -> Model:
        """A trained network, to be flattened when that is needed, and kept beside its graph."""
        return cls(Flattened(network), encoder, network, head, None, name, (), tuple(notes), as_trained=True)

    @property
    def origins(self) -> Lits:
        """``uint32[neurons]``: what each trained neuron became; empty where nothing is known."""
        if self.images is not None:
            return self.images
        return self.logic.origins if isinstance(self.logic, Flattened) else np.zeros(0, np.uint32)

    def check(self) -> None:
        """Raise `NetcError` unless the parts fit each other."""
        ports = self.logic.ports
        if self.encoder is not None and self.encoder.bits != ports.inputs:
            raise NetcError("", f"the encoder makes {self.encoder.bits} bits; the logic reads {ports.inputs}")
        if self.head is not None and len(self.head.bit) and int(self.head.bit.max()) >= ports.outputs:
            raise NetcError("", f"the head reads output bit {int(self.head.bit.max())} of {ports.outputs}")
        if self.trained is not None:
            if self.trained.inputs != ports.inputs:
                raise NetcError("", f"the layers read {self.trained.inputs} bits; the logic has {ports.inputs} inputs")
            known = self.logic.network is self.trained if isinstance(self.logic, Flattened) else False
            if not known and len(self.origins) != self.trained.num_neurons:
                raise InternalError("origins do not match the trained neurons")
        if self.images is not None:
            kept = self.images[self.images != NONE]
            if len(kept) and int(kept.max()) >> 1 >= self.logic.num_nodes:
                raise InternalError("an origin is no literal of the graph")
        if self.class_names and (self.head is None or len(self.class_names) != self.head.classes):
            raise NetcError("", f"{len(self.class_names)} class names for another number of classes")

    def __repr__(self) -> str:
        classes = f" → {self.head.classes} classes" if self.head else ""
        return f"<Model {self.name}: {self.logic!r}{classes}>"

    def with_step(self, step: Step) -> Model:
        """The same model over the graph that a pass made."""
        origins = compose(self.origins, step.image) if len(self.origins) else self.origins
        lineage = None if self.lineage is None else compose(self.lineage, step.image)
        return replace(self, logic=step.aig, images=origins, as_trained=False, lineage=lineage)

    def followed(self) -> Model:
        """The same model, with a lineage that begins here."""
        return replace(self, lineage=2 * np.arange(self.logic.num_nodes, dtype=np.uint32))

    def with_encoder(self, encoder: Encoder | None) -> Model:
        return replace(self, encoder=encoder)

    @property
    def is_of_templates(self) -> bool:
        """Whether nothing has been optimised and the layers are mostly templates at many positions.

        Such a model may run without being flattened.
        """
        trained = self.trained
        return (
            self.as_trained
            and trained is not None
            and _MANY_POSITIONS * trained.distinct_neurons <= trained.num_neurons
        )

    def network(self, k: int = 3) -> LutNetwork:
        """The circuit as LUTs for engines and backends.

        As trained while nothing has been optimised, else mapped to `k`.
        """
        if self.trained is not None and self.fits_luts(k):
            return LutNetwork.of_layers(self.trained)
        return map_luts(self.logic, k, rounds=0 if k == 2 else 2)  # two-input cones leave no area to recover

    def fits_luts(self, k: int) -> bool:
        """Whether `network` of so many fan-ins is the gates as they were trained."""
        return (
            self.as_trained
            and self.trained is not None
            and all(
                dense.k <= k
                for layer in self.trained.layers
                for dense in ((layer,) if isinstance(layer, Dense) else layer.template)
            )
        )

    def neurons_of(self, node: int) -> list[tuple[int, int]]:
        """The trained neurons, as (layer, index), whose function or its complement this node computes."""
        if self.trained is None:
            return []
        found = np.flatnonzero((self.origins != NONE) & (self.origins >> 1 == node))
        return [self.trained.origin(int(neuron)) for neuron in found]
