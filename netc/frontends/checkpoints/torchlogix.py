"""torchlogix: dense and convolutional layers of LUTs of 2, 4 or 6 inputs, OR pooling, residual blocks, binarisation.

A ``LogicDense`` has ``weight`` of (neurons, parameters) and ``connections.indices`` of (inputs, neurons), or several
candidates and their ``weights`` where the wiring is learned. A convolution has ``tree_weights.L`` of (nodes, kernels,
parameters) and ``connections._indices_L0``, the place of every leaf in every window. Its state_dict has no padding, no
pooling, no sums, and does not always tell what the parameters are: options, a known architecture or settings say it.
Versions 0.1.0 and 0.1.1 keep the wiring in plain attributes, so only whole modules have it. Source: the package's
layers/, connections.py and parametrization.py, versions 0.1.0 to 0.2.2.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from netc.errors import NetcError
from netc.frontends.checkpoints import architectures, sums
from netc.frontends.checkpoints.chain import Chain
from netc.frontends.checkpoints.family import OF_SUMS, Options
from netc.frontends.checkpoints.flow import Flow, padded
from netc.frontends.checkpoints.nodes import sizes
from netc.frontends.checkpoints.passive import HOLDERS, is_flatten, is_passive
from netc.frontends.checkpoints.settings import find_number, find_text
from netc.frontends.checkpoints.torchlogix_input import Input, gap
from netc.frontends.checkpoints.torchlogix_neurons import Neurons
from netc.frontends.checkpoints.torchlogix_trees import LOST, dilated, exported, stacked, trees, windows
from netc.frontends.checkpoints.tree import Checkpoint, Part
from netc.frontends.checkpoints.trees import Level, add_trees
from netc.frontends.checkpoints.words import label, listed
from netc.model import Model

__all__ = ["Torchlogix"]

Array = npt.NDArray[Any]

_CLASSES = ("classes", "num_classes", "n_classes", "class_count")
_POOLS = ("OrPooling", "OrPooling2d", "OrPooling3d")
_MOST_PADDING = 1 << 12


def _is_dense(part: Part) -> bool:
    wired = part.children.get("connections")
    return part.cls.name == "LogicDense" or (part.holds("weight") and wired is not None and "indices" in wired.values)


def _is_convolution(part: Part) -> bool:
    return "tree_weights" in part.children


def _is_binariser(part: Part) -> bool:
    known = part.cls.module.startswith("torchlogix.") and part.cls.name.endswith(("Binarization", "Thresholding"))
    return known or (not part.children and (part.holds("raw_diffs") or part.held() == ["thresholds"]))


def _is_residual(part: Part) -> bool:
    bare = not part.cls.module and part.children.keys() <= {"main", "shortcut"}
    return "main" in part.children and (part.cls.name == "ResidualLogicBlock" or bare)


class Torchlogix:
    """Reads modules and state_dicts of torchlogix."""

    name: ClassVar[str] = "torchlogix"
    takes: ClassVar[tuple[str, ...]] = (
        *OF_SUMS,
        "input_bits",
        "input_shape",
        "architecture",
        "parametrization",
        "binariser",
        "layers",
    )

    def claims(self, checkpoint: Checkpoint) -> bool:
        return any(
            part.cls.module.startswith("torchlogix")
            or _is_convolution(part)
            or _is_dense(part)
            or part.holds("raw_diffs")
            for part in checkpoint.network.walk()
        )

    def model(self, checkpoint: Checkpoint, options: Options, name: str) -> Model:
        return _Reader(checkpoint, options).model(name)


class _Reader:
    """Takes the modules in the order in which they run."""

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self.checkpoint, self.options, self.whole = checkpoint, options, checkpoint.whole
        self.layers = [part for part in checkpoint.network.walk() if _is_convolution(part) or _is_dense(part)]
        self.chain = Chain(checkpoint, options, _CLASSES)
        self.neurons = Neurons(checkpoint, options)
        self.known, self.named_by = self._architecture()
        self.input = Input(checkpoint, options, self.known, self.layers[0] if self.layers else None)
        self.convolutions = 0
        self.custom: list[str] = []
        self._flow: Flow | None = None

    def model(self, name: str) -> Model:
        chain = self.chain
        self.read(self.checkpoint.network)
        if self.custom:
            chain.notes.append(
                f"layers in the order of registration; the file does not tell what {listed(self.custom)} does"
            )
        if self.known is not None:
            sums.add_known(chain, self.known, self.named_by, find_number(self.checkpoint, "tau"))
        chain.encoder = self.input.encoder(chain.inputs or self.options.input_bits, chain.reads)
        chain.notes += self.neurons.notes() + self.input.notes
        return chain.model(name)

    def _architecture(self) -> tuple[architectures.Architecture | None, str]:
        """The model class that an option or the settings beside a state_dict name, and who names it."""
        asked = self.options.architecture
        if asked is not None:
            found = architectures.find(asked)
            if found is None:
                raise NetcError(
                    "architecture", f"netc knows no {label(asked)}", "say what its layers are with layers=…"
                )
            return found, f"the option architecture ({asked})"
        setting = None if self.whole else find_text(self.checkpoint, "architecture")
        said = str(setting.value) if setting is not None else ""
        return architectures.find(said), f"{setting.found_at} ({label(said)})" if setting is not None else ""

    def flow(self) -> Flow:
        """The flow of bits, which begins at the first layer."""
        if self._flow is None:
            self._flow = Flow(self.chain, self.input.shape())
        return self._flow

    def read(self, part: Part) -> None:
        """A part of the network and what is below."""
        if is_passive(part):
            return
        if _is_binariser(part):
            if self._flow is not None:
                raise NetcError(part.place, "it makes bits of what layers already computed")
            self.input.binarise(part)
        elif _is_convolution(part):
            self.convolution(part)
        elif _is_dense(part):
            self.dense(part)
        elif part.cls.name in _POOLS:
            self.pool(part)
        elif _is_residual(part):
            self.residual(part)
        elif is_flatten(part):
            self.flatten(part)
        elif sums.is_group_sum(part):
            self.chain.sum_groups(part.place, sums.read(part))
        else:
            self.holder(part)

    def holder(self, part: Part) -> None:
        held = part.held()
        if held or (self.whole and not part.children and part.cls.name not in HOLDERS):
            what = f"a {part.class_name}" if self.whole else "no layer of torchlogix"
            raise NetcError(
                part.place, f"this is {what}{f' with {listed(held)}' if held else ''}; netc does not read it"
            )
        if self.whole and not part.cls.module.startswith(("torch.", "torchlogix.")):
            self.custom.append(part.class_name)
        for child in part.children.values():
            self.read(child)

    def flatten(self, part: Part) -> None:
        if part.number("start_dim") != 1 or part.number("end_dim") != -1:
            raise NetcError(part.place, "it flattens some axes of a sample, not all")
        if self._flow is not None:
            self._flow.flatten()

    def residual(self, part: Part) -> None:
        if not self.whole:
            self.chain.notes.append(f"{part.place} is a residual block by its names; a shortcut without state copies")

        def shortcut() -> None:
            if "shortcut" in part.children:
                self.read(part.children["shortcut"])

        self.flow().branch(part, lambda: self.read(part.children["main"]), shortcut)

    def dense(self, part: Part) -> None:
        if not part.holds("weight"):
            raise NetcError(part.place, "it has no weight")
        weight = part.array("weight")
        wires, reads = self._wiring(part)
        if weight.ndim != 2 or wires.ndim != 2 or wires.shape[1] != len(weight):
            raise NetcError(part.place, f"weight of shape {weight.shape} for wiring of shape {wires.shape}")
        ids = part.array("_export_lut_ids") if part.holds("_export_lut_ids") else None
        (tables,) = self.neurons.tables(part, [weight], len(wires), [ids])
        flow, in_dim = self.flow(), part.number("in_dim")
        if self.whole and flow.at is not None and flow.at.ndim > 1:
            raise NetcError(part.place, f"it reads an image of shape {flow.shape}: nothing flattens it before")
        flow.dense(part, tables, wires.T, reads=reads, in_dim=in_dim if isinstance(in_dim, int) else None)

    def _wiring(self, part: Part) -> tuple[Array, int]:
        """``[inputs, neurons]``, and how many bits it could read."""
        wired = part.children.get("connections", part)
        if "indices" not in wired.values:
            raise NetcError(part.place, "the file has its parameters but no wiring", LOST)
        found = stacked(part, wired.values["indices"])
        if found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= 2**32:
            raise NetcError(part.place, "its indices are no places of bits")
        reads = int(found.max()) + 1
        if wired.holds("weights"):
            scores = wired.array("weights")
            if found.ndim != 3 or found.shape != scores.shape:
                raise NetcError(part.place, f"candidates of shape {found.shape} with weights of shape {scores.shape}")
            found = np.take_along_axis(found, np.argmax(scores, axis=0)[None], axis=0)[0]
            if wired.holds("_export_indices") and not np.array_equal(wired.array("_export_indices"), found):
                what = "the wiring of its export differs from the learned one"
                raise NetcError(part.place, what, "save it again after set_export_mode(model, False)")
        return found, reads

    def pool(self, part: Part) -> None:
        axes = self.flow().image(part).ndim - 1
        given = [sizes(part.values.get(name), axes) for name in ("kernel_size", "stride", "padding")]
        if not all(given):
            raise NetcError(part.place, f"this {part.class_name} does not say its kernel, stride and padding")
        self.flow().pool(part, *given)

    def convolution(self, part: Part) -> None:
        flow = self.flow()
        image = self._padded(part, flow.image(part))
        parameters, wiring = trees(part)
        leaves, starts, positions = windows(part, wiring[0])
        kernels, inputs = leaves.shape[1:3]
        ids = [exported(part, level, kernels) for level in range(len(parameters))]
        flat = [level.reshape(-1, level.shape[-1]) for level in parameters]
        tables = self.neurons.tables(part, flat, inputs, ids)
        levels = [Level(table, wires.T) for table, wires in zip(tables, wiring, strict=True)]
        add_trees(flow, part, image, leaves, starts, positions, levels, stated=self.whole)
        if not self.whole:
            self._pool_behind(part)
        elif "pool" in self.options.layers.get(part.path, {}):
            raise NetcError(f"layers, {part.path}.pool", "the file itself says what is behind this layer")
        self.convolutions += 1

    def _padded(self, part: Part, image: Array) -> Array:
        """What its windows slide over."""
        axes = image.ndim - 1
        said = (part.number("channels"), *sizes(part.values.get("in_dim"), axes))
        if self.whole and image.shape != said:
            raise NetcError(part.place, f"it takes an image of {said}; what comes before gives {image.shape}")
        padding = self._sizes(part, "padding", axes)
        if part.cls.name.startswith("LogicConvTranspose") or self.options.of_layer(part.path, "transposed"):
            kernel = sizes(part.values.get("receptive_field_size"), axes) or self._sizes(part, "kernel", axes)
            image = dilated(part, image, self._sizes(part, "stride", axes), self._sizes(part, "output_padding", axes))
            padding = [size - 1 - pad for size, pad in zip(kernel, padding, strict=True)]
            if min(padding) < 0:
                raise NetcError(part.place, "a transposed convolution whose padding is larger than its kernel")
        return padded(part, image, padding)

    def _sizes(self, part: Part, name: str, axes: int) -> list[int]:
        """A setting of a convolution, one number an axis, from the file, the options or the architecture."""
        found = self.options.sizes_of_layer(part.path, name, sizes(part.values.get(name), axes), axes)
        known = self._known_convolution()
        if not found and name == "padding" and known is not None:
            found = [known[1]] * axes
            self.chain.notes.append(f"{part.place} is padded with {known[1]}, as {self.named_by} says")
        if not found:
            raise NetcError(
                part.place, f"the file lacks the {name} of this convolution", f"give it, as {part.path}.{name}=0"
            )
        if min(found) < 0 or max(found) > _MOST_PADDING:
            raise NetcError(part.place, f"{name} of {found}")
        return found

    def _known_convolution(self) -> tuple[int, int, tuple[int, int, int] | None] | None:
        """What the architecture says of the convolution that is being read."""
        known = self.known.convolutions if self.known is not None else ()
        return known[self.convolutions] if self.convolutions < len(known) else None

    def _pool_behind(self, part: Part) -> None:
        """The OR pooling between a convolution and the next layer: a state_dict has no sign of it."""
        said: Any = self.options.layers.get(part.path, {}).get("pool")
        known = self._known_convolution()
        if said is None and known is not None:
            said = known[2] or "none"
            self.chain.notes.append(f"OR pooling behind {part.place}: {said}, as {self.named_by} says")
        after = self.layers[self.layers.index(part) + 1 :]
        between = gap(part, after[0]) if after else None
        room = between is None or between > (0 if _is_convolution(after[0]) else 1)  # one flattens
        if said is None and room:
            what = "the file does not tell whether there is OR pooling behind it"
            hint = f"give {part.path}.pool=none, or {part.path}.pool=2/2/0 for kernel 2, stride 2, padding 0"
            raise NetcError(part.place, what, hint)
        if said is not None and said != "none":
            axes = self.flow().image(part).ndim - 1
            self.flow().pool(part, *([size] * axes for size in said))
