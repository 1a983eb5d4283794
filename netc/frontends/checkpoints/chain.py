"""Layers one after another: what any family of feed-forward networks needs to become a model.

A family adds its layers in the order in which they run; each is checked against the one before. What the file leaves
open (input bits, classes, temperature, encoder) is taken from the options or from settings in the file, and told in
notes.
"""

from __future__ import annotations

from dataclasses import replace

from netc.encoder import Encoder
from netc.errors import NetcError
from netc.frontends.checkpoints.family import Options
from netc.frontends.checkpoints.settings import Setting, find_class_names, find_encoder, find_number
from netc.frontends.checkpoints.sums import Sums
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.words import label, listed
from netc.head import Head
from netc.layers import Layer, LayeredNetwork
from netc.model import Model

__all__ = ["Chain"]

_CLASSES = ("k", "classes", "num_classes", "n_classes", "output_size")

# How many inputs a network may claim: memory for each is taken, but the file need not hold anything for them.
_FREE_INPUTS = 1 << 20
_INPUTS_A_NEURON = 16


class Chain:
    """Layers of one network, checked as they come."""

    def __init__(self, checkpoint: Checkpoint, options: Options, class_keys: tuple[str, ...] = _CLASSES) -> None:
        """`class_keys` are what settings call the number of classes."""
        self.checkpoint = checkpoint
        self.options = options
        self.class_keys = class_keys
        self.padded = False  # whether sums of a number of bits that does not divide are filled up
        paths = [part.path for part in checkpoint.network.walk() if part.path]
        for path in sorted(options.layers.keys() - set(paths)):
            raise NetcError("layers", f"the file has no layer {label(path)}", f"there are {listed(paths, most=20)}")
        self.layers: list[Layer] = []
        self.parts: list[Part] = []
        self.widths: list[int] = []  # of each layer, without neurons that only copy bits for later ones
        self.notes = [checkpoint.described()]
        self.head: tuple[str, Sums] | None = None  # with the place that says so
        self.encoder: tuple[Encoder, str] | None = None  # with its note, if it is part of the network
        self.inputs: int | None = None
        self.reads = 0  # how many of its inputs the first layer is seen to read

    def add(
        self,
        part: Part,
        layer: Layer,
        *,
        reads: int,
        in_dim: int | None,
        outputs: int | None = None,
        known: bool = False,
    ) -> None:
        """The next layer: it reads inputs below `reads`, of `in_dim` if the file says how many there are.

        `outputs` are those that the next layer sees, all of them if not given; `known` says that the caller made sure
        that it follows the layer before.
        """
        if self.head is not None:
            raise NetcError(part.place, f"a layer behind the sums of {self.head[0]}")
        if in_dim is not None and (in_dim < 1 or reads > in_dim):
            raise NetcError(part.place, f"it reads input {reads - 1:,} of {in_dim:,}")
        if not self.layers:
            claimed = max(reads, in_dim or 0)
            if claimed > max(_FREE_INPUTS, _INPUTS_A_NEURON * layer.neurons):
                raise NetcError(part.place, f"it claims {claimed:,} inputs for {layer.neurons:,} neurons")
            self.inputs, self.reads = in_dim, reads
        elif not known:
            self._follow(part, reads, in_dim)
        self.layers.append(layer)
        self.parts.append(part)
        self.widths.append(layer.outputs if outputs is None else outputs)

    def _follow(self, part: Part, reads: int, in_dim: int | None) -> None:
        before, width = self.parts[-1], self.widths[-1]
        exact = (reads if in_dim is None else in_dim) == width
        if reads > width or (in_dim is not None and not exact):
            wanted = f"reads input {reads - 1:,}" if in_dim is None else f"takes {in_dim:,} bits"
            raise NetcError(part.place, f"it {wanted}; {before.place} before it gives {width:,}")
        if _branch(part) != _branch(before):
            if not exact:
                raise NetcError(
                    part.place,
                    f"netc cannot tell that it follows {before.place}: it reads {reads:,} of the {width:,} bits there",
                    "a state_dict does not say how its modules are connected; netc reads chains of layers",
                )
            if in_dim is None:
                self.notes.append(f"{part.place} follows {before.place}, as it reads exactly its {width:,} bits")

    def sum_groups(self, place: str, sums: Sums) -> None:
        """The head: blocks of the last layer's bits are counted."""
        if self.head is not None:
            raise NetcError(place, f"sums behind the sums of {self.head[0]}")
        for name in ("classes", "tau", "beta"):
            asked, given = getattr(self.options, name), getattr(sums, name)
            if asked is not None and asked != given:
                raise NetcError(name, f"{asked} contradicts the file: {place} has {given}")
        self.head = place, sums

    def model(self, name: str) -> Model:
        """All of it together."""
        if not self.layers:
            raise NetcError("", "the file holds no layer of gates")
        encoder = self.encoder or find_encoder(self.checkpoint)
        inputs = self._input_bits(encoder[0].bits if encoder else None)
        network = LayeredNetwork(inputs, self.layers)
        rows = zip(self.parts, self.widths, strict=True)
        sizes = (f"{part.path or 'the network'} ({width:,})" for part, width in rows)
        self.notes.append(f"layers: {listed(sizes, most=12)}")
        head = self.find_head(self.widths[-1], self.parts[-1].place)
        if encoder:
            self.notes.append(encoder[1])
        classes = find_class_names(self.checkpoint, head.classes) if head else ()
        if classes:
            self.notes.append(f"class names: {listed(classes)}")
        made = Model.of_layers(network, encoder=encoder[0] if encoder else None, head=head, name=name, notes=self.notes)
        return replace(made, class_names=classes)

    def _input_bits(self, encoded: int | None) -> int:
        asked = self.options.input_bits
        said = self.inputs
        if said is not None and asked is not None and asked != said:
            raise NetcError("input_bits", f"{asked:,} contradicts the file: {self.parts[0].place} takes {said:,} bits")
        chosen, why = next(
            (value, why)
            for value, why in (
                (said, f"as {self.parts[0].place} says"),
                (asked, "as asked for"),
                (encoded, "as many as the encoder makes"),
                (self.reads, f"the last that {self.parts[0].place} reads; if there are more, give input_bits"),
            )
            if value is not None
        )
        if chosen < self.reads:
            raise NetcError("input_bits", f"{chosen:,}, but {self.parts[0].place} reads input {self.reads - 1:,}")
        if encoded is not None and encoded != chosen:
            raise NetcError("encoder", f"it makes {encoded:,} bits; {self.parts[0].place} takes {chosen:,}")
        self.notes.append(f"{chosen:,} input bits, {why}")
        return chosen

    def find_head(self, bits: int, of: str) -> Head | None:
        """The head over the bits of the layer at `of`, from the file, options or settings; None if nothing tells."""
        if self.head is not None:
            place, sums = self.head
            head = sums.head(place, bits, of)
            self.notes.append(f"{sums.described(bits)}, as {place} says")
            return head
        classes = self._setting("classes", self.class_keys)
        scale = {name: self._setting(name, (name,)) for name in ("tau", "beta")}
        if classes is None:
            for name in scale:
                if getattr(self.options, name) is not None:
                    raise NetcError(name, "the file has no sums of groups; give classes as well")
            self.notes.append("no sums of groups in the file: bits, but no classes; classes=N gives N")
            return None
        if not isinstance(classes.value, int):
            raise NetcError(classes.found_at, f"{classes.value} is no number of classes")
        tau, beta = (
            (found.value if found else standard) for found, standard in zip(scale.values(), (1, 0), strict=True)
        )
        sums = Sums(classes.value, float(tau), float(beta), padded=self.padded)
        head = sums.head(classes.found_at, bits, of)
        found = [f"{name} from {found.found_at}" if found else f"{name} not found" for name, found in scale.items()]
        if scale["beta"] is None:
            found.pop()
        self.notes.append(f"{sums.described(bits)}, from {classes.found_at}; {', '.join(found)}")
        return head

    def _setting(self, name: str, keys: tuple[str, ...]) -> Setting | None:
        """What was asked for, or else what the file's settings say."""
        asked = getattr(self.options, name)
        return Setting(asked, f"the option {name}") if asked is not None else find_number(self.checkpoint, *keys)


def _branch(part: Part) -> list[str]:
    """The named parents of a part: numbers only count the members of a list or of a Sequential."""
    return [name for name in part.path.split(".") if not name.isdecimal()]
