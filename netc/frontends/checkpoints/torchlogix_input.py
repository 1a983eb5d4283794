"""What goes into a torchlogix network: the shape of a sample, the bits that a binarisation layer makes, the encoder."""

from __future__ import annotations

from math import prod

from netc.encoder import Encoder
from netc.errors import NetcError
from netc.frontends.checkpoints import binarise
from netc.frontends.checkpoints.architectures import Architecture
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.nodes import sizes
from netc.frontends.checkpoints.tree import Checkpoint, Part

__all__ = ["Input", "gap"]

Shape = tuple[int, ...]

_LAST = -2  # torchlogix's default: the bits of a feature come together


def gap(part: Part, following: Part) -> int | None:
    """How many modules without state lie between two in the same list, None if that does not show."""
    (home, _, number), (there, _, next_number) = part.path.rpartition("."), following.path.rpartition(".")
    if home == there and number.isdecimal() and next_number.isdecimal():
        return int(next_number) - int(number) - 1
    return None


class Input:
    """The input of a network whose first layer is `first`."""

    def __init__(
        self, checkpoint: Checkpoint, options: Options, known: Architecture | None, first: Part | None
    ) -> None:
        self.checkpoint, self.options, self.known, self.first = checkpoint, options, known, first
        self.notes: list[str] = []
        self.part: Part | None = None
        self._thresholds: binarise.Thresholds | None = None

    def binarise(self, part: Part) -> None:
        """Take a binarisation layer in."""
        if self.part is not None:
            raise NetcError(part.place, "it makes bits of what bits already are")
        self.part = part
        if part.cls.name == "DummyBinarization" or not (part.holds("thresholds") or part.holds("raw_diffs")):
            self.notes.append(f"{part.place} makes no bits: inputs are bits already")
            return
        self._thresholds = binarise.thresholds_of(self.checkpoint, part, self.options)

    def shape(self) -> Shape | None:
        """The shape of the bits that the first layer reads, None if only their number will tell."""
        sample, axis = self._sample(), self._axis()
        if sample is not None and self._thresholds is not None:
            sample = None if axis is None else binarise.merged(sample, self._thresholds.a_feature, axis)
        stated = self._stated()
        if stated is not None and sample is not None and sample != stated:
            raise NetcError("input_shape", f"it makes bits of shape {sample}; {self._place} reads {stated}")
        if stated is None and sample is not None and not self._convolves():
            return (prod(sample),)
        return stated or sample

    def encoder(self, bits: int | None, reads: int) -> tuple[Encoder, str] | None:
        """The encoder and a note where the file tells all about it; else only a note.

        `bits` is how many the first layer reads, if anybody tells, `reads` how many of them it is seen to read.
        """
        found, part, axis = self._thresholds, self.part, self._axis()
        if found is None or part is None:
            return None
        if found.values is None:
            self.notes.append(f"{part.place} is no encoder yet: {found.note}")
            return None
        if axis is None:
            hint = f"{part.path}.feature_dim=-2 puts the bits of a feature together, =1 those of a channel"
            self.notes.append(f"{part.place} is no encoder yet: the file does not tell the order of its bits; {hint}")
            return None
        sample, more = self._sample(), ""
        if sample is None and (stated := self._stated()) is not None:
            sample = binarise.features_of(stated, found.a_feature, axis)
        if sample is None:
            rows = found.values.shape[0] if found.values.ndim == 2 and found.values.shape[0] > 1 else 0
            if axis != _LAST and not self._follows():
                self.notes.append(f"{part.place} is no encoder yet: give input_shape, the shape of one sample")
                return None
            if bits is None and not rows:
                more = "; as many as are read, if there are more, give input_shape"
            sample = (rows or -(-(bits or reads) // found.a_feature),)
        try:
            made = binarise.encoder(found.values, sample, axis)
        except NetcError as error:
            raise NetcError(part.place, error.what, "give input_shape, the shape of one sample") from None
        size = "x".join(map(str, sample))
        return made, f"encoder: {size} features to {made.bits:,} bits, {found.note} ({part.place}){more}"

    @property
    def _place(self) -> str:
        return self.first.place if self.first is not None else "the network"

    def _convolves(self) -> bool:
        return self.first is not None and "tree_weights" in self.first.children

    def _follows(self) -> bool:
        """Whether the first layer comes right behind the binarisation, so that a sample has one axis."""
        return self.part is not None and self.first is not None and gap(self.part, self.first) == 0

    def _stated(self) -> Shape | None:
        """The shape of the bits that a whole convolution says it reads."""
        channels = self.first.number("channels") if self.first is not None and self._convolves() else None
        found = sizes(self.first.values.get("in_dim")) if self.first is not None else []
        return (channels, *found) if isinstance(channels, int) and found else None

    def _sample(self) -> Shape | None:
        """The shape of a sample before its bits are made, if options or the architecture tell."""
        if self.options.input_shape is not None:
            return self.options.input_shape
        sample = self.known.sample if self.known is not None and self._convolves() else ()
        return tuple(size for size in sample if size is not None) or None

    def _axis(self) -> int | None:
        """Which axis of a sample the bits merge into, None if nothing tells and it matters."""
        part = self.part
        if part is None or self._thresholds is None:
            return None
        if part.cls.name == "LearnableThermometerThresholding":
            return 1
        said, asked = part.number("feature_dim"), self.options.of_layer(part.path, "feature_dim")
        if said is not None and asked not in (None, said):
            place = f"layers, {part.path}.feature_dim"
            raise NetcError(place, f"{asked} contradicts the file, which says {said}")
        said = asked if said is None else said
        if said is not None:
            return int(said)
        if self._convolves():
            return 1  # or there would be no image of channels to convolve
        return _LAST if self._follows() or self._thresholds.a_feature == 1 or self.known is not None else None
